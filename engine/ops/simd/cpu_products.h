// SPDX-License-Identifier: Apache-2.0
/// Whether this processor multiplies 16-bit floats by instructions of its own.
#pragma once

#include "profiling/records/dtype.h"

namespace xkv::simd {

/// False where LibTorch's products of this dtype are plain loops, 10 to 30 times slower than those of fp32.
bool multipliesFast(Dtype dtype);

}  // namespace xkv::simd
