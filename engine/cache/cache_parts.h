// SPDX-License-Identifier: Apache-2.0
/// Sums the real storage of a cache's tensors into the parts of the memory ledger.
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "engine/cache/factored_stream.h"
#include "engine/cache/generated_rows.h"
#include "engine/cache/slerp_merge.h"
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
  void addFactored(Stream stream, const FactoredStream& factors);  // one group's A and B
  void addMerged(Stream stream, const MergedPair& pair);          // one stream of a MiniCache pair
  void addGenerated(const GeneratedRows& rows);                   // one layer's
  /// Any tensor, its last dimension as columns; nothing where it is undefined or empty. `count` 0 adds only its
  /// bytes to what stands there of the same kind.
  void addTensor(MemoryPartKind kind, std::optional<Stream> stream, const char* unit,
                 const at::Tensor& tensor, int64_t count = 1);
  std::vector<MemoryPart> list() const;

 private:
  struct Sum {
    MemoryPartKind kind = MemoryPartKind::dense_layer;
    std::optional<Stream> stream;
    const char* unit = "";  // "groups", "layers"
    int64_t count = 0;
    int64_t least_rows = 0;
    int64_t most_rows = 0;
    int64_t least_columns = 0;
    int64_t most_columns = 0;
    Dtype dtype = Dtype::fp32;
    int64_t bytes = 0;
    int64_t bits = 0;
  };
  void add(Sum part);
  std::vector<Sum> sums_;
};

}  // namespace xkv
