// SPDX-License-Identifier: Apache-2.0
/// Bytes that strangers made: refused with a sentence, without deep recursion or memory by claim.
#include <gmock/gmock.h>

#include <algorithm>
#include <random>

#include "profiling/records/cbor_check.h"
#include "profiling/records/json.h"
#include "tests/records/sample_records.h"

namespace xkv {
namespace {

using ::testing::HasSubstr;
using Bytes = std::vector<uint8_t>;

std::string jsonRefusal(std::string_view text) {
  const Result<Record> result = recordFromJson(text);
  return result ? "accepted" : result.error().message;
}
std::string cborRefusal(const Bytes& bytes) {
  const Result<Record> result = recordFromCbor(bytes);
  return result ? "accepted" : result.error().message;
}

TEST(HostileJson, IsRefusedWithASentence) {
  EXPECT_THAT(jsonRefusal(""), HasSubstr("parse error"));
  EXPECT_THAT(jsonRefusal("[]"), HasSubstr("a list of 0, an object is needed"));
  EXPECT_THAT(jsonRefusal("{}"), HasSubstr("type is missing"));
  EXPECT_THAT(jsonRefusal(R"({"type": 3})"), HasSubstr("type is 3"));
  EXPECT_THAT(jsonRefusal(R"({"type": "spell"})"),
              HasSubstr("\"spell\", which is no kind of record"));
  EXPECT_THAT(jsonRefusal(R"({"type": "progress", "type": "cka"})"),
              HasSubstr("\"type\" stands twice"));
  EXPECT_THAT(jsonRefusal("{\"type\": \"\xff\"}"), HasSubstr("parse error"));
  EXPECT_THAT(jsonRefusal(R"({"type": "progress"} // why)"), HasSubstr("parse error"));
  EXPECT_THAT(jsonRefusal(R"({"type": 1e999})"), HasSubstr("1e999"));
  EXPECT_LT(jsonRefusal("\"" + std::string(100000, 'x')).size(), 300U);
}

TEST(HostileJson, DeepNestingIsRefused) {
  EXPECT_THAT(jsonRefusal(std::string(1000000, '[')), HasSubstr("levels deep"));
  std::string objects;
  for (int i = 0; i < 100000; ++i) objects += "{\"a\":";
  EXPECT_THAT(jsonRefusal(objects), HasSubstr("levels deep"));
}

TEST(HostileJson, EveryCutIsRefused) {
  const std::string whole = toJson(testing::sampleRun());
  for (size_t size = 0; size < whole.size(); size += 7) {
    EXPECT_FALSE(runFromJson(std::string_view(whole).substr(0, size))) << size;
  }
}

TEST(HostileCbor, NestingIsRefusedWithoutRecursion) {
  EXPECT_THAT(cborRefusal(Bytes(1000000, 0x81)), HasSubstr("nested too deep"));
  EXPECT_THAT(cborRefusal(Bytes(1000000, 0x7f)), HasSubstr("indefinite lengths"));
  EXPECT_THAT(cborRefusal(Bytes(1000000, 0x5f)), HasSubstr("indefinite lengths"));
  EXPECT_THAT(cborRefusal(Bytes(1000000, 0x9f)), HasSubstr("indefinite lengths"));
  EXPECT_THAT(cborRefusal(Bytes(1000000, 0xc1)), HasSubstr("tags"));
}

TEST(HostileCbor, LengthsBeyondTheBytesAreRefused) {
  for (const uint8_t head : Bytes{0x5b, 0x7b, 0x9b, 0xbb}) {
    Bytes bytes = {head, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    EXPECT_THAT(cborRefusal(bytes), HasSubstr("longer than the bytes"));
    bytes = {head, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00};
    EXPECT_THAT(cborRefusal(bytes), HasSubstr("longer than the bytes"));
  }
  EXPECT_THAT(cborRefusal({0x82, 0x01}), HasSubstr("longer than"));
  EXPECT_THAT(cborRefusal({0xa1, 0x01}), HasSubstr("longer than"));
  EXPECT_THAT(cborRefusal({0x19, 0x01}), HasSubstr("too early"));
  EXPECT_THAT(cborRefusal({0x01, 0x02}), HasSubstr("1 bytes follow"));
}

TEST(HostileCbor, EveryCutIsRefused) {
  for (const Record& record : testing::allSamples()) {
    const Bytes whole = toCbor(record);
    ASSERT_TRUE(checkCbor(whole, 16));
    for (size_t size = 0; size < whole.size(); ++size) {
      EXPECT_FALSE(recordFromCbor(std::span(whole).first(size)))
          << recordType(record) << " " << size;
    }
  }
}

TEST(HostileCbor, ChangedBytesNeverCrash) {
  std::mt19937 random(3);
  const std::vector<Record> samples = testing::allSamples();
  int accepted = 0;
  for (int round = 0; round < 20000; ++round) {
    Bytes bytes = toCbor(samples[random() % samples.size()]);
    for (uint32_t change = 0; change <= random() % 4; ++change) {
      bytes[random() % bytes.size()] = static_cast<uint8_t>(random());
    }
    const Result<Record> result = recordFromCbor(bytes);
    if (result) {
      ++accepted;
      EXPECT_FALSE(toJson(*result).empty());
    } else {
      EXPECT_EQ(result.error().kind, ErrorKind::bad_input);
      EXPECT_LT(result.error().message.size(), 400U);
    }
  }
  EXPECT_GT(accepted, 0);
}

TEST(HostileCbor, HalfAFloatIsRefused) {
  // {"type":"cka", ..., "cka": h'000000'}
  CkaRecord record;
  record.num_layers = 1;
  record.cka = {1.0F};
  Bytes bytes = toCbor(record);
  const Bytes tail = {0x63, 'c', 'k', 'a', 0x44};
  const auto at = std::search(bytes.begin(), bytes.end(), tail.begin(), tail.end());
  ASSERT_NE(at, bytes.end());
  at[4] = 0x43;
  bytes.erase(at + 5);
  EXPECT_EQ(cborRefusal(bytes), "cka: cka is 3 bytes, a multiple of 4 is needed");
}

}  // namespace
}  // namespace xkv
