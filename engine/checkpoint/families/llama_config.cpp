// SPDX-License-Identifier: Apache-2.0
/// Llama: biases everywhere or nowhere.
#include "engine/checkpoint/families/model_family.h"

namespace xkv {

void readLlama(ConfigReader& reader, ModelConfig& config) {
  readGroupedHeads(reader, config);
  config.query_key_value_bias = reader.booleanOr("attention_bias", false);
  config.output_bias = config.query_key_value_bias;
  config.mlp_bias = reader.booleanOr("mlp_bias", false);
}

}  // namespace xkv
