// SPDX-License-Identifier: Apache-2.0
/// Typed, range-checked values of one JSON object of a configuration file.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "profiling/records/result.h"

namespace xkv {

template <class Number>
struct Range {
  Number smallest;
  Number largest;
};

/// Keeps the first thing that is wrong and answers with harmless values after it, so that a list of
/// fields reads as a list; ask status() at the end. A key that is null counts as absent.
class ConfigReader {
 public:
  /// `label` names the file, and inside it the object: "config.json: rope_scaling".
  ConfigReader(std::string label, const nlohmann::json& object);

  bool has(const char* key) const { return find(key) != nullptr; }
  const nlohmann::json* find(const char* key) const;

  int64_t integer(const char* key, Range<int64_t> allowed);
  std::optional<int64_t> optionalInteger(const char* key, Range<int64_t> allowed);
  double number(const char* key, Range<double> allowed);
  double numberOr(const char* key, Range<double> allowed, double absent);
  bool booleanOr(const char* key, bool absent);
  std::string text(const char* key);
  std::optional<std::string> optionalText(const char* key);
  /// One integer or a list of them; absent = empty.
  std::vector<int64_t> integers(const char* key, Range<int64_t> allowed);
  /// A list of strings; absent = empty.
  std::vector<std::string> texts(const char* key);
  /// null if absent or refused.
  const nlohmann::json* object(const char* key);

  /// Records a refusal of the caller's own: "LABEL: WHY".
  void refuse(const std::string& why);
  /// Takes over the refusal of a reader of an inner object.
  void refuseWith(const Error& inner);
  bool good() const { return refusal_.empty(); }
  Status status() const;
  const std::string& label() const { return label_; }

 private:
  const nlohmann::json* need(const char* key);
  void refuseValue(const char* key, const nlohmann::json& value, const std::string& needed);
  int64_t checkedInteger(const char* key, const nlohmann::json& value, Range<int64_t> allowed);

  std::string label_;
  const nlohmann::json& object_;
  std::string refusal_;
};

}  // namespace xkv
