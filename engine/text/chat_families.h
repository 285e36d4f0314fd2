// SPDX-License-Identifier: Apache-2.0
/// What each family's own template writes, one function per template.
#pragma once

#include "engine/text/chat_template.h"

namespace xkv::text {

Result<std::string> writeLlama2(const ChatMessages& messages, const ChatOptions& options);
Result<std::string> writeLlama31(const ChatMessages& messages, const ChatOptions& options);
Result<std::string> writeQwen25(const ChatMessages& messages, const ChatOptions& options);
Result<std::string> writeQwen3(const ChatMessages& messages, const ChatOptions& options);
Result<std::string> writeMistralV01(const ChatMessages& messages, const ChatOptions& options);
Result<std::string> writeMistralV02(const ChatMessages& messages, const ChatOptions& options);
Result<std::string> writeMistralV03(const ChatMessages& messages, const ChatOptions& options);
Result<std::string> writeMistralNemo(const ChatMessages& messages, const ChatOptions& options);
Result<std::string> writeDeepSeekV2(const ChatMessages& messages, const ChatOptions& options);

/// "llama2: messages[3] WHAT"
Failure refusedMessage(std::string_view chat_template, std::size_t index, const std::string& what);
/// The families that look at the first message refuse a conversation without one.
Failure refusedEmpty(std::string_view chat_template);
/// "has the role 'critic'"
std::string hasRole(const ChatMessage& message);

}  // namespace xkv::text
