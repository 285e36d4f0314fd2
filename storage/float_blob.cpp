// SPDX-License-Identifier: Apache-2.0
/// The bytes of a blob: header and elements.
#include "storage/float_blob.h"

#include <bit>
#include <concepts>
#include <cstring>

namespace xkv::storage {
namespace {

static_assert(std::endian::native == std::endian::little,
              "elements are copied as little-endian bytes");

constexpr uint8_t kVersion = 1;
constexpr size_t kHeaderSize = 8;

template <class T>
constexpr uint8_t elementCode() {
  if constexpr (std::same_as<T, float>) return 1;
  if constexpr (std::same_as<T, double>) return 2;
  if constexpr (std::same_as<T, int64_t>) return 3;
}

template <class T>
Blob encode(std::span<const T> values) {
  Blob blob(kHeaderSize + values.size_bytes());
  blob[0] = kVersion;
  blob[1] = elementCode<T>();
  if (!values.empty()) std::memcpy(blob.data() + kHeaderSize, values.data(), values.size_bytes());
  return blob;
}

template <class T>
const char* decode(std::span<const uint8_t> blob, std::vector<T>& values) {
  if (blob.size() < kHeaderSize) return "is too short for its header";
  if (blob[0] != kVersion) return "has another version than 1";
  if (blob[1] != elementCode<T>()) return "has elements of another type";
  for (size_t i = 2; i < kHeaderSize; ++i) {
    if (blob[i] != 0) return "has a header that is not zero where it must be";
  }
  const auto elements = blob.subspan(kHeaderSize);
  if (elements.size() % sizeof(T) != 0) return "ends in the middle of an element";
  values.resize(elements.size() / sizeof(T));
  if (!values.empty()) std::memcpy(values.data(), elements.data(), elements.size());
  return nullptr;
}

}  // namespace

Blob toBlob(std::span<const float> values) { return encode(values); }
Blob toBlob(std::span<const double> values) { return encode(values); }
Blob toBlob(std::span<const int64_t> values) { return encode(values); }

const char* fromBlob(std::span<const uint8_t> blob, std::vector<float>& values) {
  return decode(blob, values);
}
const char* fromBlob(std::span<const uint8_t> blob, std::vector<double>& values) {
  return decode(blob, values);
}
const char* fromBlob(std::span<const uint8_t> blob, std::vector<int64_t>& values) {
  return decode(blob, values);
}

}  // namespace xkv::storage
