// SPDX-License-Identifier: Apache-2.0
/// Writing and reading the CBOR subset of FlatMap (RFC 8949, major types 0, 2, 3 and 5).
#include "app/serve/flat_map.h"

#include <optional>

namespace xkv {
namespace {

constexpr uint8_t kUnsigned = 0;
constexpr uint8_t kBytes = 2;
constexpr uint8_t kText = 3;
constexpr uint8_t kMap = 5;

void putHead(Bytes& out, uint8_t major, uint64_t count) {
  const auto lead = static_cast<uint8_t>(major << 5);
  int width = 0;
  if (count < 24) {
    out.push_back(static_cast<uint8_t>(lead | count));
    return;
  }
  if (count <= 0xFF) {
    out.push_back(lead | 24);
    width = 1;
  } else if (count <= 0xFFFF) {
    out.push_back(lead | 25);
    width = 2;
  } else if (count <= 0xFFFFFFFF) {
    out.push_back(lead | 26);
    width = 4;
  } else {
    out.push_back(lead | 27);
    width = 8;
  }
  for (int shift = 8 * (width - 1); shift >= 0; shift -= 8) {
    out.push_back(static_cast<uint8_t>(count >> shift));
  }
}

void putText(Bytes& out, std::string_view text) {
  putHead(out, kText, text.size());
  out.insert(out.end(), text.begin(), text.end());
}

/// Reads items from the front of a byte range; none = cut short or an item outside the subset.
class Reader {
 public:
  explicit Reader(std::span<const uint8_t> bytes) : rest_(bytes) {}

  bool atEnd() const { return rest_.empty(); }

  struct Head {
    uint8_t major;
    uint64_t count;
  };

  std::optional<Head> head() {
    if (rest_.empty()) return std::nullopt;
    const uint8_t lead = rest_[0];
    const int size_code = lead & 31;
    const auto major = static_cast<uint8_t>(lead >> 5);
    rest_ = rest_.subspan(1);
    if (size_code < 24) return Head{major, static_cast<uint64_t>(size_code)};
    if (size_code > 27) return std::nullopt;
    const size_t width = size_t{1} << (size_code - 24);
    if (rest_.size() < width) return std::nullopt;
    uint64_t count = 0;
    for (size_t i = 0; i < width; ++i) count = count << 8 | rest_[i];
    rest_ = rest_.subspan(width);
    return Head{major, count};
  }

  std::optional<std::span<const uint8_t>> take(uint64_t count) {
    if (count > rest_.size()) return std::nullopt;
    const auto taken = rest_.first(static_cast<size_t>(count));
    rest_ = rest_.subspan(static_cast<size_t>(count));
    return taken;
  }

  std::optional<FlatMap::Value> value() {
    const auto start = head();
    if (!start) return std::nullopt;
    if (start->major == kUnsigned) return FlatMap::Value(start->count);
    if (start->major != kBytes && start->major != kText) return std::nullopt;
    const auto content = take(start->count);
    if (!content) return std::nullopt;
    if (start->major == kText) return FlatMap::Value(std::string(content->begin(), content->end()));
    return FlatMap::Value(Bytes(content->begin(), content->end()));
  }

 private:
  std::span<const uint8_t> rest_;
};

Failure notThere(std::string_view key, std::string_view kind) {
  return failure(ErrorKind::bad_input,
                 "key \"" + std::string(key) + "\" is missing or is no " + std::string(kind));
}

}  // namespace

void FlatMap::set(std::string_view key, Value value) {
  values_.insert_or_assign(std::string(key), std::move(value));
}

Bytes FlatMap::toCbor() const {
  Bytes out;
  putHead(out, kMap, values_.size());
  for (const auto& [key, value] : values_) {
    putText(out, key);
    if (const auto* number = std::get_if<uint64_t>(&value)) {
      putHead(out, kUnsigned, *number);
    } else if (const auto* text = std::get_if<std::string>(&value)) {
      putText(out, *text);
    } else {
      const Bytes& bytes = std::get<Bytes>(value);
      putHead(out, kBytes, bytes.size());
      out.insert(out.end(), bytes.begin(), bytes.end());
    }
  }
  return out;
}

Result<FlatMap> FlatMap::fromCbor(std::span<const uint8_t> bytes) {
  Reader reader(bytes);
  const auto start = reader.head();
  if (!start || start->major != kMap) return failure(ErrorKind::bad_input, "is no CBOR map");
  FlatMap map;
  for (uint64_t i = 0; i < start->count; ++i) {
    const auto key = reader.value();
    if (!key || !std::holds_alternative<std::string>(*key)) {
      return failure(ErrorKind::bad_input, "key " + std::to_string(i) + " is cut short or no text");
    }
    auto value = reader.value();
    const auto& name = std::get<std::string>(*key);
    if (!value) {
      return failure(ErrorKind::bad_input,
                     "the value of \"" + name + "\" is cut short or of no known kind");
    }
    if (!map.values_.emplace(name, std::move(*value)).second) {
      return failure(ErrorKind::bad_input, "key \"" + name + "\" stands twice");
    }
  }
  if (!reader.atEnd()) return failure(ErrorKind::bad_input, "bytes follow the CBOR map");
  return map;
}

Result<uint64_t> FlatMap::number(std::string_view key) const {
  const auto found = values_.find(key);
  if (found == values_.end()) return notThere(key, "number");
  const auto* number = std::get_if<uint64_t>(&found->second);
  if (!number) return notThere(key, "number");
  return *number;
}

Result<std::string> FlatMap::text(std::string_view key) const {
  const auto found = values_.find(key);
  if (found == values_.end()) return notThere(key, "text");
  const auto* text = std::get_if<std::string>(&found->second);
  if (!text) return notThere(key, "text");
  return *text;
}

Result<Bytes> FlatMap::bytes(std::string_view key) const {
  const auto found = values_.find(key);
  if (found == values_.end()) return notThere(key, "byte string");
  const auto* bytes = std::get_if<Bytes>(&found->second);
  if (!bytes) return notThere(key, "byte string");
  return *bytes;
}

}  // namespace xkv
