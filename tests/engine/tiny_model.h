// SPDX-License-Identifier: Apache-2.0
/// Writes model folders with random weights, for tests of the engine's behaviour rather than its numbers.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "app/experiment.h"

namespace xkv::test {

struct TinyModel {
  int64_t num_layers = 3;
  int64_t hidden_size = 32;
  int64_t intermediate_size = 48;
  int64_t num_heads = 4;
  int64_t num_kv_heads = 2;
  int64_t head_dim = 8;
  int64_t vocab_size = 40;
  int64_t max_position_embeddings = 64;
};

/// config.json and model.safetensors (bf16) under `folder`, which exists.
void writeTinyModel(const TinyModel& model, const std::string& folder);

/// ids 0, 7, 14, ... modulo the vocabulary.
std::vector<int64_t> someIds(int64_t count, int64_t vocab_size);

/// Keeps what a run says; may fail or ask for a stop at the n-th record.
class RecordList final : public RunObserver {
 public:
  Status onRecord(const Record& record) override;
  template <class T>
  std::vector<T> all() const {
    std::vector<T> found;
    for (const Record& record : records) {
      if (const T* value = std::get_if<T>(&record)) found.push_back(*value);
    }
    return found;
  }
  std::vector<Record> records;
  int64_t fail_at = -1;               ///< index of the record that is not taken
  std::stop_source* stop = nullptr;   ///< asked at record stop_at
  int64_t stop_at = -1;
};

/// Runs a spec on the CPU with two threads.
Status runSpec(const RunSpec& spec, RunObserver& observer, std::stop_token stop = {});

}  // namespace xkv::test
