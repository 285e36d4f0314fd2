// SPDX-License-Identifier: Apache-2.0
/// Schemes take turns, so that a machine that slows down slows them all down alike.
#pragma once

#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "profiling/bench_table.h"
#include "profiling/records/result.h"

namespace xkv {

/// "gram-subspace, round 2 of 5", and how much of everything is done.
using BenchProgress = std::function<void(const std::string& phase, int64_t done, int64_t total)>;

/// How often to measure, and what.
struct BenchRounds {
  int64_t repeat = 5;                ///< rounds, after one that is not counted
  std::vector<std::string> schemes;  ///< those to measure; empty = all
  BenchProgress progress;            ///< may be empty
  std::stop_token stop;
};

struct BenchScheme {
  std::string name;
  bool is_rival = false;
  /// Works once; the samples it took, ns. interrupted when stopped.
  std::function<Result<std::vector<int64_t>>()> step;
};

/// A step that is one sample: how long `work` takes.
std::function<Result<std::vector<int64_t>>()> timed(std::function<Status()> work);

/// Every scheme that is asked for gets a row and its samples. A stop is no failure: the table is then
/// not complete and holds what was measured. usage: no scheme of such a name.
Status sampleInTurn(const std::vector<BenchScheme>& schemes, const BenchRounds& rounds,
                    BenchTable& table);

}  // namespace xkv
