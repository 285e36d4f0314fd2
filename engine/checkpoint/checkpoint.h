// SPDX-License-Identifier: Apache-2.0
/// All weights of a model folder, whether they lie in one safetensors file or in shards.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/checkpoint/model_folder.h"
#include "engine/checkpoint/safetensors.h"
#include "profiling/records/dtype.h"
#include "profiling/records/result.h"

namespace xkv {

/// Maps the files; views stay valid as long as this object, also after a move.
class Checkpoint {
 public:
  /// model.safetensors, else the shards of model.safetensors.index.json. Links are followed as
  /// resolveModelFile() says. bad_input names the file, and the tensor or shard that is wrong.
  static Result<Checkpoint> open(const ModelFolder& folder);

  bool has(std::string_view name) const;
  /// In alphabetical order.
  std::vector<std::string> names() const;

  /// A weight of this shape in a float dtype that a model can use (F32, F16, BF16). bad_input names
  /// tensor and file, and what was found and expected.
  Result<TensorView> tensor(std::string_view name,
                            const std::vector<int64_t>& expected_shape) const;

  int64_t numParameters() const { return num_parameters_; }
  int64_t totalBytes() const { return total_bytes_; }
  /// The float dtype that holds most of the bytes; fp32 where there is none.
  Dtype weightDtype() const { return weight_dtype_; }

 private:
  explicit Checkpoint(ModelFolder folder) : folder_(std::move(folder)) {}
  Status addAll(SafetensorsFile file);
  Status addShards(const std::string& index_name);
  void count();

  ModelFolder folder_;
  std::string listing_;  ///< the file that says which tensors there are
  std::vector<SafetensorsFile> files_;
  struct Place {
    std::size_t file;  // index into files_
    TensorView view;
  };
  std::map<std::string, Place, std::less<>> places_;
  int64_t num_parameters_ = 0;
  int64_t total_bytes_ = 0;
  Dtype weight_dtype_ = Dtype::fp32;
};

/// "[64, 128]"
std::string shapeText(const std::vector<int64_t>& shape);

}  // namespace xkv
