// SPDX-License-Identifier: Apache-2.0
/// Reads reference data: safetensors as tensors, and the sentence of a comparison.
#include "tests/engine/golden.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/from_blob.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <limits>

#include "engine/checkpoint/safetensors.h"

namespace xkv::test {
namespace {

at::ScalarType typeOf(const std::string& dtype) {
  if (dtype == "I64") return at::kLong;
  if (dtype == "BF16") return at::kBFloat16;
  return dtype == "F16" ? at::kHalf : at::kFloat;
}

}  // namespace

std::string dataPath(const std::string& relative) {
  return std::string(XKV_SOURCE_DIR) + "/tests/engine/data/" + relative;
}

std::string demoModelDir() { return std::string(XKV_SOURCE_DIR) + "/resources/demo-model"; }

Tensors readTensors(const std::string& path) {
  const auto file = SafetensorsFile::open(path);
  EXPECT_TRUE(file) << (file ? "" : file.error().message);
  Tensors tensors;
  if (!file) return tensors;
  for (const auto& [name, view] : file->tensors()) {
    const at::ScalarType type = typeOf(view.dtype);
    void* data = const_cast<std::byte*>(view.data);
    const at::Tensor mapped = at::from_blob(data, view.shape, type);
    tensors[name] = type == at::kLong ? mapped.clone() : mapped.to(at::kFloat, false, true);
  }
  return tensors;
}

double worstRelative(const at::Tensor& got, const at::Tensor& reference) {
  if (!got.defined() || got.sizes() != reference.sizes()) {
    return std::numeric_limits<double>::infinity();
  }
  const at::Tensor exact = reference.to(at::kDouble);
  return (got.to(at::kDouble) - exact).abs().max().item<double>() /
         std::max(1e-30, exact.abs().max().item<double>());
}

std::vector<int64_t> idsOf(const at::Tensor& tensor) {
  const at::Tensor flat = tensor.contiguous();
  return {flat.const_data_ptr<int64_t>(), flat.const_data_ptr<int64_t>() + flat.numel()};
}

TemporaryFolder::TemporaryFolder() {
  std::string name = (std::filesystem::temp_directory_path() / "xkv-test-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) ADD_FAILURE() << "no temporary folder " << name;
  path_ = name;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string TemporaryFolder::path(const std::string& name) const {
  return name.empty() ? path_ : path_ + "/" + name;
}

}  // namespace xkv::test
