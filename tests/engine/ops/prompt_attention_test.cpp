// SPDX-License-Identifier: Apache-2.0
/// A prompt's attention by bf16 dot products against the formula in fp64, whatever the sizes.
#include "engine/ops/simd/prompt_attention.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "tests/engine/ops/elements.h"

namespace xkv::simd {
namespace {

using test::Elements;

struct Sizes {
  int64_t queries, keys, heads, kv_heads, key_dim, value_dim, window;
};

/// Heads of tokens with room between the tokens.
struct Heads {
  Heads(int64_t tokens, int64_t num_heads_, int64_t dim_, uint64_t seed)
      : num_heads(num_heads_), dim(dim_), elements(test::someElements(tokens * stride(), Dtype::bf16, seed)), values(elements.floats()) {}
  int64_t stride() const { return num_heads * dim + 3; }
  HeadElements view() const { return {elements.data(), stride(), dim}; }
  double at(int64_t token, int64_t head, int64_t i) const {
    return values[static_cast<size_t>(token * stride() + head * dim + i)];
  }

  int64_t num_heads, dim;
  Elements elements;
  std::vector<float> values;
};

constexpr double kScale = 0.4;

/// What query `query` of a head mixes.
std::vector<double> expected(const Sizes& sizes, const Heads& queries, const Heads& keys, const Heads& values,
                             int64_t query, int64_t head) {
  const int64_t kv_head = head / (sizes.heads / sizes.kv_heads);
  const int64_t own = sizes.keys - sizes.queries + query;
  const int64_t first = sizes.window > 0 ? std::max<int64_t>(0, own - sizes.window + 1) : 0;
  std::vector<double> mixed(static_cast<size_t>(sizes.value_dim));
  double sum = 0;
  for (int64_t key = first; key <= own; ++key) {
    double score = 0;
    for (int64_t i = 0; i < sizes.key_dim; ++i) score += queries.at(query, head, i) * keys.at(key, kv_head, i);
    const double weight = std::exp(kScale * score);
    sum += weight;
    for (size_t i = 0; i < mixed.size(); ++i) mixed[i] += weight * values.at(key, kv_head, static_cast<int64_t>(i));
  }
  for (double& x : mixed) x /= sum;
  return mixed;
}

class PromptAttention : public testing::TestWithParam<Sizes> {};

TEST_P(PromptAttention, IsThatOfTheFormula) {
  const Sizes sizes = GetParam();
  const Heads queries(sizes.queries, sizes.heads, sizes.key_dim, 1);
  const Heads keys(sizes.keys, sizes.kv_heads, sizes.key_dim, 2);
  const Heads values(sizes.keys, sizes.kv_heads, sizes.value_dim, 3);
  Elements result(sizes.queries * sizes.heads * sizes.value_dim, Dtype::bf16);
  promptAttention({.queries = queries.view(),
                   .keys = keys.view(),
                   .values = values.view(),
                   .num_queries = sizes.queries,
                   .num_keys = sizes.keys,
                   .num_heads = sizes.heads,
                   .num_kv_heads = sizes.kv_heads,
                   .key_dim = sizes.key_dim,
                   .value_dim = sizes.value_dim,
                   .window = sizes.window,
                   .softmax_scale = kScale,
                   .result = result.data()});
  const std::vector<float> mixed = result.floats();
  for (int64_t query = 0; query < sizes.queries; ++query) {
    for (int64_t head = 0; head < sizes.heads; ++head) {
      const std::vector<double> exact = expected(sizes, queries, keys, values, query, head);
      const float* got = mixed.data() + (query * sizes.heads + head) * sizes.value_dim;
      for (size_t i = 0; i < exact.size(); ++i) {
        // Weights and the result are rounded to bf16, 2^-9 of them each; the values are about 1.
        ASSERT_NEAR(got[i], exact[i], 0.012) << "query " << query << ", head " << head << ", element " << i;
      }
    }
  }
}

TEST(PromptAttentionOfBrokenRows, AKeyThatIsNoNumberIsNotLost) {
  Heads rows(4, 1, 8, 5);
  test::setElement(rows.elements, 2 * rows.stride(), std::numeric_limits<float>::quiet_NaN());
  Heads values(4, 1, 8, 6);
  Elements result(4 * 8, Dtype::bf16);
  promptAttention({.queries = values.view(),
                   .keys = rows.view(),
                   .values = values.view(),
                   .num_queries = 4,
                   .num_keys = 4,
                   .num_heads = 1,
                   .num_kv_heads = 1,
                   .key_dim = 8,
                   .value_dim = 8,
                   .result = result.data()});
  const std::vector<float> mixed = result.floats();
  for (size_t i = 0; i < mixed.size(); ++i) EXPECT_EQ(std::isnan(mixed[i]), i >= 2 * 8) << "element " << i;
}

INSTANTIATE_TEST_SUITE_P(Sizes, PromptAttention,
                         testing::Values(Sizes{1, 1, 1, 1, 4, 4, 0}, Sizes{5, 5, 2, 2, 16, 16, 0},
                                         Sizes{49, 241, 4, 2, 20, 12, 0}, Sizes{100, 300, 2, 1, 9, 17, 70},
                                         Sizes{97, 97, 2, 1, 64, 64, 0}, Sizes{3, 500, 1, 1, 8, 8, 2}));

}  // namespace
}  // namespace xkv::simd
