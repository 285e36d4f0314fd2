// SPDX-License-Identifier: Apache-2.0
/// The model that benchmarks run: a given folder, or random weights that go away again.
#pragma once

#include <string>
#include <vector>

#include "app/bench/bench_request.h"
#include "engine/engine.h"
#include "profiling/bench_rounds.h"

namespace xkv {

class BenchModel {
 public:
  /// Without a folder of the request: a Llama of 197 million bf16 weights (16 layers, 1024 wide) is
  /// written under the system's folder for temporary files. interrupted when stopped.
  static Result<BenchModel> open(const BenchRequest& request, const BenchRounds& rounds);
  ~BenchModel();
  BenchModel(BenchModel&& other) noexcept;
  BenchModel& operator=(BenchModel&&) = delete;

  Engine& engine() { return engine_; }
  const ModelShape& shape() const { return shape_; }
  /// Of the prompt, any ids of the vocabulary.
  const std::vector<int64_t>& ids() const { return ids_; }

  /// A table without rows that says what runs.
  BenchTable table(const std::string& subject) const;

 private:
  BenchModel(Engine engine, std::string made) : engine_(std::move(engine)), made_(std::move(made)) {}
  Status load(const std::string& folder, const BenchRequest& request, const BenchRounds& rounds);

  Engine engine_;
  std::string made_;  // the folder that goes away; empty = none
  ModelShape shape_;
  std::vector<int64_t> ids_;
};

}  // namespace xkv
