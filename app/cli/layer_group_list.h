// SPDX-License-Identifier: Apache-2.0
/// Groups of layers as one flag says them: 0-3:24:36,4-5,6-7::48.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "profiling/records/compression_config.h"
#include "profiling/records/result.h"

namespace xkv::cli {

/// first-last[:rank_k[:rank_v]] between commas; a single layer needs no dash, a rank may be left
/// out. usage: the sentence quotes the group that is no such thing.
Result<std::vector<LayerGroup>> layerGroupsFrom(std::string_view text);

}  // namespace xkv::cli
