// SPDX-License-Identifier: Apache-2.0
/// Model folders of real geometry with random weights, for measuring speed and memory.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "profiling/records/model_shape.h"
#include "profiling/records/result.h"

namespace xkv {

/// Whose config.json the model has; `custom` is a Llama of given sizes.
enum class ModelLike { llama_8b, qwen2_5_7b, deepseek_v2_lite, custom };

constexpr std::string_view word(ModelLike value) {
  switch (value) {
    case ModelLike::llama_8b: return "llama-8b";
    case ModelLike::qwen2_5_7b: return "qwen2.5-7b";
    case ModelLike::deepseek_v2_lite: return "deepseek-v2-lite";
    case ModelLike::custom: return "custom";
  }
  return {};
}

/// Of ModelLike::custom.
struct CustomSizes {
  int64_t hidden_size = 0;
  int64_t intermediate_size = 0;
  int64_t num_heads = 0;
  std::optional<int64_t> num_kv_heads;  ///< none = num_heads
  std::optional<int64_t> head_dim;      ///< none = hidden_size / num_heads
  int64_t vocab_size = 32'000;
  int64_t max_position_embeddings = 131'072;
  bool tie_word_embeddings = false;
};

struct RandomModelSpec {
  ModelLike like = ModelLike::llama_8b;
  std::optional<int64_t> num_layers;  ///< none = as many as the model it is like
  CustomSizes custom;                 ///< num_layers must be given with it
  Dtype dtype = Dtype::bf16;
  uint64_t seed = 0;
  int64_t max_shard_bytes = 5'000'000'000;
  std::string out;  ///< a folder that is not there or empty
};

/// Bytes of weights.
using WriteProgress = std::function<void(int64_t done, int64_t total)>;

/// config.json, marked with "xkv_random_weights": true, and safetensors: one file, or shards where
/// the weights are larger than max_shard_bytes. Matrices are uniform with standard deviation
/// 1/sqrt(fan-in), norms are 1. The same spec gives the same bytes. There is no tokenizer. Memory
/// stays at a few MiB. A failure, an interrupt too, takes away what was written, and the folder if
/// it was made here.
/// bad_input: the folder holds files, or sizes that make no model. failure: the disk.
Result<ModelShape> writeRandomModel(const RandomModelSpec& spec, const WriteProgress& progress,
                                    std::stop_token stop);

}  // namespace xkv
