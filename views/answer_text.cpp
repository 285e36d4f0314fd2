// SPDX-License-Identifier: GPL-3.0-or-later
/// The words and numbers of the four cells of the answer strip.
#include "views/answer_text.h"

#include <cmath>

#include "profiling/rank_plan.h"
#include "profiling/selection_summary.h"
#include "views/answer_facts.h"
#include "views/byte_scale.h"
#include "views/number_format.h"
#include "views/stream_look.h"

namespace xkv::views {
using namespace Qt::StringLiterals;
namespace {

using Tone = AnswerPart::Tone;

constexpr qsizetype kAnswerLetters = 14;

AnswerText emptyText(const QString& label, const QString& why) {
  AnswerText text;
  text.label = label;
  text.number = missing();
  text.lines[0] = {{u"not measured"_s, Tone::quiet}};
  if (!why.isEmpty()) text.lines[1] = {{why, Tone::quiet}};
  return text;
}

QString reasonOf(const Run* run) {
  if (run == nullptr) return u"no run is selected"_s;
  switch (run->finished.status) {
    case RunStatus::running:
      return u"the run is going"_s;
    case RunStatus::cancelled:
      return u"the run was cancelled"_s;
    case RunStatus::failed:
      return u"the engine stopped before it"_s;
    case RunStatus::finished:
      return {};
  }
  return {};
}

/// Δ = B − A with its colour; lower is better for all that the strip shows.
void addDifference(std::vector<AnswerPart>& line, double difference, double inside,
                   const QString& words) {
  const bool equal = std::abs(difference) <= inside;
  line.push_back({words, equal ? Tone::quiet : difference < 0 ? Tone::good : Tone::bad});
  line.push_back({u"to"_s, Tone::quiet});
  line.push_back({{}, Tone::badge_a});
}

QString number(const std::optional<double>& value) { return value ? percent(*value) : missing(); }

/// Selective Reconstruction has landmarks; elsewhere their bytes are predicted.
bool holdsLandmarks(const Run& run) { return isSelective(run.started.spec.compression.method); }

/// "recall 98.20 %, hit rate 64.0 %": of a run that chose chunks; what was not measured is left
/// out.
QString selectionText(const Run& run) {
  const auto summary = summaryOf(run.selections);
  QStringList words;
  if (summary && summary->recall) words << u"recall "_s + percent(*summary->recall);
  if (summary && summary->hit_rate) words << u"hit rate "_s + share(*summary->hit_rate);
  return words.join(u", "_s);
}

bool isDense(const Run* run) {
  return run != nullptr && run->started.spec.compression.method == Method::dense;
}

}  // namespace

QString AnswerText::plain() const {
  QString result = label + u' ' + (provenance ? provenanceWord(*provenance) + u' ' : QString()) +
                   number + u' ' + unit;
  for (const auto& line : lines)
    for (const AnswerPart& part : line)
      result += u' ' + (part.tone == Tone::badge_a ? u"A"_s : part.text);
  return result.simplified();
}

AnswerText errorText(const Run* run, const Run* baseline, const PredictedAnswer* prediction) {
  const auto [first, second] = streamsOf(run);
  std::optional<double> total, error_k, error_v;
  if (prediction != nullptr) {
    total = prediction->error;
    error_k = prediction->error_k;
    error_v = prediction->error_v;
  } else if (run != nullptr) {
    total = measuredOverallError(*run);
    error_k = measuredError(*run, first);
    error_v = measuredError(*run, second);
  }
  if (!total && isDense(run)) {
    AnswerText text = emptyText(u"ERROR"_s, u"it is the reference"_s);
    text.lines[0] = {{u"dense cache"_s, Tone::plain}};
    return text;
  }
  if (!total) return emptyText(u"ERROR"_s, reasonOf(run));
  AnswerText text;
  text.label = u"ERROR"_s;
  text.provenance = prediction != nullptr ? Provenance::predicted : Provenance::measured;
  QString shown = percent(*total);
  text.number = shown.left(shown.size() - 2);
  text.unit = u"%"_s;
  text.formula =
      u"square root of lost energy over energy, all factored groups of "_s + bothStreams(run);
  text.lines[0] = {{streamLetter(first) + u' ' + number(error_k), Tone::plain},
                   {streamLetter(second) + u' ' + number(error_v), Tone::plain}};
  const auto other = baseline == nullptr ? std::nullopt : measuredOverallError(*baseline);
  if (other && (prediction != nullptr || baseline != run)) {
    addDifference(text.lines[1], *total - *other, 0, percentPoints(*total - *other));
    text.lines[1].push_back({percent(*other), Tone::plain});
  }
  return text;
}

AnswerText memoryText(const Run* run, const Run* baseline, const PredictedAnswer* prediction) {
  if (run == nullptr || !run->memory) return emptyText(u"KV CACHE"_s, reasonOf(run));
  const MemoryRecord& memory = *run->memory;
  const bool predicted = prediction != nullptr;
  const int64_t size = predicted ? prediction->factor_bytes : memory.factor_bytes;
  AnswerText text;
  text.label = u"KV CACHE"_s;
  text.provenance = predicted ? Provenance::predicted : Provenance::measured;
  text.formula = u"published: dense bytes over factor bytes; with landmarks: their bytes added"_s +
                 (holdsLandmarks(*run) ? u"; "_s : u" (predicted); "_s) +
                 u"true resident: dense over compressed bytes that are really held"_s;
  const ByteScale scale = byteScaleOf(static_cast<double>(size));
  text.number = scale.number(static_cast<double>(size));
  text.unit = scale.unit + u" of "_s + scale.number(static_cast<double>(memory.dense_bytes));
  const double published = predicted ? prediction->published_ratio : memory.published_ratio;
  const double landmarks =
      predicted ? prediction->with_landmarks_ratio : memory.with_landmarks_ratio;
  text.lines[0] = {{ratio(published), Tone::strong, predicted},
                   {u"published"_s, Tone::plain},
                   {ratio(landmarks), Tone::strong, predicted || !holdsLandmarks(*run)},
                   {u"with landmarks"_s, Tone::plain}};
  text.lines[1] = {{ratio(predicted ? prediction->true_resident_ratio : memory.true_resident_ratio),
                    Tone::strong, predicted},
                   {u"true resident"_s, Tone::plain}};
  if (baseline != nullptr && baseline->memory && (predicted || baseline != run)) {
    const auto difference = static_cast<double>(size - baseline->memory->factor_bytes);
    const QString sign = difference > 0 ? u"+"_s : QString();
    addDifference(text.lines[1], difference, 0, sign + bytes(difference));
  }
  return text;
}

AnswerText latencyText(const Run* run, const Run* baseline) {
  const bool selective = run != nullptr && isSelective(run->started.spec.compression.method);
  const QString label = selective ? u"LATENCY (SPEED MODE)"_s : u"LATENCY (MEMORY MODE)"_s;
  if (run == nullptr) return emptyText(label, reasonOf(run));
  const Method method = run->started.spec.compression.method;
  const auto decode = decodeTime(*run, method);
  if (!decode) return emptyText(label, reasonOf(run));
  AnswerText text;
  text.label = method == Method::dense ? u"LATENCY"_s : label;
  text.provenance = Provenance::measured;
  text.number = milliseconds(decode->median_ns);
  text.unit = u"ms/token"_s;
  const auto ttft = ttftNs(*run, method);
  text.formula =
      QStringLiteral("median of %1 decode steps, ± half of their 10–90 % range").arg(decode->count);
  if (selective)
    text.formula += u"; speed mode rebuilds only the chunks that a step chooses"_s;
  else if (method != Method::dense)
    text.formula += u"; memory mode rebuilds the dense rows at every step"_s;
  text.lines[0] = {{u"TTFT "_s + (ttft ? duration(*ttft) : missing()), Tone::plain, false, true},
                   {u"±"_s + milliseconds(decode->scatter_ns) + u" ms/token"_s, Tone::quiet}};
  const auto against = [&](const DecodeTime& other) {
    const double difference = decode->median_ns - other.median_ns;
    const bool equal = std::abs(difference) <= decode->scatter_ns + other.scatter_ns;
    return AnswerPart{signedFixed(difference / 1e6, 2) + u"\u00A0ms"_s, equal ? Tone::quiet
                                                                        : difference < 0
                                                                            ? Tone::good
                                                                            : Tone::bad};
  };
  const auto other = baseline == nullptr || baseline == run
                         ? std::nullopt
                         : decodeTime(*baseline, baseline->started.spec.compression.method);
  if (other) {
    text.lines[1] = {against(*other), {u"to"_s, Tone::quiet}, {{}, Tone::badge_a}};
  }
  const auto dense = method == Method::dense ? std::nullopt : decodeTime(*run, Method::dense);
  if (dense) {
    AnswerPart part = against(*dense);
    part.only_wide = true;
    text.lines[1].push_back(part);
    text.lines[1].push_back({u"to dense"_s, Tone::quiet, false, true});
  }
  return text;
}

AnswerText answerText(const Run* run, const Run* baseline, const PredictedAnswer* prediction) {
  if (run == nullptr || run->tokens.empty()) return emptyText(u"ANSWER"_s, reasonOf(run));
  const Method method = run->started.spec.compression.method;
  const auto tokens = tokensOf(*run, method);
  if (tokens.empty()) return emptyText(u"ANSWER"_s, reasonOf(run));
  AnswerText text;
  text.label = u"ANSWER"_s;
  if (run->started.model.random_weights) text.label += u", RANDOM WEIGHTS"_s;
  text.provenance = Provenance::measured;
  text.formula = u"tokens chosen from the compressed cache, step by step beside the dense cache"_s;
  if (run->started.model.random_weights)
    text.formula += u"; the model's weights are random, so what it says means nothing"_s;
  QString words;
  for (const TokenRecord& token : tokens) words += QString::fromStdString(token.text_piece);
  words = words.simplified();
  text.number = words.size() <= kAnswerLetters ? words : words.left(kAnswerLetters - 1) + u'…';
  const auto said = [](const Run& of) {
    const DivergenceRecord& d = *of.divergence;
    if (d.first_divergent_token < 0)
      return QStringLiteral("same as dense, %1 of %2").arg(d.tokens_equal).arg(d.tokens_compared);
    return QStringLiteral("breaks at token %1 of %2")
        .arg(d.first_divergent_token + 1)
        .arg(d.tokens_compared);
  };
  if (run->divergence)
    text.lines[0] = {
        {said(*run), run->divergence->first_divergent_token < 0 ? Tone::plain : Tone::bad}};
  else
    text.lines[0] = {
        {isDense(run) ? u"dense, the reference"_s : u"not compared with dense"_s, Tone::quiet}};
  const QString selection = selectionText(*run);
  if (!selection.isEmpty())
    text.formula +=
        u"; recall: share of the dense attention that the attended tokens hold; hit rate: "
        u"share of chosen chunks that were there from the step before; both measured, "
        u"means over layers"_s;
  if (prediction != nullptr) {
    text.lines[1] = {{u"what-if "_s + prediction->name + u" is not measured yet"_s, Tone::quiet}};
  } else if (!selection.isEmpty()) {
    text.lines[1] = {{selection, Tone::plain}};
  } else if (baseline != nullptr && baseline != run && baseline->divergence) {
    text.lines[1] = {{{}, Tone::badge_a}, {said(*baseline), Tone::plain}};
  }
  return text;
}

}  // namespace xkv::views
