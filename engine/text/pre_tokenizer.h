// SPDX-License-Identifier: Apache-2.0
/// Cuts a text into the pieces that the model sees one by one.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "engine/text/json_node.h"
#include "engine/text/pattern.h"
#include "engine/text/split_behavior.h"

namespace xkv::text {

struct Piece {
  std::string text;
  bool at_start;  // of the whole input: what Metaspace's "first" asks for
};

class PreTokenizer {
 public:
  /// null is the pre-tokenizer that leaves the text whole. bad_input names a type that is not
  /// supported.
  static Result<PreTokenizer> fromJson(const JsonNode& node);

  /// The pieces of a text that is not empty.
  Result<std::vector<Piece>> split(Piece whole) const;

 private:
  struct Split {
    Pattern pattern;
    SplitBehavior behavior;
    bool inverted;
  };
  struct ByteAlphabet {};
  struct PrefixSpace {};
  struct Digits {
    bool individual;
  };
  struct WhitespaceSplit {};
  enum class PrependScheme { always, first, never };
  struct Metaspace {
    std::string replacement;
    PrependScheme prepend;
    bool split;
  };
  using Step = std::variant<Split, ByteAlphabet, PrefixSpace, Digits, WhitespaceSplit, Metaspace>;

  Status read(const JsonNode& node);
  Status readSplit(const JsonNode& node);
  Status readByteLevel(const JsonNode& node);
  Status readMetaspace(const JsonNode& node);
  Status add(const JsonNode& node, Step step, std::size_t growth = 1);

  static Status run(const Split& step, Piece piece, std::vector<Piece>& pieces);
  static Status run(const ByteAlphabet& step, Piece piece, std::vector<Piece>& pieces);
  static Status run(const PrefixSpace& step, Piece piece, std::vector<Piece>& pieces);
  static Status run(const Digits& step, Piece piece, std::vector<Piece>& pieces);
  static Status run(const WhitespaceSplit& step, Piece piece, std::vector<Piece>& pieces);
  static Status run(const Metaspace& step, Piece piece, std::vector<Piece>& pieces);

  std::vector<Step> steps_;  // a Sequence, flattened
  std::size_t growth_ = 1;
};

}  // namespace xkv::text
