// SPDX-License-Identifier: Apache-2.0
/// One flat CBOR map of unsigned integers, texts and byte strings: all that the envelope of a
/// message needs.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "profiling/records/result.h"

namespace xkv {

using Bytes = std::vector<uint8_t>;

/// Keys and values of a map; nothing nests, so nothing that is read can recurse.
class FlatMap {
 public:
  using Value = std::variant<uint64_t, std::string, Bytes>;

  void set(std::string_view key, Value value);

  Bytes toCbor() const;
  /// bad_input: cut short, trailing bytes, a nested or unknown item, a key that stands twice.
  static Result<FlatMap> fromCbor(std::span<const uint8_t> bytes);

  /// bad_input when the key is missing or holds another kind of value.
  Result<uint64_t> number(std::string_view key) const;
  Result<std::string> text(std::string_view key) const;
  Result<Bytes> bytes(std::string_view key) const;

 private:
  std::map<std::string, Value, std::less<>> values_;
};

}  // namespace xkv
