// SPDX-License-Identifier: Apache-2.0
/// Upstream's configuration file: what is read, what is refused and with which words, what is
/// written.
#include <gmock/gmock.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <random>

#include "app/plan/plan_file.h"

namespace xkv {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

ModelShape modelOf(int64_t num_layers) {
  ModelShape model;
  model.name = "tiny";
  model.num_layers = num_layers;
  model.num_kv_heads = 2;
  model.head_dim = 16;
  return model;
}

/// The sentence behind "plan.yaml: ", which is checked here.
std::string refusalOf(const std::string& text,
                      const std::optional<ModelShape>& model = std::nullopt) {
  const Result<CompressionConfig> config = parsePlan(text, "plan.yaml", model);
  if (config) return "it was read";
  EXPECT_EQ(config.error().kind, ErrorKind::bad_input);
  EXPECT_TRUE(config.error().message.starts_with("plan.yaml: ")) << config.error().message;
  EXPECT_LT(config.error().message.size(), 300u);
  return config.error().message.substr(11);
}

/// A plan for six layers with these lines added at the top level and these groups.
std::string planWith(const std::string& top, const std::string& groups = "[{layers: [0, 1]}]") {
  return "xKV_config:\n  num_layers: 6\n  layer_groups: " + groups + "\n" +
         (top.empty() ? "" : "  " + top + "\n");
}

TEST(Plan, ReadsUpstreamsExample) {
  const auto config = parsePlan(R"(# a comment
xKV_config:
  num_layers: 8
  layer_merge_impl: svd        # svd | slerp
  rank_k: 40
  rank_v: 60
  slerp_t: 0.5
  slerp_gamma: 0.05
  merge_key: true
  merge_value: true
  extra_kwargs: {}
  layer_groups:
    - layers: [0, 1, 2, 3]
      rank_k: 38              # optional, per group
      slerp_t: 0.5
    - layers:
      - 4
      - 5
)",
                                "plan.yaml", modelOf(8));
  ASSERT_TRUE(config) << config.error().message;
  CompressionConfig expected;
  expected.rank_k = 40;
  expected.rank_v = 60;
  expected.layer_groups = {{0, 4, 38, std::nullopt}, {4, 2, std::nullopt, std::nullopt}};
  EXPECT_EQ(*config, expected);
}

/// What a reference script writes for a case that compresses keys only.
TEST(Plan, IgnoresTheRankOfAStreamThatStaysDense) {
  const auto config = parsePlan(
      "xKV_config:\n  num_layers: 6\n  layer_merge_impl: svd\n  rank_k: 12\n  rank_v: 1\n"
      "  merge_key: true\n  merge_value: false\n  layer_groups:\n    - layers: [0, 1, 2]\n"
      "    - layers: [3, 4, 5]\n      rank_v: 100000\n",
      "plan.yaml", modelOf(6));
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_TRUE(config->merge_key);
  EXPECT_FALSE(config->merge_value);
  EXPECT_EQ(config->rank_k, 12);
  EXPECT_EQ(config->rank_v, std::nullopt);
  EXPECT_EQ(config->layer_groups[1].rank_v, std::nullopt);
}

TEST(Plan, ReadsJsonBecauseItIsYaml) {
  const auto config =
      parsePlan(R"({"xKV_config": {"num_layers": 2, "layer_groups": [{"layers": [0, 1]}]}})", "p");
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_THAT(config->layer_groups, SizeIs(1));
  EXPECT_EQ(config->rank_k, std::nullopt);
}

TEST(Plan, WritesWhatItReads) {
  CompressionConfig config;
  config.rank_k = 12;
  config.merge_value = false;
  config.layer_groups = {{0, 2, std::nullopt, std::nullopt}, {2, 1, 7, std::nullopt}};
  EXPECT_EQ(*parsePlan(writePlan(config, 6), "p", modelOf(6)), config);
  config.merge_value = true;
  config.layer_groups[0].rank_v = 9;
  EXPECT_EQ(*parsePlan(writePlan(config, 6), "p", modelOf(6)), config);
}

TEST(Plan, WritesEveryGroupOfAGroupSize) {
  CompressionConfig config;
  config.layer_group_size = 2;
  config.start_layer = 1;
  config.end_layer = 5;
  const auto read = parsePlan(writePlan(config, 8), "p", modelOf(8));
  ASSERT_TRUE(read) << read.error().message;
  const std::vector<LayerGroup> expected = {{1, 2, {}, {}}, {3, 2, {}, {}}, {5, 1, {}, {}}};
  EXPECT_EQ(read->layer_groups, expected);
  EXPECT_THAT(writePlan({}, 6), HasSubstr("    - layers: [0, 1, 2, 3]\n    - layers: [4, 5]\n"));
}

