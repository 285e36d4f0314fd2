// SPDX-License-Identifier: Apache-2.0
/// One place for the sentences about keys that are missing or of a wrong type.
#include "engine/text/json_node.h"

#include <limits>

#include "engine/text/printable.h"

namespace xkv::text {
namespace {

const nlohmann::json kNull;

std::string shown(const nlohmann::json& value) {
  if (value.is_null()) return "missing";
  if (value.is_array()) return "an array";
  if (value.is_object()) return "an object";
  if (value.is_string()) return '"' + printable(value.get_ref<const std::string&>()) + '"';
  return printable(value.dump());
}

}  // namespace

bool JsonNode::has(std::string_view key) const { return !at(key).value().is_null(); }

JsonNode JsonNode::at(std::string_view key) const {
  std::string where = where_ + (where_.ends_with(": ") ? "" : ".") + printable(key);
  if (!value_->is_object()) return {kNull, std::move(where)};
  const auto found = value_->find(std::string(key));
  return {found == value_->end() ? kNull : *found, std::move(where)};
}

Result<std::vector<JsonNode>> JsonNode::elements(std::size_t limit) const {
  if (!value_->is_array()) return wrong("an array");
  if (value_->size() > limit) {
    return bad("has " + std::to_string(value_->size()) + " elements, at most " +
               std::to_string(limit) + " are supported");
  }
  std::vector<JsonNode> nodes;
  nodes.reserve(value_->size());
  for (const auto& element : *value_) {
    nodes.emplace_back(element, where_ + '[' + std::to_string(nodes.size()) + ']');
  }
  return nodes;
}

Result<std::string> JsonNode::text() const {
  if (!value_->is_string()) return wrong("a string");
  return value_->get<std::string>();
}

Result<bool> JsonNode::flag() const {
  if (!value_->is_boolean()) return wrong("true or false");
  return value_->get<bool>();
}

Result<uint32_t> JsonNode::natural() const {
  constexpr uint64_t kLimit = std::numeric_limits<uint32_t>::max();
  if (!value_->is_number_unsigned() || value_->get<uint64_t>() > kLimit) {
    return wrong("a number from 0 to " + std::to_string(kLimit));
  }
  return static_cast<uint32_t>(value_->get<uint64_t>());
}

Result<bool> JsonNode::flagOr(bool otherwise) const {
  return value_->is_null() ? Result<bool>(otherwise) : flag();
}

Result<std::string> JsonNode::textOr(std::string otherwise) const {
  return value_->is_null() ? Result<std::string>(std::move(otherwise)) : text();
}

Failure JsonNode::bad(const std::string& what) const {
  return failure(ErrorKind::bad_input, where_ + ' ' + what);
}

Failure JsonNode::wrong(const std::string& wanted) const {
  return bad("is " + shown(*value_) + ", " + wanted + " is needed");
}

}  // namespace xkv::text
