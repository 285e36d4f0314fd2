// SPDX-License-Identifier: Apache-2.0
/// The whole flow of a run: load, prefill, generate, analyse, compare, account.
#include "app/experiment.h"

#include <algorithm>
#include <chrono>
#include <initializer_list>
#include <optional>
#include <utility>

#include "app/conversation.h"
#include "app/version.h"
#include "profiling/memory_ledger.h"
#include "profiling/records/printable.h"
#include "profiling/timeline_recorder.h"

namespace xkv {
namespace {

std::string nowIso() {
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  const std::time_t seconds = std::chrono::system_clock::to_time_t(now);
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &utc);
  return text;
}

class Experiment {
 public:
  Experiment(Engine& engine, const RunSpec& spec, RunObserver& observer, std::stop_token stop)
      : engine_(engine), spec_(spec), observer_(observer), stop_(std::move(stop)) {
    sink_ = [this](const Record& record) { return hear(record); };
  }

  Status run() {
    const Status ready = start();
    if (!ready) return ready;
    const Status done = work();
    timeline_.endAll();
    const Status told = observer_.onRecord(timeline_.take());
    const Status ended = observer_.onRecord(ending(done));
    if (!done) return done;
    return told ? ended : told;
  }

 private:
  /// Everything that can refuse the spec; RunStarted at the end.
  Status start() {
    const Status open = hasModel() ? openModel() : openCache();
    if (!open) return open;
    auto plan =
        planGroups(spec_.compression, cacheShapeOf(shape_), static_cast<int64_t>(ids_.size()));
    if (!plan) return Failure(plan.error());
    plan_ = std::move(*plan);
    const auto reachable = mostTruncationError(
        spec_.compression, spec_.compression.factor_dtype.value_or(spec_.dtype));
    if (!reachable) return Failure(reachable.error());
    return observer_.onRecord(startRecord());
  }

  Status openModel() {
    const auto shape = engine_.load(folder(), spec_.dtype, sink_, timeline_, stop_);
    if (!shape) return Failure(shape.error());
    shape_ = *shape;
    prompt_start_ns_ = timeline_.nowNs();
    const Status ready = tokenize();
    if (!ready) return ready;
    for (const int64_t id : ids_) {
      prompt_tokens_.push_back(tokenizer_ ? tokenizer_->tokenText(id) : std::string());
    }
    return engine_.checkPrompt(ids_);
  }

  /// A cache captured elsewhere: the file says what a model would, and nothing can be generated.
  Status openCache() {
    if (!spec_.model_dir.empty()) {
      return failure(ErrorKind::bad_input, "both a model, " + printable(spec_.model_dir) +
                                               ", and a cache file are given; one is needed");
    }
    auto info = engine_.openCache(spec_.cache_file, sink_, timeline_, stop_);
    if (!info) return Failure(info.error());
    shape_ = std::move(info->model);
    ids_ = std::move(info->ids);
    prompt_tokens_ = std::move(info->tokens);
    spec_.dtype = info->dtype;
    spec_.max_new_tokens = 0;
    spec_.turns.clear();
    prompt_notices_ = importNotices(*info);
    return {};
  }

  static std::vector<std::string> importNotices(const CacheFileInfo& info) {
    std::vector<std::string> notices{
        "imported" + (info.source.empty() ? std::string() : " from " + info.source) +
        ": there is no model, so tokens, texts, KL and latency are not measured"};
    if (!info.has_ids) notices.push_back("the file has no input_ids: -1 stands for each token");
    return notices;
  }

  Status tokenize() {
    PhaseScope scope(timeline_, {.kind = PhaseKind::tokenize, .label = ""});
    auto tokenizer = Tokenizer::open(folder());
    if (tokenizer) tokenizer_.emplace(std::move(*tokenizer));
    ids_ = spec_.prompt_ids;  // without a tokenizer texts stay empty
    const bool needed = ids_.empty() || !spec_.turns.empty();
    if (!tokenizer_ && needed) return Failure(tokenizer.error());
    return needed ? encodeConversation() : Status{};
  }

