// SPDX-License-Identifier: Apache-2.0
/// Where the rows of a prompt come from, layer by layer: a model that computes them, or a file;
/// inner header.
#pragma once

#include <stop_token>

#include "engine/capture_impl.h"

namespace xkv {

class RowSource {
 public:
  virtual ~RowSource() = default;

  /// Both streams of one layer, all of them finite; layers are asked for in order, each once. What
  /// the source holds meanwhile is noted in `capture`.
  virtual Result<CacheRows> next(int64_t layer, Capture::Impl& capture, PhaseSink& phases,
                                 std::stop_token stop) = 0;

  /// After the last layer.
  virtual void finish(Capture::Impl& capture, PhaseSink& phases) = 0;
};

}  // namespace xkv
