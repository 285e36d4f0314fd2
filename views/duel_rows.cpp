// SPDX-License-Identifier: GPL-3.0-or-later
/// Runs of one session over one prompt, beside each other as plain numbers.
#include "views/duel_rows.h"

#include <algorithm>
#include <numeric>

#include "profiling/selection_summary.h"
#include "views/number_format.h"
#include "views/run_naming.h"
#include "views/stream_look.h"

namespace xkv::views {
using namespace Qt::StringLiterals;
namespace {

/// The first answer over the cache of a method; none where nothing was generated.
std::optional<QString> answerOf(const Run& run, Method method) {
  for (const GenerationRecord& generation : run.generations)
    if (generation.method == method && generation.turn == 0)
      return QString::fromStdString(generation.text);
  return std::nullopt;
}

qsizetype commonLetters(const QString& a, const QString& b) {
  const auto [in_a, in_b] = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
  return in_a - a.begin();
}

DuelRow rowOf(const Run& run) {
  const RunSpec& spec = run.started.spec;
  DuelRow row;
  row.run_id = run.run_id;
  row.is_dense = spec.compression.method == Method::dense;
  row.method = run.title.empty() ? methodName(spec.compression, run.started.model)
                                 : QString::fromStdString(run.title);
  if (run.memory) row.resident_bytes = run.memory->resident_bytes;
  const auto [first, second] = run.started.model.streams();
  row.error_k = measuredError(run, first);
  row.error_v = measuredError(run, second);
  if (const auto summary = summaryOf(run.selections)) {
    row.recall = summary->recall;
    row.hit_rate = summary->hit_rate;
  }
  row.text = answerOf(run, spec.compression.method).value_or(QString()).simplified();
  const auto dense = answerOf(run, Method::dense);
  row.same_text = dense ? commonLetters(row.text, dense->simplified()) : row.text.size();
  if (!run.divergence || row.is_dense) return row;
  row.tokens_equal = run.divergence->tokens_equal;
  row.tokens_compared = run.divergence->tokens_compared;
  const auto steps = static_cast<double>(run.divergence->kl.size());
  if (steps == 0) return row;
  const auto& kl = run.divergence->kl;
  const auto& agrees = run.divergence->top1_agrees;
  row.mean_kl = std::accumulate(kl.begin(), kl.end(), 0.0) / steps;
  row.top1 = static_cast<double>(std::accumulate(agrees.begin(), agrees.end(), int64_t{0})) / steps;
  return row;
}

template <class Number, class Text>
QString orMissing(const std::optional<Number>& number, Text text) {
  return number ? text(*number) : missing();
}

}  // namespace

bool asksTheSame(const RunSpec& a, const RunSpec& b) {
  return a.model_dir == b.model_dir && a.cache_file == b.cache_file && a.prompt == b.prompt &&
         a.prompt_ids == b.prompt_ids && a.chat_template == b.chat_template &&
         a.date_string == b.date_string && a.enable_thinking == b.enable_thinking &&
         a.turns == b.turns && a.dtype == b.dtype;
}

std::vector<DuelRow> duelRows(const std::vector<std::shared_ptr<const Run>>& runs) {
  std::vector<DuelRow> rows;
  for (const auto& run : runs)
    if (run) rows.push_back(rowOf(*run));
  std::sort(rows.begin(), rows.end(), [](const DuelRow& a, const DuelRow& b) {
    return a.is_dense != b.is_dense ? a.is_dense : a.run_id < b.run_id;
  });
  return rows;
}

std::array<QString, kDuelColumns> duelHeads(const std::array<Stream, 2>& streams) {
  return {u"resident KiB"_s,
          u"error "_s + streamLetter(streams[0]),
          u"error "_s + streamLetter(streams[1]),
          u"mean KL, nat"_s,
          u"top-1"_s,
          u"as dense"_s};
}

std::array<QString, kDuelColumns> duelCells(const DuelRow& row) {
  return {orMissing(row.resident_bytes, [](int64_t b) { return kib(static_cast<double>(b)); }),
          orMissing(row.error_k, [](double e) { return percent(e); }),
          orMissing(row.error_v, [](double e) { return percent(e); }),
          row.is_dense ? u"reference"_s
                       : orMissing(row.mean_kl, [](double kl) { return fixed(kl, 4); }),
          orMissing(row.top1, [](double s) { return share(s); }),
          orMissing(row.tokens_equal, [&](int64_t equal) {
            return QStringLiteral("%1 of %2").arg(count(equal), count(row.tokens_compared));
          })};
}

QString duelSelection(const DuelRow& row) {
  QStringList words;
  if (row.recall) words << u"recall "_s + percent(*row.recall);
  if (row.hit_rate) words << u"hit rate "_s + share(*row.hit_rate);
  return words.join(u", "_s);
}

}  // namespace xkv::views
