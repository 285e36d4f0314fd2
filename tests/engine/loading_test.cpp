// SPDX-License-Identifier: Apache-2.0
/// Loading needs the weights and little more, says how far it is, and can be cancelled; in
/// processes of their own, because resident memory is a process's.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "engine/engine.h"
#include "tests/engine/golden.h"
#include "tests/engine/synthetic_kv.h"
#include "tests/engine/tiny_model.h"

namespace xkv {
namespace {

constexpr test::TinyModel kModel{.num_layers = 5,
                                 .hidden_size = 1024,
                                 .intermediate_size = 4096,
                                 .num_heads = 16,
                                 .num_kv_heads = 4,
                                 .head_dim = 64,
                                 .vocab_size = 16'000,
                                 .max_position_embeddings = 64};

struct Loaded {
  int64_t weight_bytes = 0;  ///< on disk
  int64_t risen_bytes = 0;   ///< resident memory, mapped pages included: highest less before
  int64_t last_done = 0;     ///< what progress said last
  int64_t last_total = 0;
  int64_t num_said = 0;
  bool loaded = false;
  bool interrupted = false;
};

/// A line of /proc/self/status in bytes.
int64_t statusBytes(const std::string& key) {
  std::ifstream status("/proc/self/status");
  std::string word;
  while (status >> word) {
    if (word != key + ":") continue;
    int64_t kib = 0;
    status >> kib;
    return kib * 1024;
  }
  return 0;
}

Loaded loadedHere(const std::string& folder, Dtype dtype, int64_t stop_at) {
  Loaded loaded;
  std::stop_source stop;
  auto engine = Engine::create(Device::cpu, 2);
  const RecordSink note = [&](const Record& record) -> Status {
    const auto& progress = std::get<ProgressRecord>(record);
    loaded.last_done = progress.done;
    loaded.last_total = progress.total;
    if (++loaded.num_said == stop_at) stop.request_stop();
    return {};
  };
  test::NoPhases phases;
  const int64_t before = statusBytes("VmRSS");
  const auto shape = engine->load(folder, dtype, note, phases, stop.get_token());
  loaded.risen_bytes = statusBytes("VmHWM") - before;
  loaded.loaded = shape.has_value();
  loaded.interrupted = !shape && shape.error().kind == ErrorKind::interrupted;
  if (shape) loaded.weight_bytes = shape->weight_bytes;
  return loaded;
}

Loaded loadedInAChild(const std::string& folder, Dtype dtype, int64_t stop_at = -1) {
  int channel[2];
  if (pipe(channel) != 0) return {};
  const pid_t child = fork();
  if (child == 0) {
    const Loaded loaded = loadedHere(folder, dtype, stop_at);
    const bool sent = write(channel[1], &loaded, sizeof loaded) == sizeof loaded;
    _exit(sent ? 0 : 1);
  }
  close(channel[1]);
  Loaded loaded;
  const bool got = read(channel[0], &loaded, sizeof loaded) == sizeof loaded;
  close(channel[0]);
  waitpid(child, nullptr, 0);
  EXPECT_TRUE(got);
  return loaded;
}

TEST(Loading, NeedsTheWeightsAndATenthMoreAtMost) {
  test::TemporaryFolder folder;
  if (fork() == 0) {
    test::writeTinyModel(kModel, folder.path());
    _exit(0);
  }
  wait(nullptr);

  const Loaded same = loadedInAChild(folder.path(), Dtype::bf16);  // used where they lie
  ASSERT_TRUE(same.loaded);
  EXPECT_GT(same.weight_bytes, 150'000'000);
  EXPECT_LE(same.risen_bytes, same.weight_bytes + same.weight_bytes / 10);
  EXPECT_EQ(same.last_done, same.weight_bytes);
  EXPECT_EQ(same.last_total, same.weight_bytes);

  const Loaded converted = loadedInAChild(folder.path(), Dtype::fp32);
  ASSERT_TRUE(converted.loaded);
  const int64_t wide = 2 * converted.weight_bytes;
  EXPECT_GE(converted.risen_bytes, wide);
  EXPECT_LE(converted.risen_bytes, wide + wide / 10);

  const Loaded stopped = loadedInAChild(folder.path(), Dtype::fp32, 3);
  EXPECT_TRUE(stopped.interrupted);
  EXPECT_EQ(stopped.num_said, 3);
}

}  // namespace
}  // namespace xkv
