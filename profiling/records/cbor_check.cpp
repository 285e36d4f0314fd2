// SPDX-License-Identifier: Apache-2.0
/// One pass over the heads of CBOR items (RFC 8949, 3), with a stack of what each container still
/// lacks.
#include "profiling/records/cbor_check.h"

#include <string>
#include <vector>

namespace xkv {
namespace {

class HeadReader {
 public:
  HeadReader(std::span<const uint8_t> bytes, size_t max_depth)
      : bytes_(bytes), max_depth_(max_depth) {}

  Status readAll() {
    while (!missing_.empty()) {
      if (missing_.back() == 0) {
        missing_.pop_back();
        continue;
      }
      --missing_.back();
      if (const char* problem = readItem()) {
        return failure(ErrorKind::bad_input,
                       "CBOR byte " + std::to_string(start_) + ": " + problem);
      }
    }
    if (at_ == bytes_.size()) return {};
    return failure(ErrorKind::bad_input,
                   "CBOR: " + std::to_string(bytes_.size() - at_) + " bytes follow the object");
  }

 private:
  size_t left() const { return bytes_.size() - at_; }

  /// nullptr or what is wrong. A container's items are read by the caller's loop.
  const char* readItem() {
    start_ = at_;
    if (left() == 0) return "the bytes end too early";
    const uint8_t head = bytes_[at_++];
    const int major = head >> 5;
    uint64_t argument = 0;
    if (const char* problem = readArgument(head & 31, argument)) return problem;
    switch (major) {
      case 2:
      case 3:
        if (argument > left()) return "a text is longer than the bytes that are left";
        at_ += static_cast<size_t>(argument);
        return nullptr;
      case 4:
        return enter(argument, 1);
      case 5:
        return enter(argument, 2);
      case 6:
        return "tags are not used";
      default:
        return nullptr;
    }
  }

  const char* readArgument(int info, uint64_t& argument) {
    if (info < 24) {
      argument = static_cast<uint64_t>(info);
      return nullptr;
    }
    if (info > 27) return "indefinite lengths are not used";
    const size_t size = size_t{1} << (info - 24);
    if (size > left()) return "the bytes end too early";
    for (size_t i = 0; i < size; ++i) argument = argument << 8 | bytes_[at_++];
    return nullptr;
  }

  /// Every item takes a byte, so a count above the bytes that are left is a lie.
  const char* enter(uint64_t count, uint64_t items_each) {
    if (count > left() / items_each) return "a list is longer than the bytes that are left";
    if (missing_.size() > max_depth_) return "nested too deep";
    missing_.push_back(count * items_each);
    return nullptr;
  }

  std::span<const uint8_t> bytes_;
  size_t max_depth_;
  size_t at_ = 0;
  size_t start_ = 0;
  std::vector<uint64_t> missing_{1};
};

}  // namespace

Status checkCbor(std::span<const uint8_t> bytes, size_t max_depth) {
  return HeadReader(bytes, max_depth).readAll();
}

}  // namespace xkv
