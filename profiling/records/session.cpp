// SPDX-License-Identifier: Apache-2.0
/// How the records of a run come together, and the line that they make in the session browser.
#include "profiling/records/session.h"

#include <algorithm>
#include <cmath>

namespace xkv {
namespace {

template <class T, class Same>
void replaceOrAppend(std::vector<T>& list, const T& record, Same same) {
  const auto old = std::find_if(list.begin(), list.end(), same);
  if (old == list.end()) {
    list.push_back(record);
  } else {
    *old = record;
  }
}

template <class T>
void appendAll(std::vector<T>& list, const std::vector<T>& more) {
  list.insert(list.end(), more.begin(), more.end());
}

struct Adder {
  Run& run;

  void operator()(const RunStarted& r) const { run.started = r; }
  void operator()(const CkaRecord& r) const {
    replaceOrAppend(run.cka, r, [&](const CkaRecord& o) { return o.stream == r.stream; });
  }
  void operator()(const SpectrumRecord& r) const {
    replaceOrAppend(run.spectra, r, [&](const SpectrumRecord& o) {
      return o.stream == r.stream && o.first_layer == r.first_layer && o.num_layers == r.num_layers;
    });
  }
  void operator()(const ReconstructionRecord& r) const {
    replaceOrAppend(run.reconstructions, r, [&](const ReconstructionRecord& o) {
      return o.stream == r.stream && o.group == r.group;
    });
  }
  void operator()(const MemoryRecord& r) const { run.memory = r; }
  void operator()(const TokenRecord& r) const { run.tokens.push_back(r); }
  void operator()(const GenerationRecord& r) const {
    replaceOrAppend(run.generations, r,
                    [&](const GenerationRecord& o) {
                      return o.method == r.method && o.turn == r.turn;
                    });
  }
  void operator()(const RecompressionRecord& r) const { run.recompressions.push_back(r); }
  void operator()(const SelectionRecord& r) const {
    replaceOrAppend(run.selections, r,
                    [&](const SelectionRecord& o) { return o.layer == r.layer; });
  }
  void operator()(const DivergenceRecord& r) const { run.divergence = r; }
  void operator()(const LatencyRecord& r) const {
    replaceOrAppend(run.latencies, r, [&](const LatencyRecord& o) { return o.method == r.method; });
  }
  void operator()(const TimelineRecord& r) const {
    appendAll(run.timeline.spans, r.spans);
    appendAll(run.timeline.cache_samples, r.cache_samples);
    run.timeline.dropped_spans += r.dropped_spans;
  }
  void operator()(const ProgressRecord&) const {}
  void operator()(const RunFinished& r) const { run.finished = r; }
};

const ReconstructionRecord* reconstructionOf(const Run& run, Stream stream, int64_t group) {
  for (const ReconstructionRecord& r : run.reconstructions) {
    if (r.stream == stream && r.group == group) return &r;
  }
  return nullptr;
}

}  // namespace

void Run::add(const Record& record) { std::visit(Adder{*this}, record); }

std::optional<double> measuredError(const Run& run, Stream stream) {
  double lost = 0;
  double energy = 0;
  bool any = false;
  const std::vector<PlannedGroup>& plan = run.started.plan;
  for (size_t g = 0; g < plan.size(); ++g) {
    if (!plan[g].compresses(stream)) continue;
    const ReconstructionRecord* measured = reconstructionOf(run, stream, static_cast<int64_t>(g));
    if (measured == nullptr) return std::nullopt;
    lost += measured->error * measured->error * measured->energy;
    energy += measured->energy;
    any = true;
  }
  if (!any) return std::nullopt;
  return energy == 0 ? 0 : std::sqrt(lost / energy);
}

RunSummary summaryOf(const Run& run) {
  RunSummary summary;
  summary.run_id = run.run_id;
  summary.title = run.title;
  summary.notes = run.notes;
  summary.tags = run.tags;
  summary.spec = run.started.spec;
  summary.model = run.started.model;
  summary.seq_len = static_cast<int64_t>(run.started.prompt_ids.size());
  summary.status = run.finished.status;
  summary.message = run.finished.message;
  summary.started_at = run.started.started_at;
  const auto [first, second] = run.started.model.streams();
  summary.error_k = measuredError(run, first);
  summary.error_v = measuredError(run, second);
  if (run.memory) summary.published_ratio = run.memory->published_ratio;
  return summary;
}

}  // namespace xkv
