// SPDX-License-Identifier: Apache-2.0
/// Products of bf16 matrices against sums in fp64, whatever the sizes.
#include "engine/ops/simd/bf16_products.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "engine/ops/simd/element.h"
#include "tests/engine/ops/elements.h"

namespace xkv::simd {
namespace {

using test::Elements;

/// A bf16 matrix inside a wider one, and its values.
struct Matrix {
  Matrix(int64_t rows_, int64_t columns_, uint64_t seed)
      : rows(rows_), columns(columns_), elements(test::someElements(rows_ * stride(), Dtype::bf16, seed)), values(elements.floats()) {}
  int64_t stride() const { return columns + 5; }
  double at(int64_t row, int64_t column) const { return values[static_cast<size_t>(row * stride() + column)]; }
  const void* row(int64_t index) const { return elementAt(elements.data(), Dtype::bf16, index * stride()); }

  int64_t rows, columns;
  Elements elements;
  std::vector<float> values;
};

Matrix transposeOf(const Matrix& matrix) {
  Matrix transposed(matrix.columns, matrix.rows, 9);
  for (int64_t i = 0; i < matrix.rows; ++i) {
    for (int64_t j = 0; j < matrix.columns; ++j) {
      test::setElement(transposed.elements, j * transposed.stride() + i, static_cast<float>(matrix.at(i, j)));
    }
  }
  return transposed;
}

/// Panels with room of their own, full of ones at first: packing must fill all of it.
struct Packed {
  Packed(int64_t depth, int64_t columns)
      : memory(static_cast<size_t>(Bf16Panels::lengthFor(depth, columns)), 0x3F803F80u),
        panels{memory.data(), depth, columns} {}
  std::vector<uint32_t> memory;
  Bf16Panels panels;
};

constexpr double kFilled = 7;  // what the sum held before
constexpr int64_t kBeside = 3;

/// Of L^T R + 7: worst entry against sums in fp64, over the size of what is summed.
double worst(const Matrix& left, const Matrix& right, const std::vector<double>& sum, int64_t stride) {
  double worst = 0;
  for (int64_t i = 0; i < left.columns; ++i) {
    for (int64_t j = 0; j < right.columns; ++j) {
      double exact = kFilled;
      double size = kFilled;
      for (int64_t k = 0; k < left.rows; ++k) {
        exact += left.at(k, i) * right.at(k, j);
        size += std::abs(left.at(k, i) * right.at(k, j));
      }
      worst = std::max(worst, std::abs(sum[static_cast<size_t>(i * stride + j)] - exact) / size);
    }
  }
  return worst;
}

struct Sizes {
  int64_t depth, left, right;
};

class Bf16Products : public testing::TestWithParam<Sizes> {};

TEST_P(Bf16Products, EqualSumsInFp64) {
  const auto [depth, left_columns, right_columns] = GetParam();
  const Matrix left(depth, left_columns, 1);
  const Matrix right(depth, right_columns, 2);
  Packed packed_left(depth, left_columns);
  Packed packed_right(depth, right_columns);
  packColumns(left.row(0), left.stride(), 0, left_columns, packed_left.panels);
  packColumns(right.row(0), right.stride(), 0, right_columns, packed_right.panels);
  const int64_t stride = right_columns + kBeside;
  const std::vector<double> before(static_cast<size_t>(left_columns * stride), kFilled);
  for (const auto add : {&addProducts, &portable::addProducts}) {
    std::vector<double> sum = before;
    add(packed_left.panels, packed_right.panels, sum.data(), stride);
    EXPECT_LT(worst(left, right, sum, stride), 2e-6);
    for (int64_t i = 0; i < left_columns; ++i) {
      for (int64_t j = right_columns; j < stride; ++j) {
        EXPECT_EQ(sum[static_cast<size_t>(i * stride + j)], kFilled) << "beside the sum";
      }
    }
  }
}

TEST_P(Bf16Products, PackingRowsIsPackingTheTranspose) {
  const auto [depth, columns, part] = GetParam();
  Packed by_rows(depth, columns);
  Packed by_columns(depth, columns);
  const Matrix matrix(columns, depth, 3);
  const Matrix transposed = transposeOf(matrix);
  // In two parts, as the layers of a group come.
  const int64_t first = std::min(part, columns);
  packRows(matrix.row(0), matrix.stride(), 0, first, by_rows.panels);
  packRows(matrix.row(first), matrix.stride(), first, columns - first, by_rows.panels);
  packColumns(transposed.row(0), transposed.stride(), 0, columns, by_columns.panels);
  EXPECT_EQ(by_rows.memory, by_columns.memory);
}

TEST_P(Bf16Products, GramIsTheProductWithItself) {
  const auto& [depth, columns, ignored] = GetParam();
  const Matrix matrix(depth, columns, 5);
  Packed packed(depth, columns);
  packColumns(matrix.row(0), matrix.stride(), 0, columns, packed.panels);
  std::vector<double> sum(static_cast<size_t>(columns * columns), kFilled);
  addGram(packed.panels, sum.data(), columns, {});
  mirrorUpper(sum.data(), columns, {});
  EXPECT_LT(worst(matrix, matrix, sum, columns), 2e-6);
}

INSTANTIATE_TEST_SUITE_P(Sizes, Bf16Products,
                         testing::Values(Sizes{1, 1, 1}, Sizes{2, 8, 48}, Sizes{7, 9, 47}, Sizes{64, 48, 96},
                                         Sizes{33, 50, 100}, Sizes{256, 400, 16}, Sizes{5, 777, 3}));

}  // namespace
}  // namespace xkv::simd
