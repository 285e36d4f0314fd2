// SPDX-License-Identifier: Apache-2.0
/// The parts of a tokenizer in the order in which a text passes them.
#pragma once

#include <algorithm>
#include <variant>

#include "engine/text/added_tokens.h"
#include "engine/text/bpe.h"
#include "engine/text/decoder.h"
#include "engine/text/normalizer.h"
#include "engine/text/post_processor.h"
#include "engine/text/pre_tokenizer.h"
#include "engine/text/tokenizer.h"
#include "engine/text/word_level.h"

namespace xkv {

struct Tokenizer::Impl {
  text::AddedTokens added_tokens;
  text::Normalizer normalizer;
  text::PreTokenizer pre_tokenizer;
  std::variant<text::Bpe, text::WordLevel> model;
  text::PostProcessor post_processor;
  text::Decoder decoder;

  const text::Vocabulary& vocabulary() const {
    return std::visit([](const auto& one) -> const text::Vocabulary& { return one.vocabulary(); },
                      model);
  }
  /// Null if the id is unknown.
  const std::string* token(int64_t id) const {
    const std::string* added = added_tokens.token(id);
    return added != nullptr ? added : vocabulary().token(id);
  }

  /// add_bos_token and add_eos_token, where the post-processor adds nothing of its own.
  Status addConfiguredTokens(const std::string& path);
  Status encodeBetweenTokens(std::string_view section, bool at_start,
                             std::vector<int64_t>& ids) const;
  Status encodeSection(text::Piece section, std::vector<int64_t>& ids) const;
};

}  // namespace xkv
