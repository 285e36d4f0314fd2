// SPDX-License-Identifier: Apache-2.0
/// Qwen2 and 2.5: bias on q, k and v. Qwen3: q and k normed per head, and a head_dim that must be
/// given.
#include "engine/checkpoint/families/model_family.h"

namespace xkv {

void readQwenWindows(ConfigReader& reader, ModelConfig& config) {
  if (!reader.booleanOr("use_sliding_window", false)) return;
  const int64_t window = reader.integer("sliding_window", kPositionRange);
  const auto first = reader.optionalInteger("max_window_layers", {0, kLayerRange.largest});
  if (!first && !reader.has("layer_types")) {
    reader.refuse("use_sliding_window is true, so max_window_layers or layer_types is needed");
    return;
  }
  setWindows(reader, config, window, first.value_or(0));
}

void readQwen2(ConfigReader& reader, ModelConfig& config) {
  readGroupedHeads(reader, config);
  readQwenWindows(reader, config);
  config.query_key_value_bias = true;
}

void readQwen3(ConfigReader& reader, ModelConfig& config) {
  reader.integer("head_dim", kHeadDimRange);
  readGroupedHeads(reader, config);
  readQwenWindows(reader, config);
  config.query_key_value_bias = reader.booleanOr("attention_bias", false);
  config.output_bias = config.query_key_value_bias;
  config.query_key_norm = true;
}

}  // namespace xkv
