// SPDX-License-Identifier: Apache-2.0
/// What is changed in a text before it is cut into pieces.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "engine/text/json_node.h"
#include "engine/text/pattern.h"

namespace xkv::text {

class Normalizer {
 public:
  /// null is the normalizer that changes nothing. bad_input names a type that is not supported.
  static Result<Normalizer> fromJson(const JsonNode& node);

  Result<std::string> apply(std::string text) const;
  bool isIdentity() const { return steps_.empty(); }

 private:
  enum class UnicodeForm { nfc, nfd, nfkc, nfkd };
  struct Prepend {
    std::string text;
  };
  struct Replace {
    Pattern pattern;
    std::string content;
  };
  struct Strip {
    bool left;
    bool right;
  };
  using Step = std::variant<UnicodeForm, Prepend, Replace, Strip>;

  Status read(const JsonNode& node);
  static Result<Step> readStep(const JsonNode& node, const std::string& type);
  static Result<std::string> run(UnicodeForm form, std::string text);
  static Result<std::string> run(const Prepend& step, std::string text);
  static Result<std::string> run(const Replace& step, std::string text);
  static Result<std::string> run(const Strip& step, std::string text);

  std::vector<Step> steps_;  // a Sequence, flattened
  std::size_t growth_ = 1;
};

}  // namespace xkv::text