  /// Ids of the prompt, where they are not given, and of each turn.
  Status encodeConversation() {
    auto conversation = Conversation::of(spec_);
    if (!conversation) return Failure(conversation.error());
    spec_.chat_template = conversation->templateName();
    prompt_notices_ = conversation->notices();
    if (ids_.empty()) {
      const auto text = conversation->promptText();
      if (!text) return Failure(text.error());
      auto ids = tokenizer_->encode(*text, /*add_special_tokens=*/!isTemplated());
      if (!ids) return Failure(ids.error());
      ids_ = std::move(*ids);
    }
    for (size_t turn = 0; turn < spec_.turns.size(); ++turn) {
      const auto text = conversation->turnText(turn);
      if (!text) return Failure(text.error());
      auto ids = tokenizer_->encode(*text, /*add_special_tokens=*/false);
      if (!ids) return Failure(ids.error());
      turn_ids_.push_back(std::move(*ids));
    }
    return {};
  }

  RunStarted startRecord() const {
    RunStarted started;
    started.spec = spec_;
    started.model = shape_;
    started.plan = plan_.groups;
    started.prompt_ids = ids_;
    started.prompt_tokens = prompt_tokens_;
    started.notices = prompt_notices_;
    started.notices.insert(started.notices.end(), plan_.notices.begin(), plan_.notices.end());
    if (const auto notice = streamsNotice(spec_.compression, shape_)) {
      started.notices.push_back(*notice);
    }
    if (hasModel() && isCompressed() && comparesWithDense() && spec_.sampling.temperature > 0) {
      started.notices.push_back("the dense cache is compared by greedy decoding; at temperature " +
                                std::to_string(spec_.sampling.temperature) +
                                " no comparison is made");
    }
    started.device_name = engine_.deviceName();
    started.program_version = kVersion;
    started.started_at = nowIso();
    return started;
  }

  Status work() {
    PrefillRequest request;
    request.ids = ids_;
    request.plan = plan_;
    request.compression = spec_.compression;
    request.factor_dtype = spec_.compression.factor_dtype.value_or(spec_.dtype);
    request.analysis = spec_.analysis;
    request.prefill_chunk = spec_.prefill_chunk;
    auto capture = hasModel() ? engine_.prefill(request, sink_, timeline_, stop_)
                              : engine_.readCache(request, sink_, timeline_, stop_);
    if (!capture) return Failure(capture.error());
    prefill_ = prefillLatency();

    std::vector<ForcedTurn> turns;
    if (spec_.max_new_tokens > 0) {
      auto led = converse(*capture, spec_.compression.method);
      if (!led) return Failure(led.error());
      turns = std::move(*led);
    }
    Status done = account(*capture);
    if (done) done = tellSelections(*capture, /*teacher_forced=*/false);
    if (done) done = flushTimeline();
    if (done && spec_.analysis == AnalysisScope::all) {
      done = capture->analyse(sink_, timeline_, stop_);
      if (done) done = flushTimeline();
    }
    const bool greedy = spec_.sampling.temperature <= 0;
    if (done && isCompressed() && comparesWithDense() && greedy && !turns.empty()) {
      done = compare(*capture, turns);
    }
    return done;
  }

  /// The whole conversation over one cache, then its latency.
  Result<std::vector<ForcedTurn>> converse(Capture& capture, Method method) {
    step_ns_.clear();
    std::vector<ForcedTurn> turns;
    GenerateRequest request{.method = method,
                            .max_new_tokens = spec_.max_new_tokens,
                            .sampling = spec_.sampling,
                            .stop = spec_.stop,
                            .feed_ids = {}};
    for (size_t turn = 0; turn <= turn_ids_.size(); ++turn) {
      request.turn = static_cast<int64_t>(turn);
      ForcedTurn led;
      if (turn > 0) {
        const int64_t last_id = turns.back().answer_ids.back();
        led.said_ids = saidAfter(last_id, turn_ids_[turn - 1]);
        request.feed_ids = {last_id};  // chosen, and not yet in the cache
        request.feed_ids.insert(request.feed_ids.end(), led.said_ids.begin(), led.said_ids.end());
      }
      auto ids =
          capture.generate(request, tokenizer_ ? &*tokenizer_ : nullptr, sink_, timeline_, stop_);
      if (!ids) return Failure(ids.error());
      led.answer_ids = std::move(*ids);
      turns.push_back(std::move(led));
    }
    const Status told = observer_.onRecord(latencyOf(method));
    if (!told) return Failure(told.error());
    return turns;
  }

