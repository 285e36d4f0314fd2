// SPDX-License-Identifier: GPL-3.0-or-later
/// How a run is called where it has no title of its own.
#include "views/run_naming.h"

#include <algorithm>

#include "profiling/layer_groups.h"

namespace xkv::views {
using namespace Qt::StringLiterals;
namespace {

constexpr qsizetype kPromptWords = 32;

int64_t widestGroup(const CompressionConfig& config) {
  int64_t widest = 0;
  for (const LayerGroup& group : config.layer_groups) widest = std::max(widest, group.num_layers);
  return config.layer_groups.empty() ? config.layer_group_size : widest;
}

}  // namespace

int64_t rankOf(const CompressionConfig& config, const ModelShape& model, Stream stream) {
  const bool keys = isFirst(stream);
  if (config.method == Method::dense || !(keys ? config.merge_key : config.merge_value)) return 0;
  const auto& asked = keys ? config.rank_k : config.rank_v;
  if (asked) return *asked;
  const int64_t layers = widestGroup(config);
  return keys ? defaultRankK(model.width(stream), layers)
              : defaultRankV(model.width(stream), layers);
}

QString methodName(const CompressionConfig& config, const ModelShape& model) {
  if (config.method == Method::dense) return u"dense"_s;
  QString name = QStringLiteral("xKV-%1").arg(config.layer_group_size);
  if (config.layer_group_size == 1) name = u"Single SVD"_s;
  if (!config.layer_groups.empty()) name = u"xKV custom"_s;
  const int64_t rank_k = rankOf(config, model, Stream::key);
  const int64_t rank_v = rankOf(config, model, Stream::value);
  if (rank_v == 0) return name + u" K "_s + QString::number(rank_k);
  if (rank_k == 0) return name + u" V "_s + QString::number(rank_v);
  return name + u' ' + QString::number(rank_k) + u'/' + QString::number(rank_v);
}

QString runTitle(const RunSummary& run) {
  return run.title.empty() ? methodName(run.spec.compression, run.model)
                           : QString::fromStdString(run.title);
}

QString promptName(const RunSpec& spec) {
  if (!spec.prompt_name.empty()) return QString::fromStdString(spec.prompt_name);
  if (!spec.prompt_ids.empty()) return QStringLiteral("%1 token ids").arg(spec.prompt_ids.size());
  const QString words = QString::fromStdString(spec.prompt).simplified();
  return words.size() <= kPromptWords ? words : words.left(kPromptWords - 1) + u'…';
}

QString notThisFar(const Run& run) {
  return run.finished.status == RunStatus::running ? u"The run has not come this far."_s
                                                   : u"The run ended before it came this far."_s;
}

}  // namespace xkv::views
