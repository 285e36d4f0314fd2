// SPDX-License-Identifier: Apache-2.0
/// Options that several commands share: prompt, compression, engine.
#pragma once

#include <CLI/CLI.hpp>

#include "app/cli/options.h"
#include "profiling/records/result.h"

namespace xkv::cli {

/// How a conversation becomes a text. `others` are template names beside the built-in ones.
void addChatOptions(CLI::App& app, ChatArguments& chat, const std::string& others);
void addPromptOptions(CLI::App& app, PromptOptions& options);
void addCompressionOptions(CLI::App& app, CompressionOptions& options);
void addComputeOptions(CLI::App& app, Device& device, int64_t& num_threads);
void addEngineOptions(CLI::App& app, EngineOptions& options);
void addModelOption(CLI::App& app, std::string& model);
void addFollowOption(CLI::App& app, bool& follow_symlinks);
void addDtypeOption(CLI::App& app, Dtype& dtype, const std::string& help);

/// What only holds between options: neither merge flag means both, dense needs no YAML.
/// usage: the sentence names the flags that contradict each other.
Status settle(CompressionOptions& options);
/// `with_template`: --template may also stand beside --prompt, which is then what a user says.
Status settle(const PromptOptions& options, bool with_template);
Status settle(const TemplateOptions& options);

}  // namespace xkv::cli
