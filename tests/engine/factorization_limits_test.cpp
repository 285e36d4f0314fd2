// SPDX-License-Identifier: Apache-2.0
/// What a factorization may take of a process: memory beside its input, and time until it hears that it shall stop.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "engine/cache/group_svd.h"
#include "engine/cache/tensor_memory.h"
#include "tests/engine/synthetic_kv.h"

namespace xkv {
namespace {

using std::chrono::milliseconds;

/// Two layers of a power-law spectrum and noise, (seq_len, 1024) each, bf16.
LayerRows someRows(int64_t seq_len) {
  return test::syntheticRows({.seq_len = seq_len, .kv_dim = 1024, .num_layers = 2,
                              .shared_rank = 600, .decay = 0.7, .noise = 0.1},
                             at::kBFloat16);
}

// 0.6 GB at T = 65,536, C = 4096, r = 512 are 4.4 times A in fp32; a quarter of each length here.
TEST(FactorizationLimits, WorkspaceIsAFewTimesTheTokenBasis) {
  TensorMemory::watch();
  constexpr int64_t kTokens = 16384;
  constexpr int64_t kRank = 256;
  const LayerRows rows = someRows(kTokens);
  test::NoPhases phases;
  const int64_t before = TensorMemory::currentBytes();
  TensorMemory::resetPeak();
  const auto factors =
      factorGroup(rows, {.rank = kRank, .dtype = at::kBFloat16}, phases, std::stop_token());
  ASSERT_TRUE(factors);
  EXPECT_EQ(factors->rank, kRank);
  const int64_t taken = TensorMemory::peakBytes() - before;
  EXPECT_LT(static_cast<double>(taken), 4.4 * kTokens * kRank * 4);
}

/// From the request to the answer.
milliseconds answerTime(const LayerRows& rows, FactorBackend backend, milliseconds after) {
  test::NoPhases phases;
  std::stop_source stop;
  std::chrono::steady_clock::time_point asked;
  std::jthread other([&] {
    std::this_thread::sleep_for(after);
    asked = std::chrono::steady_clock::now();
    stop.request_stop();
  });
  const auto factors = factorGroup(rows, {.rank = 256, .backend = backend}, phases, stop.get_token());
  const auto answered = std::chrono::steady_clock::now();
  other.join();
  EXPECT_FALSE(factors);
  if (!factors) {
    EXPECT_EQ(factors.error().kind, ErrorKind::interrupted);
  }
  return std::chrono::duration_cast<milliseconds>(answered - asked);
}

// The shortest of a few, because others use the machine too. `exact` is inside LAPACK then.
TEST(FactorizationLimits, StopIsHeardWithinATenthOfASecond) {
  const LayerRows rows = someRows(8192);
  for (const FactorBackend backend : {FactorBackend::gram_subspace, FactorBackend::exact}) {
    for (const milliseconds after : {milliseconds(30), milliseconds(150)}) {
      milliseconds shortest = milliseconds::max();
      for (int i = 0; i < 5 && shortest >= milliseconds(100); ++i) {
        shortest = std::min(shortest, answerTime(rows, backend, after));
      }
      EXPECT_LT(shortest, milliseconds(100)) << "after " << after.count() << " ms";
    }
  }
}

}  // namespace
}  // namespace xkv
