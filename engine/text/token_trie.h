// SPDX-License-Identifier: Apache-2.0
/// Finds the longest of many strings at each place of a text.
#pragma once

#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace xkv::text {

class TokenTrie {
 public:
  /// The first of equal strings counts. Empty strings are left out.
  void add(std::string_view content, std::size_t index);

  struct Found {
    std::size_t begin;
    std::size_t end;
    std::size_t index;
  };
  /// From left to right, the longest at each place, without overlap.
  std::vector<Found> findAll(std::string_view text) const;

 private:
  static constexpr std::size_t kNone = SIZE_MAX;
  struct Node {
    std::size_t index = kNone;  // of the string that ends here
  };
  const std::size_t* child(std::size_t node, char byte) const;

  std::vector<Node> nodes_{Node{}};
  std::unordered_map<uint64_t, std::size_t> children_;  // node * 256 + byte
};

}  // namespace xkv::text
