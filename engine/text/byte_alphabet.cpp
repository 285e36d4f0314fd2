// SPDX-License-Identifier: Apache-2.0
/// Printable Latin-1 stands for itself; the other 68 bytes follow each other from U+0100 on.
#include "engine/text/byte_alphabet.h"

#include <array>

#include "engine/text/utf8.h"

namespace xkv::text {
namespace {

struct Alphabet {
  std::array<std::string, 256> character;
  std::array<int, 0x100 + 68> byte;

  Alphabet() {
    byte.fill(-1);
    char32_t next = 0x100;
    for (char32_t b = 0; b < 256; ++b) {
      const bool is_printable = (b >= '!' && b <= '~') || (b >= 0xA1 && b != 0xAD);
      const char32_t value = is_printable ? b : next++;
      appendUtf8(character[b], value);
      byte[value] = static_cast<int>(b);
    }
  }
};

const Alphabet& alphabet() {
  static const Alphabet kAlphabet;
  return kAlphabet;
}

}  // namespace

std::string toByteAlphabet(std::string_view bytes) {
  std::string text;
  text.reserve(bytes.size() + bytes.size() / 2);
  for (const char c : bytes) text += alphabet().character[static_cast<unsigned char>(c)];
  return text;
}

std::optional<std::string> fromByteAlphabet(std::string_view text) {
  std::string bytes;
  for (std::size_t offset = 0; offset < text.size();) {
    const CodePoint next = codePointAt(text, offset);
    const int byte = next.value < alphabet().byte.size() ? alphabet().byte[next.value] : -1;
    if (byte < 0) return std::nullopt;
    bytes += static_cast<char>(byte);
    offset += next.length;
  }
  return bytes;
}

}  // namespace xkv::text
