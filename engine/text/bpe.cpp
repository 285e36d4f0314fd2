// SPDX-License-Identifier: Apache-2.0
/// The order of unknown and fallback symbols follows the reference library, its odd corners
/// included.
#include "engine/text/bpe.h"

#include <cstdio>

#include "engine/text/printable.h"
#include "engine/text/utf8.h"

namespace xkv::text {
namespace {

std::array<std::optional<uint32_t>, 256> byteIdsOf(const Vocabulary& vocabulary) {
  std::array<std::optional<uint32_t>, 256> ids;
  for (unsigned byte = 0; byte < 256; ++byte) {
    char name[8];
    std::snprintf(name, sizeof name, "<0x%02X>", byte);
    ids[byte] = vocabulary.id(name);
  }
  return ids;
}

/// "a b" or ["a", "b"].
Result<std::pair<std::string, std::string>> mergeParts(const JsonNode& node) {
  const auto& value = node.value();
  if (value.is_array() && value.size() == 2 && value[0].is_string() && value[1].is_string()) {
    return std::pair(value[0].get<std::string>(), value[1].get<std::string>());
  }
  if (value.is_string()) {
    const auto& text = value.get_ref<const std::string&>();
    const std::size_t space = text.find(' ');
    if (space != text.npos && text.find(' ', space + 1) == text.npos) {
      return std::pair(text.substr(0, space), text.substr(space + 1));
    }
  }
  return node.wrong("\"left right\" or [\"left\", \"right\"]");
}

}  // namespace

Result<Bpe> Bpe::fromJson(const JsonNode& node) {
  Bpe bpe;
  auto vocabulary = Vocabulary::fromJson(node.at("vocab"));
  if (!vocabulary) return Failure(vocabulary.error());
  bpe.vocabulary_ = *std::move(vocabulary);
  bpe.byte_ids_ = byteIdsOf(bpe.vocabulary_);
  if (Status read = bpe.readOptions(node); !read) return Failure(read.error());
  if (Status read = bpe.readMerges(node.at("merges")); !read) return Failure(read.error());
  return bpe;
}

Status Bpe::readOptions(const JsonNode& node) {
  const auto& dropout = node.at("dropout").value();
  if (!dropout.is_null() && dropout != 0) {
    return node.at("dropout").bad("is not supported: ids would be random");
  }
  auto prefix = node.at("continuing_subword_prefix").textOr("");
  auto suffix = node.at("end_of_word_suffix").textOr("");
  auto unk_token = node.at("unk_token").textOr("");
  for (const auto* text : {&prefix, &suffix, &unk_token}) {
    if (!*text) return Failure(text->error());
  }
  prefix_ = *prefix;
  suffix_ = *suffix;
  if (node.has("unk_token")) unk_token_ = *unk_token;
  for (auto [key, option] : {std::pair("fuse_unk", &fuse_unk_),
                             {"byte_fallback", &byte_fallback_},
                             {"ignore_merges", &ignore_merges_}}) {
    auto flag = node.at(key).flagOr(false);
    if (!flag) return Failure(flag.error());
    *option = *flag;
  }
  return {};
}

Status Bpe::readMerges(const JsonNode& node) {
  if (!node.value().is_array()) return node.wrong("an array");
  merges_.reserve(node.value().size());
  uint32_t rank = 0, index = 0;
  for (const auto& merge : node.value()) {
    const JsonNode one(merge, node.where() + '[' + std::to_string(index++) + ']');
    // The first line of a merges.txt, which old converters took along.
    if (merge.is_string() && merge.get_ref<const std::string&>().starts_with("#version")) continue;
    if (Status read = readMerge(one, rank++); !read) return read;
  }
  return {};
}

Status Bpe::readMerge(const JsonNode& node, uint32_t rank) {
  auto parts = mergeParts(node);
  if (!parts) return Failure(parts.error());
  const auto& [left, right] = *parts;
  if (!right.starts_with(prefix_)) {
    return node.bad("has a right part without the prefix \"" + printable(prefix_) + '"');
  }
  const std::string merged = left + right.substr(prefix_.size());
  std::array<uint32_t, 3> ids{};
  std::size_t known = 0;
  for (const std::string* token : {&left, &right, &merged}) {
    const auto id = vocabulary_.id(*token);
    if (!id) return node.bad("needs \"" + printable(*token) + "\", which is not in the vocabulary");
    ids[known++] = *id;
  }
  merges_.set(ids[0], ids[1], {rank, ids[2]});
  return {};
}

std::optional<std::vector<uint32_t>> Bpe::byteIds(std::string_view bytes) const {
  if (!byte_fallback_) return std::nullopt;
  std::vector<uint32_t> ids;
  for (const char c : bytes) {
    const auto id = byte_ids_[static_cast<unsigned char>(c)];
    if (!id) return std::nullopt;
    ids.push_back(*id);
  }
  return ids;
}

Result<std::vector<uint32_t>> Bpe::symbols(std::string_view piece) const {
  std::vector<uint32_t> ids;
  ids.reserve(piece.size());
  bool unknown_waits = false;  // it is put down only before the next known symbol, or at the end
  std::optional<uint32_t> unknown_id;
  if (unk_token_) unknown_id = vocabulary_.id(*unk_token_);
  std::string symbol;
  for (std::size_t offset = 0; offset < piece.size();) {
    const std::size_t length = codePointAt(piece, offset).length;
    symbol.assign(offset == 0 ? "" : prefix_).append(piece.substr(offset, length));
    offset += length;
    if (offset == piece.size()) symbol += suffix_;
    if (const auto id = vocabulary_.id(symbol)) {
      if (unknown_waits) ids.push_back(*unknown_id);
      unknown_waits = false;
      ids.push_back(*id);
    } else if (const auto bytes = byteIds(symbol)) {
      ids.insert(ids.end(), bytes->begin(), bytes->end());
    } else if (unk_token_) {
      if (!unknown_id) {
        return failure(ErrorKind::bad_input, "tokenizer.json: unk_token \"" +
                                                 printable(*unk_token_) +
                                                 "\" is needed and not in the vocabulary");
      }
      if (unknown_waits && !fuse_unk_) ids.push_back(*unknown_id);
      unknown_waits = true;
    }
  }
  if (unknown_waits) ids.push_back(*unknown_id);
  return ids;
}

Status Bpe::encode(std::string_view piece, std::vector<int64_t>& ids) const {
  if (ignore_merges_) {
    if (const auto id = vocabulary_.id(piece)) {
      ids.push_back(*id);
      return {};
    }
  }
  auto merged = symbols(piece);
  if (!merged) return Failure(merged.error());
  *merged = merges_.apply(*std::move(merged));
  ids.insert(ids.end(), merged->begin(), merged->end());
  return {};
}

}  // namespace xkv::text
