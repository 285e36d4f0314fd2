// SPDX-License-Identifier: Apache-2.0
/// Reads rope_parameters, or rope_theta with rope_scaling.
#include "engine/checkpoint/rope_config.h"

#include <optional>

#include "profiling/records/printable.h"
#include "profiling/records/sentence.h"

namespace xkv {
namespace {

constexpr Range<double> kThetas{1, 1e15};
constexpr Range<double> kFactors{1, 1e6};
constexpr Range<int64_t> kPositions{1, 1'000'000'000};

std::optional<RopeType> ropeType(ConfigReader& rope) {
  const std::optional<std::string> name = rope.optionalText("rope_type");
  const std::optional<std::string> old_name = rope.optionalText("type");
  if (name && old_name && *name != *old_name) {
    rope.refuse(
        sentence("rope_type is {} and type is {}", printable(*name, 40), printable(*old_name, 40)));
  }
  const std::string type = name.value_or(old_name.value_or("default"));
  for (const RopeType known : {RopeType::default_, RopeType::linear, RopeType::llama3}) {
    if (type == ropeTypeName(known)) return known;
  }
  rope.refuse(sentence("rope_type {} is not supported; default, linear and llama3 are",
                       printable(type, 40)));
  return std::nullopt;
}

RopeScaling readScaling(ConfigReader& rope) {
  RopeScaling scaling;
  scaling.type = ropeType(rope).value_or(RopeType::default_);
  if (scaling.type == RopeType::default_) return scaling;
  scaling.factor = rope.number("factor", kFactors);
  if (scaling.type == RopeType::linear) return scaling;
  scaling.low_freq_factor = rope.number("low_freq_factor", {1e-6, 1e6});
  scaling.high_freq_factor = rope.number("high_freq_factor", {1e-6, 1e6});
  scaling.original_max_position_embeddings =
      rope.integer("original_max_position_embeddings", kPositions);
  if (scaling.high_freq_factor <= scaling.low_freq_factor) {
    rope.refuse(sentence("high_freq_factor is {}, it must be above low_freq_factor {}",
                         scaling.high_freq_factor, scaling.low_freq_factor));
  }
  return scaling;
}

/// One of the two objects that may describe RoPE; `theta` is what stands outside of it.
std::optional<RopeConfig> readObject(ConfigReader& config, const char* key, double theta) {
  const nlohmann::json* const object = config.object(key);
  if (object == nullptr) return std::nullopt;
  ConfigReader rope(config.label() + ": " + key, *object);
  RopeConfig result;
  result.rope_theta = rope.numberOr("rope_theta", kThetas, theta);
  rope.numberOr("partial_rotary_factor", {1, 1}, 1);
  result.scaling = readScaling(rope);
  if (const Status status = rope.status(); !status) config.refuseWith(status.error());
  return result;
}

}  // namespace

std::string ropeTypeName(RopeType type) {
  switch (type) {
    case RopeType::default_:
      return "default";
    case RopeType::linear:
      return "linear";
    case RopeType::llama3:
      return "llama3";
  }
  return {};
}

RopeConfig readRope(ConfigReader& config) {
  const double theta = config.numberOr("rope_theta", kThetas, RopeConfig{}.rope_theta);
  config.numberOr("partial_rotary_factor", {1, 1}, 1);
  const auto parameters = readObject(config, "rope_parameters", theta);
  const auto scaling = readObject(config, "rope_scaling", theta);
  if (parameters && config.has("rope_theta") && parameters->rope_theta != theta) {
    config.refuse(
        sentence("rope_theta is {} and {} in rope_parameters", theta, parameters->rope_theta));
  }
  if (parameters && scaling && parameters->scaling != scaling->scaling) {
    config.refuse("rope_parameters and rope_scaling contradict each other");
  }
  if (parameters) return *parameters;
  if (scaling) return *scaling;
  return {theta, {}};
}

}  // namespace xkv
