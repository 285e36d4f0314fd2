// SPDX-License-Identifier: Apache-2.0
/// The config.json of models with random weights: numbers of the published ones.
#pragma once

#include <string>

#include "engine/checkpoint/random_model.h"

namespace xkv {

/// Without eos_token_id: a text of random weights ends when it is long enough.
std::string randomModelConfig(const RandomModelSpec& spec);

}  // namespace xkv
