// SPDX-License-Identifier: Apache-2.0
/// Vectors and matrices as blobs: 8 bytes of header, then little-endian elements.
///
///   byte 0     version, 1
///   byte 1     element: 1 float32, 2 float64, 3 int64
///   bytes 2-7  zero
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace xkv::storage {

using Blob = std::vector<uint8_t>;

Blob toBlob(std::span<const float> values);
Blob toBlob(std::span<const double> values);
Blob toBlob(std::span<const int64_t> values);

/// Fill `values`; nullptr, or what is wrong with the blob. The number of values follows the blob's
/// size.
const char* fromBlob(std::span<const uint8_t> blob, std::vector<float>& values);
const char* fromBlob(std::span<const uint8_t> blob, std::vector<double>& values);
const char* fromBlob(std::span<const uint8_t> blob, std::vector<int64_t>& values);

}  // namespace xkv::storage
