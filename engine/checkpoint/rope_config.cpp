// SPDX-License-Identifier: Apache-2.0
/// Reads rope_parameters, or rope_theta with rope_scaling.
#include "engine/checkpoint/rope_config.h"

#include <array>
#include <cmath>
#include <optional>

#include "profiling/records/printable.h"
#include "profiling/records/sentence.h"

namespace xkv {
namespace {

constexpr Range<double> kThetas{1, 1e15};
constexpr Range<double> kFactors{1, 1e6};
constexpr Range<int64_t> kPositions{1, 1'000'000'000};
constexpr Range<double> kMscales{0, 1e3};
constexpr std::array kTypes{RopeType::default_, RopeType::linear, RopeType::llama3,
                            RopeType::yarn};

std::optional<RopeType> ropeType(ConfigReader& rope) {
  const std::optional<std::string> name = rope.optionalText("rope_type");
  const std::optional<std::string> old_name = rope.optionalText("type");
  if (name && old_name && *name != *old_name) {
    rope.refuse(
        sentence("rope_type is {} and type is {}", printable(*name, 40), printable(*old_name, 40)));
  }
  const std::string type = name.value_or(old_name.value_or("default"));
  for (const RopeType known : kTypes) {
    if (type == ropeTypeName(known)) return known;
  }
  rope.refuse(sentence("rope_type {} is not supported; default, linear, llama3 and yarn are",
                       printable(type, 40)));
  return std::nullopt;
}

void readLlama3(ConfigReader& rope, RopeScaling& scaling) {
  scaling.low_freq_factor = rope.number("low_freq_factor", {1e-6, 1e6});
  scaling.high_freq_factor = rope.number("high_freq_factor", {1e-6, 1e6});
  scaling.original_max_position_embeddings =
      rope.integer("original_max_position_embeddings", kPositions);
  if (scaling.high_freq_factor <= scaling.low_freq_factor) {
    rope.refuse(sentence("high_freq_factor is {}, it must be above low_freq_factor {}",
                         scaling.high_freq_factor, scaling.low_freq_factor));
  }
}

void readYarn(ConfigReader& rope, RopeScaling& scaling, int64_t max_position_embeddings) {
  scaling.original_max_position_embeddings =
      rope.optionalInteger("original_max_position_embeddings", kPositions)
          .value_or(max_position_embeddings);
  scaling.beta_fast = rope.numberOr("beta_fast", {1e-3, 1e6}, 32);
  scaling.beta_slow = rope.numberOr("beta_slow", {1e-3, 1e6}, 1);
  if (scaling.beta_fast <= scaling.beta_slow) {
    rope.refuse(sentence("beta_fast is {}, it must be above beta_slow {}", scaling.beta_fast,
                         scaling.beta_slow));
  }
  scaling.truncate = rope.booleanOr("truncate", true);
  const double mscale = rope.numberOr("mscale", kMscales, 0);
  scaling.mscale_all_dim = rope.numberOr("mscale_all_dim", kMscales, 0);
  const double usual = mscale > 0 && scaling.mscale_all_dim > 0
                           ? yarnMscale(scaling.factor, mscale) /
                                 yarnMscale(scaling.factor, scaling.mscale_all_dim)
                           : yarnMscale(scaling.factor, 1);
  scaling.attention_factor = rope.numberOr("attention_factor", {1e-3, 1e3}, usual);
}

RopeScaling readScaling(ConfigReader& rope, int64_t max_position_embeddings) {
  RopeScaling scaling;
  scaling.type = ropeType(rope).value_or(RopeType::default_);
  if (scaling.type != RopeType::default_) scaling.factor = rope.number("factor", kFactors);
  if (scaling.type == RopeType::llama3) readLlama3(rope, scaling);
  if (scaling.type == RopeType::yarn) readYarn(rope, scaling, max_position_embeddings);
  return scaling;
}

/// One of the two objects that may describe RoPE; `theta` is what stands outside of it.
std::optional<RopeConfig> readObject(ConfigReader& config, const char* key, double theta,
                                     int64_t max_position_embeddings) {
  const nlohmann::json* const object = config.object(key);
  if (object == nullptr) return std::nullopt;
  ConfigReader rope(config.label() + ": " + key, *object);
  RopeConfig result;
  result.rope_theta = rope.numberOr("rope_theta", kThetas, theta);
  rope.numberOr("partial_rotary_factor", {1, 1}, 1);
  result.scaling = readScaling(rope, max_position_embeddings);
  if (result.scaling.type == RopeType::yarn && result.rope_theta <= 1) {
    rope.refuse(sentence("rope_theta is {}, yarn needs one above 1", result.rope_theta));
  }
  if (const Status status = rope.status(); !status) config.refuseWith(status.error());
  return result;
}

}  // namespace

double yarnMscale(double factor, double mscale) {
  return factor <= 1 ? 1 : 0.1 * mscale * std::log(factor) + 1;
}

std::span<const RopeType> ropeTypes() { return kTypes; }

std::string ropeTypeName(RopeType type) {
  switch (type) {
    case RopeType::default_:
      return "default";
    case RopeType::linear:
      return "linear";
    case RopeType::llama3:
      return "llama3";
    case RopeType::yarn:
      return "yarn";
  }
  return {};
}

RopeConfig readRope(ConfigReader& config, int64_t max_position_embeddings) {
  const double theta = config.numberOr("rope_theta", kThetas, RopeConfig{}.rope_theta);
  config.numberOr("partial_rotary_factor", {1, 1}, 1);
  const auto parameters = readObject(config, "rope_parameters", theta, max_position_embeddings);
  const auto scaling = readObject(config, "rope_scaling", theta, max_position_embeddings);
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
