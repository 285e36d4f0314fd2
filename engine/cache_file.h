// SPDX-License-Identifier: Apache-2.0
/// A cache captured elsewhere: a safetensors file held against itself; inner header of the engine.
#pragma once

#include <ATen/core/Tensor.h>

#include <array>
#include <string>
#include <vector>

#include "engine/checkpoint/safetensors.h"
#include "engine/engine.h"

namespace xkv {

/// The tensors of one kind of cache, checked: key.{layer} and value.{layer} (seq_len, num_kv_heads,
/// head_dim), or latent.{layer} and rope_key.{layer} (seq_len, width) or (seq_len, 1, width); all
/// of one dtype, no layer left out. Tensors of other names are not looked at.
class CacheFile {
 public:
  /// bad_input names the file and the layer, the tensor or the key of its header that is wrong.
  static Result<CacheFile> open(const std::string& path);

  const std::string& path() const { return file_.path(); }
  const CacheFileInfo& info() const { return info_; }

  /// (seq_len, width), a copy: the file's own pages are let go of.
  at::Tensor rows(Stream stream, int64_t layer) const;

  /// bad_input where a value is no number, or beyond what an analysis can use. interrupted when
  /// stopped.
  Status checkValues(const RecordSink& sink, std::stop_token stop) const;

 private:
  using StreamTensors = std::vector<const TensorView*>;  // one per layer
  explicit CacheFile(SafetensorsFile file) : file_(std::move(file)) {}
  Status readTensors();
  Status readIds();

  SafetensorsFile file_;
  CacheFileInfo info_;
  std::array<StreamTensors, 2> tensors_;  // in the order of ModelShape::streams()
};

}  // namespace xkv
