// SPDX-License-Identifier: Apache-2.0
/// Text to token ids and back, exactly as the Hugging Face tokenizers library does it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/checkpoint/model_folder.h"
#include "profiling/records/result.h"

namespace xkv {

/// A tokenizer.json (and, where it is there, tokenizer_config.json) of one model folder. Immutable;
/// safe to use from several threads.
class Tokenizer {
 public:
  /// bad_input: the file is missing, is no JSON, or holds a model, normalizer, pre-tokenizer or
  /// decoder that is not supported; the sentence names the file and the type.
  static Result<Tokenizer> open(const ModelFolder& folder);
  ~Tokenizer();
  Tokenizer(Tokenizer&&) noexcept;
  Tokenizer& operator=(Tokenizer&&) noexcept;

  /// Invalid UTF-8 is replaced by U+FFFD. `add_special_tokens` runs the post-processor (bos, eos).
  Result<std::vector<int64_t>> encode(std::string_view text, bool add_special_tokens) const;

  /// Ids that the tokenizer does not know are skipped, as the reference library does.
  std::string decode(const std::vector<int64_t>& ids, bool skip_special_tokens) const;

  /// One token as it stands in a text: "▁the" is " the".
  std::string tokenText(int64_t id) const;

  /// 1 + the largest id.
  int64_t idLimit() const;

 private:
  friend class IncrementalDecoder;
  struct Impl;
  explicit Tokenizer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// Feeds ids one by one and gives back the whole characters that each completes; the pieces,
/// joined, equal decode() of all ids.
class IncrementalDecoder {
 public:
  /// The tokenizer must outlive it.
  IncrementalDecoder(const Tokenizer& tokenizer, bool skip_special_tokens);
  ~IncrementalDecoder();
  IncrementalDecoder(IncrementalDecoder&&) noexcept;
  std::string push(int64_t id);
  /// What is left when no more ids come.
  std::string finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace xkv
