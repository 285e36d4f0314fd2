// SPDX-License-Identifier: Apache-2.0
/// Sums the real storage of a cache's tensors into the parts of the memory ledger.
#include "engine/cache/cache_parts.h"

#include <algorithm>
#include <string>

namespace xkv {

Dtype dtypeOf(at::ScalarType type) {
  if (type == at::kBFloat16) return Dtype::bf16;
  return type == at::kHalf ? Dtype::fp16 : Dtype::fp32;
}

namespace {

/// Bits of whole numbers; 0 for elements of a Dtype.
int64_t codeBits(at::ScalarType type) {
  if (type == at::kInt) return 32;
  return type == at::kChar ? 8 : 0;
}

}  // namespace

at::ScalarType scalarTypeOf(Dtype dtype) {
  switch (dtype) {
    case Dtype::bf16: return at::kBFloat16;
    case Dtype::fp16: return at::kHalf;
    case Dtype::fp32: break;
  }
  return at::kFloat;
}

int64_t storageBytes(const at::Tensor& tensor) {
  return tensor.defined() ? static_cast<int64_t>(tensor.storage().nbytes()) : 0;
}

void CacheParts::addDense(Stream stream, const at::Tensor& rows) {
  if (!rows.defined()) return;
  const int64_t width = rows.size(1) * rows.size(2);
  add({MemoryPartKind::dense_layer, stream, "layers", 1, rows.size(0), rows.size(0), width, width,
       dtypeOf(rows.scalar_type()), storageBytes(rows)});
}

void CacheParts::addFactored(Stream stream, const FactoredStream& factors) {
  const FactorForm& form = factors.form();
  const int64_t tokens = factors.numTokens();
  const int64_t rank = factors.rank();
  add({MemoryPartKind::token_basis, stream, "groups", 1, tokens, tokens, rank, rank,
       dtypeOf(form.dtype), factors.basisBytes(), form.token_basis_bits});
  add({MemoryPartKind::layer_factor, stream, "layers", factors.numLayers(), factors.width(),
       factors.width(), rank, rank, dtypeOf(form.dtype), factors.factorBytes(),
       form.layer_factor_bits});
}

void CacheParts::addMerged(Stream stream, const MergedPair& pair) {
  addTensor(MemoryPartKind::merged_direction, stream, "pairs", pair.direction);
  addTensor(MemoryPartKind::merged_norm, stream, "pairs", pair.norms);
  addTensor(MemoryPartKind::retained_row, stream, "pairs", pair.retained);
  addTensor(MemoryPartKind::row_index, stream, "pairs", pair.row_index);
}

void CacheParts::addTensor(MemoryPartKind kind, std::optional<Stream> stream, const char* unit,
                           const at::Tensor& tensor, int64_t count) {
  if (!tensor.defined() || tensor.numel() == 0) return;
  const int64_t columns = tensor.dim() > 1 ? tensor.size(-1) : 1;
  const int64_t rows = tensor.numel() / columns;
  add({kind, stream, unit, count, rows, rows, columns, columns, dtypeOf(tensor.scalar_type()),
       storageBytes(tensor), codeBits(tensor.scalar_type())});
}

void CacheParts::addGenerated(const GeneratedRows& rows) {
  if (rows.bytes() == 0) return;
  int64_t width = 0;
  int64_t kept = 0;  // rows that are not yet in a segment of factors
  for (const at::Tensor& stream : rows.rows()) {
    width += stream.size(1) * stream.size(2);
    kept = std::max(kept, stream.size(0));
  }
  add({MemoryPartKind::generated, std::nullopt, "layers", 1, kept, kept, width, width,
       dtypeOf(rows.rows()[0].scalar_type()), rows.bytes()});
}

void CacheParts::add(Sum part) {
  for (Sum& sum : sums_) {
    if (sum.kind != part.kind || sum.stream != part.stream) continue;
    sum.bytes += part.bytes;
    if (part.count == 0) return;
    sum.count += part.count;
    sum.least_rows = std::min(sum.least_rows, part.least_rows);
    sum.most_rows = std::max(sum.most_rows, part.most_rows);
    sum.least_columns = std::min(sum.least_columns, part.least_columns);
    sum.most_columns = std::max(sum.most_columns, part.most_columns);
    return;
  }
  sums_.push_back(part);
}

std::vector<MemoryPart> CacheParts::list() const {
  std::vector<MemoryPart> parts;
  const auto range = [](int64_t least, int64_t most) {
    return std::to_string(least) + (most > least ? "–" + std::to_string(most) : "");
  };
  for (const Sum& sum : sums_) {
    parts.push_back({.kind = sum.kind,
                     .stream = sum.stream,
                     .shape = std::to_string(sum.count) + " " + sum.unit + " × " +
                              range(sum.least_rows, sum.most_rows) + " × " +
                              range(sum.least_columns, sum.most_columns),
                     .dtype = sum.dtype,
                     .bytes = sum.bytes,
                     .bits = sum.bits});
  }
  return parts;
}

}  // namespace xkv
