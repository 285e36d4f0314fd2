// SPDX-License-Identifier: Apache-2.0
/// A factor matrix as it is kept: in a float type, or as packed codes (METHOD.md 2, Quantised factors).
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "profiling/records/result.h"

namespace xkv {

/// Rows of codes, asymmetric, in groups of kQuantGroup consecutive elements of a row; the last group of a row
/// may be shorter. A value is minimum + scale x code. 4-bit codes are packed low nibble first, each row by itself.
struct QuantizedRows {
  int64_t columns = 0;
  int64_t bits = 8;    ///< 8 or 4
  at::Tensor codes;    // (rows, bytes of a row), uint8
  at::Tensor scale;    // (rows, groups), fp16
  at::Tensor minimum;  // (rows, groups), fp16

  /// (end - begin, columns), fp32
  at::Tensor values(int64_t begin, int64_t end) const;
};

/// The minimum is rounded down and the scale up to fp16, so no code is clipped: |x - value| <= scale / 2.
/// bad_input: a value that fp16 cannot reach; `name` begins the sentence.
Result<QuantizedRows> quantizeRows(const at::Tensor& matrix, int64_t bits, const char* name);

/// A, or one B_l.
class FactorMatrix {
 public:
  FactorMatrix() = default;
  /// bits 0 keeps `matrix` as `dtype`, in storage of its own.
  static Result<FactorMatrix> make(const at::Tensor& matrix, int64_t bits, at::ScalarType dtype,
                                   const char* name);

  int64_t numRows() const { return quantized_ ? codes_.codes.size(0) : dense_.size(0); }
  int64_t numColumns() const { return quantized_ ? codes_.columns : dense_.size(1); }
  int64_t bits() const { return quantized_ ? codes_.bits : 0; }
  at::ScalarType dtype() const { return dtype_; }
  /// Rows [begin, end) in dtype(); a view where nothing is quantised.
  at::Tensor rows(int64_t begin, int64_t end) const;
  at::Tensor all() const { return rows(0, numRows()); }
  /// The same in fp32, not rounded to dtype() in between.
  at::Tensor exact(int64_t begin, int64_t end) const;
  int64_t bytes() const;

  /// Rows of the same width and form are added below.
  void append(const FactorMatrix& more);
  /// Only the first `count` rows stay; the others' storage is freed.
  void keepFirst(int64_t count);

 private:
  bool quantized_ = false;
  at::ScalarType dtype_ = at::kFloat;
  at::Tensor dense_;
  QuantizedRows codes_;
};

}  // namespace xkv
