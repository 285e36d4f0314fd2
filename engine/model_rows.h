// SPDX-License-Identifier: Apache-2.0
/// The rows that a model makes of a prompt; inner header of the engine.
#pragma once

#include <memory>

#include "engine/model/decoder.h"
#include "engine/row_source.h"

namespace xkv {

class ModelRows final : public RowSource {
 public:
  /// `request` must outlive the rows.
  ModelRows(std::shared_ptr<const Decoder> decoder, const PrefillRequest& request);

  Result<CacheRows> next(int64_t layer, Capture::Impl& capture, PhaseSink& phases,
                         std::stop_token stop) override;
  void finish(Capture::Impl& capture, PhaseSink& phases) override;

 private:
  void keepHidden(Capture::Impl& capture) const;

  std::shared_ptr<const Decoder> decoder_;
  const PrefillRequest& request_;
  at::Tensor hidden_;  // (seq_len, hidden_size), after the layers that were asked for
};

}  // namespace xkv
