// SPDX-License-Identifier: Apache-2.0
/// Merges neighbouring symbols by rank, in time n log n even for a word of many thousand
/// characters.
#pragma once

#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

namespace xkv::text {

struct Merge {
  uint32_t rank;
  uint32_t merged_id;
};

class MergeTable {
 public:
  /// A pair that comes twice keeps its last rank.
  void set(uint32_t left, uint32_t right, Merge merge) { merges_[key(left, right)] = merge; }
  void reserve(std::size_t count) { merges_.reserve(count); }
  std::optional<Merge> find(uint32_t left, uint32_t right) const;

  /// Merges until no pair is left: always the lowest rank first, the leftmost of equals.
  std::vector<uint32_t> apply(std::vector<uint32_t> ids) const;

 private:
  static uint64_t key(uint32_t left, uint32_t right) { return uint64_t{left} << 32 | right; }
  struct PairHash {
    std::size_t operator()(uint64_t pair) const {
      return static_cast<std::size_t>((pair ^ pair >> 29) * 0x9E3779B97F4A7C15ULL >> 16);
    }
  };
  std::unordered_map<uint64_t, Merge, PairHash> merges_;
};

}  // namespace xkv::text
