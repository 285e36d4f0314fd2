// SPDX-License-Identifier: Apache-2.0
/// The JSON header of a safetensors file as values, before its numbers are held against the file.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "profiling/records/result.h"

namespace xkv {

struct TensorHeader {
  std::string dtype;
  std::vector<int64_t> shape;           // at most kMaxTensorDims
  std::array<int64_t, 2> offsets = {};  // begin, end; relative to the end of the header
};

inline constexpr std::size_t kMaxTensorDims = 8;

struct SafetensorsHeader {
  std::map<std::string, TensorHeader, std::less<>> tensors;
  std::map<std::string, std::string> metadata;
};

/// bad_input unless `json` is one object of tensor entries (dtype, shape, data_offsets; each
/// exactly once) and at most one __metadata__ of strings. Nothing deeper is looked at, so nesting
/// costs nothing.
Result<SafetensorsHeader> parseSafetensorsHeader(const std::string& label, std::string_view json);

}  // namespace xkv
