// SPDX-License-Identifier: Apache-2.0
/// The envelope's CBOR: round trips at every length of head, and refusals.
#include "app/serve/flat_map.h"

#include <gtest/gtest.h>

namespace xkv {
namespace {

TEST(FlatMap, KeepsEveryKindOfValueAtEveryWidth) {
  for (const uint64_t number : {uint64_t{0}, uint64_t{23}, uint64_t{24}, uint64_t{255},
                                uint64_t{256}, uint64_t{65536}, uint64_t{1} << 32, UINT64_MAX}) {
    FlatMap map;
    map.set("number", number);
    map.set("text", std::string("σ/σ₁ × 2"));
    map.set("bytes", Bytes(number < 70000 ? number : 3, 0xA5));
    const auto back = FlatMap::fromCbor(map.toCbor());
    ASSERT_TRUE(back) << back.error().message;
    EXPECT_EQ(*back->number("number"), number);
    EXPECT_EQ(*back->text("text"), "σ/σ₁ × 2");
    EXPECT_EQ(*back->bytes("bytes"), Bytes(number < 70000 ? number : 3, 0xA5));
  }
}

TEST(FlatMap, WritesCborThatOthersRead) {
  FlatMap map;
  map.set("id", uint64_t{300});
  EXPECT_EQ(map.toCbor(), (Bytes{0xA1, 0x62, 'i', 'd', 0x19, 0x01, 0x2C}));
}

TEST(FlatMap, SaysWhichKeyIsMissingOrOfAnotherKind) {
  FlatMap map;
  map.set("id", std::string("seven"));
  EXPECT_EQ(map.number("id").error().message, "key \"id\" is missing or is no number");
  EXPECT_EQ(map.bytes("spec").error().message, "key \"spec\" is missing or is no byte string");
  EXPECT_FALSE(map.text("type"));
}

TEST(FlatMap, RefusesWhatIsCutAtEveryByte) {
  FlatMap map;
  map.set("a", uint64_t{70000});
  map.set("b", std::string(300, 'x'));
  const Bytes whole = map.toCbor();
  for (size_t size = 0; size < whole.size(); ++size) {
    EXPECT_FALSE(FlatMap::fromCbor(std::span(whole).first(size))) << size;
  }
}

TEST(FlatMap, RefusesNestingRepetitionTailsAndHugeClaims) {
  const auto refused = [](Bytes bytes) { return !FlatMap::fromCbor(bytes).has_value(); };
  EXPECT_TRUE(refused({0x81, 0x01}));                              // an array
  EXPECT_TRUE(refused({0xA1, 0x61, 'a', 0xA0}));                   // a map in the map
  EXPECT_TRUE(refused({0xA1, 0x01, 0x01}));                        // a number as key
  EXPECT_TRUE(refused({0xA2, 0x61, 'a', 0x01, 0x61, 'a', 0x02}));  // twice
  EXPECT_TRUE(refused({0xA1, 0x61, 'a', 0x01, 0x00}));             // a tail
  EXPECT_TRUE(refused({0xBF, 0xFF}));                              // indefinite length
  EXPECT_TRUE(refused({0xA1, 0x61, 'a', 0x5B, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF}));
  EXPECT_TRUE(refused({0xBB, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF}));
  EXPECT_TRUE(refused({0xA1, 0x61, 'a', 0x20}));  // a negative number
  EXPECT_TRUE(refused(Bytes(100000, 0x81)));      // arrays in arrays
}

}  // namespace
}  // namespace xkv
