// SPDX-License-Identifier: Apache-2.0
/// The process's own memory falls as the ledger says: 8 layers of kv_dim 1024, 4,096 tokens, in processes of
/// their own.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <fstream>
#include <thread>

#include "tests/engine/golden.h"
#include "tests/engine/tiny_model.h"

namespace xkv {
namespace {

struct Held {
  int64_t resident_bytes = 0;       ///< of the process after prefill
  int64_t before_bytes = 0;         ///< anonymous memory when the weights are loaded
  int64_t high_water_bytes = 0;     ///< largest anonymous memory seen until the ledger came
  int64_t ledger_bytes = 0;         ///< cache after prefill by the ledger
  int64_t ledger_peak_bytes = 0;    ///< factors + dense rows + workspace + activations
  bool done = false;
};

/// A line of /proc/self/status in bytes.
int64_t statusBytes(const std::string& key) {
  std::ifstream status("/proc/self/status");
  std::string word;
  while (status >> word) {
    if (word == key + ":") {
      int64_t kib = 0;
      status >> kib;
      return kib * 1024;
    }
  }
  return 0;
}

/// Samples the anonymous memory of the process, since the kernel keeps no high-water mark of it.
class Sampler {
 public:
  int64_t highest() const { return highest_.load(); }

 private:
  std::atomic<int64_t> highest_{0};
  std::jthread thread_{[this](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      highest_.store(std::max(highest_.load(), statusBytes("RssAnon")));
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
  }};
};

class Notes final : public RunObserver {
 public:
  Status onRecord(const Record& record) override {
    if (std::holds_alternative<RunStarted>(record)) held.before_bytes = statusBytes("RssAnon");
    if (const auto* memory = std::get_if<MemoryRecord>(&record)) {
      held.resident_bytes = memory->process_resident_bytes;
      held.ledger_bytes = memory->factor_bytes;
      held.ledger_peak_bytes = memory->peak.factor_bytes + memory->peak.dense_row_bytes +
                               memory->peak.workspace_bytes + memory->peak.activation_bytes;
      held.high_water_bytes = sampler_.highest();
    }
    return {};
  }
  Held held;

 private:
  Sampler sampler_;
};

/// Runs in a child, because memory once used shapes what a process holds later.
Held measured(const RunSpec& spec) {
  int channel[2];
  if (pipe(channel) != 0) return {};
  const pid_t child = fork();
  if (child == 0) {
    Notes notes;
    notes.held.done = test::runSpec(spec, notes).has_value();
    const bool sent = write(channel[1], &notes.held, sizeof notes.held) == sizeof notes.held;
    _exit(sent ? 0 : 1);
  }
  close(channel[1]);
  Held held;
  const bool got = read(channel[0], &held, sizeof held) == sizeof held;
  close(channel[0]);
  waitpid(child, nullptr, 0);
  EXPECT_TRUE(got && held.done);
  return held;
}

TEST(ResidentMemory, FallsByTheLedgersDifferenceLessTenPercent) {
  test::TemporaryFolder folder;
  const test::TinyModel model{.num_layers = 8,
                              .hidden_size = 256,
                              .intermediate_size = 256,
                              .num_heads = 8,
                              .num_kv_heads = 8,
                              .head_dim = 128,
                              .vocab_size = 64,
                              .max_position_embeddings = 8192};
  // Written by a child too: this process must not have used LibTorch when it forks again.
  if (fork() == 0) {
    test::writeTinyModel(model, folder.path());
    _exit(0);
  }
  wait(nullptr);
  RunSpec spec;
  spec.model_dir = folder.path();
  spec.prompt_ids = test::someIds(4096, 64);
  spec.analysis = AnalysisScope::none;
  spec.max_new_tokens = 1;
  spec.compression.rank_k = 64;  // random weights have a flat spectrum, on which larger ranks iterate long
  spec.compression.rank_v = 96;
  const Held compressed = measured(spec);
  spec.compression.method = Method::dense;
  const Held dense = measured(spec);

  const double saved = static_cast<double>(dense.ledger_bytes - compressed.ledger_bytes);
  EXPECT_GT(saved, 100e6);
  EXPECT_GE(static_cast<double>(dense.resident_bytes - compressed.resident_bytes), 0.9 * saved);

  // The peak stays within what the ledger shows: factors, one group's rows, workspace, activations. MKL's
  // packing buffers and the heap's own gaps are in no tensor; a tenth covers them.
  const int64_t risen = compressed.high_water_bytes - compressed.before_bytes;
  EXPECT_LE(static_cast<double>(risen), 1.1 * static_cast<double>(compressed.ledger_peak_bytes));
}

}  // namespace
}  // namespace xkv
