// SPDX-License-Identifier: Apache-2.0
/// Whether bytes are one sound CBOR item, found out without recursion and before anything is built.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "profiling/records/result.h"

namespace xkv {

/// bad_input with the offset: cut, trailing bytes, deeper than max_depth, a length beyond the
/// bytes, or a form that toCbor never writes (indefinite lengths, tags). nlohmann's reader recurses
/// on those.
Status checkCbor(std::span<const uint8_t> bytes, size_t max_depth);

}  // namespace xkv
