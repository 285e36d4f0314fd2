// SPDX-License-Identifier: Apache-2.0
/// Files are written plainly: the reader is what is tested.
#include "tests/text/model_folder.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

namespace xkv {

WrittenFolder::WrittenFolder()
    : path_((std::filesystem::temp_directory_path() / "xkv-text-XXXXXX").string()) {
  EXPECT_NE(mkdtemp(path_.data()), nullptr);
}

WrittenFolder::~WrittenFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

void WrittenFolder::write(std::string_view name, std::string_view bytes) const {
  std::ofstream(file(name), std::ios::binary) << bytes;
}

Result<Tokenizer> WrittenFolder::open(const nlohmann::json& tokenizer) const {
  write("tokenizer.json", tokenizer.dump());
  return Tokenizer::open(path_);
}

nlohmann::json smallBpe() {
  return nlohmann::json::parse(R"({
    "version": "1.0", "added_tokens": [], "normalizer": null, "pre_tokenizer": null,
    "post_processor": null, "decoder": null,
    "model": {"type": "BPE", "unk_token": "<unk>",
              "vocab": {"a": 0, "b": 1, "c": 2, "ab": 3, "abc": 4, "<unk>": 5},
              "merges": [["a", "b"], "ab c"]}})");
}

std::string refusal(const nlohmann::json& tokenizer) {
  const WrittenFolder folder;
  const auto opened = folder.open(tokenizer);
  EXPECT_FALSE(opened.has_value()) << tokenizer.dump().substr(0, 300);
  if (opened) return {};
  EXPECT_EQ(opened.error().kind, ErrorKind::bad_input);
  EXPECT_LT(opened.error().message.size(), 600u);
  return opened.error().message;
}

}  // namespace xkv
