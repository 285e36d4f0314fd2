// SPDX-License-Identifier: GPL-3.0-or-later
/// How a run is called where it has no title of its own.
#include "views/run_naming.h"

#include <algorithm>

#include "profiling/layer_groups.h"
#include "views/stream_look.h"

namespace xkv::views {
using namespace Qt::StringLiterals;
namespace {

constexpr qsizetype kPromptWords = 32;

int64_t widestGroup(const CompressionConfig& config) {
  int64_t widest = 0;
  for (const LayerGroup& group : config.layer_groups) widest = std::max(widest, group.num_layers);
  return config.layer_groups.empty() ? config.layer_group_size : widest;
}

/// Ranks, or the target that chooses them: "24/36", "K 24", "error 5 %".
QString depthText(const CompressionConfig& config, const ModelShape& model) {
  const auto percentText = [](double share) {
    return QString::number(100 * share, 'g', 6) + u"\u00A0%"_s;
  };
  if (config.target_error) return u"error "_s + percentText(*config.target_error);
  if (config.target_energy) return u"energy "_s + percentText(*config.target_energy);
  const auto [first, second] = model.streams();
  const int64_t rank_k = rankOf(config, model, first);
  const int64_t rank_v = rankOf(config, model, second);
  if (rank_v == 0) return streamLetter(first) + u' ' + QString::number(rank_k);
  if (rank_k == 0) return streamLetter(second) + u' ' + QString::number(rank_v);
  return QString::number(rank_k) + u'/' + QString::number(rank_v);
}

/// ", 8/4 bit" where factors are codes.
QString codesText(const CompressionConfig& config) {
  if (config.token_basis_bits == 0 && config.layer_factor_bits == 0) return {};
  const auto bits = [](int64_t number) { return number == 0 ? u"–"_s : QString::number(number); };
  return u", "_s + bits(config.token_basis_bits) + u'/' + bits(config.layer_factor_bits) +
         u" bit"_s;
}

}  // namespace

QString familyName(Method method) {
  switch (method) {
    case Method::dense:
      return u"dense"_s;
    case Method::xkv:
      return u"xKV"_s;
    case Method::minicache:
      return u"MiniCache"_s;
    case Method::xkv_sr:
      return u"xKV-SR"_s;
    case Method::xk_sr:
      break;
  }
  return u"xK-SR"_s;
}

int64_t rankOf(const CompressionConfig& config, const ModelShape& model, Stream stream) {
  const bool keys = isFirst(stream);
  if (!isFactored(config.method) || !(keys ? config.merge_key : config.merge_value)) return 0;
  if (config.method == Method::xk_sr && !keys) return 0;  // dense, in host memory
  const auto& asked = keys ? config.rank_k : config.rank_v;
  if (asked) return *asked;
  const int64_t layers = widestGroup(config);
  return keys ? defaultRankK(model.width(stream), layers)
              : defaultRankV(model.width(stream), layers);
}

QString methodName(const CompressionConfig& config, const ModelShape& model) {
  if (config.method == Method::dense) return u"dense"_s;
  if (config.method == Method::minicache)
    return config.slerp_keep == SlerpKeep::upstream ? u"MiniCache upstream"_s : u"MiniCache"_s;
  QString name = familyName(config.method);
  if (!config.layer_groups.empty())
    name += u" custom"_s;
  else if (config.layer_group_size == 1 && !isSelective(config.method))
    name = u"Single SVD"_s;
  else
    name += u'-' + QString::number(config.layer_group_size);
  return name + u' ' + depthText(config, model) + codesText(config);
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

QString weightsMark(const ModelShape& model) {
  return model.random_weights ? u"random weights"_s : QString();
}

QString notThisFar(const Run& run) {
  return run.finished.status == RunStatus::running ? u"The run has not come this far."_s
                                                   : u"The run ended before it came this far."_s;
}

}  // namespace xkv::views
