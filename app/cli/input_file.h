// SPDX-License-Identifier: Apache-2.0
/// Prompts and token ids from the command line, from files and from standard input.
#pragma once

#include <cstdint>
#include <istream>
#include <string>
#include <string_view>
#include <vector>

#include "app/cli/options.h"
#include "profiling/records/result.h"

namespace xkv::cli {

/// No prompt that a model can take is larger than this.
constexpr int64_t kLargestInputBytes = 64LL << 20;

/// A regular file, whole. bad_input: missing, a folder, a pipe, not readable, larger than `most`
/// bytes.
Result<std::string> readRegularFile(const std::string& path, int64_t most = kLargestInputBytes);

struct PromptText {
  std::string name;  ///< of the file, without folder and suffix; empty for a text
  std::string text;  ///< without the last newline of a file
};

/// TEXT, @FILE, - (`in`) or @@TEXT. bad_input: what readRegularFile refuses.
Result<PromptText> readAnyText(const std::string& argument, std::istream& in);

/// The same for a prompt. bad_input: an empty one too.
Result<PromptText> readPrompt(const std::string& argument, std::istream& in);

/// 5,7,9 or @FILE.json. usage or bad_input: the sentence says where the list stops being one of
/// ids.
Result<std::vector<int64_t>> readIds(const std::string& flag, const std::string& argument);

}  // namespace xkv::cli
