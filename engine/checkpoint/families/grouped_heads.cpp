// SPDX-License-Identifier: Apache-2.0
/// What families with keys and values of their own share: heads, and windows per layer.
#include <cmath>

#include "engine/checkpoint/families/model_family.h"
#include "profiling/records/printable.h"
#include "profiling/records/sentence.h"

namespace xkv {

void readGroupedHeads(ConfigReader& reader, ModelConfig& config) {
  ModelShape& shape = config.shape;
  shape.num_kv_heads =
      reader.optionalInteger("num_key_value_heads", kHeadRange).value_or(shape.num_heads);
  if (shape.num_heads % shape.num_kv_heads != 0) {
    reader.refuse(sentence("num_attention_heads {} is no multiple of num_key_value_heads {}",
                           shape.num_heads, shape.num_kv_heads));
  }
  const auto given = reader.optionalInteger("head_dim", kHeadDimRange);
  if (!given && shape.hidden_size % shape.num_heads != 0) {
    reader.refuse(sentence("hidden_size {} is no multiple of num_attention_heads {}",
                           shape.hidden_size, shape.num_heads));
  }
  shape.head_dim = given.value_or(shape.hidden_size / shape.num_heads);
  if (shape.head_dim % 2 != 0 || shape.head_dim == 0) {
    reader.refuse(sentence("head_dim is {}, RoPE needs an even one of at least 2", shape.head_dim));
  }
  config.rope_dim = shape.head_dim;
  config.softmax_scale = 1 / std::sqrt(static_cast<double>(shape.head_dim));
}

void setWindows(ConfigReader& reader, ModelConfig& config, int64_t window, int64_t first_layer) {
  config.shape.sliding_window = window;
  const int64_t num_layers = config.shape.num_layers;
  const auto types = reader.texts("layer_types");
  if (!types.empty() && static_cast<int64_t>(types.size()) != num_layers) {
    reader.refuse(
        sentence("layer_types lists {} layers, num_hidden_layers is {}", types.size(), num_layers));
    return;
  }
  for (int64_t layer = 0; layer < num_layers; ++layer) {
    bool windowed = layer >= first_layer;
    if (!types.empty()) {
      const std::string& type = types[static_cast<size_t>(layer)];
      windowed = type == "sliding_attention";
      if (!windowed && type != "full_attention") {
        reader.refuse(
            sentence("layer_types names {}, full_attention and sliding_attention are "
                     "supported",
                     printable(type, 40)));
        return;
      }
    }
    if (windowed) config.windows[static_cast<size_t>(layer)] = window;
  }
}

}  // namespace xkv
