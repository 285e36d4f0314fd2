// SPDX-License-Identifier: Apache-2.0
/// The rotary part of config.json, whose two spellings must come to the same.
#pragma once

#include <string>

#include "engine/checkpoint/config_reader.h"
#include "engine/checkpoint/model_config.h"

namespace xkv {

struct RopeConfig {
  double rope_theta = 10'000;  ///< what a config without the key means
  RopeScaling scaling;
  friend bool operator==(const RopeConfig&, const RopeConfig&) = default;
};

/// Refusals are left in `config`.
RopeConfig readRope(ConfigReader& config);

/// "default", "linear", "llama3"
std::string ropeTypeName(RopeType type);

}  // namespace xkv
