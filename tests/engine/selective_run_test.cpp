// SPDX-License-Identifier: Apache-2.0
/// Selective Reconstruction in a whole run on the demo model: ledger, X-ray, turns.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <numeric>

#include "profiling/selective_plan.h"
#include "tests/engine/golden.h"
#include "tests/engine/tiny_model.h"

namespace xkv {
namespace {

using test::RecordList;
using testing::Contains;
using testing::Each;
using testing::HasSubstr;

RunSpec demoRun(Method method) {
  RunSpec spec;
  spec.model_dir = test::demoModelDir();
  for (int i = 0; i < 30; ++i) spec.prompt += "The river keeps one number, and the mill keeps none. ";
  spec.dtype = Dtype::fp32;
  spec.max_new_tokens = 6;
  spec.compression.method = method;
  spec.compression.selective.budget = 64;
  spec.compression.selective.outlier_chunks = 3;
  return spec;
}

RecordList ran(const RunSpec& spec) {
  RecordList run;
  const Status done = test::runSpec(spec, run);
  EXPECT_TRUE(done) << (done ? "" : done.error().message);
  return run;
}

std::map<MemoryPartKind, int64_t> bytesByKind(const MemoryRecord& memory) {
  std::map<MemoryPartKind, int64_t> bytes;
  for (const MemoryPart& part : memory.parts) bytes[part.kind] += part.bytes;
  return bytes;
}

/// Mean over all steps and heads.
double meanRecall(const RecordList& run) {
  double sum = 0;
  double count = 0;
  for (const SelectionRecord& record : run.all<SelectionRecord>()) {
    for (const float recall : record.recall) sum += recall;
    count += static_cast<double>(record.recall.size());
  }
  return sum / count;
}

class SelectiveRun : public testing::TestWithParam<Method> {};

TEST_P(SelectiveRun, LedgerIsWhatThePlanPredicts) {
  for (const LandmarkForm landmarks : {LandmarkForm::cache, LandmarkForm::int8}) {
    for (const bool share : {false, true}) {
      RunSpec spec = demoRun(GetParam());
      spec.compression.selective.landmarks = landmarks;
      spec.compression.selective.share_selection = share;
      const RecordList run = ran(spec);
      const MemoryRecord memory = run.all<MemoryRecord>().at(0);
      const SelectivePlan plan = planSelection(spec.compression.selective, memory.seq_len);
      const ModelShape model = run.all<RunStarted>().at(0).model;
      const SelectionBytes layer =
          selectionBytes(spec.compression.selective, plan, model.num_kv_heads, model.head_dim, 4);
      auto bytes = bytesByKind(memory);
      EXPECT_EQ(bytes[MemoryPartKind::landmark], model.num_layers * layer.landmarks);
      EXPECT_EQ(bytes[MemoryPartKind::local_row], model.num_layers * layer.local_rows);
      EXPECT_EQ(bytes[MemoryPartKind::outlier_row], model.num_layers * layer.outlier_rows);
      EXPECT_EQ(bytes[MemoryPartKind::selected_row], model.num_layers * layer.selected_rows);
      EXPECT_EQ(bytes[MemoryPartKind::chunk_index], model.num_layers * layer.chunk_index);
      const int64_t values = GetParam() == Method::xk_sr ? memory.dense_bytes / 2 : 0;
      EXPECT_EQ(bytes[MemoryPartKind::host_value], values);
      EXPECT_EQ(bytes[MemoryPartKind::dense_layer], 0);
      EXPECT_EQ(memory.factor_bytes, bytes[MemoryPartKind::token_basis] +
                                         bytes[MemoryPartKind::layer_factor] + values);
      EXPECT_NEAR(memory.with_landmarks_ratio,
                  static_cast<double>(memory.dense_bytes) /
                      static_cast<double>(memory.factor_bytes + model.num_layers * layer.landmarks),
                  1e-12);
    }
  }
}

TEST_P(SelectiveRun, XRayHoldsEveryStepOfTheForcedRun) {
  const RecordList run = ran(demoRun(GetParam()));
  const auto records = run.all<SelectionRecord>();
  const auto answer = run.all<GenerationRecord>().at(1);
  ASSERT_EQ(answer.method, Method::dense);
  ASSERT_EQ(records.size(), 16U) << "eight layers of the free run, eight of the forced one";
  for (size_t i = 8; i < records.size(); ++i) {
    const SelectionRecord& record = records[i];
    EXPECT_TRUE(record.teacher_forced);
    EXPECT_EQ(record.num_steps, answer.num_tokens - 1) << "the first token needs no step";
    EXPECT_EQ(record.chosen_chunks, 8);
    EXPECT_TRUE(std::isnan(record.hit_rate.front()));
    for (int64_t s = 1; s < record.num_steps; ++s) {
      EXPECT_GE(record.hit_rate[static_cast<size_t>(s)], 0);
      EXPECT_LE(record.hit_rate[static_cast<size_t>(s)], 1);
    }
    EXPECT_THAT(record.recall, Each(testing::AllOf(testing::Gt(0), testing::Le(1.0001F))));
    // The curve passes through the run's own budget, and all chunks are all of the attention.
    const double mean = std::accumulate(record.recall.begin(), record.recall.end(), 0.0) /
                        static_cast<double>(record.recall.size());
    EXPECT_NEAR(record.recall_of_chunks[8], mean, 1e-4);
    EXPECT_NEAR(record.recall_of_chunks.back(), 1, 1e-4);
    EXPECT_TRUE(std::ranges::is_sorted(record.recall_of_chunks));
  }
}

// One selection for all KV heads is chosen for each of them alike.
TEST_P(SelectiveRun, SharesItsSelection) {
  RunSpec spec = demoRun(GetParam());
  spec.compression.selective.share_selection = true;
  for (const SelectionRecord& record : ran(spec).all<SelectionRecord>()) {
    EXPECT_EQ(record.num_kv_heads, 1);
    EXPECT_EQ(static_cast<int64_t>(record.chosen.size()), record.num_steps * record.chosen_chunks);
  }
}

// Whatever the chunking of the prefill, a second turn is one step of the selection.
TEST_P(SelectiveRun, SecondTurnIsOneSelection) {
  RunSpec spec = demoRun(GetParam());
  spec.turns = {" And what does the mill keep, and what does the river keep?"};
  const RecordList whole = ran(spec);
  spec.prefill_chunk = 3;
  const RecordList pieces = ran(spec);
  const auto records = whole.all<SelectionRecord>();
  const auto again = pieces.all<SelectionRecord>();
  ASSERT_EQ(records.size(), again.size());
  for (size_t i = 0; i < records.size(); ++i) {
    EXPECT_EQ(records[i].num_steps, again[i].num_steps);
  }
  const auto texts = whole.all<GenerationRecord>();
  EXPECT_EQ(texts, pieces.all<GenerationRecord>());
}

TEST_P(SelectiveRun, SecondTurnEqualsDenseAtFullRankAndBudget) {
  RunSpec spec = demoRun(GetParam());
  spec.turns = {" And what does the mill keep?", " Why?"};
  spec.compression.rank_k = spec.compression.rank_v = 256;
  spec.compression.selective.budget = 8000;
  const RecordList run = ran(spec);
  for (const DivergenceRecord& divergence : run.all<DivergenceRecord>()) {
    EXPECT_EQ(divergence.first_divergent_token, -1);
    EXPECT_THAT(divergence.kl, Each(testing::Lt(1e-6)));
  }
  EXPECT_EQ(run.all<DivergenceRecord>().size(), 1U);
  EXPECT_THAT(run.all<RunStarted>().at(0).notices, Contains(HasSubstr("nothing is saved")));
}

TEST_P(SelectiveRun, BytesOfLandmarksLoseLittleRecall) {
  RunSpec spec = demoRun(GetParam());
  const double exact = meanRecall(ran(spec));
  spec.compression.selective.landmarks = LandmarkForm::int8;
  EXPECT_GT(meanRecall(ran(spec)), 0.99 * exact);
}

TEST_P(SelectiveRun, LayersOutsideTheGroupsAreDense) {
  RunSpec spec = demoRun(GetParam());
  spec.compression.start_layer = 2;
  spec.compression.end_layer = 5;
  const auto records = ran(spec).all<SelectionRecord>();
  ASSERT_EQ(records.size(), 8U);
  EXPECT_EQ(records.front().layer, 2);
  EXPECT_EQ(records.back().layer, 5);
}

INSTANTIATE_TEST_SUITE_P(Methods, SelectiveRun, testing::Values(Method::xkv_sr, Method::xk_sr));

}  // namespace
}  // namespace xkv
