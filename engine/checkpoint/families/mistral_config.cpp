// SPDX-License-Identifier: Apache-2.0
/// Mistral: a sliding window in all layers where the config has one (v0.1).
#include "engine/checkpoint/families/model_family.h"

namespace xkv {

void readMistral(ConfigReader& reader, ModelConfig& config) {
  readGroupedHeads(reader, config);
  const auto window = reader.optionalInteger("sliding_window", kPositionRange);
  if (window) setWindows(reader, config, *window, /*first_layer=*/0);
}

}  // namespace xkv