TEST(Plan, ReadsAndWritesSlerp) {
  const auto config = parsePlan(
      "xKV_config:\n  num_layers: 6\n  layer_merge_impl: slerp\n  rank_k: 512\n  slerp_t: 0.6\n"
      "  slerp_gamma: 0.3\n  layer_groups:\n    - layers: [2, 3]\n      slerp_t: 0.25\n"
      "    - layers: [4, 5]\n      slerp_gamma: 1\n      rank_v: 7\n",
      "plan.yaml", modelOf(6));
  ASSERT_TRUE(config) << config.error().message;
  CompressionConfig expected;
  expected.method = Method::minicache;
  expected.slerp_t = 0.6;
  expected.slerp_gamma = 0.3;
  expected.layer_groups = {{2, 2, {}, {}, 0.25, {}}, {4, 2, {}, {}, {}, 1.0}};
  EXPECT_EQ(*config, expected);
  EXPECT_EQ(*parsePlan(writePlan(*config, 6), "p", modelOf(6)), expected);
}

TEST(Plan, WritesThePairsOfMiniCache) {
  CompressionConfig config;
  config.method = Method::minicache;
  config.start_layer = -1;
  const auto read = parsePlan(writePlan(config, 7), "p", modelOf(7));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->layer_groups, (std::vector<LayerGroup>{{3, 2, {}, {}}, {5, 2, {}, {}}}));
}

TEST(Plan, RefusesWhatSlerpCannotMerge) {
  const std::string slerp = "layer_merge_impl: slerp";
  EXPECT_THAT(refusalOf(planWith(slerp, "[{layers: [0, 1, 2]}]"), modelOf(6)),
              HasSubstr("minicache merges pairs of layers"));
  EXPECT_THAT(refusalOf(planWith("", "[{layers: [0, 1], slerp_gamma: 2}]")),
              HasSubstr("slerp_gamma of layer_groups[0] is 2, a number from 0 to 1 is needed"));
}

TEST(Plan, RefusesWhatIsNoMapping) {
  EXPECT_THAT(refusalOf(""), HasSubstr("the plan is empty, a mapping is needed"));
  EXPECT_THAT(refusalOf("- 1"), HasSubstr("the plan is a list"));
  EXPECT_THAT(refusalOf("word"), HasSubstr("the plan is word"));
  EXPECT_THAT(refusalOf("{}"), HasSubstr("the plan has no xKV_config"));
  EXPECT_EQ(refusalOf("xKV_config: 5"), "line 1: xKV_config is 5, a mapping is needed");
  EXPECT_THAT(refusalOf("xKV_config: [1"), HasSubstr("no YAML"));
  EXPECT_THAT(refusalOf("xKV_config:\n\t- x: ]"), HasSubstr("no YAML"));
  EXPECT_THAT(refusalOf("\xFF\xFEx"), HasSubstr("not UTF-8"));
  EXPECT_THAT(refusalOf(planWith("") + "---\nx: 1\n"), HasSubstr("a second document"));
}

TEST(Plan, RefusesUnknownRepeatedAndMissingKeys) {
  EXPECT_EQ(refusalOf(planWith("rank: 4")), "line 4: xKV_config has the unknown key rank");
  EXPECT_THAT(refusalOf(planWith("") + "other: 1\n"),
              HasSubstr("the plan has the unknown key other"));
  EXPECT_THAT(refusalOf(planWith("", "[{layers: [0], rnk_k: 4}]")),
              HasSubstr("layer_groups[0] has the unknown key rnk_k"));
  EXPECT_EQ(refusalOf(planWith("num_layers: 6")), "line 4: the key num_layers stands twice");
  EXPECT_THAT(refusalOf(planWith("", "[{layers: [0], layers: [1]}]")),
              HasSubstr("the key layers stands twice"));
  EXPECT_THAT(refusalOf("xKV_config: {num_layers: 6}"),
              HasSubstr("xKV_config has no layer_groups"));
  EXPECT_THAT(refusalOf("xKV_config: {layer_groups: [{layers: [0]}]}"),
              HasSubstr("has no num_layers"));
  EXPECT_THAT(refusalOf(planWith("", "[{rank_k: 4}]")), HasSubstr("layer_groups[0] has no layers"));
  EXPECT_THAT(refusalOf(planWith("? [1, 2]\n  : 3")), HasSubstr("a key must be a word"));
}

