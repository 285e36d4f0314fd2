// SPDX-License-Identifier: Apache-2.0
/// What each stage does to a token, and how long it must hold text back.
#include "engine/text/byte_alphabet.h"
#include "engine/text/decoder.h"
#include "engine/text/utf8.h"

namespace xkv::text {
namespace {

int hexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/// The byte of "<0x0A>"; -1 for any other token.
int byteOfToken(std::string_view token) {
  if (token.size() != 6 || !token.starts_with("<0x") || !token.ends_with('>')) return -1;
  const int high = hexDigit(token[3]), low = hexDigit(token[4]);
  if (token[3] == '+' && low >= 0)
    return low;  // the reference library's number parser takes a sign
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

std::string replaced(std::string_view text, std::string_view pattern, std::string_view content) {
  std::string out;
  std::size_t done = 0;
  for (auto at = text.find(pattern); at != text.npos; at = text.find(pattern, done)) {
    out.append(text.substr(done, at - done)).append(content);
    done = at + pattern.size();
  }
  return out.append(text.substr(done));
}

}  // namespace

bool WholeToken::add(const TokenPart& part) {
  if (part.begins) text.clear();
  text += part.text;
  return part.ends;
}

void ByteLevelStage::push(const TokenPart& part, TokenParts& out) {
  if (!token.add(part)) return;
  // A token with a character outside the alphabet was added by hand and stands for itself.
  bytes += fromByteAlphabet(token.text).value_or(token.text);
  std::string text;
  bytes.erase(0, appendDecoded(text, bytes));
  out.push_back({std::move(text), !begun, false});
  begun = true;
}

void ByteLevelStage::finish(TokenParts& out) {
  out.push_back({validUtf8(bytes), !begun, true});
  bytes.clear();
}

void ReplaceStage::push(const TokenPart& part, TokenParts& out) {
  if (token.add(part)) out.push_back({replaced(token.text, pattern, content), true, true});
}

void ByteFallbackStage::push(const TokenPart& part, TokenParts& out) {
  if (!token.add(part)) return;
  const int byte = byteOfToken(token.text);
  if (byte >= 0) {
    run += static_cast<char>(byte);
    return;
  }
  finish(out);
  out.push_back({token.text, true, true});
}

void ByteFallbackStage::finish(TokenParts& out) {
  if (run.empty()) return;
  if (isUtf8(run)) {
    out.push_back({run, true, true});
  } else {
    for (std::size_t i = 0; i < run.size(); ++i) {
      out.push_back({std::string(kReplacementCharacter), true, true});
    }
  }
  run.clear();
}

void FuseStage::push(const TokenPart& part, TokenParts& out) {
  out.push_back({part.text, !begun, false});
  begun = true;
}

void FuseStage::finish(TokenParts& out) { out.push_back({"", !begun, true}); }

void StripStage::push(const TokenPart& part, TokenParts& out) {
  if (part.begins) {
    cut = 0;
    at_start = true;
    held.clear();
  }
  std::string_view text = part.text;
  while (at_start && !text.empty()) {
    at_start = cut < start && text.starts_with(content);
    if (at_start) {
      text.remove_prefix(content.size());
      ++cut;
    }
  }
  held += text;
  // Whatever of the last `stop` characters is not the content bounds what can still be cut.
  std::size_t certain = held.size();
  for (std::size_t i = 0;
       i < stop && certain > 0 && std::string_view(held).substr(0, certain).ends_with(content);
       ++i) {
    certain -= content.size();
  }
  out.push_back({held.substr(0, certain), part.begins, part.ends});
  held.erase(0, part.ends ? held.size() : certain);
}

void MetaspaceStage::push(const TokenPart& part, TokenParts& out) {
  if (!token.add(part)) return;
  const bool drops = in_first && prepends;
  in_first = false;
  out.push_back({replaced(token.text, replacement, drops ? "" : " "), true, true});
}

void JoinStage::push(const TokenPart& part, TokenParts& out) {
  out.push_back({(begun && part.begins ? " " : "") + part.text, part.begins, part.ends});
  begun = true;
}

}  // namespace xkv::text
