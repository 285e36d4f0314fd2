// SPDX-License-Identifier: Apache-2.0
/// A short file with a chain of replacements could ask for any amount of memory; this is where that
/// ends.
#pragma once

#include <cstddef>

namespace xkv::text {

/// Bytes out for one byte in, over all steps of a normalizer, pre-tokenizer or decoder.
inline constexpr std::size_t kMaxGrowth = 256;
/// Steps of a normalizer, pre-tokenizer, post-processor or decoder.
inline constexpr std::size_t kMaxSteps = 100;

}  // namespace xkv::text