TEST(Plan, RefusesValuesOfAWrongType) {
  EXPECT_EQ(refusalOf(planWith("rank_k: many")),
            "line 4: rank_k of xKV_config is many, an integer from 1 to 1000000000 is needed");
  for (const std::string value :
       {"'4'", "4.0", "[4]", "{}", "~", "", "true", "0x4", "4 5", "1e3", "99999999999999999999"}) {
    EXPECT_THAT(refusalOf(planWith("rank_v: " + value)), HasSubstr("rank_v of xKV_config is "))
        << value;
  }
  for (const std::string value : {"1", "'true'", "[]", "maybe"}) {
    EXPECT_THAT(refusalOf(planWith("merge_key: " + value)),
                HasSubstr("merge_key of xKV_config is "));
  }
  EXPECT_THAT(refusalOf(planWith("slerp_t: half")),
              HasSubstr("slerp_t of xKV_config is half, a number from 0 to 1"));
  EXPECT_THAT(refusalOf(planWith("", "5")), HasSubstr("layer_groups of xKV_config is 5, a list"));
  EXPECT_THAT(refusalOf(planWith("", "[5]")), HasSubstr("layer_groups[0] is 5, a mapping"));
  EXPECT_THAT(refusalOf(planWith("", "[{layers: 0}]")),
              HasSubstr("layers of layer_groups[0] is 0, a list"));
  EXPECT_THAT(refusalOf(planWith("", "[{layers: [zero]}]")),
              HasSubstr("is zero, an integer from 0 to 5"));
}

TEST(Plan, RefusesValuesOutOfRange) {
  EXPECT_THAT(refusalOf(planWith("rank_k: 0")), HasSubstr("rank_k of xKV_config is 0"));
  EXPECT_THAT(refusalOf(planWith("rank_k: -3")), HasSubstr("rank_k of xKV_config is -3"));
  EXPECT_THAT(refusalOf(planWith("", "[{layers: [0], rank_v: 0}]")),
              HasSubstr("rank_v of layer_groups[0] is 0"));
  for (const std::string value : {"0", "-1", "10001", "1000000000000"}) {
    EXPECT_THAT(refusalOf("xKV_config: {num_layers: " + value + ", layer_groups: [{layers: [0]}]}"),
                HasSubstr("num_layers of xKV_config is " + value));
  }
}

TEST(Plan, RefusesGroupsThatCannotBe) {
  EXPECT_THAT(refusalOf(planWith("", "[]")), HasSubstr("a list of at least one group is needed"));
  EXPECT_THAT(refusalOf(planWith("", "[{layers: []}]")), HasSubstr("a list of at least one layer"));
  EXPECT_THAT(refusalOf(planWith("", "[{layers: [0, 0]}]")),
              HasSubstr("layer_groups[0] repeats layer 0"));
  EXPECT_THAT(refusalOf(planWith("", "[{layers: [0, 1]}, {layers: [1, 2]}]")),
              HasSubstr("layer_groups[1] repeats layer 1"));
  EXPECT_THAT(refusalOf(planWith("", "[{layers: [6]}]")),
              HasSubstr("layers of layer_groups[0] is 6, an integer from 0 to 5"));
  EXPECT_THAT(refusalOf(planWith("", "[{layers: [-1]}]")), HasSubstr("is -1, an integer from 0"));
  EXPECT_THAT(
      refusalOf(planWith("", "[{layers: [0, 2]}]")),
      HasSubstr("layers of layer_groups[0] must be adjacent, in order: layer 2 stands where 1"));
  EXPECT_THAT(refusalOf(planWith("", "[{layers: [1, 0]}]")), HasSubstr("must be adjacent"));
}

TEST(Plan, RefusesOtherMethodsByName) {
  EXPECT_THAT(refusalOf(planWith("layer_merge_impl: mean")),
              HasSubstr("layer_merge_impl of xKV_config is mean, svd or slerp is needed"));
}

TEST(Plan, HoldsThePlanAgainstTheModel) {
  EXPECT_EQ(refusalOf(planWith(""), modelOf(8)), "num_layers is 6, the model tiny has 8");
  EXPECT_EQ(refusalOf(planWith("rank_k: 64"), modelOf(6)), "it was read");
  EXPECT_THAT(refusalOf(planWith("rank_k: 65"), modelOf(6)), HasSubstr("rank_k is 65"));
  EXPECT_THAT(refusalOf(planWith("", "[{layers: [0, 1], rank_v: 65}]"), modelOf(6)),
              HasSubstr("rank_v of layers 0-1 is 65"));
  EXPECT_THAT(refusalOf(planWith("merge_key: false\n  merge_value: no"), modelOf(6)),
              HasSubstr("merge_key and merge_value"));
}

TEST(Plan, RefusesAnchorsAliasesAndTags) {
  EXPECT_THAT(refusalOf("a: &x [1]\nb: *x"), HasSubstr("line 1: anchors are not supported"));
  EXPECT_THAT(refusalOf("&x a: 1"), HasSubstr("anchors"));
  EXPECT_THAT(refusalOf("&a [*a]"), HasSubstr("anchors"));
  EXPECT_THAT(refusalOf("a: *x"), HasSubstr("line 1"));
  EXPECT_THAT(refusalOf("a: !!python/object 1"), HasSubstr("the tag"));
  EXPECT_THAT(refusalOf(planWith("<<: {rank_k: 4}")), HasSubstr("unknown key <<"));
}

