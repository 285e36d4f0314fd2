// SPDX-License-Identifier: Apache-2.0
/// What differs between families of models: one file per family says what its config.json means.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "engine/checkpoint/config_reader.h"
#include "engine/checkpoint/model_config.h"

namespace xkv {

struct ModelFamily {
  const char* model_type;  ///< as in config.json
  const char* models;      ///< for people: "Llama 2 and 3"
  /// Heads, biases, norms, windows and mixtures of the family, behind what all configs share. RoPE
  /// is in `config` already. Refusals are left in the reader.
  void (*read)(ConfigReader& reader, ModelConfig& config);
};

/// Every family that is supported.
std::span<const ModelFamily> modelFamilies();
/// "deepseek_v2, llama, ... and qwen3"
std::string familyNames();

void readLlama(ConfigReader& reader, ModelConfig& config);
void readMistral(ConfigReader& reader, ModelConfig& config);
void readQwen2(ConfigReader& reader, ModelConfig& config);
void readQwen3(ConfigReader& reader, ModelConfig& config);
void readDeepseekV2(ConfigReader& reader, ModelConfig& config);

/// num_key_value_heads and head_dim, for keys and values with heads of their own; RoPE turns whole
/// heads.
void readGroupedHeads(ConfigReader& reader, ModelConfig& config);
/// Qwen's sliding_window, where use_sliding_window is true: of the layers from max_window_layers
/// on.
void readQwenWindows(ConfigReader& reader, ModelConfig& config);
/// Puts a window on the layers that layer_types calls sliding_attention; without layer_types on
/// those from `first_layer` on.
void setWindows(ConfigReader& reader, ModelConfig& config, int64_t window, int64_t first_layer);

/// Ranges far above any model there is; their products stay far below what an int64 holds.
inline constexpr Range<int64_t> kLayerRange{1, 10'000};
inline constexpr Range<int64_t> kWidthRange{1, 1 << 24};
inline constexpr Range<int64_t> kHeadRange{1, 65'536};
inline constexpr Range<int64_t> kHeadDimRange{2, 65'536};
inline constexpr Range<int64_t> kPositionRange{1, 1'000'000'000};

}  // namespace xkv
