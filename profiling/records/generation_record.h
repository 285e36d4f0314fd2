// SPDX-License-Identifier: Apache-2.0
/// What the model wrote over a cache, and how that compares with the dense cache (METHOD.md 4).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "profiling/records/compression_config.h"

namespace xkv {

struct TokenChoice {
  int64_t id = 0;
  std::string text;
  float probability = 0;
  friend bool operator==(const TokenChoice&, const TokenChoice&) = default;
};

/// One generated token, streamed as it is chosen.
struct TokenRecord {
  Method method = Method::xkv;  ///< which cache it was read from
  int64_t turn = 0;             ///< of the conversation
  int64_t step = 0;             ///< 0 = chosen from the prompt's last logits
  TokenChoice choice;
  std::vector<TokenChoice> alternatives;  ///< next most probable, at most 3
  std::string text_piece;                 ///< whole characters that this token completes
  int64_t duration_ns = 0;                ///< of the decode step that produced it; 0 at step 0
  friend bool operator==(const TokenRecord&, const TokenRecord&) = default;
};

enum class StopReason { max_new_tokens, eos, stop_string, context_full, cancelled };

/// A finished generation over one cache.
struct GenerationRecord {
  Method method = Method::xkv;
  int64_t turn = 0;
  std::string text;
  int64_t num_tokens = 0;
  StopReason stop_reason = StopReason::max_new_tokens;
  friend bool operator==(const GenerationRecord&, const GenerationRecord&) = default;
};

/// The compressed cache against the dense one. kl and top1_agrees are teacher-forced: both caches are
/// fed the dense run's tokens. first_divergent_token compares the two free runs.
struct DivergenceRecord {
  std::vector<double> kl;            ///< (steps), KL(dense || compressed), nat
  std::vector<int64_t> top1_agrees;  ///< (steps), 1 or 0
  int64_t first_divergent_token = -1;  ///< step, -1 = the texts are equal
  int64_t tokens_equal = 0;            ///< leading tokens that are equal
  int64_t tokens_compared = 0;         ///< length of the longer text
  friend bool operator==(const DivergenceRecord&, const DivergenceRecord&) = default;
};

/// Times of one run, measured on the run's own steady clock.
struct LatencyRecord {
  Method method = Method::xkv;
  int64_t load_ns = 0;
  int64_t prefill_ns = 0;      ///< attention and MLP of all layers, without gram and factor
  int64_t gram_ns = 0;
  int64_t factor_ns = 0;
  int64_t analysis_ns = 0;     ///< CKA, spectra, errors: not part of ttft_ns
  int64_t ttft_ns = 0;         ///< prompt in → first token chosen
  std::vector<int64_t> decode_step_ns;  ///< one per step after the first token
  friend bool operator==(const LatencyRecord&, const LatencyRecord&) = default;
};

}  // namespace xkv
