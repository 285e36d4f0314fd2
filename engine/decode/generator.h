// SPDX-License-Identifier: Apache-2.0
/// Generates text over a cache: token after token until something ends it.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "engine/cache/kv_cache.h"
#include "engine/model/decoder.h"
#include "engine/text/tokenizer.h"
#include "profiling/records/record.h"

namespace xkv {

struct GenerationStart {
  Method method = Method::xkv;
  int64_t turn = 0;
  int64_t seq_len = 0;       ///< tokens in the cache
  at::Tensor prompt_logits;  // (vocab_size), after the last of them
  int64_t max_new_tokens = 0;
  Sampling sampling;
  std::vector<std::string> stop;  ///< the text ends when it holds one of these
};

/// Emits a TokenRecord per token, a RecompressionRecord per segment that the cache factors, and a GenerationRecord at the end; returns the ids, an eos included. Without
/// a tokenizer token texts stay empty. When stopped, the GenerationRecord says cancelled and the result is
/// interrupted.
Result<std::vector<int64_t>> generateText(const Decoder& decoder, KvCache& cache,
                                          const GenerationStart& start, const Tokenizer* tokenizer,
                                          const std::function<Status(const Record&)>& sink,
                                          PhaseSink& phases, std::stop_token stop);

}  // namespace xkv
