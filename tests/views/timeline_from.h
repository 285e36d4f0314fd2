// SPDX-License-Identifier: GPL-3.0-or-later
/// Timelines for tests, written as they are drawn: "prefill 0-90 | attention 5-40 layer 2 | factor
/// 50-80".
#pragma once

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

#include "profiling/records/timeline_record.h"
#include "profiling/records/words.h"

namespace xkv {

/// "attention 5-40 layer 2 group 0 step 1 | cache 5=100". Times are µs, cache bytes are as written.
inline TimelineRecord timelineFrom(const std::string& text) {
  TimelineRecord timeline;
  std::istringstream parts(text);
  for (std::string part; std::getline(parts, part, '|');) {
    std::istringstream stream(part);
    const std::vector<std::string> words{std::istream_iterator<std::string>(stream), {}};
    if (words.size() < 2) std::abort();
    const auto number = [](const std::string& word) { return std::stoll(word); };
    const size_t cut = words[1].find_first_of("-=");
    const int64_t first = number(words[1].substr(0, cut));
    const int64_t second = number(words[1].substr(cut + 1));
    if (words[0] == "cache") {
      timeline.cache_samples.push_back({first * 1000, second});
      continue;
    }
    Span span;
    const auto kind = fromWord<PhaseKind>(words[0]);
    if (!kind) std::abort();
    span.kind = *kind;
    span.start_ns = first * 1000;
    span.end_ns = second * 1000;
    for (size_t i = 2; i + 1 < words.size(); i += 2) {
      if (words[i] == "label") span.label = words[i + 1];
      auto& field = words[i] == "layer" ? span.layer : words[i] == "group" ? span.group : span.step;
      if (words[i] != "label") field = static_cast<int32_t>(number(words[i + 1]));
    }
    timeline.spans.push_back(span);
  }
  std::stable_sort(timeline.spans.begin(), timeline.spans.end(),
                   [](const Span& a, const Span& b) { return a.end_ns < b.end_ns; });
  return timeline;
}

}  // namespace xkv
