// SPDX-License-Identifier: Apache-2.0
/// Every member of every record is in its field list, and every field survives JSON and CBOR.
#include <gtest/gtest.h>

#include "profiling/records/json.h"
#include "tests/records/sample_records.h"

namespace xkv {
namespace {

template <class T>
constexpr bool kIsOptional = false;
template <class T>
constexpr bool kIsOptional<std::optional<T>> = true;

/// Stands for a member of any type; std::optional makes itself from what it holds.
struct Any {
  template <class T>
  requires(!kIsOptional<T>) operator T() const;  // NOLINT(google-explicit-constructor)
};

template <size_t>
using AnyAt = Any;

template <class T, size_t... kIndex>
constexpr bool takes(std::index_sequence<kIndex...>) {
  return requires { T{AnyAt<kIndex>{}...}; };
}

/// Number of members of an aggregate: the most values it can be made from.
template <class T, size_t kCount = 32>
constexpr size_t memberCount() {
  if constexpr (takes<T>(std::make_index_sequence<kCount>())) {
    return kCount;
  } else {
    return memberCount<T, kCount - 1>();
  }
}

struct FieldCounter {
  size_t count = 0;
  template <class T>
  void operator()(const char*, T&) {
    ++count;
  }
};

template <class T>
class EveryMember : public ::testing::Test {};
using AllStructs =
    ::testing::Types<LayerGroup, CompressionConfig, Sampling, RunSpec, ModelShape, PlannedGroup,
                     RunStarted, CkaRecord, SpectrumRecord, ReconstructionRecord, MemoryPart,
                     MemoryPeak, MemoryRecord, TokenChoice, TokenRecord, GenerationRecord,
                     RecompressionRecord, SelectionRecord, SelectiveConfig, DivergenceRecord, LatencyRecord, Span, CacheSample,
                     TimelineRecord, ProgressRecord, RunFinished, RunSummary, Run>;
TYPED_TEST_SUITE(EveryMember, AllStructs);

TYPED_TEST(EveryMember, IsInTheFieldList) {
  TypeParam record;
  FieldCounter counter;
  fields(counter, record);
  EXPECT_EQ(counter.count, memberCount<TypeParam>());
}

TYPED_TEST(EveryMember, OfASampleIsNotTheDefault) {
  EXPECT_NE(testing::sample<TypeParam>(), TypeParam());
}

class EveryKind : public ::testing::TestWithParam<Record> {};
INSTANTIATE_TEST_SUITE_P(Records, EveryKind, ::testing::ValuesIn(testing::allSamples()),
                         [](const auto& kind) { return std::string(recordType(kind.param)); });

TEST_P(EveryKind, SurvivesJson) {
  const Result<Record> back = recordFromJson(toJson(GetParam()));
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(*back, GetParam());
}

TEST_P(EveryKind, SurvivesCbor) {
  const Result<Record> back = recordFromCbor(toCbor(GetParam()));
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(*back, GetParam());
}

TEST_P(EveryKind, WithDefaultsSurvivesBoth) {
  const Record plain = std::visit([](auto r) { return Record(decltype(r)()); }, GetParam());
  EXPECT_EQ(recordFromJson(toJson(plain)).value(), plain);
  EXPECT_EQ(recordFromCbor(toCbor(plain)).value(), plain);
}

TEST_P(EveryKind, IsOneLineOfAscii) {
  const std::string text = toJson(GetParam());
  for (const char c : text) ASSERT_TRUE(c >= 0x20 && c < 0x7f) << text;
  EXPECT_TRUE(text.starts_with("{\"type\":\"" + std::string(recordType(GetParam())) + "\","))
      << text;
}

TEST(Fields, SpecAndShapeSurvive) {
  const auto spec = testing::sample<RunSpec>();
  const auto shape = testing::sample<ModelShape>();
  EXPECT_EQ(runSpecFromJson(toJson(spec)).value(), spec);
  EXPECT_EQ(runSpecFromCbor(toCbor(spec)).value(), spec);
  EXPECT_EQ(modelShapeFromJson(toJson(shape)).value(), shape);
  EXPECT_EQ(modelShapeFromCbor(toCbor(shape)).value(), shape);
}

TEST(Fields, RunSurvives) {
  const xkv::Run run = testing::sampleRun();
  EXPECT_EQ(runFromJson(toJson(run)).value(), run);
  EXPECT_EQ(runFromJson(toJson(run, 2)).value(), run);
  EXPECT_EQ(runFromJson(toJson(xkv::Run())).value(), xkv::Run());
}

}  // namespace
}  // namespace xkv
