// SPDX-License-Identifier: Apache-2.0
/// The strict reader: what it refuses, and the words it refuses with. Numbers: which survive
/// exactly.
#include "profiling/records/json.h"

#include <gmock/gmock.h>

#include <bit>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <random>

#include "tests/records/sample_records.h"

namespace xkv {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

/// Calls `change` with the pointer of every key of every object inside.
template <class Change>
void forEveryKey(const json& value, const json::json_pointer& at, Change change) {
  if (value.is_object()) {
    for (const auto& [key, inner] : value.items()) {
      change(at, key);
      forEveryKey(inner, at / key, change);
    }
  } else if (value.is_array() && !value.empty()) {
    forEveryKey(value.back(), at / (value.size() - 1), change);
  }
}

class EveryKey : public ::testing::TestWithParam<Record> {};
INSTANTIATE_TEST_SUITE_P(Records, EveryKey, ::testing::ValuesIn(testing::allSamples()),
                         [](const auto& kind) { return std::string(recordType(kind.param)); });

TEST_P(EveryKey, IsNeeded) {
  const json whole = json::parse(toJson(GetParam()));
  forEveryKey(whole, json::json_pointer(),
              [&](const json::json_pointer& at, const std::string& key) {
                json cut = whole;
                cut[at].erase(key);
                const Result<Record> result = recordFromJson(cut.dump());
                ASSERT_FALSE(result) << key;
                EXPECT_EQ(result.error().kind, ErrorKind::bad_input);
                EXPECT_THAT(result.error().message, HasSubstr(key + " is missing"));
              });
}

TEST_P(EveryKey, HasItsType) {
  const json whole = json::parse(toJson(GetParam()));
  forEveryKey(
      whole, json::json_pointer(), [&](const json::json_pointer& at, const std::string& key) {
        json wrong = whole;
        const bool was_object = wrong[at][key].is_object();
        wrong[at][key] = was_object ? json(3) : json::object({{"odd", 1}});
        const Result<Record> result = recordFromJson(wrong.dump());
        ASSERT_FALSE(result) << key;
        EXPECT_THAT(result.error().message, HasSubstr(key));
        EXPECT_THAT(result.error().message, HasSubstr(was_object ? "is 3" : "is an object"));
      });
}

TEST_P(EveryKey, ThatIsUnknownIsRefused) {
  const json whole = json::parse(toJson(GetParam()));
  forEveryKey(whole, json::json_pointer(), [&](const json::json_pointer& at, const std::string&) {
    json more = whole;
    more[at]["surprise"] = 1;
    const Result<Record> result = recordFromJson(more.dump());
    ASSERT_FALSE(result);
    EXPECT_THAT(result.error().message, HasSubstr("unknown key \"surprise\""));
  });
}

std::string refusalOf(RunSpec spec, const std::string& pointer, const json& value) {
  json changed = json::parse(toJson(spec));
  changed[json::json_pointer(pointer)] = value;
  const Result<RunSpec> result = runSpecFromJson(changed.dump());
  return result ? "accepted" : result.error().message;
}

TEST(Json, SaysWhatStandsThere) {
  RunSpec spec;
  spec.compression.layer_groups.resize(2);
  EXPECT_EQ(refusalOf(spec, "/compression/method", "svd"),
            "compression.method is \"svd\", one of dense, xkv, minicache, xkv-sr, xk-sr is needed");
  EXPECT_EQ(refusalOf(spec, "/compression/layer_groups/1/rank_k", "x"),
            "compression.layer_groups[1].rank_k is \"x\", a whole number is needed");
  EXPECT_EQ(refusalOf(spec, "/max_new_tokens", 1.0),
            "max_new_tokens is 1.0, a whole number is needed");
  EXPECT_EQ(refusalOf(spec, "/max_new_tokens", nullptr),
            "max_new_tokens is null, a whole number is needed");
  EXPECT_EQ(refusalOf(spec, "/prompt", json::array({1, 2})),
            "prompt is a list of 2, a text is needed");
  EXPECT_EQ(refusalOf(spec, "/sampling/temperature", "hot"),
            "sampling.temperature is \"hot\", a number or null is needed");
  EXPECT_EQ(refusalOf(spec, "/stop", std::string(1000, 'x')),
            "stop is \"" + std::string(56, 'x') + "..., a list is needed");
}

TEST(Json, IntegersOutOfRangeAreRefused) {
  EXPECT_THAT(refusalOf({}, "/max_new_tokens", 9223372036854775808U), HasSubstr("max_new_tokens"));
  EXPECT_THAT(refusalOf({}, "/sampling/seed", -1), HasSubstr("seed is -1"));
  TimelineRecord timeline;
  timeline.spans.resize(1);
  json changed = json::parse(toJson(timeline));
  changed["spans"][0]["layer"] = 2147483648;
  EXPECT_EQ(recordFromJson(changed.dump()).error().message,
            "timeline: spans[0].layer is 2147483648, a whole number from -2147483648 to 2147483647 "
            "is needed");
}

TEST(Json, LargestNumbersSurvive) {
  RunSpec spec;
  spec.sampling.seed = std::numeric_limits<uint64_t>::max();
  spec.sampling.temperature = std::numeric_limits<double>::denorm_min();
  spec.sampling.top_p = std::numeric_limits<double>::max();
  spec.num_threads = std::numeric_limits<int64_t>::min();
  spec.prompt_ids = {std::numeric_limits<int64_t>::max(), -1};
  EXPECT_EQ(runSpecFromJson(toJson(spec)).value(), spec);
  EXPECT_EQ(runSpecFromCbor(toCbor(spec)).value(), spec);
}

TEST(Json, EveryFloatSurvivesAndIsShort) {
  std::mt19937 random(1);
  SpectrumRecord record;
  for (int i = 0; i < 50000; ++i) {
    const auto value = std::bit_cast<float>(static_cast<uint32_t>(random()));
    if (std::isfinite(value)) record.singular_values.push_back(value);
  }
  record.group_error.resize(record.singular_values.size() + 1, 0.1F);
  EXPECT_EQ(std::get<SpectrumRecord>(recordFromJson(toJson(record)).value()), record);
  EXPECT_EQ(std::get<SpectrumRecord>(recordFromCbor(toCbor(record)).value()), record);
  CkaRecord one;
  one.num_layers = 1;
  one.cka = {0.1F};
  EXPECT_THAT(toJson(one), HasSubstr("\"cka\":[0.1]"));
}

TEST(Json, WhatIsNotFiniteIsNull) {
  CkaRecord record;
  record.num_layers = 2;
  record.cka = {1, NAN, INFINITY, 0.5F};
  EXPECT_THAT(toJson(record), HasSubstr("\"cka\":[1.0,null,null,0.5]"));
  const auto back = std::get<CkaRecord>(recordFromJson(toJson(record)).value());
  EXPECT_TRUE(std::isnan(back.cka[1]));
  EXPECT_TRUE(std::isnan(back.cka[2]));
  EXPECT_EQ(back.cka[3], 0.5F);
}

TEST(Cbor, KeepsWhatIsNotFinite) {
  SpectrumRecord record;
  record.total_energy = INFINITY;
  record.num_layers = 2;
  record.layer_energy = {NAN, -INFINITY};
  const auto back = std::get<SpectrumRecord>(recordFromCbor(toCbor(record)).value());
  EXPECT_EQ(back.total_energy, INFINITY);
  EXPECT_TRUE(std::isnan(back.layer_energy[0]));
  EXPECT_EQ(back.layer_energy[1], -INFINITY);
}

TEST(Cbor, VectorsAreLittleEndianBytes) {
  CkaRecord record;
  record.num_layers = 1;
  record.cka = {1.0F};
  const json tree = json::from_cbor(toCbor(record));
  const std::vector<uint8_t> bytes = tree["cka"].get_binary();
  EXPECT_EQ(bytes, (std::vector<uint8_t>{0, 0, 0x80, 0x3f}));
}

TEST(Cbor, KeepsBytesThatAreNoUtf8) {
  GenerationRecord record;
  record.text = "\xff\xfe half \xe6\xb2";
  EXPECT_EQ(std::get<GenerationRecord>(recordFromCbor(toCbor(record)).value()), record);
  EXPECT_EQ(std::get<GenerationRecord>(recordFromJson(toJson(record)).value()).text,
            "\xef\xbf\xbd\xef\xbf\xbd half \xef\xbf\xbd");
}

TEST(Json, SummaryIsAnObjectOfItsFields) {
  const json tree = json::parse(toJson(testing::sample<RunSummary>()));
  EXPECT_EQ(tree.size(), 13U);
  EXPECT_EQ(tree["status"], "finished");
  EXPECT_TRUE(tree["spec"].is_object());
}

}  // namespace
}  // namespace xkv
