// SPDX-License-Identifier: Apache-2.0
/// Tokens and ids of a model, both ways.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "engine/text/json_node.h"

namespace xkv::text {

struct StringHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const {
    return std::hash<std::string_view>{}(text);
  }
};
template <class Value>
using StringMap = std::unordered_map<std::string, Value, StringHash, std::equal_to<>>;

/// Hash maps: memory follows the number of tokens, not the largest id that the file claims.
class Vocabulary {
 public:
  /// bad_input: no object, an id that is no 32-bit natural number, an id that two tokens have.
  static Result<Vocabulary> fromJson(const JsonNode& node);

  std::optional<uint32_t> id(std::string_view token) const;
  /// Null if no token has the id.
  const std::string* token(int64_t id) const;
  std::size_t size() const { return ids_.size(); }
  /// 1 + the largest id; 0 if empty.
  int64_t idLimit() const { return id_limit_; }
  const StringMap<uint32_t>& ids() const { return ids_; }

 private:
  StringMap<uint32_t> ids_;
  std::unordered_map<int64_t, const std::string*>
      tokens_;  // into the keys of ids_, which stay in place
  int64_t id_limit_ = 0;
};

}  // namespace xkv::text