  /// A turn behind an answer that ended with `last_id`.
  std::vector<int64_t> saidAfter(int64_t last_id, const std::vector<int64_t>& turn_ids) const {
    if (!isTemplated()) return turn_ids;
    return behindAnswer(turn_ids, last_id, [&](int64_t id) {
      return tokenizer_->decode({id}, /*skip_special_tokens=*/false).find_first_not_of(" \n\t") ==
             std::string::npos;
    });
  }

  /// The prefill is shared: the dense cache needs neither Gram matrices nor factors.
  LatencyRecord latencyOf(Method method) const {
    LatencyRecord latency = prefill_;
    latency.method = method;
    latency.decode_step_ns = step_ns_;
    if (method == Method::dense) {
      latency.ttft_ns -= latency.gram_ns + latency.factor_ns;
      latency.gram_ns = latency.factor_ns = 0;
    }
    return latency;
  }

  LatencyRecord prefillLatency() const {
    LatencyRecord latency;
    latency.load_ns = timeline_.totalNs(PhaseKind::load);
    latency.gram_ns = timeline_.totalNs(PhaseKind::gram);
    latency.factor_ns = timeline_.totalNs(PhaseKind::factor);
    latency.analysis_ns = timeline_.totalNs(PhaseKind::measure);
    latency.prefill_ns = timeline_.totalNs(PhaseKind::prefill) - latency.gram_ns -
                         latency.factor_ns - latency.analysis_ns;
    // The first token is chosen from the prompt's last logits: nothing else is waited for.
    latency.ttft_ns = timeline_.nowNs() - prompt_start_ns_ - latency.analysis_ns;
    return latency;
  }

  Status account(const Capture& capture) {
    MemoryRecord memory = capture.memory();
    const LedgerRatios ratios =
        ledgerRatios({.cache = cacheShapeOf(shape_),
                      .seq_len = static_cast<int64_t>(ids_.size()),
                      .bytes_per_element = bytesPerElement(spec_.dtype),
                      .token_basis_bits = spec_.compression.token_basis_bits,
                      .layer_factor_bits = spec_.compression.layer_factor_bits},
                     capture.factoredPlan());
    const auto bytesOf = [&](std::initializer_list<MemoryPartKind> kinds) {
      int64_t bytes = 0;
      for (const MemoryPart& part : memory.parts) {
        if (std::ranges::find(kinds, part.kind) != kinds.end()) bytes += part.bytes;
      }
      return bytes;
    };
    const int64_t generated_bytes = bytesOf({MemoryPartKind::generated});
    const int64_t landmark_bytes = bytesOf({MemoryPartKind::landmark});
    const int64_t selection_bytes =
        landmark_bytes + bytesOf({MemoryPartKind::local_row, MemoryPartKind::outlier_row,
                                  MemoryPartKind::selected_row, MemoryPartKind::chunk_index});
    memory.dense_bytes = ratios.dense_bytes;
    memory.factor_bytes = memory.resident_bytes - generated_bytes - selection_bytes;
    memory.dense_resident_bytes = ratios.dense_bytes + generated_bytes;
    if (spec_.compression.recompress_after > 0) {  // some of the new tokens are in factors now
      const auto tokens = static_cast<int64_t>(ids_.size());
      memory.dense_resident_bytes =
          ratios.dense_bytes / tokens * (tokens + memory.generated_tokens);
    }
    memory.published_ratio = ratios.published_ratio;
    memory.with_landmarks_ratio = ratios.with_landmarks_ratio;
    if (isSelective(spec_.compression.method)) {  // they are there
      memory.with_landmarks_ratio = static_cast<double>(ratios.dense_bytes) /
                                    static_cast<double>(memory.factor_bytes + landmark_bytes);
    }
    if (spec_.compression.method ==
        Method::minicache) {  // how many rows are merged is known only now
      const auto dense = static_cast<double>(ratios.dense_bytes);
      memory.published_ratio = dense / static_cast<double>(memory.factor_bytes);
      memory.with_landmarks_ratio =
          dense / static_cast<double>(memory.factor_bytes + ratios.landmark_bytes);
    }
    memory.true_resident_ratio = static_cast<double>(memory.dense_resident_bytes) /
                                 static_cast<double>(memory.resident_bytes);
    return observer_.onRecord(memory);
  }

