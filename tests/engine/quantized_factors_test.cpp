// SPDX-License-Identifier: Apache-2.0
/// Quantised factors: the packing byte by byte, the bound of every element, and the bytes of the ledger.
#include "engine/cache/quantized_factors.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/full.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/zeros.h>
#include <gmock/gmock.h>

#include "engine/cache/factored_stream.h"
#include "profiling/memory_ledger.h"
#include "tests/engine/golden.h"
#include "tests/engine/synthetic_kv.h"

namespace xkv {
namespace {

at::Tensor random(int64_t rows, int64_t columns) {
  auto generator = at::make_generator<at::CPUGeneratorImpl>(uint64_t{3});
  return at::randn({rows, columns}, generator, at::TensorOptions(at::kFloat));
}

uint8_t byteAt(const QuantizedRows& rows, int64_t row, int64_t column) {
  return rows.codes[row][column].item<uint8_t>();
}

/// Half a step of each element's group, (rows, columns) fp32.
at::Tensor halfStep(const QuantizedRows& rows) {
  return rows.scale.to(at::kFloat).repeat_interleave(kQuantGroup, 1).slice(1, 0, rows.columns) / 2;
}

// 0, 1, ... 15 and again: scale 1, minimum 0, so the codes are the numbers.
TEST(QuantizedRows, FourBitsArePackedLowNibbleFirst) {
  const at::Tensor numbers = at::arange(32).remainder(16).to(at::kFloat).view({1, 32});
  const auto rows = quantizeRows(numbers, 4, "A");
  ASSERT_TRUE(rows);
  EXPECT_EQ(rows->codes.size(1), 16);
  EXPECT_EQ(byteAt(*rows, 0, 0), 0x10);
  EXPECT_EQ(byteAt(*rows, 0, 1), 0x32);
  EXPECT_EQ(byteAt(*rows, 0, 7), 0xFE);
  EXPECT_EQ(rows->scale[0][0].item<float>(), 1);
  EXPECT_EQ(test::worstRelative(rows->values(0, 1), numbers), 0);
}

TEST(QuantizedRows, EachRowAndItsShortLastGroupStandAlone) {
  at::Tensor numbers = at::zeros({2, 35});
  numbers[0].slice(0, 32).copy_(at::arange(3) * 5.0);  // 0, 5, 10 in the last group
  numbers[1].fill_(7);
  const auto rows = quantizeRows(numbers, 4, "A");
  ASSERT_TRUE(rows);
  EXPECT_EQ(rows->codes.size(1), 18);  // 35 nibbles
  EXPECT_EQ(rows->scale.size(1), 2);
  EXPECT_EQ(byteAt(*rows, 0, 16), 0x70);  // 5 is code 7 of a step a little above 2/3
  EXPECT_EQ(byteAt(*rows, 0, 17), 0x0F);
  EXPECT_EQ(rows->minimum[1][1].item<float>(), 7);
  EXPECT_EQ(rows->scale[1][1].item<float>(), 0);
  EXPECT_EQ(test::worstRelative(rows->values(1, 2), numbers.slice(0, 1)), 0);
}

TEST(QuantizedRows, NoElementIsFartherThanHalfAStep) {
  for (const int64_t bits : {8, 4}) {
    for (const double scale : {1e-4, 1.0, 3e3}) {
      const at::Tensor numbers = random(200, 75) * scale + scale;
      const auto rows = quantizeRows(numbers, bits, "A");
      ASSERT_TRUE(rows);
      const at::Tensor away = (rows->values(0, 200) - numbers).abs();
      EXPECT_TRUE((away <= halfStep(*rows) * 1.0001 + 1e-6 * scale).all().item<bool>())
          << bits << " bits at " << scale;
      // The step is the range over the codes, within what fp16 rounds.
      const at::Tensor range =
          numbers.slice(1, 0, 32).amax({1}) - numbers.slice(1, 0, 32).amin({1});
      const double most = bits == 8 ? 255 : 15;
      const double widest =
          (rows->scale.select(1, 0).to(at::kFloat) * most / range).max().item<double>();
      EXPECT_LT(widest, scale < 1 ? 1.1 : 1.02);  // small scales are subnormal in fp16
      EXPECT_GE((rows->scale.select(1, 0).to(at::kFloat) * most / range).min().item<double>(), 1);
    }
  }
}

TEST(QuantizedRows, WhatFp16CannotHoldIsRefused) {
  const auto rows = quantizeRows(at::full({2, 40}, 1e6), 8, "the token basis");
  ASSERT_FALSE(rows);
  EXPECT_THAT(rows.error().message, testing::HasSubstr("the token basis holds values up to 1000000"));
}

TEST(FactorMatrix, BytesAreTheLedgersArithmetic) {
  for (const int64_t columns : {1, 31, 32, 33, 64, 100}) {
    for (const int64_t bits : {8, 4}) {
      const auto matrix = FactorMatrix::make(random(37, columns), bits, at::kBFloat16, "A");
      EXPECT_EQ(matrix->bytes(), quantizedBytes(37, columns, bits));
      EXPECT_EQ(matrix->all().scalar_type(), at::kBFloat16);
      EXPECT_EQ(matrix->all().sizes(), (at::IntArrayRef{37, columns}));
    }
  }
}

TEST(FactorMatrix, RowsAreAddedAndTakenAway) {
  for (const int64_t bits : {0, 8, 4}) {
    const at::Tensor numbers = random(50, 45);
    auto whole = FactorMatrix::make(numbers, bits, at::kFloat, "B");
    auto part = FactorMatrix::make(numbers.slice(0, 0, 30), bits, at::kFloat, "B");
    const int64_t bytes = part->bytes();
    part->append(*FactorMatrix::make(numbers.slice(0, 30), bits, at::kFloat, "B"));
    EXPECT_EQ(test::worstRelative(part->all(), whole->all()), 0);
    part->keepFirst(30);
    EXPECT_EQ(part->bytes(), bytes);
    EXPECT_EQ(test::worstRelative(part->all(), whole->rows(0, 30)), 0);
  }
}

/// ||X - A'B'|| <= ||X - AB|| + ||A - A'|| ||B'|| + ||A|| ||B - B'||, with B's rows orthonormal.
TEST(FactoredStream, ErrorStaysWithinWhatTheBitsAllow) {
  const LayerRows rows = test::syntheticRows({.seq_len = 300});
  test::NoPhases phases;
  const auto factors = factorGroup(rows, {.rank = 40}, phases, {});
  ASSERT_TRUE(factors);
  const auto norm = [](const at::Tensor& x) { return at::linalg_vector_norm(x).item<double>(); };
  const at::Tensor x = test::joined(rows);
  const double exact =
      norm(x - at::mm(factors->token_basis, factors->layer_factors).to(at::kDouble)) / norm(x);
  for (const FactorForm form : {FactorForm{at::kFloat, 8, 8}, FactorForm{at::kFloat, 4, 4},
                                FactorForm{at::kFloat, 8, 0}, FactorForm{at::kFloat, 4, 0}}) {
    const auto stream = FactoredStream::make(*factors, 4, form);
    ASSERT_TRUE(stream);
    double lost = 0;
    for (int64_t i = 0; i < 4; ++i) {
      lost += std::pow(norm(stream->exact(i) - rows[static_cast<size_t>(i)]), 2);
    }
    const double error = std::sqrt(lost) / norm(x);
    const auto bound = [&](const at::Tensor& matrix, int64_t bits) {
      return bits == 0 ? 0.0 : norm(halfStep(*quantizeRows(matrix, bits, "")));
    };
    double factor_bound = 0;
    for (const at::Tensor& part : factors->layer_factors.chunk(4, 1)) {
      factor_bound = std::hypot(factor_bound, bound(part, form.layer_factor_bits));
    }
    const double largest = at::linalg_vector_norm(factors->token_basis, 2, {0}).max().item<double>();
    const double allowed = (1 + factor_bound) * bound(factors->token_basis, form.token_basis_bits) +
                           largest * factor_bound;
    EXPECT_LE(error, exact + allowed / norm(x));
    EXPECT_GT(error, exact);
    EXPECT_LT(error, form.token_basis_bits == 8 ? 1.1 * exact + 0.01 : 0.2);
  }
}

TEST(FactoredStream, BlockAndAbsorbedWeightsReadTheSameRows) {
  const LayerRows rows = test::syntheticRows({.seq_len = 5000, .kv_dim = 16, .num_layers = 2});
  test::NoPhases phases;
  const auto factors = factorGroup(rows, {.rank = 20}, phases, {});
  for (const int64_t bits : {0, 8, 4}) {
    const auto stream = FactoredStream::make(*factors, 2, {at::kFloat, bits, bits});
    const at::Tensor exact = stream->exact(1);
    const at::Tensor some = stream->rows(stream->factor(1), 1000, 4100);
    EXPECT_LT(test::worstRelative(some, exact.slice(0, 1000, 4100)), 1e-5);
    const at::Tensor weights = random(3, 5000);
    const at::Tensor absorbed = at::mm(stream->absorbed(weights), stream->factor(1));
    EXPECT_LT(test::worstRelative(absorbed, at::mm(weights, exact)), 1e-5);
  }
}

}  // namespace
}  // namespace xkv
