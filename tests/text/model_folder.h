// SPDX-License-Identifier: Apache-2.0
/// A model folder that a test makes for itself, and tokenizer files to put into it.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "engine/text/tokenizer.h"

namespace xkv {

/// A new folder under the system's temporary one; removed with all it holds.
class WrittenFolder {
 public:
  WrittenFolder();
  ~WrittenFolder();
  WrittenFolder(const WrittenFolder&) = delete;
  WrittenFolder& operator=(const WrittenFolder&) = delete;

  const std::string& path() const { return path_; }
  std::string file(std::string_view name) const { return path_ + '/' + std::string(name); }
  void write(std::string_view name, std::string_view bytes) const;
  /// Writes tokenizer.json and opens it.
  Result<Tokenizer> open(const nlohmann::json& tokenizer) const;

 private:
  std::string path_;
};

/// A tokenizer.json of a, b, c, ab, abc and "<unk>" (ids 0 to 5) with two merges; no other part.
nlohmann::json smallBpe();
/// The error's sentence; a failed expectation if the file was opened.
std::string refusal(const nlohmann::json& tokenizer);

}  // namespace xkv
