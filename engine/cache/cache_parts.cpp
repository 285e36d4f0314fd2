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
  add({MemoryPartKind::dense_layer, stream, "layers", 1, rows.size(0), width, width,
       dtypeOf(rows.scalar_type()), storageBytes(rows)});
}

void CacheParts::addBasis(Stream stream, const at::Tensor& token_basis) {
  if (!token_basis.defined()) return;
  const int64_t rank = token_basis.size(1);
  add({MemoryPartKind::token_basis, stream, "groups", 1, token_basis.size(0), rank, rank,
       dtypeOf(token_basis.scalar_type()), storageBytes(token_basis)});
}

void CacheParts::addFactors(Stream stream, const at::Tensor& factors, int64_t num_layers) {
  if (!factors.defined()) return;
  const int64_t kv_dim = factors.size(1) / num_layers;
  add({MemoryPartKind::layer_factor, stream, "layers", num_layers, kv_dim, factors.size(0),
       factors.size(0), dtypeOf(factors.scalar_type()), storageBytes(factors)});
}

void CacheParts::addGenerated(const GeneratedRows& rows) {
  if (rows.bytes() == 0) return;
  int64_t width = 0;
  for (const at::Tensor& stream : rows.rows()) width += stream.size(1) * stream.size(2);
  add({MemoryPartKind::generated, std::nullopt, "layers", 1, rows.size(), width, width,
       dtypeOf(rows.rows()[0].scalar_type()), rows.bytes()});
}

void CacheParts::add(Sum part) {
  for (Sum& sum : sums_) {
    if (sum.kind != part.kind || sum.stream != part.stream) continue;
    sum.count += part.count;
    sum.bytes += part.bytes;
    sum.least_columns = std::min(sum.least_columns, part.least_columns);
    sum.most_columns = std::max(sum.most_columns, part.most_columns);
    return;
  }
  sums_.push_back(part);
}

std::vector<MemoryPart> CacheParts::list() const {
  std::vector<MemoryPart> parts;
  for (const Sum& sum : sums_) {
    std::string columns = std::to_string(sum.least_columns);
    if (sum.most_columns > sum.least_columns) columns += "–" + std::to_string(sum.most_columns);
    parts.push_back({.kind = sum.kind,
                     .stream = sum.stream,
                     .shape = std::to_string(sum.count) + " " + sum.unit + " × " +
                              std::to_string(sum.rows) + " × " + columns,
                     .dtype = sum.dtype,
                     .bytes = sum.bytes});
  }
  return parts;
}

}  // namespace xkv
