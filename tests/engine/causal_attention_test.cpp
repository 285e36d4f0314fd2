// SPDX-License-Identifier: Apache-2.0
/// A prompt's attention against softmax(Q K^T) V in fp64, for every element type and what a model may ask of it.
#include <ATen/TensorOperators.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "engine/model/attention.h"

namespace xkv {
namespace {

struct Case {
  int64_t queries = 12;
  int64_t tokens = 12;
  int64_t heads = 4;
  int64_t kv_heads = 4;
  int64_t value_dim = 16;
  int64_t window = 0;
};

constexpr int64_t kHeadDim = 16;
constexpr double kScale = 0.3;

at::Tensor expected(const at::Tensor& queries, const HeadRows& rows, const Case& c) {
  std::vector<at::Tensor> heads;
  for (int64_t head = 0; head < c.heads; ++head) {
    const int64_t kv_head = head / (c.heads / c.kv_heads);
    at::Tensor scores = at::mm(queries.select(1, head).to(at::kDouble),
                               rows.keys.select(1, kv_head).to(at::kDouble).t()) *
                        kScale;
    for (int64_t q = 0; q < c.queries; ++q) {
      const int64_t position = c.tokens - c.queries + q;
      for (int64_t t = 0; t < c.tokens; ++t) {
        const bool seen = t <= position && (c.window == 0 || t > position - c.window);
        if (!seen) scores[q][t] = -std::numeric_limits<double>::infinity();
      }
    }
    heads.push_back(at::mm(at::softmax(scores, -1), rows.values.select(1, kv_head).to(at::kDouble)));
  }
  return at::stack(heads, 1);
}

class CausalAttention : public testing::TestWithParam<Case> {};

TEST_P(CausalAttention, IsThatOfTheFormula) {
  const Case c = GetParam();
  for (const auto& [type, tolerance] : {std::pair(at::kFloat, 1e-6), std::pair(at::kBFloat16, 4e-3),
                                        std::pair(at::kHalf, 5e-4)}) {
    const at::Tensor queries = at::randn({c.queries, c.heads, kHeadDim}).to(type);
    const HeadRows rows{at::randn({c.tokens, c.kv_heads, kHeadDim}).to(type),
                        at::randn({c.tokens, c.kv_heads, c.value_dim}).to(type)};
    const at::Tensor mixed = causalAttention(queries, rows, kScale, c.window);
    ASSERT_EQ(mixed.scalar_type(), type);
    const at::Tensor exact = expected(queries, rows, c);
    const double off = at::linalg_vector_norm(mixed.to(at::kDouble) - exact).item<double>() /
                       at::linalg_vector_norm(exact).item<double>();
    EXPECT_LT(off, tolerance) << type;
  }
}

INSTANTIATE_TEST_SUITE_P(Shapes, CausalAttention,
                         testing::Values(Case{}, Case{.heads = 8, .kv_heads = 2},
                                         Case{.heads = 8, .kv_heads = 1},
                                         Case{.queries = 5, .tokens = 37, .kv_heads = 2},
                                         Case{.queries = 20, .tokens = 20, .window = 6},
                                         Case{.queries = 7, .tokens = 33, .kv_heads = 2, .window = 9},
                                         Case{.value_dim = 8},
                                         Case{.queries = 100, .tokens = 560, .heads = 2, .kv_heads = 1}));

}  // namespace
}  // namespace xkv
