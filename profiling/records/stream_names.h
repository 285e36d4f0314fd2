// SPDX-License-Identifier: Apache-2.0
/// Streams as people call them, for the labels of phases.
#pragma once

#include "profiling/records/compression_config.h"

namespace xkv {

/// "keys", "values", "latents", "RoPE keys"
constexpr const char* pluralName(Stream stream) {
  switch (stream) {
    case Stream::key:
      return "keys";
    case Stream::value:
      return "values";
    case Stream::latent:
      return "latents";
    case Stream::rope_key:
      break;
  }
  return "RoPE keys";
}

}  // namespace xkv
