// SPDX-License-Identifier: Apache-2.0
/// The added tokens of a file: found in the text before anything else happens to it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "engine/text/json_node.h"
#include "engine/text/normalizer.h"
#include "engine/text/token_trie.h"
#include "engine/text/vocabulary.h"

namespace xkv::text {

class AddedTokens {
 public:
  /// An absent list is an empty one. Ids come from the model's vocabulary where it has the token,
  /// else they follow its size: the ids in the list are not looked at, as in the reference library.
  static Result<AddedTokens> fromJson(const JsonNode& node, const Vocabulary& vocabulary,
                                      const Normalizer& normalizer);

  struct Section {
    std::size_t begin;
    std::size_t end;
    std::optional<int64_t> id;  // none: ordinary text
  };
  /// A text cut at the tokens that match it as it was typed, or once it is normalized.
  std::vector<Section> splitRaw(std::string_view text) const { return split(text, raw_); }
  std::vector<Section> splitNormalized(std::string_view text) const {
    return split(text, normalized_);
  }

  std::optional<uint32_t> id(std::string_view content) const;
  /// Null if no added token has the id.
  const std::string* token(int64_t id) const;
  bool isSpecial(std::string_view content) const { return special_.contains(std::string(content)); }
  int64_t idLimit() const { return id_limit_; }

 private:
  struct Token {
    std::string content;
    bool single_word = false, lstrip = false, rstrip = false, normalized = false, special = false;
    friend bool operator==(const Token&, const Token&) = default;
  };
  struct Matcher {
    TokenTrie trie;
    std::vector<uint32_t> ids;  // by the trie's index
  };

  static Result<Token> readToken(const JsonNode& node);
  std::optional<uint32_t> idFor(const std::string& content, const Vocabulary& vocabulary) const;
  Status addAll(const std::vector<Token>& tokens, const Vocabulary& vocabulary,
                const Normalizer& normalizer);
  Status addToMatcher(const Token& token, const Normalizer& normalizer);
  std::vector<Section> split(std::string_view text, const Matcher& matcher) const;

  StringMap<uint32_t> ids_;
  std::unordered_map<int64_t, Token> tokens_;
  std::unordered_map<int64_t, std::string> shown_;  // contents as decoding sees them
  std::unordered_set<std::string> special_;
  Matcher raw_;
  Matcher normalized_;
  std::optional<uint32_t> largest_;
  int64_t id_limit_ = 0;
};

}  // namespace xkv::text
