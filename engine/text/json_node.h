// SPDX-License-Identifier: Apache-2.0
/// A JSON value together with the place where it stands, so that each refusal can name the key.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "profiling/records/result.h"

namespace xkv::text {

/// Refers into a document that must outlive it.
class JsonNode {
 public:
  JsonNode(const nlohmann::json& value, std::string where)
      : value_(&value), where_(std::move(where)) {}

  const nlohmann::json& value() const { return *value_; }
  const std::string& where() const { return where_; }
  bool isObject() const { return value_->is_object(); }
  /// False too where the key stands there with null.
  bool has(std::string_view key) const;

  /// The value of a key; null where this is no object or has no such key.
  JsonNode at(std::string_view key) const;
  /// The elements; bad_input if this is no array, or longer than `limit`.
  Result<std::vector<JsonNode>> elements(std::size_t limit) const;

  Result<std::string> text() const;
  Result<bool> flag() const;
  /// A natural number that fits 32 bits: what the reference library takes for an id.
  Result<uint32_t> natural() const;
  Result<bool> flagOr(bool otherwise) const;
  Result<std::string> textOr(std::string otherwise) const;

  /// "tokenizer.json: model.vocab: WHAT"
  Failure bad(const std::string& what) const;
  /// "... is 7, WANTED is needed"; a long value is named by its type only.
  Failure wrong(const std::string& wanted) const;

 private:
  const nlohmann::json* value_;
  std::string where_;
};

}  // namespace xkv::text
