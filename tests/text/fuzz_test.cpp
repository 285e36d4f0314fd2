// SPDX-License-Identifier: Apache-2.0
/// Seeded mutations of real files and random bytes as text: whatever comes, nothing but a value or
/// a sentence.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <random>
#include <sstream>

#include "tests/text/model_folder.h"

namespace xkv {
namespace {

/// XKV_FUZZ_ROUNDS=100000 makes it a long hunt.
int rounds() {
  const char* wanted = std::getenv("XKV_FUZZ_ROUNDS");
  return wanted == nullptr ? 100 : std::atoi(wanted);
}

std::string bytesOf(const std::string& path) {
  std::ostringstream bytes;
  bytes << std::ifstream(path, std::ios::binary).rdbuf();
  return bytes.str();
}

class Mutator {
 public:
  explicit Mutator(unsigned seed) : random_(seed) {}

  std::size_t below(std::size_t limit) { return random_() % limit; }

  std::string randomText(std::size_t length) {
    static const std::vector<std::string> kParts{
        "a", " ",      "\n", "the", "\xFF",     "\xE4\xB8\x96",      "<s>",
        "▁", "<0x0A>", "1",  "é",   "\xF0\x9F", std::string(1, '\0')};
    std::string text;
    for (std::size_t i = 0; i < length; ++i) {
      text += below(4) == 0 ? std::string(1, static_cast<char>(below(256)))
                            : kParts[below(kParts.size())];
    }
    return text;
  }

  void mutateBytes(std::string& bytes) {
    static const std::string kBytes = "{}[]\",:0-9e\\ntf\xFF";
    for (std::size_t n = 1 + below(4); n > 0; --n) {
      const std::size_t at = below(bytes.size());
      if (below(3) == 0) {
        bytes.erase(at, 1 + below(20));
      } else {
        bytes[at] = kBytes[below(kBytes.size())];
      }
      if (bytes.empty()) bytes = "{";
    }
  }

  /// Replaces, removes or copies a value somewhere in the document.
  void mutateValue(nlohmann::json& json) {
    nlohmann::json* at = &json;
    while (at->is_structured() && !at->empty() && below(6) != 0) at = &child(*at);
    static const std::vector<nlohmann::json> kValues{
        nullptr, true,       -1,          4294967295u, 1e300,
        "",      "Sequence", "ByteLevel", "(a*)*",     nlohmann::json::array(),
        "é",     7};
    *at = kValues[below(kValues.size())];
  }

 private:
  nlohmann::json& child(nlohmann::json& parent) {
    auto it = parent.begin();
    std::advance(it, static_cast<std::ptrdiff_t>(below(parent.size())));
    return *it;
  }
  std::mt19937 random_;
};

void use(const Tokenizer& tokenizer, Mutator& mutator) {
  const auto ids = tokenizer.encode(mutator.randomText(mutator.below(40)), true);
  if (!ids) {
    EXPECT_FALSE(ids.error().message.empty());
    return;
  }
  for (const int64_t id : *ids) {
    EXPECT_GE(id, 0);
    EXPECT_LT(id, tokenizer.idLimit());
    tokenizer.tokenText(id);
  }
  EXPECT_NO_THROW(nlohmann::json(tokenizer.decode(*ids, mutator.below(2) == 0)).dump());
}

class FuzzTest : public testing::TestWithParam<const char*> {
 protected:
  std::string folder() const {
    return std::string(XKV_SOURCE_DIR "/tests/text/data/") + GetParam();
  }
};

TEST_P(FuzzTest, MutatedFilesAreRefusedOrUsed) {
  const std::string bytes = bytesOf(folder() + "/tokenizer.json");
  const nlohmann::json json = nlohmann::json::parse(bytes);
  const WrittenFolder target;
  Mutator mutator(20240726);
  int opened_count = 0;
  for (int round = 0; round < rounds(); ++round) {
    std::string mutated = bytes;
    if (round % 2 == 0) {
      mutator.mutateBytes(mutated);
    } else {
      nlohmann::json copy = json;
      for (std::size_t n = 1 + mutator.below(3); n > 0; --n) mutator.mutateValue(copy);
      mutated = copy.dump();
    }
    target.write("tokenizer.json", mutated);
    const auto opened = Tokenizer::open(target.path());
    if (opened) {
      ++opened_count;
      use(*opened, mutator);
    } else {
      EXPECT_LT(opened.error().message.size(), 1000u);
      EXPECT_EQ(opened.error().kind, ErrorKind::bad_input);
    }
  }
  EXPECT_GT(opened_count, 0);
}

TEST_P(FuzzTest, RandomBytesAreText) {
  const auto tokenizer = Tokenizer::open(folder());
  ASSERT_TRUE(tokenizer);
  Mutator mutator(4711);
  for (int round = 0; round < 300; ++round) {
    use(*tokenizer, mutator);
    std::vector<int64_t> ids;
    for (int i = 0; i < 30; ++i) ids.push_back(static_cast<int64_t>(mutator.below(2000)) - 5);
    IncrementalDecoder decoder(*tokenizer, false);
    std::string text;
    for (const int64_t id : ids) text += decoder.push(id);
    EXPECT_EQ(text + decoder.finish(), tokenizer->decode(ids, false));
  }
}

INSTANTIATE_TEST_SUITE_P(Families, FuzzTest, testing::Values("llama3", "flags_sp", "wordlevel"));

}  // namespace
}  // namespace xkv
