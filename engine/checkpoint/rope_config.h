// SPDX-License-Identifier: Apache-2.0
/// The rotary part of config.json, whose two spellings must come to the same.
#pragma once

#include <span>
#include <string>

#include "engine/checkpoint/config_reader.h"
#include "engine/checkpoint/model_config.h"

namespace xkv {

struct RopeConfig {
  double rope_theta = 10'000;  ///< what a config without the key means
  RopeScaling scaling;
  friend bool operator==(const RopeConfig&, const RopeConfig&) = default;
};

/// Refusals are left in `config`. A YaRN without original_max_position_embeddings means
/// `max_position_embeddings`.
RopeConfig readRope(ConfigReader& config, int64_t max_position_embeddings);

/// How YaRN scales attention: 0.1 mscale ln(factor) + 1 above a factor of 1.
double yarnMscale(double factor, double mscale);

/// Every type that is supported.
std::span<const RopeType> ropeTypes();
/// "default", "linear", "llama3", "yarn"
std::string ropeTypeName(RopeType type);

}  // namespace xkv
