// SPDX-License-Identifier: Apache-2.0
/// Random damage to good files: whatever is opened must be whole, and nothing may crash.
#include <gtest/gtest.h>

#include <chrono>
#include <random>

#include "engine/checkpoint/model_config.h"
#include "engine/checkpoint/safetensors.h"
#include "engine/checkpoint/safetensors_header.h"
#include "tests/checkpoint/test_folder.h"

namespace xkv {
namespace {

using Clock = std::chrono::steady_clock;
constexpr auto kBudget = std::chrono::milliseconds(800);

constexpr std::string_view kGoodHeader =
    R"({"__metadata__":{"format":"pt","n":"1"},)"
    R"("model.a":{"dtype":"F32","shape":[2,2],"data_offsets":[0,16]},)"
    R"("model.b":{"dtype":"BF16","shape":[3,1,2],"data_offsets":[16,28]},)"
    R"("c":{"data_offsets":[28,28],"shape":[0],"dtype":"I64"}} )";

constexpr std::string_view kPieces[] = {"\"",
                                        "{",
                                        "}",
                                        "[",
                                        "]",
                                        ",",
                                        ":",
                                        "0",
                                        "-1",
                                        "1e400",
                                        "18446744073709551615",
                                        "null",
                                        "[[[[",
                                        "\"dtype\":",
                                        "\"shape\":[",
                                        "\"data_offsets\":[0,16]",
                                        "\\u0000",
                                        "\xFF",
                                        "9223372036854775807"};

/// One to four small damages: a byte changed, cut out, doubled, or a piece put in.
std::string damaged(std::string text, std::mt19937_64& random) {
  const auto below = [&](std::size_t limit) { return static_cast<std::size_t>(random() % limit); };
  for (std::size_t n = 1 + below(4); n > 0 && !text.empty(); --n) {
    const std::size_t at = below(text.size());
    switch (below(5)) {
      case 0:
        text[at] = static_cast<char>(random());
        break;
      case 1:
        text.erase(at, 1 + below(8));
        break;
      case 2:
        text.insert(at, text.substr(at, 1 + below(40)));
        break;
      case 3:
        text.insert(at, kPieces[below(std::size(kPieces))]);
        break;
      default:
        text.resize(at);
        break;
    }
  }
  return text;
}

TEST(HeaderFuzz, DamagedHeadersAreReadOrRefused) {
  std::mt19937_64 random(20'25);
  int read = 0;
  int refused = 0;
  for (const auto end = Clock::now() + kBudget; Clock::now() < end;) {
    const auto header = parseSafetensorsHeader("f", damaged(std::string(kGoodHeader), random));
    ++(header ? read : refused);
    if (!header) {
      ASSERT_TRUE(header.error().message.starts_with("f: "));
      ASSERT_LT(header.error().message.size(), 600u);
    }
  }
  EXPECT_GT(read, 0);
  EXPECT_GT(refused, 100);
}

TEST(HeaderFuzz, DamagedConfigurationsAreReadOrRefused) {
  const TestFolder folder;
  const std::string good =
      R"({"model_type":"llama","hidden_size":64,"intermediate_size":160,"num_hidden_layers":6,)"
      R"("num_attention_heads":4,"num_key_value_heads":2,"vocab_size":320,"rms_norm_eps":1e-05,)"
      R"("max_position_embeddings":1024,"eos_token_id":[2,3],"rope_theta":10000.0,"rope_scaling":)"
      R"({"rope_type":"llama3","factor":8.0,"low_freq_factor":1.0,"high_freq_factor":4.0,)"
      R"("original_max_position_embeddings":128}})";
  std::mt19937_64 random(11);
  for (const auto end = Clock::now() + kBudget / 2; Clock::now() < end;) {
    folder.write("config.json", damaged(good, random));
    const auto config = readModelConfig(folder.path());
    if (!config) continue;
    const ModelShape& shape = config->shape;
    ASSERT_GE(shape.num_layers, 1);
    ASSERT_LE(shape.num_layers, 10'000);
    ASSERT_EQ(shape.num_heads % shape.num_kv_heads, 0);
    ASSERT_EQ(shape.head_dim % 2, 0);
    ASSERT_GE(shape.rope_theta, 1);
  }
}

TEST(HeaderFuzz, TensorsOfDamagedFilesLieInsideThem) {
  const TestFolder folder;
  std::mt19937_64 random(7);
  for (const auto end = Clock::now() + kBudget; Clock::now() < end;) {
    const std::string good = safetensorsBytes(kGoodHeader, 28);
    const std::string bytes = random() % 2 == 0
                                  ? damaged(good, random)
                                  : safetensorsBytes(damaged(std::string(kGoodHeader), random), 28);
    const auto file = SafetensorsFile::open(folder.write("f.safetensors", bytes));
    if (!file) continue;
    unsigned sum = 0;
    for (const auto& [name, view] : file->tensors()) {
      ASSERT_EQ(view.num_bytes, view.numElements() * safetensorsElementBytes(view.dtype));
      for (int64_t i = 0; i < view.num_bytes; ++i) sum += std::to_integer<unsigned>(view.data[i]);
    }
    ASSERT_LT(sum, 256u * 28u);  // reads every byte, so a view that reaches out is seen
  }
}

}  // namespace
}  // namespace xkv
