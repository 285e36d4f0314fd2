// SPDX-License-Identifier: Apache-2.0
/// What a decode step is made of, each beside LibTorch's way and beside the memory's speed, measured in turns in one
/// process. Medians; processor time is beside wall time because it hardly moves when others use the machine.
#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/randn.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <functional>
#include <string>
#include <vector>

#include "engine/cache/one_row_attention.h"
#include "engine/cache/row_attention.h"
#include "engine/model/attention.h"
#include "engine/model/linear.h"

namespace xkv {
namespace {

constexpr int kTurns = 9;

double wallMs() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration<double, std::milli>(now).count();
}

double processorMs() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return 1e3 * static_cast<double>(now.tv_sec) + 1e-6 * static_cast<double>(now.tv_nsec);
}

struct Subject {
  std::string name;
  double megabytes = 0;  // that have to be read
  std::function<void()> work;
  std::vector<double> wall;
  std::vector<double> processor;
};

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

/// The first subject is what the others are compared with.
void measure(const char* title, std::vector<Subject> subjects) {
  for (Subject& subject : subjects) subject.work();
  for (int turn = 0; turn < kTurns; ++turn) {
    for (Subject& subject : subjects) {
      const double wall = wallMs();
      const double processor = processorMs();
      subject.work();
      subject.wall.push_back(wallMs() - wall);
      subject.processor.push_back(processorMs() - processor);
    }
  }
  std::printf("%s\n", title);
  const Subject& first = subjects.front();
  for (const Subject& subject : subjects) {
    std::printf("  %-34s %9.2f ms, best %9.2f, processor %9.2f ms; %6.2f of the first's\n",
                subject.name.c_str(), median(subject.wall), std::ranges::min(subject.wall),
                median(subject.processor), median(subject.processor) / median(first.processor));
    if (subject.megabytes > 0) {
      std::printf("  %-34s %9.1f GB/s at best\n", "",
                  subject.megabytes / std::ranges::min(subject.wall));
    }
  }
}

at::Tensor random(at::IntArrayRef sizes) { return at::randn(sizes).to(at::kBFloat16); }

double megabytesOf(const at::Tensor& x) { return 1e-6 * static_cast<double>(x.nbytes()); }

/// Sums of 8-byte words: what reading costs.
void readAll(const at::Tensor& x) {
  const auto* words = static_cast<const uint64_t*>(x.const_data_ptr());
  static volatile uint64_t sink = 0;
  at::parallel_for(0, static_cast<int64_t>(x.nbytes() / 8), 1 << 14, [&](int64_t begin, int64_t end) {
    uint64_t sums[8] = {};
    for (int64_t i = begin; i + 8 <= end; i += 8) {
      for (int64_t j = 0; j < 8; ++j) sums[j] += words[i + j];
    }
    for (const uint64_t sum : sums) sink = sink + sum;
  });
}

void products() {
  const Linear linear{random({16384, 3072}), {}};
  const at::Tensor x = random({1, 3072});
  const double size = megabytesOf(linear.weight);
  measure("One row times 96 MiB of bf16 weights",
          {{"reading them", size, [&] { readAll(linear.weight); }, {}, {}},
           {"ours", size, [&] { apply(linear, x); }, {}, {}},
           {"at::linear", size, [&] { at::linear(x, linear.weight); }, {}, {}}});
}

ModelConfig config(int64_t head_dim) {
  ModelConfig config;
  config.shape.num_heads = 32;
  config.shape.num_kv_heads = 8;
  config.shape.head_dim = config.rope_dim = head_dim;
  config.shape.rope_theta = 10000;
  config.softmax_scale = 0.088;
  config.windows = {0};
  return config;
}

at::Tensor grouped(const at::Tensor& query, const StreamPair& rows) {
  const QueryRows place{1, rows[0].size(0) - 1, 0, 0.088};
  const auto weights = jointSoftmax({rowScores(query, rows[0])}, place, query.scalar_type());
  return weightedValues(weights[0], rows[1]);
}

void denseAttention(int64_t tokens) {
  const CacheForm form = cacheFormOf(config(128), {});
  const RotaryTable rotary(config(128), at::kCPU);
  const StreamPair rows{random({tokens, 8, 128}), random({tokens, 8, 128})};
  const StreamPair wide{rows[0].to(at::kFloat), rows[1].to(at::kFloat)};
  const at::Tensor query = random({1, 32, 128});
  const LayerPieces pieces{{{rows[0], {}}}, {{rows[1], {}}}};
  const double size = megabytesOf(rows[0]) + megabytesOf(rows[1]);
  const std::string title = "Attention to " + std::to_string(tokens) + " dense tokens, bf16";
  measure(title.c_str(),
          {{"ours", size,
            [&] { attendOneRow(form, {query, tokens - 1, 0}, pieces, rotary); }, {}, {}},
           {"grouped products", size, [&] { grouped(query, rows); }, {}, {}},
           {"grouped products of fp32 rows", 2 * size,
            [&] { grouped(query.to(at::kFloat), wide); }, {}, {}}});
}

void lowRankAttention(int64_t tokens) {
  const CacheForm form = cacheFormOf(config(128), {});
  const RotaryTable rotary(config(128), at::kCPU);
  const at::Tensor query = random({1, 32, 128});
  const StreamPiece keys{random({tokens, 384}), random({384, 1024})};
  const StreamPiece values{random({tokens, 576}), random({576, 1024})};
  const LayerPieces pieces{{keys}, {values}};
  const std::string title = "Attention to " + std::to_string(tokens) + " tokens of ranks 384 and 576";
  measure(title.c_str(),
          {{"ours", 0, [&] { attendOneRow(form, {query, tokens - 1, 0}, pieces, rotary); }, {}, {}},
           {"A B of the keys alone, fp32", 0,
            [&] { at::mm(keys.rows.to(at::kFloat), keys.layer_factor.to(at::kFloat)); }, {}, {}}});
}

int run() {
  products();
  denseAttention(16384);
  denseAttention(65536);
  lowRankAttention(8192);
  return 0;
}

}  // namespace
}  // namespace xkv

int main() { return xkv::run(); }
