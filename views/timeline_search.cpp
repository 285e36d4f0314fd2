// SPDX-License-Identifier: GPL-3.0-or-later
/// Names of spans, and the next one that a search finds.
#include <algorithm>
#include <cctype>
#include <sstream>

#include "profiling/records/words.h"
#include "views/timeline_layout.h"

namespace xkv::views {
namespace {

std::string spaced(std::string_view text) {
  std::string result(text);
  std::replace(result.begin(), result.end(), '_', ' ');
  return result;
}

void lower(std::string& text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
}

std::string kindName(PhaseKind kind) {
  if (kind == PhaseKind::mlp) return "MLP";
  if (kind == PhaseKind::factor) return "SVD";
  if (kind == PhaseKind::gram) return "Gram block";
  return spaced(word(kind));
}

std::vector<std::string> wordsOf(std::string_view query) {
  std::istringstream stream{std::string(query)};
  std::vector<std::string> words;
  for (std::string word; stream >> word;) {
    lower(word);
    words.push_back(word);
  }
  return words;
}

}  // namespace

SpanRole roleOf(PhaseKind kind) {
  switch (kind) {
    case PhaseKind::attention:
      return SpanRole::attention;
    case PhaseKind::prefill:
    case PhaseKind::layer:
    case PhaseKind::projection:
    case PhaseKind::mlp:
      return SpanRole::projection;
    case PhaseKind::gram:
      return SpanRole::gram;
    case PhaseKind::factor:
      return SpanRole::factor;
    case PhaseKind::decode:
    case PhaseKind::decode_step:
    case PhaseKind::rebuild:
      return SpanRole::rebuild;
    default:
      return SpanRole::other;
  }
}

const char* nameOf(SpanRole role) {
  switch (role) {
    case SpanRole::attention:
      return "attention";
    case SpanRole::projection:
      return "projections, MLP";
    case SpanRole::gram:
      return "Gram blocks";
    case SpanRole::factor:
      return "SVD";
    case SpanRole::rebuild:
      return "rebuild";
    case SpanRole::other:
      return "other";
  }
  return "other";
}

std::string spanName(const Span& span) {
  const std::string name = span.label.empty() ? kindName(span.kind) : span.label;
  if (span.kind == PhaseKind::decode_step && span.step >= 0 && span.label.empty())
    return name + " " + std::to_string(span.step);
  if (span.layer < 0) return name;
  const std::string layer = "layer " + std::to_string(span.layer);
  if (span.kind == PhaseKind::layer && span.label.empty()) return layer;
  return name.find(layer) == std::string::npos ? layer + ", " + name : name;
}

std::string spanWords(const Span& span) {
  std::string words = spaced(word(span.kind));
  words += ' ';
  words += nameOf(roleOf(span.kind));
  if (span.layer >= 0) words += " layer " + std::to_string(span.layer);
  if (span.group >= 0) words += " g" + std::to_string(span.group);
  if (span.step >= 0) words += " step " + std::to_string(span.step);
  if (!span.label.empty()) words += " " + span.label;
  lower(words);
  return words;
}

std::vector<int32_t> TimelineLayout::matching(std::string_view query) const {
  const std::vector<std::string> words = wordsOf(query);
  std::vector<int32_t> matches;
  for (const int32_t index : by_start_) {
    if (!isOperation(index)) continue;
    const std::string text = words.empty() ? std::string() : spanWords(span(index));
    if (std::all_of(words.begin(), words.end(),
                    [&](const std::string& w) { return text.find(w) != std::string::npos; }))
      matches.push_back(index);
  }
  return matches;
}

int32_t nextMatch(const TimelineLayout& layout, const std::vector<int32_t>& matches, int32_t from,
                  bool forward) {
  if (matches.empty()) return -1;
  if (from < 0) return forward ? matches.front() : matches.back();
  const int64_t start_ns = layout.span(from).start_ns;
  const auto startOf = [&](int32_t index) { return layout.span(index).start_ns; };
  if (forward) {
    const auto found = std::partition_point(matches.begin(), matches.end(),
                                            [&](int32_t i) { return startOf(i) <= start_ns; });
    return found == matches.end() ? matches.front() : *found;
  }
  const auto found = std::partition_point(matches.begin(), matches.end(),
                                          [&](int32_t i) { return startOf(i) < start_ns; });
  return found == matches.begin() ? matches.back() : *std::prev(found);
}

}  // namespace xkv::views
