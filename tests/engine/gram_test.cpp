// SPDX-License-Identifier: Apache-2.0
/// Gram matrices against the plain product in fp64.
#include "engine/cache/gram.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/mm.h>
#include <gtest/gtest.h>

#include "tests/engine/golden.h"
#include "tests/engine/synthetic_kv.h"

namespace xkv {
namespace {

TEST(Gram, GroupAndTokenGramEqualTheProduct) {
  const LayerRows rows = test::syntheticRows({.seq_len = 1300, .num_layers = 3});
  const at::Tensor x = test::joined(rows);
  EXPECT_LT(test::worstRelative(groupGram(rows, Products::fp64, {}), at::mm(x.t(), x)), 1e-13);
  EXPECT_LT(test::worstRelative(tokenGram(rows, Products::fp64, {}), at::mm(x, x.t())), 1e-13);
  EXPECT_LT(test::worstRelative(tokenGram(rows, Products::fp32, {}), at::mm(x, x.t())), 1e-6);
}

TEST(Gram, WideGroupsAddUpIn64BitsBetweenBlocks) {
  const LayerRows rows =
      test::syntheticRows({.seq_len = 2500, .kv_dim = 600, .num_layers = 2}, at::kBFloat16);
  const at::Tensor x = test::joined(rows);
  EXPECT_LT(test::worstRelative(groupGram(rows, Products::fp32, {}), at::mm(x.t(), x)), 1e-6);
}

TEST(Gram, StopLeavesNothing) {
  std::stop_source stop;
  stop.request_stop();
  EXPECT_FALSE(groupGram(test::syntheticRows({}), Products::fp64, stop.get_token()).defined());
}

}  // namespace
}  // namespace xkv
