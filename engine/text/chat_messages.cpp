// SPDX-License-Identifier: Apache-2.0
/// Reads what the templates read and refuses what they would have to leave out.
#include "engine/text/chat_messages.h"

#include "engine/text/json_file.h"
#include "engine/text/json_node.h"

namespace xkv {
namespace {

using text::JsonNode;

constexpr std::size_t kMostMessages = 100'000;

/// Into `place` the text of a key that may be absent or null.
Status readIfThere(const JsonNode& node, std::optional<std::string>& place) {
  if (node.value().is_null()) return {};
  auto text = node.text();
  if (!text) return Failure(text.error());
  place = *std::move(text);
  return {};
}

Result<ChatMessage> readMessage(const JsonNode& node) {
  if (!node.isObject()) return node.wrong("an object with role and content");
  if (node.has("tool_calls"))
    return node.at("tool_calls").bad("is there, and tool calls are not supported");
  auto role = node.at("role").text();
  if (!role) return Failure(role.error());
  auto content = node.at("content").text();
  if (!content) return Failure(content.error());
  ChatMessage message{.role = *std::move(role), .content = *std::move(content)};
  Status read = readIfThere(node.at("reasoning_content"), message.reasoning_content);
  if (read) read = readIfThere(node.at("tool_call_id"), message.tool_call_id);
  if (!read) return Failure(read.error());
  return message;
}

}  // namespace

Result<ChatMessages> readChatMessages(const std::string& json, const std::string& name) {
  const auto document = text::parseJson(json, name);
  if (!document) return Failure(document.error());
  const JsonNode root(*document, name + ": messages");
  const auto nodes = root.elements(kMostMessages);
  if (!nodes) return Failure(nodes.error());
  ChatMessages messages;
  for (const JsonNode& node : *nodes) {
    auto message = readMessage(node);
    if (!message) return Failure(message.error());
    messages.push_back(*std::move(message));
  }
  return messages;
}

}  // namespace xkv
