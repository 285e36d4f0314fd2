// SPDX-License-Identifier: Apache-2.0
/// What tokenizer_config.json says about the first and last token.
#pragma once

#include <optional>
#include <string>

#include "profiling/records/result.h"

namespace xkv::text {

struct TokenizerConfig {
  std::optional<std::string> bos_token;  // set only if add_bos_token is true
  std::optional<std::string> eos_token;  // set only if add_eos_token is true
};

/// An absent file says nothing.
Result<TokenizerConfig> readTokenizerConfig(const std::string& path);

}  // namespace xkv::text
