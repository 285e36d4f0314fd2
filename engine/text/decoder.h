// SPDX-License-Identifier: Apache-2.0
/// Tokens back to text, one by one: decoding a whole list and decoding as ids arrive are the same
/// walk.
#pragma once

#include <cstddef>
#include <string>
#include <variant>
#include <vector>

#include "engine/text/json_node.h"

namespace xkv::text {

/// A token on its way through the stages, or a part of one: a fused token comes in many parts.
struct TokenPart {
  std::string text;
  bool begins;
  bool ends;
};
using TokenParts = std::vector<TokenPart>;

/// Gathers the parts of a token for the stages that need it whole.
struct WholeToken {
  std::string text;
  /// True when `text` is whole now.
  bool add(const TokenPart& part);
};

struct ByteLevelStage {
  WholeToken token;
  std::string bytes;  // not yet a whole character
  void push(const TokenPart& part, TokenParts& out);
  void finish(TokenParts& out);
  bool begun = false;
};

struct ReplaceStage {
  std::string pattern;
  std::string content;
  WholeToken token;
  void push(const TokenPart& part, TokenParts& out);
  void finish(TokenParts&) {}
};

/// Holds a run of tokens like <0x0A> back until it ends: only then is it known to be UTF-8.
struct ByteFallbackStage {
  WholeToken token;
  std::string run;
  void push(const TokenPart& part, TokenParts& out);
  void finish(TokenParts& out);
};

struct FuseStage {
  bool begun = false;
  void push(const TokenPart& part, TokenParts& out);
  void finish(TokenParts& out);
};

struct StripStage {
  std::string content = {};  // one character
  std::size_t start = 0;
  std::size_t stop = 0;
  std::size_t cut = 0;    // taken off the start of this token
  bool at_start = true;   // still cutting
  std::string held = {};  // could belong to the end that is cut
  void push(const TokenPart& part, TokenParts& out);
  void finish(TokenParts&) {}
};

struct MetaspaceStage {
  std::string replacement;
  bool prepends;
  bool in_first = true;
  WholeToken token;
  void push(const TokenPart& part, TokenParts& out);
  void finish(TokenParts&) {}
};

/// Without a decoder tokens are joined by spaces.
struct JoinStage {
  bool begun = false;
  void push(const TokenPart& part, TokenParts& out);
  void finish(TokenParts&) {}
};

using DecoderStage = std::variant<ByteLevelStage, ReplaceStage, ByteFallbackStage, FuseStage,
                                  StripStage, MetaspaceStage, JoinStage>;

/// One text being decoded. Gives back what is certain, whatever tokens follow.
class DecodeStream {
 public:
  explicit DecodeStream(std::vector<DecoderStage> stages) : stages_(std::move(stages)) {}
  std::string push(const std::string& token);
  std::string finish();

 private:
  std::vector<DecoderStage> stages_;
};

class Decoder {
 public:
  /// null joins by spaces. bad_input names a type that is not supported.
  static Result<Decoder> fromJson(const JsonNode& node);
  DecodeStream stream() const { return DecodeStream(stages_); }
  bool joinsBySpaces() const {
    return stages_.size() == 1 && std::holds_alternative<JoinStage>(stages_.front());
  }

 private:
  Status read(const JsonNode& node);
  static Result<DecoderStage> readStage(const JsonNode& node, const std::string& type);
  std::vector<DecoderStage> stages_;  // a Sequence, flattened; as they are before the first token
};

}  // namespace xkv::text