  /// X-ray of Selective Reconstruction, one record per layer; the forced run's stands above the free one's.
  Status tellSelections(Capture& capture, bool teacher_forced) {
    for (SelectionRecord& record : capture.takeSelections()) {
      record.teacher_forced = teacher_forced;
      const Status told = observer_.onRecord(record);
      if (!told) return told;
    }
    return {};
  }

  static std::vector<int64_t> answersOf(const std::vector<ForcedTurn>& turns) {
    std::vector<int64_t> ids;
    for (const ForcedTurn& turn : turns) {
      ids.insert(ids.end(), turn.answer_ids.begin(), turn.answer_ids.end());
    }
    return ids;
  }

  /// The dense text beside the compressed one, and KL on the dense run's tokens.
  Status compare(Capture& capture, const std::vector<ForcedTurn>& turns) {
    const auto dense_turns = converse(capture, Method::dense);
    if (!dense_turns) return Failure(dense_turns.error());
    auto divergence = capture.compareWithDense(*dense_turns, timeline_, stop_);
    if (!divergence) return Failure(divergence.error());
    const std::vector<int64_t> ids = answersOf(turns);
    const std::vector<int64_t> dense_ids = answersOf(*dense_turns);
    const auto [ours, theirs] = std::ranges::mismatch(ids, dense_ids);
    divergence->tokens_equal = ours - ids.begin();
    divergence->tokens_compared = static_cast<int64_t>(std::max(ids.size(), dense_ids.size()));
    const bool equal = divergence->tokens_equal == divergence->tokens_compared;
    divergence->first_divergent_token = equal ? -1 : divergence->tokens_equal;
    Status told = observer_.onRecord(*divergence);
    if (told) told = tellSelections(capture, /*teacher_forced=*/true);
    return told ? flushTimeline() : told;
  }

  Status flushTimeline() { return observer_.onRecord(timeline_.take()); }

  /// Notes the times of tokens on their way to the observer.
  Status hear(const Record& record) {
    if (const auto* token = std::get_if<TokenRecord>(&record)) {
      if (token->step > 0) step_ns_.push_back(token->duration_ns);
    }
    return observer_.onRecord(record);
  }

  RunFinished ending(const Status& done) const {
    RunFinished finished;
    finished.finished_at = nowIso();
    if (done) return finished;
    finished.status =
        done.error().kind == ErrorKind::interrupted ? RunStatus::cancelled : RunStatus::failed;
    finished.error_kind = done.error().kind;
    finished.message = done.error().message;
    return finished;
  }

  ModelFolder folder() const { return {spec_.model_dir, spec_.follow_symlinks}; }
  bool isCompressed() const { return spec_.compression.method != Method::dense; }
  bool isTemplated() const { return !spec_.chat_template.empty(); }
  bool hasModel() const { return spec_.cache_file.empty(); }
  bool comparesWithDense() const { return spec_.analysis == AnalysisScope::all; }

  Engine& engine_;
  RunSpec spec_;  // dtype and tokens as they can be where a file stands for the model
  RunObserver& observer_;
  std::stop_token stop_;
  RecordSink sink_;
  TimelineRecorder timeline_;
  ModelShape shape_;
  std::optional<Tokenizer> tokenizer_;
  std::vector<int64_t> ids_;
  std::vector<std::vector<int64_t>> turn_ids_;  // what the user says after each answer
  std::vector<std::string> prompt_tokens_;      // texts of ids_
  std::vector<std::string> prompt_notices_;     // of an imported cache, or of the template
  GroupPlan plan_;
  int64_t prompt_start_ns_ = 0;
  LatencyRecord prefill_;
  std::vector<int64_t> step_ns_;
};

}  // namespace

Status runExperiment(Engine& engine, const RunSpec& spec, RunObserver& observer,
                     std::stop_token stop) {
  return Experiment(engine, spec, observer, std::move(stop)).run();
}

}  // namespace xkv
