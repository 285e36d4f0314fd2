// SPDX-License-Identifier: Apache-2.0
/// A plain walk from each place: its length is bounded by the longest string that was added.
#include "engine/text/token_trie.h"

namespace xkv::text {
namespace {

uint64_t edge(std::size_t node, char byte) {
  return uint64_t{node} << 8 | static_cast<unsigned char>(byte);
}

}  // namespace

void TokenTrie::add(std::string_view content, std::size_t index) {
  std::size_t node = 0;
  for (const char byte : content) {
    const auto [entry, is_new] = children_.emplace(edge(node, byte), nodes_.size());
    node = entry->second;
    if (is_new) nodes_.push_back({});
  }
  if (node != 0 && nodes_[node].index == kNone) nodes_[node].index = index;
}

const std::size_t* TokenTrie::child(std::size_t node, char byte) const {
  const auto found = children_.find(edge(node, byte));
  return found == children_.end() ? nullptr : &found->second;
}

std::vector<TokenTrie::Found> TokenTrie::findAll(std::string_view text) const {
  std::vector<Found> all;
  if (children_.empty()) return all;
  for (std::size_t begin = 0; begin < text.size();) {
    Found longest{begin, begin, kNone};
    std::size_t node = 0;
    for (std::size_t at = begin; at < text.size(); ++at) {
      const std::size_t* next = child(node, text[at]);
      if (next == nullptr) break;
      node = *next;
      if (nodes_[node].index != kNone) longest = {begin, at + 1, nodes_[node].index};
    }
    if (longest.index == kNone) {
      ++begin;
    } else {
      all.push_back(longest);
      begin = longest.end;
    }
  }
  return all;
}

}  // namespace xkv::text
