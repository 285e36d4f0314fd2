// SPDX-License-Identifier: Apache-2.0
/// A conversation as it is written down: [{"role": "user", "content": "Hi"}, ...].
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "profiling/records/result.h"

namespace xkv {

struct ChatMessage {
  std::string role;
  std::string content;
  std::optional<std::string> reasoning_content = {};  ///< of an assistant that thinks
  std::optional<std::string> tool_call_id = {};       ///< of a tool's answer
};

using ChatMessages = std::vector<ChatMessage>;

/// `name` stands at the start of the sentence. bad_input: not UTF-8, not JSON, nested deeper than
/// 64, no array, a message without a role or a content that is a text, tool calls.
Result<ChatMessages> readChatMessages(const std::string& json, const std::string& name);

}  // namespace xkv
