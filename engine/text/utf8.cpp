// SPDX-License-Identifier: Apache-2.0
/// The decoder follows table 3-7 of the Unicode standard, as Rust's from_utf8_lossy does.
#include "engine/text/utf8.h"

#include <algorithm>
#include <array>

namespace xkv::text {
namespace {

enum class Scan { whole, unfinished, bad };

struct Scanned {
  Scan kind;
  std::size_t length;  // bytes of the character, or of its part that is well-formed (at least 1)
};

unsigned byteAt(std::string_view text, std::size_t offset) {
  return static_cast<unsigned char>(text[offset]);
}

std::size_t lengthFromLead(unsigned lead) {
  if (lead < 0x80) return 1;
  if (lead < 0xC2) return 0;
  if (lead < 0xE0) return 2;
  if (lead < 0xF0) return 3;
  return lead < 0xF5 ? 4 : 0;
}

bool continues(unsigned lead, std::size_t index, unsigned byte) {
  unsigned low = 0x80, high = 0xBF;
  if (index == 1) {
    if (lead == 0xE0) low = 0xA0;
    if (lead == 0xED) high = 0x9F;
    if (lead == 0xF0) low = 0x90;
    if (lead == 0xF4) high = 0x8F;
  }
  return byte >= low && byte <= high;
}

Scanned scan(std::string_view bytes, std::size_t offset) {
  const unsigned lead = byteAt(bytes, offset);
  const std::size_t length = lengthFromLead(lead);
  if (length == 0) return {Scan::bad, 1};
  for (std::size_t i = 1; i < length; ++i) {
    if (offset + i == bytes.size()) return {Scan::unfinished, i};
    if (!continues(lead, i, byteAt(bytes, offset + i))) return {Scan::bad, i};
  }
  return {Scan::whole, length};
}

}  // namespace

CodePoint codePointAt(std::string_view text, std::size_t offset) {
  const unsigned lead = byteAt(text, offset);
  if (lead < 0x80) return {lead, 1};
  const std::size_t length =
      std::min(std::max<std::size_t>(lengthFromLead(lead), 1), text.size() - offset);
  static constexpr std::array<unsigned, 5> kLeadMask{0, 0x7F, 0x1F, 0x0F, 0x07};
  char32_t value = lead & kLeadMask[length];
  for (std::size_t i = 1; i < length; ++i) value = value << 6 | (byteAt(text, offset + i) & 0x3F);
  return {value, length};
}

std::size_t codePointBefore(std::string_view text, std::size_t offset) {
  do {
    --offset;
  } while (offset > 0 && (byteAt(text, offset) & 0xC0) == 0x80);
  return offset;
}

void appendUtf8(std::string& text, char32_t value) {
  const auto tail = [&](int shift) { text += static_cast<char>(0x80 | (value >> shift & 0x3F)); };
  if (value < 0x80) {
    text += static_cast<char>(value);
  } else if (value < 0x800) {
    text += static_cast<char>(0xC0 | value >> 6);
    tail(0);
  } else if (value < 0x10000) {
    text += static_cast<char>(0xE0 | value >> 12);
    tail(6), tail(0);
  } else {
    text += static_cast<char>(0xF0 | value >> 18);
    tail(12), tail(6), tail(0);
  }
}

std::size_t appendDecoded(std::string& text, std::string_view bytes) {
  std::size_t offset = 0;
  while (offset < bytes.size()) {
    const Scanned next = scan(bytes, offset);
    if (next.kind == Scan::unfinished) break;
    text += next.kind == Scan::whole ? bytes.substr(offset, next.length) : kReplacementCharacter;
    offset += next.length;
  }
  return offset;
}

std::string validUtf8(std::string_view bytes) {
  std::string text;
  text.reserve(bytes.size());
  if (appendDecoded(text, bytes) < bytes.size()) text += kReplacementCharacter;
  return text;
}

bool isUtf8(std::string_view bytes) {
  for (std::size_t offset = 0; offset < bytes.size();) {
    const Scanned next = scan(bytes, offset);
    if (next.kind != Scan::whole) return false;
    offset += next.length;
  }
  return true;
}

}  // namespace xkv::text
