// SPDX-License-Identifier: GPL-3.0-or-later
/// What the answer strip says of a run, as plain numbers.
#pragma once

#include <cstdint>
#include <optional>

#include "profiling/records/session.h"

namespace xkv::views {

struct DecodeTime {
  double median_ns = 0;
  double scatter_ns = 0;  ///< half of the range from the 10th to the 90th percentile
  int64_t count = 0;
};

/// Of the run's own method; none before the second token.
std::optional<DecodeTime> decodeTime(const Run& run, Method method);
std::optional<int64_t> ttftNs(const Run& run, Method method);

/// Bytes of the prompt's cache as the published ratio counts them.
std::optional<int64_t> cacheBytes(const Run& run);

/// The chosen tokens of one cache, in order of step.
std::vector<TokenRecord> tokensOf(const Run& run, Method method);

}  // namespace xkv::views
