// SPDX-License-Identifier: Apache-2.0
/// A prefilled prompt: analysed, decoded over, compared with the dense cache, accounted for.
#include <ATen/ops/stack.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "engine/analysis/layer_analysis.h"
#include "engine/analysis/logit_divergence.h"
#include "engine/cache/cache_parts.h"
#include "engine/cache/dense_cache.h"
#include "engine/capture_impl.h"
#include "engine/decode/generator.h"
#include "engine/kv_dump.h"
#include "engine/torch_errors.h"
#include "profiling/records/stream_names.h"

namespace xkv {

Status Capture::Impl::needModel() const {
  if (decoder) return {};
  return failure(ErrorKind::failure, "the cache comes from a file: there is no model to read it");
}

Result<KvCache*> Capture::Impl::denseCache(PhaseSink& phases, std::stop_token stop) {
  if (isDense()) return cache.get();
  if (dense) return dense.get();
  if (rows.empty()) {
    return failure(ErrorKind::failure,
                   "the dense rows were not kept; the dense cache needs --analysis all");
  }
  auto made = std::make_unique<DenseCache>(form, *rotary);
  for (int64_t layer = 0; layer < shape.num_layers; ++layer) {
    const Status kept = made->append(layer, rows[static_cast<size_t>(layer)], phases, stop);
    if (!kept) return Failure(kept.error());
  }
  dense = std::move(made);
  return dense.get();
}

void Capture::Impl::measureRecall() {
  const auto* original = dynamic_cast<const DenseCache*>(dense.get());
  if (original == nullptr) return;
  cache->measureRecall([original](int64_t layer) -> const at::Tensor& {
    return original->promptRows(layer, Stream::key);
  });
}

int64_t Capture::Impl::analysisBytes() const {
  if (rows.empty()) return 0;
  const auto& groups = request.plan.groups;
  int64_t bytes = 0;
  for (size_t layer = 0; layer < rows.size(); ++layer) {
    const auto inside = [&](const PlannedGroup& group) {
      const auto index = static_cast<int64_t>(layer);
      return index >= group.first_layer && index < group.first_layer + group.num_layers;
    };
    const auto group = std::ranges::find_if(groups, inside);
    for (const StreamForm& stream : form.streams) {
      // A dense cache holds values as they are, so they are shared; what is rotated or normed there is another.
      const bool stays_dense = group == groups.end() || !group->compresses(stream.stream);
      const bool as_it_is = !stream.rotates && stream.norms.empty();
      if (!stays_dense || !as_it_is) bytes += storageBytes(rows[layer].of(stream.stream));
    }
  }
  return bytes;
}

Capture::Capture(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Capture::~Capture() = default;
Capture::Capture(Capture&&) noexcept = default;
Capture& Capture::operator=(Capture&&) noexcept = default;

Status Capture::analyse(const RecordSink& sink, PhaseSink& phases, std::stop_token stop) {
  return guarded("analysis", [&]() -> Status {
    if (impl_->rows.empty()) {
      return failure(ErrorKind::failure,
                     "the dense rows were not kept; CKA of all layers needs --analysis all");
    }
    for (const Stream stream : impl_->shape.streams()) {
      PhaseScope scope(phases, {.kind = PhaseKind::analysis, .label = pluralName(stream)});
      LayerRows rows;
      for (const CacheRows& layer : impl_->rows) rows.push_back(layer.of(stream));
      const Status done = analyseLayers(rows, stream, impl_->request.plan.groups, sink, stop);
      if (!done) return done;
    }
    return {};
  });
}

Result<std::vector<int64_t>> Capture::generate(const GenerateRequest& request,
                                               const Tokenizer* tokenizer, const RecordSink& sink,
                                               PhaseSink& phases, std::stop_token stop) {
  return guarded("decode", [&]() -> Result<std::vector<int64_t>> {
    if (const Status model = impl_->needModel(); !model) return Failure(model.error());
    KvCache* cache = impl_->cache.get();
    if (request.method == Method::dense) {
      const auto dense = impl_->denseCache(phases, stop);
      if (!dense) return Failure(dense.error());
      cache = *dense;
    }
    GenerationStart start{.method = request.method,
                          .turn = request.turn,
                          .seq_len = impl_->seqLen(),
                          .prompt_logits = impl_->last_logits,
                          .max_new_tokens = request.max_new_tokens,
                          .sampling = request.sampling,
                          .stop = request.stop};
    if (request.feed_ids.empty()) {
      cache->forgetGenerated();
    } else {
      auto logits = impl_->feed(*cache, request.feed_ids, phases, stop);
      if (!logits) return Failure(logits.error());
      for (const RecompressionRecord& segment : cache->takeRecompressions()) {
        const Status told = sink(segment);
        if (!told) return Failure(told.error());
      }
      start.prompt_logits = *logits;
      start.seq_len += cache->generatedTokens();
    }
    return generateText(*impl_->decoder, *cache, start, tokenizer, sink, phases, stop);
  });
}

Result<at::Tensor> Capture::Impl::feed(KvCache& into, const std::vector<int64_t>& ids,
                                       PhaseSink& phases, std::stop_token stop) const {
  const auto count = static_cast<int64_t>(ids.size());
  const int64_t held = seqLen() + into.generatedTokens();
  const int64_t context = decoder->config().shape.max_position_embeddings;
  if (held + count > context) {
    return failure(ErrorKind::bad_input, "the turn brings " + std::to_string(count) +
                                             " tokens behind " + std::to_string(held) +
                                             ", the model's context is " + std::to_string(context));
  }
  std::optional<PhaseScope> scope;  // one token is a step of decoding, which has a phase already
  if (count > 1) {
    scope.emplace(phases, Phase{.kind = PhaseKind::prefill,
                                .label = std::to_string(count) + " tokens of a turn"});
  }
  at::Tensor last;
  const int64_t chunk = into.takesTurnsWhole() ? count : request.prefill_chunk;
  for (int64_t begin = 0; begin < count; begin += chunk) {
    const int64_t end = std::min(begin + chunk, count);
    auto next = decoder->step({ids.begin() + begin, ids.begin() + end}, held + begin, into, phases,
                              stop);
    if (!next) return next;
    last = *next;
  }
  phases.cacheBytes(into.bytes());
  return last;
}

Result<DivergenceRecord> Capture::compareWithDense(const std::vector<ForcedTurn>& dense_turns,
                                                   PhaseSink& phases, std::stop_token stop) {
  return guarded("comparison", [&]() -> Result<DivergenceRecord> {
    if (const Status model = impl_->needModel(); !model) return Failure(model.error());
    const auto dense = impl_->denseCache(phases, stop);
    if (!dense) return Failure(dense.error());
    PhaseScope scope(phases, {.kind = PhaseKind::measure, .label = "KL against dense"});
    (*dense)->forgetGenerated();
    impl_->cache->forgetGenerated();
    impl_->measureRecall();
    DivergenceRecord record;
    at::Tensor dense_logits = impl_->last_logits;
    at::Tensor logits = impl_->last_logits;
    std::vector<int64_t> pending;  // tokens that both caches have yet to be fed
    const auto catchUp = [&]() -> Status {
      if (pending.empty()) return {};
      auto next_dense = impl_->feed(**dense, pending, phases, stop);
      if (!next_dense) return Failure(next_dense.error());
      auto next = impl_->feed(*impl_->cache, pending, phases, stop);
      if (!next) return Failure(next.error());
      dense_logits = *next_dense;
      logits = *next;
      pending.clear();
      return {};
    };
    for (const ForcedTurn& turn : dense_turns) {
      pending.insert(pending.end(), turn.said_ids.begin(), turn.said_ids.end());
      for (const int64_t id : turn.answer_ids) {
        const Status fed = catchUp();
        if (!fed) return Failure(fed.error());
        record.kl.push_back(klDivergence(dense_logits, logits));
        record.top1_agrees.push_back(top1Agrees(dense_logits, logits) ? 1 : 0);
        pending.push_back(id);
      }
    }
    impl_->cache->takeRecompressions();  // the free run has told of its own
    impl_->cache->measureRecall({});     // what comes now may be timed
    return record;
  });
}

std::vector<SelectionRecord> Capture::takeSelections() { return impl_->cache->takeSelections(); }

std::vector<PlannedGroup> Capture::factoredPlan() const {
  return impl_->cache->factoredPlan();
}

MemoryRecord Capture::memory() const {
  MemoryRecord record;
  record.seq_len = impl_->seqLen();
  record.generated_tokens = impl_->cache->generatedTokens();
  record.parts = impl_->cache->parts();
  for (const MemoryPart& part : record.parts) record.resident_bytes += part.bytes;
  if (const int64_t bytes = impl_->analysisBytes(); bytes > 0) {
    record.parts.push_back({.kind = MemoryPartKind::analysis,
                            .stream = std::nullopt,
                            .shape = std::to_string(impl_->rows.size()) + " layers × " +
                                     std::to_string(impl_->seqLen()) + " tokens",
                            .dtype = dtypeOf(impl_->rows.front().streams[0].scalar_type()),
                            .bytes = bytes});
  }
  record.peak = impl_->peak;
  record.process_resident_bytes = impl_->process_resident_bytes;
  if (impl_->decoder) record.weight_bytes = impl_->decoder->weightBytes();
  return record;
}

Status Capture::writeTo(const std::string& path, const Dump& dump, std::stop_token stop) {
  return guarded("capture", [&] { return writeDump(*impl_, path, dump, stop); });
}

}  // namespace xkv
