// SPDX-License-Identifier: Apache-2.0
/// Tensors as plain vectors, for records.
#include "engine/analysis/tensor_values.h"

namespace xkv {
namespace {

template <class T>
std::vector<T> valuesOf(const at::Tensor& tensor, at::ScalarType type) {
  const at::Tensor flat = tensor.to(at::kCPU, type).contiguous();
  const T* data = flat.const_data_ptr<T>();
  return std::vector<T>(data, data + flat.numel());
}

}  // namespace

std::vector<float> floatsOf(const at::Tensor& tensor) {
  return valuesOf<float>(tensor, at::kFloat);
}

std::vector<double> doublesOf(const at::Tensor& tensor) {
  return valuesOf<double>(tensor, at::kDouble);
}

}  // namespace xkv
