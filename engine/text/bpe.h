// SPDX-License-Identifier: Apache-2.0
/// The BPE model: a piece of text to ids, with byte fallback and unknown tokens.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/text/bpe_merging.h"
#include "engine/text/json_node.h"
#include "engine/text/vocabulary.h"

namespace xkv::text {

class Bpe {
 public:
  /// bad_input: vocab or merges that contradict each other, dropout.
  static Result<Bpe> fromJson(const JsonNode& node);

  /// Appends the ids of one piece. A failure if unk_token is needed and not in the vocabulary.
  Status encode(std::string_view piece, std::vector<int64_t>& ids) const;
  const Vocabulary& vocabulary() const { return vocabulary_; }

 private:
  Status readOptions(const JsonNode& node);
  Status readMerges(const JsonNode& node);
  Status readMerge(const JsonNode& node, uint32_t rank);
  Result<std::vector<uint32_t>> symbols(std::string_view piece) const;
  /// The ids of all bytes, if byte fallback is on and the vocabulary has them all.
  std::optional<std::vector<uint32_t>> byteIds(std::string_view bytes) const;

  Vocabulary vocabulary_;
  MergeTable merges_;
  std::optional<std::string> unk_token_;
  std::string prefix_;  // of every symbol but the first of a piece
  std::string suffix_;  // of the last symbol of a piece
  bool fuse_unk_ = false;
  bool byte_fallback_ = false;
  bool ignore_merges_ = false;
  std::array<std::optional<uint32_t>, 256> byte_ids_;
};

}  // namespace xkv::text
