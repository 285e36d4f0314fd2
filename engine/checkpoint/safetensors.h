// SPDX-License-Identifier: Apache-2.0
/// Tensors of a safetensors file: read without trust, written whole or not at all.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/checkpoint/mapped_file.h"
#include "profiling/records/result.h"

namespace xkv {

/// One tensor inside a mapped file; valid as long as the file object. `data` is aligned for its
/// element only as far as the file's writer cared: copy it out, or check.
struct TensorView {
  std::string name;
  std::string dtype;  ///< as in the file: "F32", "F16", "BF16", "I64", ...
  std::vector<int64_t> shape;
  const std::byte* data = nullptr;
  int64_t num_bytes = 0;

  int64_t numElements() const;
};

using TensorMap = std::map<std::string, TensorView, std::less<>>;

class SafetensorsFile {
 public:
  /// bad_input names the file and the tensor or field: header length, JSON, repeated names, dtypes,
  /// shapes and offsets are all checked here, so a TensorView never reaches outside its file.
  static Result<SafetensorsFile> open(const std::string& path);

  const std::string& path() const { return file_.path(); }
  const TensorMap& tensors() const { return tensors_; }
  /// None if there is no tensor of this name.
  const TensorView* find(std::string_view name) const;
  const std::map<std::string, std::string>& metadata() const { return metadata_; }

 private:
  SafetensorsFile(MappedFile file, TensorMap tensors, std::map<std::string, std::string> metadata);
  MappedFile file_;
  TensorMap tensors_;
  std::map<std::string, std::string> metadata_;
};

/// Bytes per element; none of a dtype this reader does not know (sub-byte ones among them) = 0.
int64_t safetensorsElementBytes(std::string_view dtype);

struct TensorSpec {
  std::string name;
  std::string dtype;
  std::vector<int64_t> shape;
};

struct TensorToWrite : TensorSpec {
  std::span<const std::byte> data;
};

/// Writes beside `path` under a name of its own and renames at the end: `path` holds all or is not
/// touched. A failure (a full disk, a folder that is not there) names the path and the bytes.
Status writeSafetensors(const std::string& path, std::vector<TensorToWrite> tensors,
                        const std::map<std::string, std::string>& metadata = {});

/// Takes the next bytes of a tensor.
using ByteSink = std::function<Status(std::span<const std::byte>)>;
/// Hands all bytes of one tensor to the sink, in pieces; a failure ends the writing.
using TensorSource = std::function<Status(const TensorSpec& tensor, const ByteSink& sink)>;

/// The same for tensors that are made while they are written: each is asked for once, in the order
/// in which it stands here where all are of one dtype, else those of wide elements first.
Status streamSafetensors(const std::string& path, std::vector<TensorSpec> tensors,
                         const TensorSource& source,
                         const std::map<std::string, std::string>& metadata = {});

}  // namespace xkv
