// SPDX-License-Identifier: Apache-2.0
/// A factor matrix as it is kept: in a float type, or as packed codes.
#include "engine/cache/quantized_factors.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/where.h>

#include <algorithm>
#include <string>

#include "engine/cache/cache_parts.h"
#include "profiling/records/compression_config.h"
#include "profiling/records/sentence.h"

namespace xkv {
namespace {

constexpr int64_t kBlockRows = 4096;  // rows in fp32 at a time
constexpr double kLargestHalf = 65504;
constexpr double kHalfStep = 0x1.002p-11;  // a little above half a unit in the last place
constexpr double kSmallestStep = 0x1p-24;

/// The largest fp16 that is not above x, or the smallest that is not below.
at::Tensor halfBelow(const at::Tensor& x) {
  const at::Tensor nearest = x.to(at::kHalf);
  const at::Tensor lower = (x - x.abs() * kHalfStep - kSmallestStep).to(at::kHalf);
  return at::where(nearest.to(at::kFloat) <= x, nearest, lower);
}
at::Tensor halfAbove(const at::Tensor& x) { return -halfBelow(-x); }

struct Groups {
  at::Tensor codes;    // (rows, groups, size), uint8
  at::Tensor scale;    // (rows, groups)
  at::Tensor minimum;  // (rows, groups)
};

/// values (rows, groups, size), fp32.
Groups coded(const at::Tensor& values, int64_t bits) {
  const double most = static_cast<double>((1 << bits) - 1);
  Groups groups;
  groups.minimum = halfBelow(values.amin({2}));
  const at::Tensor low = groups.minimum.to(at::kFloat).unsqueeze(2);
  groups.scale = halfAbove((values.amax({2}) - low.squeeze(2)) / most);
  const at::Tensor step = groups.scale.to(at::kFloat).unsqueeze(2);
  const at::Tensor codes = at::where(step > 0, (values - low) / step, 0.0);
  groups.codes = codes.round().clamp(0, most).to(at::kByte);
  return groups;
}

at::Tensor packed(const at::Tensor& codes, int64_t bits) {
  if (bits == 8) return codes.contiguous();
  const at::Tensor even = codes.size(1) % 2 == 0 ? codes : at::constant_pad_nd(codes, {0, 1});
  const at::Tensor pairs = even.reshape({even.size(0), even.size(1) / 2, 2});
  return (pairs.select(2, 0) + pairs.select(2, 1) * 16).contiguous();
}

at::Tensor unpacked(const at::Tensor& bytes, int64_t bits, int64_t columns) {
  if (bits == 8) return bytes;
  const at::Tensor low = bytes.bitwise_and(15);
  const at::Tensor high = bytes.bitwise_right_shift(4);
  return at::stack({low, high}, 2).reshape({bytes.size(0), -1}).slice(1, 0, columns);
}

/// matrix (rows, columns) as whole groups (rows, n, 32) and the shorter rest (rows, 1, rest) of each row.
std::vector<at::Tensor> groupViews(const at::Tensor& matrix) {
  const int64_t rows = matrix.size(0);
  const int64_t whole = matrix.size(1) / kQuantGroup * kQuantGroup;
  std::vector<at::Tensor> views;
  if (whole > 0) {
    views.push_back(matrix.slice(1, 0, whole).reshape({rows, whole / kQuantGroup, kQuantGroup}));
  }
  if (whole < matrix.size(1)) views.push_back(matrix.slice(1, whole).unsqueeze(1));
  return views;
}

QuantizedRows codedBlock(const at::Tensor& block, int64_t bits) {
  std::vector<at::Tensor> codes;
  std::vector<at::Tensor> scale;
  std::vector<at::Tensor> minimum;
  for (const at::Tensor& view : groupViews(block)) {
    const Groups groups = coded(view, bits);
    codes.push_back(groups.codes.reshape({block.size(0), -1}));
    scale.push_back(groups.scale);
    minimum.push_back(groups.minimum);
  }
  return {block.size(1), bits, packed(at::cat(codes, 1), bits), at::cat(scale, 1),
          at::cat(minimum, 1)};
}

QuantizedRows stacked(const std::vector<QuantizedRows>& blocks) {
  if (blocks.size() == 1) return blocks.front();
  std::vector<at::Tensor> codes;
  std::vector<at::Tensor> scale;
  std::vector<at::Tensor> minimum;
  for (const QuantizedRows& block : blocks) {
    codes.push_back(block.codes);
    scale.push_back(block.scale);
    minimum.push_back(block.minimum);
  }
  return {blocks.front().columns, blocks.front().bits, at::cat(codes), at::cat(scale),
          at::cat(minimum)};
}

at::Tensor firstRows(const at::Tensor& tensor, int64_t count) {
  return tensor.slice(0, 0, count).clone(at::MemoryFormat::Contiguous);
}

}  // namespace

Result<QuantizedRows> quantizeRows(const at::Tensor& matrix, int64_t bits, const char* name) {
  const double most = matrix.numel() > 0 ? matrix.abs().max().item<double>() : 0;
  if (!(most <= kLargestHalf)) {
    return failure(ErrorKind::bad_input,
                   sentence("{} holds values up to {}, fp16 minima of quantised factors reach {}",
                            name, most, kLargestHalf));
  }
  std::vector<QuantizedRows> blocks;
  for (int64_t begin = 0; begin < matrix.size(0); begin += kBlockRows) {
    const int64_t end = std::min(begin + kBlockRows, matrix.size(0));
    blocks.push_back(codedBlock(matrix.slice(0, begin, end).to(at::kFloat), bits));
  }
  return stacked(blocks);
}

at::Tensor QuantizedRows::values(int64_t begin, int64_t end) const {
  const at::Tensor numbers =
      unpacked(codes.slice(0, begin, end), bits, columns).to(at::kFloat);
  const at::Tensor steps = scale.slice(0, begin, end).to(at::kFloat).unsqueeze(2);
  const at::Tensor lows = minimum.slice(0, begin, end).to(at::kFloat).unsqueeze(2);
  std::vector<at::Tensor> parts;
  int64_t group = 0;
  for (const at::Tensor& view : groupViews(numbers)) {
    const int64_t next = group + view.size(1);
    const at::Tensor part = view * steps.slice(1, group, next) + lows.slice(1, group, next);
    parts.push_back(part.reshape({end - begin, -1}));
    group = next;
  }
  return parts.size() == 1 ? parts.front() : at::cat(parts, 1);
}

Result<FactorMatrix> FactorMatrix::make(const at::Tensor& matrix, int64_t bits,
                                        at::ScalarType dtype, const char* name) {
  FactorMatrix made;
  made.dtype_ = dtype;
  if (bits == 0) {
    made.dense_ = matrix.to(dtype).contiguous();
    const bool shares = made.dense_.storage().nbytes() > made.dense_.nbytes();
    if (shares || made.dense_.is_alias_of(matrix)) made.dense_ = made.dense_.clone();
    return made;
  }
  auto codes = quantizeRows(matrix, bits, name);
  if (!codes) return Failure(codes.error());
  made.quantized_ = true;
  made.codes_ = std::move(*codes);
  return made;
}

at::Tensor FactorMatrix::rows(int64_t begin, int64_t end) const {
  return quantized_ ? codes_.values(begin, end).to(dtype_) : dense_.slice(0, begin, end);
}

at::Tensor FactorMatrix::exact(int64_t begin, int64_t end) const {
  return quantized_ ? codes_.values(begin, end) : dense_.slice(0, begin, end).to(at::kFloat);
}

int64_t FactorMatrix::bytes() const {
  if (!quantized_) return storageBytes(dense_);
  return storageBytes(codes_.codes) + storageBytes(codes_.scale) + storageBytes(codes_.minimum);
}

void FactorMatrix::append(const FactorMatrix& more) {
  if (quantized_) {
    codes_ = stacked({codes_, more.codes_});
  } else {
    dense_ = at::cat({dense_, more.dense_});
  }
}

void FactorMatrix::keepFirst(int64_t count) {
  if (quantized_) {
    codes_.codes = firstRows(codes_.codes, count);
    codes_.scale = firstRows(codes_.scale, count);
    codes_.minimum = firstRows(codes_.minimum, count);
  } else {
    dense_ = firstRows(dense_, count);
  }
}

}  // namespace xkv
