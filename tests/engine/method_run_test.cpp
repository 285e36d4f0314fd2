// SPDX-License-Identifier: Apache-2.0
/// Whole runs with each method beside plain xKV: what is recorded, and that the ledger is the storage.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "profiling/memory_ledger.h"
#include "tests/engine/golden.h"
#include "tests/engine/tiny_model.h"

namespace xkv {
namespace {

using test::RecordList;
using test::TinyModel;

class MethodRun : public testing::Test {
 protected:
  void SetUp() override {
    TinyModel model;
    model.num_layers = 4;
    test::writeTinyModel(model, folder_.path());
  }

  RunSpec spec() const {
    RunSpec spec;
    spec.model_dir = folder_.path();
    spec.prompt_ids = test::someIds(30, 40);
    spec.dtype = Dtype::fp32;
    spec.max_new_tokens = 6;
    spec.compression.layer_group_size = 2;
    return spec;
  }

  static RecordList ran(const RunSpec& spec) {
    RecordList run;
    const Status done = test::runSpec(spec, run);
    EXPECT_TRUE(done) << (done ? "" : done.error().message);
    return run;
  }

  static double worstError(const RecordList& run) {
    double worst = 0;
    for (const auto& record : run.all<ReconstructionRecord>()) worst = std::max(worst, record.error);
    return worst;
  }

  static double worstKl(const RecordList& run) {
    return std::ranges::max(run.all<DivergenceRecord>()[0].kl);
  }

  test::TemporaryFolder folder_;
};

TEST_F(MethodRun, MiniCacheMeasuresAndAccountsForItsRows) {
  RunSpec mini = spec();
  mini.compression.method = Method::minicache;
  mini.compression.start_layer = -1;
  mini.compression.slerp_gamma = 0.5;
  const RecordList run = ran(mini);
  ASSERT_EQ(run.all<RunStarted>()[0].plan.size(), 1u);
  EXPECT_EQ(run.all<RunStarted>()[0].plan[0].first_layer, 2);
  ASSERT_EQ(run.all<ReconstructionRecord>().size(), 2u);  // keys and values of one pair
  EXPECT_EQ(run.all<ReconstructionRecord>()[0].rank, 0);
  EXPECT_GT(worstError(run), 0.01);
  EXPECT_GT(worstKl(run), 0);
  EXPECT_EQ(run.all<TokenRecord>()[0].method, Method::minicache);
  const MemoryRecord memory = run.all<MemoryRecord>()[0];
  int64_t merged = 0;
  int64_t kept = 0;
  for (const MemoryPart& part : memory.parts) {
    if (part.kind == MemoryPartKind::retained_row) kept += part.bytes / (2 * 8 * 4);
    const bool of_pair = part.kind == MemoryPartKind::merged_direction ||
                         part.kind == MemoryPartKind::merged_norm ||
                         part.kind == MemoryPartKind::retained_row ||
                         part.kind == MemoryPartKind::row_index;
    if (of_pair) merged += part.bytes;
  }
  EXPECT_EQ(merged, mergedPairBytes(2 * 30 * 2, kept, 8, 4));
  EXPECT_EQ(memory.factor_bytes, merged + 2 * 2 * 30 * 16 * 4);
  EXPECT_EQ(memory.published_ratio, static_cast<double>(memory.dense_bytes) /
                                        static_cast<double>(memory.factor_bytes));
}

TEST_F(MethodRun, MiniCacheThatKeepsEveryRowIsTheDenseCache) {
  RunSpec mini = spec();
  mini.compression.method = Method::minicache;
  mini.compression.start_layer = 0;
  mini.compression.slerp_gamma = 1;  // nothing diverges, and upstream keeps what does not
  mini.compression.slerp_keep = SlerpKeep::upstream;
  const RecordList run = ran(mini);
  EXPECT_EQ(worstError(run), 0);
  EXPECT_LT(worstKl(run), 1e-9);
  EXPECT_LT(run.all<MemoryRecord>()[0].published_ratio, 1);  // the index comes on top
}

TEST_F(MethodRun, QuantisedFactorsAreTheLedgersBytes) {
  RunSpec plain = spec();
  plain.compression.rank_k = 20;
  plain.compression.rank_v = 24;
  const double exact = worstError(ran(plain));
  for (const auto& [basis, factor] : {std::pair<int64_t, int64_t>{8, 8}, {4, 4}, {8, 0}, {4, 0}}) {
    RunSpec coded = plain;
    coded.compression.token_basis_bits = basis;
    coded.compression.layer_factor_bits = factor;
    const RecordList run = ran(coded);
    const auto memory = run.all<MemoryRecord>()[0];
    const auto bytes = [](int64_t rows, int64_t columns, int64_t bits) {
      return bits == 0 ? rows * columns * 4 : quantizedBytes(rows, columns, bits);
    };
    const auto of_group = [&](int64_t rank) {
      return bytes(30, rank, basis) + 2 * bytes(rank, 16, factor);
    };
    EXPECT_EQ(memory.factor_bytes, 2 * (of_group(20) + of_group(24)));
    EXPECT_EQ(memory.published_ratio, static_cast<double>(memory.dense_bytes) /
                                          static_cast<double>(memory.factor_bytes));
    const auto record = run.all<ReconstructionRecord>()[0];
    EXPECT_EQ(record.token_basis_bits, basis);
    EXPECT_EQ(record.layer_factor_bits, factor);
    EXPECT_GE(worstError(run), exact);
    EXPECT_LT(worstError(run), exact + (basis == 8 ? 0.02 : 0.2));
  }
}

TEST_F(MethodRun, ATargetIsMetByTheRankThatIsRecorded) {
  for (const FactorBackend backend : {FactorBackend::exact, FactorBackend::gram_subspace,
                                      FactorBackend::gram_evd, FactorBackend::randomized}) {
    RunSpec target = spec();
    target.compression.target_error = 0.3;
    target.compression.factor_backend = backend;
    const RecordList run = ran(target);
    for (const auto& record : run.all<ReconstructionRecord>()) {
      EXPECT_LE(record.error, 0.3);
      EXPECT_LT(record.rank, 30);
    }
    EXPECT_GT(worstError(run), 0.2);
    EXPECT_LT(run.all<MemoryRecord>()[0].factor_bytes, 2 * 2 * 30 * (30 + 32) * 4);
  }
}

TEST_F(MethodRun, ATargetBelowTheFactorsOwnErrorIsRefusedBeforeTheRun) {
  RunSpec target = spec();
  target.dtype = Dtype::bf16;
  target.compression.target_error = 0.002;
  RecordList run;
  const Status done = test::runSpec(target, run);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().kind, ErrorKind::bad_input);
  EXPECT_TRUE(run.all<RunStarted>().empty());
}

}  // namespace
}  // namespace xkv
