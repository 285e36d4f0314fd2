// SPDX-License-Identifier: Apache-2.0
/// Reads a JSON file that a stranger may have made: bounded in size and depth, UTF-8 only.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "profiling/records/result.h"

namespace xkv::text {

/// bad_input: missing, no regular file, larger than 128 MiB, not UTF-8, not JSON, nested deeper
/// than 64, more than 8 million values.
Result<nlohmann::json> readJsonFile(const std::string& path);

/// The same for a file that holds text.
Result<std::string> readTextFile(const std::string& path);

/// readJsonFile for a text that is in memory; `name` stands at the start of the sentence.
Result<nlohmann::json> parseJson(const std::string& text, const std::string& name);

}  // namespace xkv::text
