// SPDX-License-Identifier: Apache-2.0
/// What a factorization may take of a process: memory beside its input, and time until it hears that it shall stop.
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/randn.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <thread>

#include "engine/cache/group_svd.h"
#include "engine/cache/tensor_memory.h"
#include "tests/engine/synthetic_kv.h"

namespace xkv {
namespace {

using std::chrono::steady_clock;

/// Three layers of a power-law spectrum and noise, (seq_len, 512) each, bf16: wide enough for products in fp32.
LayerRows someRows(int64_t seq_len) {
  auto generator = at::make_generator<at::CPUGeneratorImpl>(uint64_t{3});
  const auto normal = [&](int64_t rows, int64_t columns) {
    return at::randn({rows, columns}, generator, at::TensorOptions(at::kFloat));
  };
  const at::Tensor basis = normal(seq_len, 200) * at::arange(1, 201, at::kFloat).pow(-0.7);
  LayerRows rows;
  for (int layer = 0; layer < 3; ++layer) {
    rows.push_back((at::mm(basis, normal(200, 512)) + 0.3 * normal(seq_len, 512)).to(at::kBFloat16));
  }
  return rows;
}

// 0.6 GB at T = 65,536, C = 4096, r = 512 are 4.4 times A in fp32.
TEST(FactorizationLimits, WorkspaceIsAFewTimesTheTokenBasis) {
  TensorMemory::watch();
  constexpr int64_t kTokens = 32768;
  constexpr int64_t kRank = 128;
  const LayerRows rows = someRows(kTokens);
  test::NoPhases phases;
  const int64_t before = TensorMemory::currentBytes();
  TensorMemory::resetPeak();
  const auto factors = factorGroup(rows, {.rank = kRank, .dtype = at::kBFloat16}, phases, {});
  ASSERT_TRUE(factors);
  EXPECT_EQ(factors->rank, kRank);
  const int64_t taken = TensorMemory::peakBytes() - before;
  EXPECT_LT(static_cast<double>(taken), 4.4 * kTokens * kRank * 4);
}

double msSince(steady_clock::time_point start) {
  return std::chrono::duration<double, std::milli>(steady_clock::now() - start).count();
}

/// From the request, `after_ms` from the start, to the answer; none where it was there before.
std::optional<double> answerMs(const LayerRows& rows, FactorBackend backend, double after_ms) {
  test::NoPhases phases;
  std::stop_source stop;
  steady_clock::time_point asked;
  std::jthread other([&] {
    std::this_thread::sleep_for(std::chrono::duration<double, std::milli>(after_ms));
    asked = steady_clock::now();
    stop.request_stop();
  });
  const auto factors = factorGroup(rows, {.rank = 128, .backend = backend}, phases, stop.get_token());
  const auto answered = steady_clock::now();
  other.join();
  if (factors) return std::nullopt;
  EXPECT_EQ(factors.error().kind, ErrorKind::interrupted);
  return std::chrono::duration<double, std::milli>(answered - asked).count();
}

// The shortest of a few, because others use the machine too. `exact` is inside LAPACK then.
TEST(FactorizationLimits, StopIsHeardWithinATenthOfASecond) {
  const LayerRows rows = someRows(4096);
  test::NoPhases phases;
  for (const FactorBackend backend : {FactorBackend::gram_subspace, FactorBackend::exact}) {
    const auto start = steady_clock::now();
    ASSERT_TRUE(factorGroup(rows, {.rank = 128, .backend = backend}, phases, {}));
    const double whole = msSince(start);
    double shortest = 1e9;
    for (int i = 0; i < 6 && shortest >= 100; ++i) {
      const auto answer = answerMs(rows, backend, whole / 3);
      shortest = std::min(shortest, answer.value_or(shortest));
    }
    EXPECT_LT(shortest, 100) << "of " << whole << " ms in all";
  }
}

}  // namespace
}  // namespace xkv
