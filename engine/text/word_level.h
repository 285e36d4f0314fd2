// SPDX-License-Identifier: Apache-2.0
/// The WordLevel model: a piece is one token, or the unknown token.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/text/json_node.h"
#include "engine/text/vocabulary.h"

namespace xkv::text {

class WordLevel {
 public:
  static Result<WordLevel> fromJson(const JsonNode& node);
  /// A failure if the piece is unknown and unk_token not in the vocabulary.
  Status encode(std::string_view piece, std::vector<int64_t>& ids) const;
  const Vocabulary& vocabulary() const { return vocabulary_; }

 private:
  Vocabulary vocabulary_;
  std::string unk_token_;
};

}  // namespace xkv::text
