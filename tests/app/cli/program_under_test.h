// SPDX-License-Identifier: Apache-2.0
/// The program with an engine that is a few lines: what it prints, stores and returns.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>
#include <string>
#include <vector>

#include "app/cli/commands.h"

namespace xkv::cli {

inline ModelShape tinyShape() {
  ModelShape shape;
  shape.name = "tiny";
  shape.model_type = "llama";
  shape.num_layers = 4;
  shape.hidden_size = 8;
  shape.intermediate_size = 16;
  shape.num_heads = 2;
  shape.num_kv_heads = 1;
  shape.head_dim = 4;
  shape.vocab_size = 10;
  shape.max_position_embeddings = 128;
  return shape;
}

/// The records of a run over four layers in two groups, in the order in which the engine gives
/// them.
inline std::vector<Record> recordsOf(const RunSpec& spec) {
  RunStarted started;
  started.spec = spec;
  started.model = tinyShape();
  started.plan = {{.first_layer = 0, .num_layers = 2, .rank_k = 3, .rank_v = 4},
                  {.first_layer = 2, .num_layers = 2, .rank_k = 3, .rank_v = 4}};
  started.prompt_ids = {5, 7, 9};
  started.prompt_tokens = {"a", "b", "c"};
  started.notices = {"rank_k 9 is above seq_len 3; 3 is used"};
  started.device_name = "fake";
  started.started_at = "2026-01-01T00:00:00Z";
  ReconstructionRecord error;
  error.num_layers = 2;
  error.seq_len = 3;
  error.num_kv_heads = 1;
  error.rank = 3;
  error.error = 0.25;
  error.layer_error = {0.125F, 0.5F};
  error.head_error = {0.125F, 0.5F};
  error.token_error = {0.1F, 0.2F, 0.3F, 0.4F, 0.5F, 0.6F};
  TokenRecord token;
  token.choice = {.id = 7, .text = "b", .probability = 0.5F};
  token.text_piece = "hello\x1b[31m";
  GenerationRecord generation;
  generation.text = "hello\x1b[31m";
  generation.num_tokens = 1;
  MemoryRecord memory;
  memory.seq_len = 3;
  memory.dense_bytes = 1000;
  memory.resident_bytes = 200;
  memory.published_ratio = 5.25;
  LatencyRecord latency;
  latency.decode_step_ns = {2'000'000, 4'000'000, 9'000'000};
  DivergenceRecord divergence;
  divergence.kl = {0.5, 1.5};
  divergence.top1_agrees = {1, 0};
  divergence.first_divergent_token = 1;
  return {
      started,
      error,
      ProgressRecord{.phase = "decode", .done = 1, .total = 2},
      token,
      generation,
      memory,
      latency,
      divergence,
      RunFinished{
          .status = RunStatus::finished, .error_kind = {}, .message = {}, .finished_at = "later"}};
}

inline Status emitAll(const std::vector<Record>& records, RunObserver& observer) {
  for (const Record& record : records) {
    const Status told = observer.onRecord(record);
    if (!told) return told;
  }
  return {};
}

class ProgramTest : public ::testing::Test {
 protected:
  ProgramTest() {
    std::string name = "/tmp/xkv-cli-XXXXXX";
    dir = mkdtemp(name.data());
    services.run = [this](const RunSpec& spec, RunObserver& observer, std::stop_token) {
      spec_seen = spec;
      return emitAll(recordsOf(spec), observer);
    };
    services.describe = [](const ModelFolder&) { return tinyShape(); };
  }
  ~ProgramTest() override { std::filesystem::remove_all(dir); }

  /// The exit code of `xkv words...`; fills out and err.
  int xkv(const std::vector<std::string>& words) {
    std::istringstream in(input);
    out.clear();
    err.clear();
    const Console console{.in = &in,
                          .out =
                              [this](std::string_view text) {
                                out += text;
                                return out_status;
                              },
                          .err = [this](std::string_view text) { err += text; },
                          .has_progress = has_progress};
    return runProgram(words, console, services);
  }

  std::string path(const std::string& name) const { return dir + "/" + name; }
  std::string write(const std::string& name, const std::string& content) const {
    std::ofstream(path(name), std::ios::binary) << content;
    return path(name);
  }
  static std::string read(const std::string& file) {
    std::ostringstream content;
    content << std::ifstream(file, std::ios::binary).rdbuf();
    return content.str();
  }

  std::string dir;
  Services services;
  RunSpec spec_seen;
  std::string input;
  std::string out;
  std::string err;
  Status out_status;
  bool has_progress = false;
};

}  // namespace xkv::cli
