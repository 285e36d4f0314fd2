// SPDX-License-Identifier: Apache-2.0
/// Groups of layers as one flag says them: 0-3:24:36,4-5,6-7::48.
#include "app/cli/layer_group_list.h"

#include <charconv>
#include <optional>

#include "profiling/records/printable.h"

namespace xkv::cli {
namespace {

/// What stands before `mark`, which is taken away with it; all of `text` where there is no mark.
std::string_view takeUntil(std::string_view& text, char mark) {
  const size_t at = text.find(mark);
  const std::string_view front = text.substr(0, at);
  text.remove_prefix(at == std::string_view::npos ? text.size() : at + 1);
  return front;
}

std::optional<int64_t> wholeNumber(std::string_view text) {
  constexpr int64_t kMost = 1'000'000'000;
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  if (number < 0 || number > kMost) return std::nullopt;
  return number;
}

bool readRank(std::string_view text, std::optional<int64_t>& rank) {
  if (text.empty()) return true;
  rank = wholeNumber(text);
  return rank && *rank >= 1;
}

std::optional<LayerGroup> groupFrom(std::string_view text) {
  LayerGroup group;
  std::string_view layers = takeUntil(text, ':');
  const bool is_range = layers.find('-') != std::string_view::npos;
  const auto first = wholeNumber(takeUntil(layers, '-'));
  const auto last = is_range ? wholeNumber(layers) : first;
  if (!first || !last || *last < *first) return std::nullopt;
  group.first_layer = *first;
  group.num_layers = *last - *first + 1;
  if (!readRank(takeUntil(text, ':'), group.rank_k) || !readRank(text, group.rank_v))
    return std::nullopt;
  return group;
}

}  // namespace

Result<std::vector<LayerGroup>> layerGroupsFrom(std::string_view text) {
  std::vector<LayerGroup> groups;
  bool more = true;
  while (more) {
    more = text.find(',') != std::string_view::npos;
    const std::string_view part = takeUntil(text, ',');
    const auto group = groupFrom(part);
    if (!group)
      return failure(ErrorKind::usage, "--layer-groups has '" + printable(part) +
                                           "', first-last[:rank_k[:rank_v]] is needed");
    groups.push_back(*group);
  }
  return groups;
}

}  // namespace xkv::cli
