// SPDX-License-Identifier: Apache-2.0
/// The authors' configuration file (METHOD.md 9) to and from a CompressionConfig.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "profiling/records/compression_config.h"
#include "profiling/records/model_shape.h"
#include "profiling/records/result.h"

namespace xkv {

/// bad_input names the file, the line, the key and what stands there. With a model, num_layers must
/// be the model's and the ranks must fit its widths.
Result<CompressionConfig> readPlanFile(const std::string& path,
                                       const std::optional<ModelShape>& model = std::nullopt);

/// The same of a text; `label` stands for the path.
Result<CompressionConfig> parsePlan(std::string_view text, const std::string& label,
                                    const std::optional<ModelShape>& model = std::nullopt);

/// A config for a model of num_layers layers as YAML that upstream and readPlanFile read: every
/// group is listed, also where the config only has a group size. Ranks that are not set are left
/// out.
std::string writePlan(const CompressionConfig& config, int64_t num_layers);

}  // namespace xkv
