// SPDX-License-Identifier: Apache-2.0
/// Prefill and decode of a random 197M bf16 Llama (16 layers, 1024 wide), and the analysis pass as a share of
/// prefill. Prints one table; figures are of one process, threads as the machine has cores.
#include <algorithm>
#include <cstdio>
#include <vector>

#include "tests/engine/golden.h"
#include "tests/engine/tiny_model.h"

namespace xkv {
namespace {

constexpr int64_t kPromptTokens = 1024;
constexpr int64_t kNewTokens = 33;

struct Measured {
  int64_t weight_bytes = 0;
  LatencyRecord compressed;
  LatencyRecord dense;
  int64_t analysis_ns = 0;
};

Measured measured(const RunSpec& spec) {
  test::RecordList run;
  const Status done = test::runSpec(spec, run);
  if (!done) std::fprintf(stderr, "%s\n", done.error().message.c_str());
  Measured result;
  for (const LatencyRecord& latency : run.all<LatencyRecord>()) {
    (latency.method == Method::dense ? result.dense : result.compressed) = latency;
  }
  for (const TimelineRecord& part : run.all<TimelineRecord>()) {
    for (const Span& span : part.spans) {
      if (span.kind == PhaseKind::analysis) result.analysis_ns += span.end_ns - span.start_ns;
    }
  }
  for (const MemoryRecord& memory : run.all<MemoryRecord>()) {
    result.weight_bytes = memory.weight_bytes;
  }
  return result;
}

double perSecond(int64_t count, int64_t ns) {
  return ns > 0 ? 1e9 * static_cast<double>(count) / static_cast<double>(ns) : 0;
}

double decodePerSecond(const LatencyRecord& latency) {
  std::vector<int64_t> steps = latency.decode_step_ns;
  if (steps.empty()) return 0;
  std::ranges::sort(steps);
  return perSecond(1, steps[steps.size() / 2]);
}

void print(const Measured& all) {
  const LatencyRecord& xkv = all.compressed;
  const auto share = [&](int64_t ns) {
    return 100 * static_cast<double>(ns) / static_cast<double>(xkv.prefill_ns);
  };
  std::printf("weights                       %.1f MiB bf16\n",
              static_cast<double>(all.weight_bytes) / 1048576);
  std::printf("prefill, %lld tokens          %.0f tokens/s\n",
              static_cast<long long>(kPromptTokens), perSecond(kPromptTokens, xkv.prefill_ns));
  std::printf("decode, dense cache           %.1f tokens/s (median of %zu steps)\n",
              decodePerSecond(all.dense), all.dense.decode_step_ns.size());
  std::printf("decode, xKV-4, memory mode    %.1f tokens/s (median of %zu steps)\n",
              decodePerSecond(xkv), xkv.decode_step_ns.size());
  std::printf("gram + factor, of prefill     %.1f %%\n", share(xkv.gram_ns + xkv.factor_ns));
  std::printf("analysis pass, of prefill     %.1f %%\n", share(all.analysis_ns));
}

int run() {
  const test::TemporaryFolder folder;
  const test::TinyModel model{.num_layers = 16,
                              .hidden_size = 1024,
                              .intermediate_size = 2816,
                              .num_heads = 16,
                              .num_kv_heads = 8,
                              .head_dim = 64,
                              .vocab_size = 8192,
                              .max_position_embeddings = 4096};
  test::writeTinyModel(model, folder.path());
  RunSpec spec;
  spec.model_dir = folder.path();
  spec.prompt_ids = test::someIds(kPromptTokens, model.vocab_size);
  spec.max_new_tokens = kNewTokens;
  print(measured(spec));
  return 0;
}

}  // namespace
}  // namespace xkv

int main() { return xkv::run(); }
