// SPDX-License-Identifier: Apache-2.0
/// Words are unique, go both ways, and are spelled as METHOD.md and the flags spell them.
#include "profiling/records/words.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace xkv {
namespace {

template <class T>
class Words : public ::testing::Test {};
using AllEnums = ::testing::Types<Method, Stream, FactorBackend, LandmarkForm, Dtype, Device, AnalysisScope,
                                  MemoryPartKind, StopReason, PhaseKind, RunStatus, ErrorKind>;
TYPED_TEST_SUITE(Words, AllEnums);

TYPED_TEST(Words, GoBothWaysAndAreUnique) {
  std::set<std::string_view> seen;
  for (int i = 0; !word(static_cast<TypeParam>(i)).empty(); ++i) {
    const auto value = static_cast<TypeParam>(i);
    EXPECT_EQ(fromWord<TypeParam>(word(value)), value);
    EXPECT_TRUE(seen.insert(word(value)).second) << word(value);
  }
  EXPECT_GE(seen.size(), 2U);
}

TYPED_TEST(Words, OthersAreNone) {
  EXPECT_FALSE(fromWord<TypeParam>(""));
  EXPECT_FALSE(fromWord<TypeParam>("nonsense"));
  const std::string first(word(static_cast<TypeParam>(0)));
  EXPECT_FALSE(fromWord<TypeParam>(first + " "));
  EXPECT_FALSE(fromWord<TypeParam>(first.substr(1)));
}

TEST(Words, AreSpelledAsTheFlags) {
  EXPECT_EQ(word(FactorBackend::gram_evd), "gram-evd");
  EXPECT_EQ(word(FactorBackend::gram_subspace), "gram-subspace");
  EXPECT_EQ(word(Dtype::bf16), "bf16");
  EXPECT_EQ(word(PhaseKind::decode_step), "decode_step");
  EXPECT_EQ(word(PhaseKind::sample), "sample");
  EXPECT_EQ(word(StopReason::cancelled), "cancelled");
  EXPECT_EQ(word(MemoryPartKind::analysis), "analysis");
  EXPECT_EQ(word(ErrorKind::interrupted), "interrupted");
}

}  // namespace
}  // namespace xkv
