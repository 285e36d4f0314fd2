// SPDX-License-Identifier: Apache-2.0
/// The mapping below xKV_config as a CompressionConfig.
#pragma once

#include <cstdint>

#include "app/plan/yaml_tree.h"
#include "profiling/records/compression_config.h"

namespace xkv {

struct ReadPlan {
  CompressionConfig config;
  int64_t num_layers = 0;  ///< of the model that the plan is for
};

/// bad_input with line and key; what needs the model's widths is left to planGroups().
Result<ReadPlan> readPlanTree(const YamlValue& root);

}  // namespace xkv
