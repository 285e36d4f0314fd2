// SPDX-License-Identifier: Apache-2.0
/// The JSON that a captured cache carries in its safetensors metadata; inner header of the engine.
#pragma once

#include <map>
#include <string>

#include "engine/engine.h"

namespace xkv {

/// Key of the metadata. Its text is {"version": 1, "model": {...}, "source": {"program": ...,
/// "version": ...}, "tokens": [...]}; model has the keys of ModelShape, any of them may be left
/// out.
inline constexpr const char* kCacheFileKey = "xkv_cache";

std::string cacheFileHeader(const ModelShape& model, const Provenance& provenance);

/// Takes model, source and token texts into `info`, which has what the tensors say: model's sizes
/// of the cache, seq_len. Keys that are not known are left alone. bad_input names the key and what
/// stands there.
Status readCacheFileHeader(const std::string& label,
                           const std::map<std::string, std::string>& metadata, CacheFileInfo& info);

}  // namespace xkv
