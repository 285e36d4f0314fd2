// SPDX-License-Identifier: Apache-2.0
/// Sums the real storage of a cache's tensors into the parts of the memory ledger.
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "engine/cache/generated_rows.h"
#include "profiling/records/memory_record.h"

namespace xkv {

/// fp32, bf16 or fp16.
Dtype dtypeOf(at::ScalarType type);
at::ScalarType scalarTypeOf(Dtype dtype);
/// Bytes of the storage behind a tensor; 0 if it is undefined.
int64_t storageBytes(const at::Tensor& tensor);

class CacheParts {
 public:
  void addDense(Stream stream, const at::Tensor& rows);           // one layer's prompt rows
  void addBasis(Stream stream, const at::Tensor& token_basis);    // one group's A
  void addFactors(Stream stream, const at::Tensor& factors, int64_t num_layers);  // one group's B
  void addGenerated(const GeneratedRows& rows);                   // one layer's
  std::vector<MemoryPart> list() const;

 private:
  struct Sum {
    MemoryPartKind kind = MemoryPartKind::dense_layer;
    std::optional<Stream> stream;
    const char* unit = "";  // "groups", "layers"
    int64_t count = 0;
    int64_t rows = 0;
    int64_t least_columns = 0;
    int64_t most_columns = 0;
    Dtype dtype = Dtype::fp32;
    int64_t bytes = 0;
  };
  void add(Sum part);
  std::vector<Sum> sums_;
};

}  // namespace xkv
