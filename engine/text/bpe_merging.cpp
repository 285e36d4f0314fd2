// SPDX-License-Identifier: Apache-2.0
/// A linked list of symbols and a heap of candidate pairs; candidates that a merge overtook are
/// passed over.
#include "engine/text/bpe_merging.h"

#include <queue>

namespace xkv::text {
namespace {

constexpr std::size_t kNone = SIZE_MAX;

struct Symbol {
  uint32_t id;
  std::size_t previous;
  std::size_t next;
  bool is_merged_away;
};

struct Candidate {
  std::size_t position;
  Merge merge;
  // std::priority_queue has its largest on top: the lowest rank, then the leftmost, must count as
  // largest.
  friend bool operator<(const Candidate& a, const Candidate& b) {
    if (a.merge.rank != b.merge.rank) return a.merge.rank > b.merge.rank;
    return a.position > b.position;
  }
};

class Word {
 public:
  Word(const MergeTable& table, const std::vector<uint32_t>& ids) : table_(table) {
    symbols_.reserve(ids.size());
    for (std::size_t i = 0; i < ids.size(); ++i) {
      symbols_.push_back(
          {ids[i], i == 0 ? kNone : i - 1, i + 1 == ids.size() ? kNone : i + 1, false});
    }
    std::vector<Candidate> first;
    for (std::size_t i = 0; i + 1 < ids.size(); ++i) {
      if (const auto merge = table_.find(ids[i], ids[i + 1])) first.push_back({i, *merge});
    }
    candidates_ = std::priority_queue<Candidate>({}, std::move(first));
  }

  std::vector<uint32_t> mergeAll() {
    while (!candidates_.empty()) {
      const Candidate top = candidates_.top();
      candidates_.pop();
      if (stillStands(top)) merge(top);
    }
    std::vector<uint32_t> ids;
    for (std::size_t i = 0; i != kNone && i < symbols_.size(); i = symbols_[i].next) {
      ids.push_back(symbols_[i].id);
    }
    return ids;
  }

 private:
  bool stillStands(const Candidate& candidate) const {
    const Symbol& left = symbols_[candidate.position];
    if (left.is_merged_away || left.next == kNone) return false;
    const auto now = table_.find(left.id, symbols_[left.next].id);
    return now && now->merged_id == candidate.merge.merged_id;
  }

  void merge(const Candidate& candidate) {
    Symbol& left = symbols_[candidate.position];
    Symbol& right = symbols_[left.next];
    right.is_merged_away = true;
    left.id = candidate.merge.merged_id;
    left.next = right.next;
    if (left.next != kNone) symbols_[left.next].previous = candidate.position;
    if (left.previous != kNone) propose(left.previous);
    propose(candidate.position);
  }

  void propose(std::size_t position) {
    const Symbol& left = symbols_[position];
    if (left.next == kNone) return;
    const auto merge = table_.find(left.id, symbols_[left.next].id);
    if (merge) candidates_.push({position, *merge});
  }

  const MergeTable& table_;
  std::vector<Symbol> symbols_;
  std::priority_queue<Candidate> candidates_;
};

}  // namespace

std::optional<Merge> MergeTable::find(uint32_t left, uint32_t right) const {
  const auto found = merges_.find(key(left, right));
  return found == merges_.end() ? std::nullopt : std::optional(found->second);
}

std::vector<uint32_t> MergeTable::apply(std::vector<uint32_t> ids) const {
  return ids.size() < 2 ? ids : Word(*this, ids).mergeAll();
}

}  // namespace xkv::text
