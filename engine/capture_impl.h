// SPDX-License-Identifier: Apache-2.0
/// What a Capture holds; inner header of the engine.
#pragma once

#include <memory>
#include <vector>

#include "engine/cache/kv_cache.h"
#include "engine/engine.h"
#include "engine/model/decoder.h"

namespace xkv {

struct Capture::Impl {
  std::shared_ptr<const Decoder> decoder;  // null where the rows come from a file
  PrefillRequest request;
  ModelShape shape;
  CacheForm form;                       // how the cache's rows are read
  std::shared_ptr<const RotaryTable> rotary;
  std::unique_ptr<KvCache> cache;       // the cache of the request's plan
  std::unique_ptr<KvCache> dense;       // beside a compressed cache; made when first asked for
  std::vector<CacheRows> rows;          // originals of all layers, under AnalysisScope::all
  at::Tensor last_logits;               // (vocab_size), after the last prompt token
  std::vector<at::Tensor> hidden;       // (seq_len, hidden_size) each, as keep_hidden asks
  at::Tensor logits;                    // (seq_len, vocab_size), as keep_logits asks
  MemoryPeak peak;
  int64_t process_resident_bytes = 0;

  int64_t seqLen() const { return static_cast<int64_t>(request.ids.size()); }
  bool isDense() const { return request.plan.groups.empty(); }
  /// failure where the rows come from a file: then nothing can be computed with them.
  Status needModel() const;
  /// The dense cache; failure where neither plan nor kept rows give one.
  Result<KvCache*> denseCache(PhaseSink& phases, std::stop_token stop);
  /// Tokens behind what a cache holds, in chunks; the logits after the last. bad_input: beyond the context.
  Result<at::Tensor> feed(KvCache& into, const std::vector<int64_t>& ids, PhaseSink& phases,
                          std::stop_token stop) const;
  /// A cache that chooses notes its recall from now on; needs the dense cache that stands beside it.
  void measureRecall();
  /// Bytes of rows that are held only for the analysis.
  int64_t analysisBytes() const;
};

}  // namespace xkv
