// SPDX-License-Identifier: Apache-2.0
/// First the text as a row of matches and gaps, then the row joined as the behavior says.
#include "engine/text/split_behavior.h"

#include <algorithm>
#include <array>
#include <utility>

namespace xkv::text {
namespace {

struct Span {
  Match bounds;
  bool is_match;
};

std::vector<Span> spansOf(const std::vector<Match>& matches, std::size_t length, bool inverted) {
  std::vector<Span> spans;
  spans.reserve(2 * matches.size() + 1);
  std::size_t done = 0;
  for (const Match& match : matches) {
    if (done != match.begin) spans.push_back({{done, match.begin}, inverted});
    spans.push_back({match, !inverted});
    done = match.end;
  }
  if (done != length) spans.push_back({{done, length}, inverted});
  return spans;
}

std::vector<Match> joined(const std::vector<Span>& spans, SplitBehavior behavior) {
  std::vector<Match> parts;
  bool last_is_match = false;
  for (const Span& span : spans) {
    bool join = false;
    if (behavior == SplitBehavior::merged_with_previous) join = span.is_match && !last_is_match;
    if (behavior == SplitBehavior::merged_with_next) join = last_is_match && !span.is_match;
    if (behavior == SplitBehavior::contiguous) join = span.is_match == last_is_match;
    if (join && !parts.empty()) {
      parts.back().end = span.bounds.end;
    } else {
      parts.push_back(span.bounds);
    }
    last_is_match = span.is_match;
  }
  return parts;
}

}  // namespace

Result<SplitBehavior> splitBehaviorFromJson(const JsonNode& node) {
  static constexpr std::array<std::pair<std::string_view, SplitBehavior>, 5> kNames{{
      {"Removed", SplitBehavior::removed},
      {"Isolated", SplitBehavior::isolated},
      {"MergedWithPrevious", SplitBehavior::merged_with_previous},
      {"MergedWithNext", SplitBehavior::merged_with_next},
      {"Contiguous", SplitBehavior::contiguous},
  }};
  auto name = node.text();
  if (!name) return Failure(name.error());
  for (const auto& [known, behavior] : kNames) {
    if (*name == known) return behavior;
  }
  return node.wrong("Removed, Isolated, MergedWithPrevious, MergedWithNext or Contiguous");
}

std::vector<Match> splitAt(const std::vector<Match>& matches, std::size_t length, bool inverted,
                           SplitBehavior behavior) {
  std::vector<Span> spans = spansOf(matches, length, inverted);
  if (behavior == SplitBehavior::removed)
    std::erase_if(spans, [](const Span& s) { return s.is_match; });
  std::vector<Match> parts = joined(spans, behavior);
  std::erase_if(parts, [](const Match& part) { return part.begin == part.end; });
  return parts;
}

}  // namespace xkv::text
