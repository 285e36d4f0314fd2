// SPDX-License-Identifier: Apache-2.0
/// Element types of weights, caches and factors.
#pragma once

#include <cstdint>

namespace xkv {

enum class Dtype { fp32, bf16, fp16 };

constexpr int64_t bytesPerElement(Dtype dtype) { return dtype == Dtype::fp32 ? 4 : 2; }

}  // namespace xkv
