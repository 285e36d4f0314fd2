// SPDX-License-Identifier: Apache-2.0
/// Two look-ups: the piece, then the unknown token.
#include "engine/text/word_level.h"

#include "engine/text/printable.h"

namespace xkv::text {

Result<WordLevel> WordLevel::fromJson(const JsonNode& node) {
  WordLevel model;
  auto vocabulary = Vocabulary::fromJson(node.at("vocab"));
  if (!vocabulary) return Failure(vocabulary.error());
  model.vocabulary_ = *std::move(vocabulary);
  auto unk_token = node.at("unk_token").text();
  if (!unk_token) return Failure(unk_token.error());
  model.unk_token_ = *std::move(unk_token);
  return model;
}

Status WordLevel::encode(std::string_view piece, std::vector<int64_t>& ids) const {
  auto id = vocabulary_.id(piece);
  if (!id) id = vocabulary_.id(unk_token_);
  if (!id) {
    return failure(ErrorKind::bad_input, "tokenizer.json: \"" + printable(piece) +
                                             "\" is not in the vocabulary, nor is unk_token \"" +
                                             printable(unk_token_) + '"');
  }
  ids.push_back(*id);
  return {};
}

}  // namespace xkv::text
