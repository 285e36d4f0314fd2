// SPDX-License-Identifier: Apache-2.0
/// Reads reference data: safetensors as tensors, and the sentence of a comparison.
#pragma once

#include <ATen/core/Tensor.h>

#include <map>
#include <string>
#include <vector>

namespace xkv::test {

/// tests/engine/data/`relative`.
std::string dataPath(const std::string& relative);
/// The shipped demo model.
std::string demoModelDir();

using Tensors = std::map<std::string, at::Tensor>;
/// All tensors, floats as fp32, in fresh memory. Fails the test and is empty if the file cannot be read.
Tensors readTensors(const std::string& path);

/// max |got - reference| / max |reference|; infinity where the shapes differ.
double worstRelative(const at::Tensor& got, const at::Tensor& reference);

std::vector<int64_t> idsOf(const at::Tensor& tensor);

/// A fresh folder that goes away with the object.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  std::string path(const std::string& name = "") const;

 private:
  std::string path_;
};

}  // namespace xkv::test
