// SPDX-License-Identifier: Apache-2.0
/// Decoding, whole and piece by piece: the same stream, so that the pieces joined are the whole.
#include "engine/text/tokenizer_parts.h"

namespace xkv {

struct IncrementalDecoder::State {
  const Tokenizer::Impl& tokenizer;
  bool skip_special_tokens;
  text::DecodeStream stream;

  std::string push(int64_t id) {
    const std::string* token = tokenizer.token(id);
    if (token == nullptr) return {};
    if (skip_special_tokens && tokenizer.added_tokens.isSpecial(*token)) return {};
    return stream.push(*token);
  }
};

IncrementalDecoder::IncrementalDecoder(const Tokenizer& tokenizer, bool skip_special_tokens)
    : state_(new State{*tokenizer.impl_, skip_special_tokens, tokenizer.impl_->decoder.stream()}) {}
IncrementalDecoder::~IncrementalDecoder() = default;
IncrementalDecoder::IncrementalDecoder(IncrementalDecoder&&) noexcept = default;

std::string IncrementalDecoder::push(int64_t id) { return state_->push(id); }
std::string IncrementalDecoder::finish() { return state_->stream.finish(); }

std::string Tokenizer::decode(const std::vector<int64_t>& ids, bool skip_special_tokens) const {
  IncrementalDecoder decoder(*this, skip_special_tokens);
  std::string text;
  for (const int64_t id : ids) text += decoder.push(id);
  return text + decoder.finish();
}

std::string Tokenizer::tokenText(int64_t id) const {
  const std::string* token = impl_->token(id);
  if (token == nullptr) return {};
  if (impl_->decoder.joinsBySpaces()) return *token;
  // A token before it keeps the decoder from taking the space off that a text does not begin with.
  text::DecodeStream stream = impl_->decoder.stream();
  stream.push("x");
  std::string shown = stream.push(*token);
  return shown + stream.finish();
}

}  // namespace xkv
