// SPDX-License-Identifier: Apache-2.0
/// The rows of a captured cache into a cache of this program; inner header of the engine.
#pragma once

#include <memory>

#include "engine/cache_file.h"
#include "engine/capture_impl.h"

namespace xkv {

/// A capture without a model, filled from `file` on `device`. Emits what fillCache emits.
Result<std::unique_ptr<Capture::Impl>> importRows(const CacheFile& file, at::Device device,
                                                  const PrefillRequest& request,
                                                  const RecordSink& sink, PhaseSink& phases,
                                                  std::stop_token stop);

}  // namespace xkv
