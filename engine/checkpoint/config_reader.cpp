// SPDX-License-Identifier: Apache-2.0
/// Sentences about values that a configuration may not hold.
#include "engine/checkpoint/config_reader.h"

#include <cstdint>
#include <utility>

#include "profiling/records/printable.h"
#include "profiling/records/sentence.h"

namespace xkv {
namespace {

using nlohmann::json;

constexpr std::size_t kMaxListedIntegers = 1000;

std::string valueText(const json& value) {
  if (value.is_array()) return "an array";
  if (value.is_object()) return "an object";
  return printable(value.dump(-1, ' ', true, json::error_handler_t::replace), 60);
}

std::string integerRange(Range<int64_t> allowed) {
  return sentence("an integer from {} to {}", allowed.smallest, allowed.largest);
}

}  // namespace

ConfigReader::ConfigReader(std::string label, const json& object)
    : label_(std::move(label)), object_(object) {}

const json* ConfigReader::find(const char* key) const {
  const auto found = object_.find(key);
  return found == object_.end() || found->is_null() ? nullptr : &*found;
}

const json* ConfigReader::need(const char* key) {
  const json* const value = find(key);
  if (value == nullptr) refuse(sentence("{} is missing", key));
  return value;
}

void ConfigReader::refuse(const std::string& why) {
  if (refusal_.empty()) refusal_ = label_ + ": " + why;
}

void ConfigReader::refuseWith(const Error& inner) {
  if (refusal_.empty()) refusal_ = inner.message;
}

void ConfigReader::refuseValue(const char* key, const json& value, const std::string& needed) {
  refuse(sentence("{} is {}, {} is needed", key, valueText(value), needed));
}

Status ConfigReader::status() const {
  if (good()) return {};
  return failure(ErrorKind::bad_input, refusal_);
}

int64_t ConfigReader::checkedInteger(const char* key, const json& value, Range<int64_t> allowed) {
  const bool fits = value.is_number_unsigned()
                        ? value.get<uint64_t>() <= static_cast<uint64_t>(INT64_MAX)
                        : value.is_number_integer();
  if (fits) {
    const auto number = value.get<int64_t>();
    if (number >= allowed.smallest && number <= allowed.largest) return number;
  }
  refuseValue(key, value, integerRange(allowed));
  return allowed.smallest;
}

int64_t ConfigReader::integer(const char* key, Range<int64_t> allowed) {
  const json* const value = need(key);
  return value == nullptr ? allowed.smallest : checkedInteger(key, *value, allowed);
}

std::optional<int64_t> ConfigReader::optionalInteger(const char* key, Range<int64_t> allowed) {
  const json* const value = find(key);
  if (value == nullptr) return std::nullopt;
  return checkedInteger(key, *value, allowed);
}

double ConfigReader::number(const char* key, Range<double> allowed) {
  const json* const value = need(key);
  return value == nullptr ? allowed.smallest : numberOr(key, allowed, 0);
}

double ConfigReader::numberOr(const char* key, Range<double> allowed, double absent) {
  const json* const value = find(key);
  if (value == nullptr) return absent;
  if (value->is_number()) {
    const auto number = value->get<double>();
    if (number >= allowed.smallest && number <= allowed.largest) return number;  // false for NaN
  }
  refuseValue(key, *value, sentence("a number from {} to {}", allowed.smallest, allowed.largest));
  return allowed.smallest;
}

bool ConfigReader::booleanOr(const char* key, bool absent) {
  const json* const value = find(key);
  if (value == nullptr) return absent;
  if (!value->is_boolean()) refuseValue(key, *value, "true or false");
  return value->is_boolean() && value->get<bool>();
}

std::string ConfigReader::text(const char* key) {
  need(key);
  return optionalText(key).value_or("");
}

std::optional<std::string> ConfigReader::optionalText(const char* key) {
  const json* const value = find(key);
  if (value == nullptr) return std::nullopt;
  if (value->is_string()) return value->get<std::string>();
  refuseValue(key, *value, "a string");
  return std::nullopt;
}

std::vector<int64_t> ConfigReader::integers(const char* key, Range<int64_t> allowed) {
  const json* const value = find(key);
  if (value == nullptr) return {};
  if (!value->is_array()) return {checkedInteger(key, *value, allowed)};
  if (value->size() > kMaxListedIntegers) {
    refuse(sentence("{} lists {} values, at most {} are allowed", key, value->size(),
                    kMaxListedIntegers));
    return {};
  }
  std::vector<int64_t> all;
  for (const json& item : *value) all.push_back(checkedInteger(key, item, allowed));
  return all;
}

std::vector<std::string> ConfigReader::texts(const char* key) {
  const json* const value = find(key);
  if (value == nullptr) return {};
  std::vector<std::string> all;
  for (const json& item : *value) {
    if (!value->is_array() || !item.is_string()) break;
    all.push_back(item.get<std::string>());
  }
  if (value->is_array() && all.size() == value->size()) return all;
  refuseValue(key, *value, "a list of strings");
  return {};
}

const json* ConfigReader::object(const char* key) {
  const json* const value = find(key);
  if (value == nullptr || value->is_object()) return value;
  refuseValue(key, *value, "an object");
  return nullptr;
}

}  // namespace xkv
