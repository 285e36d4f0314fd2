// SPDX-License-Identifier: Apache-2.0
/// How the prompt and the turns of a run become texts: raw, or as messages of a user through a chat
/// template.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/text/chat_template.h"
#include "profiling/records/result.h"
#include "profiling/records/run_spec.h"

namespace xkv {

class Conversation {
 public:
  /// `auto` is the template of the model's folder. bad_input: an unknown name; what chatTemplateOf
  /// refuses.
  static Result<Conversation> of(const RunSpec& spec);

  /// Empty = raw.
  std::string templateName() const;
  /// "the template qwen3 is used: its chat_template", where it was not named; options of the spec
  /// that the template does not use.
  const std::vector<std::string>& notices() const { return notices_; }

  /// The prompt up to where its answer begins. A template writes bos itself, raw text has none.
  Result<std::string> promptText() const;
  /// What stands between the answer before turn `turn` (from 0) and the answer to it. Under a
  /// template: what it writes behind the last answer of the whole conversation.
  Result<std::string> turnText(size_t turn) const;

 private:
  explicit Conversation(const RunSpec& spec);

  std::string prompt_;
  std::vector<std::string> turns_;
  ChatOptions options_;
  const ChatTemplate* template_ = nullptr;  ///< none = raw
  std::vector<std::string> notices_;
};

/// The ids of a turn as they are fed behind an answer that ended with `last_id`: an end of the
/// answer that the template writes is not fed twice. `is_blank` says whether an id is white space
/// alone.
template <class IsBlank>
std::vector<int64_t> behindAnswer(std::vector<int64_t> ids, int64_t last_id, IsBlank is_blank) {
  size_t end = 0;
  while (end < ids.size() && ids[end] != last_id && is_blank(ids[end])) ++end;
  if (end < ids.size() && ids[end] == last_id)
    ids.erase(ids.begin(), ids.begin() + static_cast<std::ptrdiff_t>(end) + 1);
  return ids;
}

}  // namespace xkv
