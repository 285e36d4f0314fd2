// SPDX-License-Identifier: Apache-2.0
/// A SAX handler that builds values itself, so that a repeated key is seen and depth is bounded.
#include "engine/checkpoint/strict_json.h"

#include <utility>
#include <vector>

#include "profiling/records/printable.h"
#include "profiling/records/sentence.h"

namespace xkv {
namespace {

using nlohmann::json;

class TreeBuilder {
 public:
  explicit TreeBuilder(const JsonLimits& limits) : limits_(limits) {}

  bool null() { return put(nullptr) != nullptr; }
  bool boolean(bool value) { return put(value) != nullptr; }
  bool number_integer(json::number_integer_t value) { return put(value) != nullptr; }
  bool number_unsigned(json::number_unsigned_t value) { return put(value) != nullptr; }
  bool number_float(json::number_float_t value, const std::string&) {
    return put(value) != nullptr;
  }
  bool string(std::string& value) { return put(std::move(value)) != nullptr; }
  bool binary(json::binary_t&) { return refuse("binary data"); }
  bool start_object(std::size_t) { return open(json::object()); }
  bool start_array(std::size_t) { return open(json::array()); }
  bool end_object() { return close(); }
  bool end_array() { return close(); }

  bool key(std::string& name) {
    if (open_.back()->contains(name)) return refuse("the key " + printable(name) + " stands twice");
    key_ = std::move(name);
    return true;
  }

  bool parse_error(std::size_t position, const std::string& token, const json::exception& problem) {
    return refuse(jsonComplaint(position, token, problem));
  }

  std::string refusal;
  json root;

 private:
  bool refuse(std::string why) {
    refusal = std::move(why);
    return false;
  }

  json* put(json value) {
    if (++num_values_ > limits_.max_values) {
      refuse(sentence("more than {} values", limits_.max_values));
      return nullptr;
    }
    if (open_.empty()) {
      root = std::move(value);
      return &root;
    }
    json& parent = *open_.back();
    if (parent.is_object()) return &(parent[key_] = std::move(value));
    parent.push_back(std::move(value));
    return &parent.back();
  }

  bool open(json container) {
    if (static_cast<int64_t>(open_.size()) >= limits_.max_depth) {
      return refuse(sentence("nested deeper than {} levels", limits_.max_depth));
    }
    json* const placed = put(std::move(container));
    if (placed != nullptr) open_.push_back(placed);
    return placed != nullptr;
  }

  bool close() {
    open_.pop_back();
    return true;
  }

  JsonLimits limits_;
  int64_t num_values_ = 0;
  std::vector<json*> open_;  // containers that are not closed yet, outermost first
  std::string key_;
};

}  // namespace

std::string jsonComplaint(std::size_t position, const std::string& last_token,
                          const json::exception& problem) {
  constexpr int kOutOfRange = 406;  // nlohmann's id of "number overflow"
  if (problem.id == kOutOfRange) {
    return sentence("the number {} is too large", printable(last_token, 40));
  }
  return sentence("no JSON at byte {}, near '{}'", position, printable(last_token, 40));
}

Result<json> parseStrictJson(const std::string& label, std::string_view text,
                             const JsonLimits& limits) {
  TreeBuilder builder(limits);
  if (Status parsed = parseJsonEvents(label, text, builder); !parsed) {
    return tl::unexpected(parsed.error());
  }
  if (!builder.root.is_object()) {
    return failure(ErrorKind::bad_input, sentence("{}: the top is {}, an object is needed", label,
                                                  builder.root.type_name()));
  }
  return std::move(builder.root);
}

}  // namespace xkv
