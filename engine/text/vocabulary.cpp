// SPDX-License-Identifier: Apache-2.0
/// Reads {"token": id, ..} and refuses ids that contradict each other.
#include "engine/text/vocabulary.h"

#include <algorithm>

#include "engine/text/printable.h"

namespace xkv::text {

Result<Vocabulary> Vocabulary::fromJson(const JsonNode& node) {
  if (!node.isObject()) return node.wrong("an object of tokens and ids");
  Vocabulary vocabulary;
  vocabulary.ids_.reserve(node.value().size());
  vocabulary.tokens_.reserve(node.value().size());
  for (const auto& [token, value] : node.value().items()) {
    auto id = JsonNode(value, node.where() + " \"" + printable(token) + '"').natural();
    if (!id) return Failure(id.error());
    const auto entry = vocabulary.ids_.emplace(token, *id).first;
    const auto [other, is_new] = vocabulary.tokens_.emplace(*id, &entry->first);
    if (!is_new) {
      return node.bad("gives id " + std::to_string(*id) + " to \"" + printable(*other->second) +
                      "\" and to \"" + printable(token) + '"');
    }
    vocabulary.id_limit_ = std::max(vocabulary.id_limit_, int64_t{*id} + 1);
  }
  return vocabulary;
}

std::optional<uint32_t> Vocabulary::id(std::string_view token) const {
  const auto found = ids_.find(token);
  return found == ids_.end() ? std::nullopt : std::optional(found->second);
}

const std::string* Vocabulary::token(int64_t id) const {
  const auto found = tokens_.find(id);
  return found == tokens_.end() ? nullptr : found->second;
}

}  // namespace xkv::text
