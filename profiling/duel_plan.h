// SPDX-License-Identifier: Apache-2.0
/// Methods that are compared at equal bytes: which there are, and the ranks that reach the bytes.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "profiling/memory_ledger.h"

namespace xkv {

struct DuelMethod {
  std::string name;
  CompressionConfig config;  ///< without ranks
};

/// The methods of a duel for a prompt of seq_len tokens, dense first. xKV-G where the model has more than G / 2
/// layers.
std::vector<DuelMethod> duelMethods(const CacheShape& shape, int64_t seq_len);

/// A method with ranks of its own.
struct DuelEntry {
  DuelMethod method;
  int64_t factor_bytes = 0;  ///< predicted; of the prompt's tokens, what a selection keeps included
  std::string notice;        ///< why the bytes are not those that were asked; else empty
};

/// The largest ranks at rank_k : rank_v = 1 : 1.5 whose cache needs at most `bytes`, then the
/// largest rank_v that still fits. A method that cannot come down to them keeps the default ranks
/// of METHOD.md 2, and the entry says so; the dense cache is what it is. bad_input: as planGroups.
Result<DuelEntry> planAtBytes(const DuelMethod& method, const LedgerShape& shape, int64_t bytes);

/// All of duelMethods at `bytes`, in their order. bad_input: as planGroups.
Result<std::vector<DuelEntry>> planDuel(const LedgerShape& shape, int64_t bytes);

}  // namespace xkv
