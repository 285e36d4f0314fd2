// SPDX-License-Identifier: Apache-2.0
/// `xkv duel`: every method at equal bytes on one prompt, each a run of one session.
#include <cmath>
#include <optional>
#include <utility>

#include "app/cli/commands.h"
#include "app/cli/duel_report.h"
#include "app/cli/interrupt.h"
#include "app/cli/run_listener.h"
#include "app/cli/run_prompt.h"
#include "engine/text/tokenizer.h"
#include "profiling/duel_plan.h"
#include "profiling/records/json.h"

namespace xkv::cli {
namespace {

constexpr const char* kTag = "duel";

/// What all runs share; the prompt as ids, so that they are made once.
Result<RunSpec> commonSpec(const DuelOptions& options, const Console& console) {
  RunSpec spec;
  spec.model_dir = options.engine.model;
  spec.follow_symlinks = options.engine.follow_symlinks;
  spec.dtype = options.engine.dtype;
  spec.device = options.engine.device;
  spec.prefill_chunk = options.engine.prefill_chunk;
  spec.num_threads = options.engine.num_threads;
  spec.max_new_tokens = options.max_new_tokens;
  spec.analysis = AnalysisScope::all;
  const Status prompt = readPromptInto(spec, options.prompt, console);
  if (!prompt) return Failure(prompt.error());
  if (!spec.prompt_ids.empty()) return spec;
  const auto tokenizer = Tokenizer::open(options.engine.folder());
  if (!tokenizer) return Failure(tokenizer.error());
  auto ids = tokenizer->encode(spec.prompt, /*add_special_tokens=*/true);
  if (!ids) return Failure(ids.error());
  spec.prompt_ids = std::move(*ids);
  return spec;
}

Result<std::vector<DuelEntry>> entriesOf(const DuelOptions& options, const RunSpec& spec,
                                         const ModelShape& model) {
  LedgerShape shape;
  shape.cache = cacheShapeOf(model);
  shape.seq_len = static_cast<int64_t>(spec.prompt_ids.size());
  shape.bytes_per_element = bytesPerElement(spec.dtype);
  shape.head_dim = model.head_dim;
  shape.num_kv_heads = model.num_kv_heads;
  const int64_t dense_bytes = ledgerRatios(shape, {}).dense_bytes;
  const int64_t bytes = options.bytes.value_or(
      std::llround(static_cast<double>(dense_bytes) / options.ratio.value_or(1)));
  return planDuel(shape, bytes);
}

Status label(const std::string& session, int64_t run_id, const std::string& name) {
  auto store = storage::SessionStore::openOrCreate(session);
  if (!store) return Failure(store.error());
  const Status titled = store->setTitle(run_id, name);
  return titled ? store->setTags(run_id, {kTag}) : titled;
}

/// The runs, one after the other; what was measured stays, also where one fails.
class Duel {
 public:
  Duel(const DuelOptions& options, const Console& console, Runner run)
      : options_(options), console_(console), run_(std::move(run)) {}

  Status add(const DuelEntry& entry, RunSpec spec, std::stop_token stop) {
    std::optional<storage::SessionStore> store;
    if (options_.session) {
      auto opened = storage::SessionStore::openOrCreate(*options_.session);
      if (!opened) return Failure(opened.error());
      store.emplace(std::move(*opened));
    }
    spec.compression = entry.method.config;
    RunListener listener(console_, std::move(store), {.text = false, .quiet = options_.quiet});
    const Status done = run_(spec, listener, std::move(stop));
    listener.progress().clear();
    if (!listener.hasStarted()) return done;
    runs_.push_back({entry.method.name, entry.notice, listener.run()});
    if (!options_.session) return done;
    const Status labelled = label(*options_.session, listener.run().run_id, entry.method.name);
    return done ? labelled : done;
  }

  const std::vector<DuelRun>& runs() const { return runs_; }

 private:
  const DuelOptions& options_;
  const Console& console_;
  Runner run_;
  std::vector<DuelRun> runs_;
};

std::string jsonOf(const std::vector<DuelRun>& runs) {
  std::string text = "[";
  for (const DuelRun& duel : runs) text += (text.size() > 1 ? ",\n " : "") + toJson(duel.run);
  return text + "]\n";
}

}  // namespace

Status duelCommand(const DuelOptions& options, const Console& console, const Services& services) {
  const auto model = services.describe(options.engine.folder());
  if (!model) return Failure(model.error());
  const auto spec = commonSpec(options, options.quiet ? silent(console) : console);
  if (!spec) return Failure(spec.error());
  const auto entries = entriesOf(options, *spec, *model);
  if (!entries) return Failure(entries.error());
  Interrupt interrupt(
      [&console] { notice(console, "stopping at the next safe point; Ctrl-C again stops now"); });
  Duel duel(options, console, services.runner());
  Status done;
  for (const DuelEntry& entry : *entries) {
    done = duel.add(entry, *spec, interrupt.token());
    if (!done) break;
  }
  if (duel.runs().empty()) return done;
  const Status written = console.out(options.json ? jsonOf(duel.runs()) : duelText(duel.runs()));
  return done ? written : done;
}

}  // namespace xkv::cli
