// SPDX-License-Identifier: Apache-2.0
/// Prefill, decoding and analysis of a whole model, dense beside xKV.
#include "app/bench/model_bench.h"

#include <functional>
#include <memory>
#include <utility>
#include <variant>

#include "app/bench/bench_model.h"
#include "profiling/no_phases.h"
#include "profiling/timeline_recorder.h"

namespace xkv {
namespace {

constexpr const char* kDense = "dense";
constexpr const char* kXkv = "xkv-4";
constexpr int64_t kNewTokens = 32;

Status ignore(const Record&) { return {}; }

CompressionConfig compressionOf(Method method, const BenchRequest& request) {
  CompressionConfig config;
  config.method = method;
  config.rank_k = request.rank_k;
  config.rank_v = request.rank_v;
  return config;
}

Result<PrefillRequest> prefillRequest(const BenchModel& model, Method method,
                                      const BenchRequest& request) {
  PrefillRequest prefill;
  prefill.ids = model.ids();
  prefill.compression = compressionOf(method, request);
  if (method == Method::dense) return prefill;
  auto plan = planGroups(prefill.compression, cacheShapeOf(model.shape()),
                         static_cast<int64_t>(prefill.ids.size()));
  if (!plan) return Failure(plan.error());
  prefill.plan = std::move(*plan);
  return prefill;
}

double perSecond(double count, double ns) { return ns > 0 ? 1e9 * count / ns : 0; }

/// `tokens` per sample of every row that has samples.
void addTokensPerSecond(double tokens, BenchTable& table) {
  for (BenchRow& row : table.rows) {
    if (const auto spread = row.spread()) {
      row.figures.push_back({"tokens_per_second", perSecond(tokens, spread->median)});
    }
  }
}

/// What Gram matrices and factors took of all xKV prefills so far.
void addFactorShare(const TimelineRecorder& phases, BenchTable& table) {
  const int64_t whole = phases.totalNs(PhaseKind::prefill);
  const int64_t factors = phases.totalNs(PhaseKind::gram) + phases.totalNs(PhaseKind::factor);
  for (BenchRow& row : table.rows) {
    if (row.scheme != kXkv || whole <= 0) continue;
    row.figures.push_back(
        {"share_of_factors", static_cast<double>(factors) / static_cast<double>(whole)});
  }
}

/// A stop before anything was sampled is a table without rows; `work` fills it.
Result<BenchTable> withModel(const std::string& subject, const BenchRequest& request,
                             const BenchRounds& rounds,
                             const std::function<Status(BenchModel&, BenchTable&)>& work) {
  BenchTable stopped;
  stopped.subject = subject;
  stopped.complete = false;
  auto model = BenchModel::open(request, rounds);
  if (!model) {
    if (model.error().kind == ErrorKind::interrupted) return stopped;
    return Failure(model.error());
  }
  BenchTable table = model->table(subject);
  const Status done = work(*model, table);
  if (done) return table;
  if (done.error().kind == ErrorKind::interrupted) return stopped;
  return Failure(done.error());
}

/// A prompt through the model once; the capture goes away again.
Status prefillOnce(BenchModel& model, const PrefillRequest& request, PhaseSink& phases,
                   const std::stop_token& stop) {
  const auto capture = model.engine().prefill(request, ignore, phases, stop);
  return capture ? Status() : Status(Failure(capture.error()));
}

/// A filled cache and how to decode over it.
struct Decoded {
  const char* scheme;
  Method method;
  Capture capture;
};

/// The durations of the steps of one generation.
Result<std::vector<int64_t>> stepsOf(Decoded& decoded, int64_t max_new_tokens,
                                     const std::stop_token& stop) {
  std::vector<int64_t> steps;
  const RecordSink note = [&](const Record& record) -> Status {
    const auto* token = std::get_if<TokenRecord>(&record);
    if (token != nullptr && token->step > 0) steps.push_back(token->duration_ns);
    return {};
  };
  NoPhases phases;
  GenerateRequest generate;
  generate.method = decoded.method;
  generate.max_new_tokens = max_new_tokens;
  const auto ids = decoded.capture.generate(generate, nullptr, note, phases, stop);
  if (!ids) return Failure(ids.error());
  return steps;
}

}  // namespace

Result<BenchTable> benchPrefill(const BenchRequest& request, const BenchRounds& rounds) {
  return withModel("prefill", request, rounds, [&](BenchModel& model, BenchTable& table) -> Status {
    const auto dense = prefillRequest(model, Method::dense, request);
    const auto xkv = prefillRequest(model, Method::xkv, request);
    if (!xkv) return Failure(xkv.error());
    TimelineRecorder factored;
    NoPhases unheard;
    table.references = {{kDense, {kDense}}};
    const std::vector<BenchScheme> schemes{
        {.name = kDense, .is_rival = false, .step = timed([&] {
           return prefillOnce(model, *dense, unheard, rounds.stop);
         })},
        {.name = kXkv, .is_rival = false, .step = timed([&] {
           return prefillOnce(model, *xkv, factored, rounds.stop);
         })}};
    const Status sampled = sampleInTurn(schemes, rounds, table);
    if (!sampled) return sampled;
    addTokensPerSecond(static_cast<double>(model.ids().size()), table);
    addFactorShare(factored, table);
    return {};
  });
}

Result<BenchTable> benchDecode(const BenchRequest& request, const BenchRounds& rounds) {
  return withModel("decode", request, rounds, [&](BenchModel& model, BenchTable& table) -> Status {
    const int64_t new_tokens = request.max_new_tokens.value_or(kNewTokens);
    table.sizes.emplace_back("max_new_tokens", new_tokens);
    table.references = {{kDense, {kDense}}};
    std::vector<BenchScheme> schemes;
    for (const auto& [scheme, method] : {std::pair(kDense, Method::dense), std::pair(kXkv, Method::xkv)}) {
      if (rounds.progress) {
        rounds.progress(std::string("decode: filling the cache of ") + scheme, 0, 0);
      }
      const auto prefill = prefillRequest(model, method, request);
      if (!prefill) return Failure(prefill.error());
      NoPhases phases;
      auto capture = model.engine().prefill(*prefill, ignore, phases, rounds.stop);
      if (!capture) return Failure(capture.error());
      const auto decoded =
          std::make_shared<Decoded>(Decoded{scheme, method, std::move(*capture)});
      schemes.push_back({.name = scheme, .is_rival = false, .step = [=, &rounds] {
                           return stepsOf(*decoded, new_tokens, rounds.stop);
                         }});
    }
    const Status sampled = sampleInTurn(schemes, rounds, table);
    if (!sampled) return sampled;
    addTokensPerSecond(1, table);
    return {};
  });
}

Result<BenchTable> benchAnalysis(const BenchRequest& request, const BenchRounds& rounds) {
  return withModel("analysis", request, rounds, [&](BenchModel& model, BenchTable& table) -> Status {
    auto prefill = prefillRequest(model, Method::dense, request);
    auto keeping = *prefill;
    keeping.analysis = AnalysisScope::all;  // the dense rows that the analysis reads
    NoPhases phases;
    auto capture = model.engine().prefill(keeping, ignore, phases, rounds.stop);
    if (!capture) return Failure(capture.error());
    const std::vector<BenchScheme> schemes{
        {.name = "prefill", .is_rival = false, .step = timed([&] {
           return prefillOnce(model, *prefill, phases, rounds.stop);
         })},
        {.name = "analysis", .is_rival = false, .step = timed([&] {
           return capture->analyse(ignore, phases, rounds.stop);
         })}};
    const Status sampled = sampleInTurn(schemes, rounds, table);
    if (!sampled) return sampled;
    const BenchReference whole{"prefill", {"prefill"}};
    for (BenchRow& row : table.rows) {
      const auto speedup = table.speedup(row, whole);
      if (row.scheme == "analysis" && speedup) {
        row.figures.push_back({"share_of_prefill", 1 / *speedup});
      }
    }
    return {};
  });
}

}  // namespace xkv
