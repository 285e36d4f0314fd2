// SPDX-License-Identifier: Apache-2.0
/// Names and shapes of all weights that a config.json asks for, as a Hugging Face checkpoint has them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/checkpoint/model_config.h"

namespace xkv {

enum class WeightKind { matrix, bias, norm };

struct ListedWeight {
  std::string name;
  std::vector<int64_t> shape;  ///< of a matrix (out, in)
  WeightKind kind = WeightKind::matrix;
};

/// In the order in which a prompt passes them.
std::vector<ListedWeight> weightList(const ModelConfig& config);

}  // namespace xkv
