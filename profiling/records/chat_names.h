// SPDX-License-Identifier: Apache-2.0
/// Names of the built-in chat templates, for who offers them without the engine. A test holds them
/// against the engine's own table.
#pragma once

#include <array>
#include <string_view>

namespace xkv {

/// Takes the template of the model's folder.
inline constexpr std::string_view kAutoChatTemplate = "auto";

inline constexpr std::array<std::string_view, 10> kChatTemplates{
    "llama2",       "llama3.1",     "qwen2.5",      "qwen3",       "mistral-v0.1",
    "mistral-v0.2", "mistral-v0.3", "mistral-nemo", "deepseek-v2", "deepseek-coder-v2"};

}  // namespace xkv