TEST(Plan, RefusesDeepAndLargeTextsQuickly) {
  const auto start = std::chrono::steady_clock::now();
  const auto repeated = [](std::string_view piece) {
    std::string text;
    while (text.size() < 200'000) text += piece;
    return text;
  };
  // yaml-cpp takes brackets that never close for the start of a key.
  EXPECT_THAT(refusalOf("a: " + repeated("[")), HasSubstr("a key must be a word"));
  EXPECT_THAT(refusalOf(repeated("{a: ")), HasSubstr("a key must be a word"));
  EXPECT_THAT(refusalOf("a: " + std::string(9, '[') + std::string(9, ']')),
              HasSubstr("nested deeper than 8 levels"));
  EXPECT_THAT(refusalOf(repeated("- ")), HasSubstr("nested deeper than 8 levels"));
  EXPECT_THAT(refusalOf(repeated("? ")), HasSubstr("a key must be a word"));
  EXPECT_THAT(refusalOf(repeated("a: ")), HasSubstr("no YAML"));
  EXPECT_THAT(refusalOf(repeated("[a, ")), HasSubstr("a key must be a word"));
  EXPECT_THAT(refusalOf("a: " + repeated("'")), HasSubstr("line 1"));
  EXPECT_THAT(refusalOf(repeated("!")), HasSubstr("line 1"));
  EXPECT_THAT(refusalOf("xKV_config: [" + repeated("0,") + "]"), HasSubstr("xKV_config is a list"));
  std::string keys;
  for (int i = 0; i < 50'000; ++i) keys += "k" + std::to_string(i) + ": 1\n";
  EXPECT_THAT(refusalOf(keys), HasSubstr("line 65: a mapping has more than 64 keys"));
  EXPECT_THAT(refusalOf(std::string(1'048'577, ' ')), HasSubstr("at most 1048576 bytes"));
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(30));
}

TEST(Plan, DamagedPlansAreReadOrRefused) {
  using Clock = std::chrono::steady_clock;
  constexpr std::string_view kPieces[] = {"\n",  "  ",          "- ",   ": ", "[",    "]",  "{",
                                          "&a ", "*a",          "!!x ", "|",  "'",    "\"", "? ",
                                          "-1",  "99999999999", "#",    "%",  "---\n"};
  const std::string good =
      planWith("rank_k: 12\n  merge_value: false", "[{layers: [0, 1], rank_k: 7}]");
  std::mt19937_64 random(3);
  for (const auto end = Clock::now() + std::chrono::milliseconds(400); Clock::now() < end;) {
    std::string text = good;
    for (auto n = 1 + random() % 4; n > 0; --n) {
      const auto at = static_cast<std::size_t>(random() % text.size());
      if (random() % 3 == 0) {
        text[at] = static_cast<char>(random());
      } else {
        text.insert(at, kPieces[random() % std::size(kPieces)]);
      }
    }
    const auto config = parsePlan(text, "p", modelOf(6));
    if (!config) continue;
    for (const LayerGroup& group : config->layer_groups) {
      ASSERT_GE(group.first_layer, 0);
      ASSERT_LE(group.first_layer + group.num_layers, 6);
    }
  }
}

TEST(Plan, MakesWhatItEchoesPrintable) {
  EXPECT_THAT(refusalOf("\"\\e[31m\": 1"), HasSubstr("unknown key \\x1b[31m"));
}

TEST(Plan, ReadsAFileAndNamesIt) {
  std::string folder = (std::filesystem::temp_directory_path() / "xkv-plan-XXXXXX").string();
  ASSERT_NE(::mkdtemp(folder.data()), nullptr);
  const std::string path = folder + "/plan.yaml";
  std::ofstream(path) << planWith("rank_k: 4");
  const auto config = readPlanFile(path);
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->rank_k, 4);
  std::ofstream(path) << planWith("rank_k: x");
  EXPECT_THAT(readPlanFile(path).error().message, HasSubstr(path + ": line 4: rank_k"));
  EXPECT_THAT(readPlanFile(folder).error().message, HasSubstr(folder + ": not a regular file"));
  ASSERT_EQ(::mkfifo((folder + "/pipe").c_str(), 0600), 0);
  EXPECT_THAT(readPlanFile(folder + "/pipe").error().message, HasSubstr("not a regular file"));
  EXPECT_THAT(readPlanFile(folder + "/no").error().message, HasSubstr("/no: cannot be opened"));
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace xkv
