// SPDX-License-Identifier: Apache-2.0
/// Generates text over a cache: token after token until something ends it.
#include "engine/decode/generator.h"

#include <algorithm>
#include <chrono>
#include <optional>

#include "engine/analysis/tensor_values.h"
#include "engine/decode/sampler.h"
#include "profiling/records/words.h"

namespace xkv {
namespace {

constexpr int64_t kAlternatives = 3;

int64_t steadyNs() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

class Generator {
 public:
  Generator(const Decoder& decoder, KvCache& cache, const GenerationStart& start,
            const Tokenizer* tokenizer, const std::function<Status(const Record&)>& sink,
            PhaseSink& phases, std::stop_token stop)
      : decoder_(decoder),
        cache_(cache),
        start_(start),
        tokenizer_(tokenizer),
        sink_(sink),
        phases_(phases),
        stop_(std::move(stop)),
        sampler_(start.sampling) {
    if (tokenizer_ != nullptr) pieces_.emplace(*tokenizer_, /*skip_special_tokens=*/true);
  }

  Result<std::vector<int64_t>> run() {
    PhaseScope scope(phases_, {.kind = PhaseKind::decode, .label = std::string(word(start_.method))});
    at::Tensor logits = start_.prompt_logits;
    int64_t duration_ns = 0;
    while (true) {
      const Status told = choose(logits, duration_ns);
      if (!told) return Failure(told.error());
      if (const auto reason = ended()) return finish(*reason);
      const int64_t before = steadyNs();
      auto next = step();
      if (!next) return stopped(next.error());
      logits = *next;
      duration_ns = steadyNs() - before;
    }
  }

 private:
  Status choose(const at::Tensor& logits, int64_t duration_ns) {
    PhaseScope scope(phases_, {.kind = PhaseKind::sample, .step = stepIndex(), .label = ""});
    const std::vector<float> values = floatsOf(logits);
    const int64_t id = sampler_.choose(values);
    const Probabilities probabilities(values);
    TokenRecord token;
    token.method = start_.method;
    token.turn = start_.turn;
    token.step = static_cast<int64_t>(ids_.size());
    token.choice = choiceOf(id, probabilities);
    for (const int64_t other : largest(values, kAlternatives + 1)) {
      if (other != id && token.alternatives.size() < kAlternatives) {
        token.alternatives.push_back(choiceOf(other, probabilities));
      }
    }
    token.duration_ns = duration_ns;
    if (pieces_) token.text_piece = pieces_->push(id);
    ids_.push_back(id);
    text_ += token.text_piece;
    return sink_(token);
  }

  TokenChoice choiceOf(int64_t id, const Probabilities& probabilities) const {
    return {.id = id,
            .text = tokenizer_ == nullptr ? std::string() : tokenizer_->tokenText(id),
            .probability = probabilities.of(id)};
  }

  std::optional<StopReason> ended() const {
    const ModelConfig& config = decoder_.config();
    if (std::ranges::find(config.eos_token_ids, ids_.back()) != config.eos_token_ids.end()) {
      return StopReason::eos;
    }
    const auto found = [&](const std::string& end) {
      return !end.empty() && text_.find(end) != std::string::npos;
    };
    if (std::ranges::any_of(start_.stop, found)) return StopReason::stop_string;
    const auto count = static_cast<int64_t>(ids_.size());
    if (count >= start_.max_new_tokens) return StopReason::max_new_tokens;
    if (start_.seq_len + count > config.shape.max_position_embeddings) {
      return StopReason::context_full;
    }
    return std::nullopt;
  }

  Result<at::Tensor> step() {
    if (stop_.stop_requested()) {
      return failure(ErrorKind::interrupted,
                     "decoding was cancelled after " + std::to_string(ids_.size()) + " tokens");
    }
    PhaseScope scope(phases_, {.kind = PhaseKind::decode_step, .step = stepIndex(), .label = ""});
    const int64_t position = start_.seq_len + static_cast<int64_t>(ids_.size()) - 1;
    auto logits = decoder_.step({ids_.back()}, position, cache_, phases_, stop_);
    phases_.cacheBytes(cache_.bytes());
    for (const RecompressionRecord& segment : cache_.takeRecompressions()) {
      const Status told = sink_(segment);
      if (!told) return Failure(told.error());
    }
    return logits;
  }

  Result<std::vector<int64_t>> finish(StopReason reason) {
    if (pieces_) text_ += pieces_->finish();
    const Status told = sink_(GenerationRecord{.method = start_.method,
                                               .turn = start_.turn,
                                               .text = textUntilStop(),
                                               .num_tokens = static_cast<int64_t>(ids_.size()),
                                               .stop_reason = reason});
    if (!told) return Failure(told.error());
    return ids_;
  }

  /// What was generated stays; the failure goes on.
  Result<std::vector<int64_t>> stopped(const Error& error) {
    if (error.kind != ErrorKind::interrupted) return Failure(error);
    const auto told = finish(StopReason::cancelled);
    return told ? Failure(error) : Failure(told.error());
  }

  /// The text before the first stop string.
  std::string textUntilStop() const {
    size_t end = text_.size();
    for (const std::string& word : start_.stop) {
      if (!word.empty()) end = std::min(end, text_.find(word));
    }
    return text_.substr(0, end);
  }

  int32_t stepIndex() const { return static_cast<int32_t>(ids_.size()); }

  const Decoder& decoder_;
  KvCache& cache_;
  const GenerationStart& start_;
  const Tokenizer* tokenizer_;
  const std::function<Status(const Record&)>& sink_;
  PhaseSink& phases_;
  std::stop_token stop_;
  Sampler sampler_;
  std::optional<IncrementalDecoder> pieces_;
  std::vector<int64_t> ids_;
  std::string text_;
};

}  // namespace

Result<std::vector<int64_t>> generateText(const Decoder& decoder, KvCache& cache,
                                          const GenerationStart& start, const Tokenizer* tokenizer,
                                          const std::function<Status(const Record&)>& sink,
                                          PhaseSink& phases, std::stop_token stop) {
  return Generator(decoder, cache, start, tokenizer, sink, phases, std::move(stop)).run();
}

}  // namespace xkv
