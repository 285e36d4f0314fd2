// SPDX-License-Identifier: Apache-2.0
/// DeepSeek-V2 and Coder-V2: names in plain words, any order, other roles left out.
#include "engine/text/chat_families.h"

namespace xkv::text {

Result<std::string> writeDeepSeekV2(const ChatMessages& messages, const ChatOptions& options) {
  std::string text = "<｜begin▁of▁sentence｜>";
  for (const ChatMessage& message : messages) {
    if (message.role == "user") text += "User: " + message.content + "\n\n";
    if (message.role == "assistant")
      text += "Assistant: " + message.content + "<｜end▁of▁sentence｜>";
    if (message.role == "system") text += message.content + "\n\n";
  }
  return options.add_generation_prompt ? text + "Assistant:" : text;
}

}  // namespace xkv::text
