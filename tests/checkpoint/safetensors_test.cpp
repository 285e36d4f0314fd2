// SPDX-License-Identifier: Apache-2.0
/// Every way in which a safetensors header can lie, one small file each.
#include "engine/checkpoint/safetensors.h"

#include <gmock/gmock.h>

#include <cstring>

#include "tests/checkpoint/test_folder.h"

namespace xkv {
namespace {

using ::testing::HasSubstr;

/// The sentence without the file's path in front, which is checked here.
std::string refusalOfBytes(std::string_view bytes) {
  const TestFolder folder;
  const std::string path = folder.write("m.safetensors", bytes);
  const Result<SafetensorsFile> file = SafetensorsFile::open(path);
  if (file) return "it was opened";
  EXPECT_EQ(file.error().kind, ErrorKind::bad_input);
  EXPECT_TRUE(file.error().message.starts_with(path + ": ")) << file.error().message;
  EXPECT_LT(file.error().message.size(), path.size() + 400);
  return file.error().message.substr(path.size() + 2);
}

std::string refusalOf(std::string_view header, std::size_t num_data_bytes = 0) {
  return refusalOfBytes(safetensorsBytes(header, num_data_bytes));
}

/// One tensor `a` with these fields.
std::string refusalOfTensor(const std::string& dtype, const std::string& shape,
                            const std::string& offsets, std::size_t num_data_bytes = 0) {
  return refusalOf(
      R"({"a":{"dtype":)" + dtype + R"(,"shape":)" + shape + R"(,"data_offsets":)" + offsets + "}}",
      num_data_bytes);
}

TEST(Safetensors, GivesTensorsAndMetadata) {
  const TestFolder folder;
  const std::string path = folder.write(
      "m.safetensors",
      safetensorsBytes(R"({"__metadata__":{"format":"pt"},)"
                       R"("b":{"dtype":"BF16","shape":[3],"data_offsets":[8,14]},)"
                       R"("a":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]},)"
                       R"("none":{"dtype":"F32","shape":[0,4],"data_offsets":[8,8]},)"
                       R"("scalar":{"dtype":"I64","shape":[],"data_offsets":[14,22]}}   )",
                       22));
  const Result<SafetensorsFile> file = SafetensorsFile::open(path);
  ASSERT_TRUE(file) << file.error().message;
  EXPECT_EQ(file->tensors().size(), 4u);
  EXPECT_EQ(file->metadata().at("format"), "pt");
  const TensorView* const b = file->find("b");
  ASSERT_NE(b, nullptr);
  EXPECT_EQ(b->dtype, "BF16");
  EXPECT_EQ(b->shape, std::vector<int64_t>{3});
  EXPECT_EQ(b->num_bytes, 6);
  EXPECT_EQ(b->numElements(), 3);
  EXPECT_EQ(b->data[0], std::byte{8});
  EXPECT_EQ(file->find("scalar")->numElements(), 1);
  EXPECT_EQ(file->find("c"), nullptr);
}

TEST(Safetensors, RefusesAHeaderLengthThatCannotBe) {
  EXPECT_EQ(refusalOfBytes(""), "0 bytes, a safetensors file starts with 8");
  EXPECT_EQ(refusalOfBytes("1234567"), "7 bytes, a safetensors file starts with 8");
  EXPECT_EQ(refusalOfBytes(std::string(16, '\0')), "the header does not start with {");
  EXPECT_EQ(refusalOfBytes(safetensorsBytes("{}").substr(0, 9)),
            "the header claims 2 bytes, the file has 1 after its length");
  EXPECT_THAT(refusalOfBytes("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF{}"),
              HasSubstr("claims 18446744073709551615 bytes, at most 100000000"));
  EXPECT_THAT(refusalOfBytes(std::string("\x01\xE1\xF5\x05\0\0\0\0{}", 10)),
              HasSubstr("claims 100000001 bytes"));
}

TEST(Safetensors, RefusesAHeaderThatIsNoJsonObject) {
  EXPECT_EQ(refusalOf("[1]"), "the header does not start with {");
  EXPECT_EQ(refusalOf(" {}"), "the header does not start with {");
  EXPECT_EQ(refusalOf("\xEF\xBB\xBF{}"), "the header does not start with {");
  EXPECT_THAT(refusalOf("{"), HasSubstr("no JSON at byte"));
  EXPECT_THAT(refusalOf("{}{}"), HasSubstr("no JSON at byte"));
  EXPECT_THAT(refusalOf("{/* */}"), HasSubstr("no JSON at byte"));
  EXPECT_THAT(refusalOf("{\"\xC3\x28\":1}"), HasSubstr("no JSON at byte"));
  EXPECT_THAT(refusalOf(std::string_view("{}\0\0", 4)), HasSubstr("a NUL byte stands at byte 2"));
}

TEST(Safetensors, RefusesNestingWithoutFollowingIt) {
  const std::string deep = R"({"a":{"dtype":)" + std::string(2'000'000, '[');
  EXPECT_EQ(refusalOf(deep), "tensor a: dtype is an array, a string is needed");
  EXPECT_EQ(refusalOf(R"({"__metadata__":{"a":{"b":{)" + std::string(1000, '{')),
            "__metadata__ a is an object, a string is needed");
}

TEST(Safetensors, RefusesNamesAndFieldsThatStandTwice) {
  const std::string a = R"("a":{"dtype":"U8","shape":[],"data_offsets":[0,1]})";
  EXPECT_EQ(refusalOf("{" + a + "," + a + "}", 1), "the name a stands twice");
  EXPECT_EQ(refusalOf(R"({"__metadata__":{},"__metadata__":{}})"),
            "the name __metadata__ stands twice");
  EXPECT_EQ(refusalOf(R"({"__metadata__":{"k":"1","k":"2"}})"), "__metadata__ holds k twice");
  EXPECT_EQ(refusalOf(R"({"a":{"dtype":"U8","dtype":"U8"}})"), "tensor a has dtype twice");
  EXPECT_EQ(refusalOf(R"({"a":{"shape":[1],"shape":[1]}})"), "tensor a has shape twice");
}

TEST(Safetensors, RefusesMetadataOfAWrongType) {
  EXPECT_THAT(refusalOf(R"({"__metadata__":7})"), HasSubstr("an object is needed"));
  EXPECT_EQ(refusalOf(R"({"__metadata__":{"k":7}})"), "__metadata__ k is 7, a string is needed");
  EXPECT_THAT(refusalOf(R"({"__metadata__":null})"), HasSubstr("__metadata__ is null"));
}

TEST(Safetensors, RefusesEntriesThatAreIncompleteOrUnknown) {
  EXPECT_EQ(refusalOf(R"({"a":{}})"), "tensor a has no dtype");
  EXPECT_EQ(refusalOf(R"({"a":{"dtype":"F32","shape":[1]}})"), "tensor a has no data_offsets");
  EXPECT_EQ(refusalOf(R"({"a":{"dtype":"F32","data_offsets":[0,4]}})", 4), "tensor a has no shape");
  EXPECT_EQ(refusalOf(R"({"a":{"strides":[1]}})"), "tensor a has the unknown field strides");
  EXPECT_EQ(refusalOf(R"({"a":5})"), "the entry a is 5, an object is needed");
}

TEST(Safetensors, RefusesOffsetsThatCannotBe) {
  EXPECT_EQ(refusalOfTensor(R"("F32")", "[1]", "[4,0]", 4),
            "tensor a: data_offsets are reversed: 4 to 0");
  EXPECT_EQ(refusalOfTensor(R"("F32")", "[2]", "[0,8]", 4),
            "tensor a: ends at 8, the file has 4 bytes of data");
  EXPECT_EQ(refusalOfTensor(R"("F32")", "[1]", "[0]", 4),
            "tensor a: data_offsets has 1 numbers, two are needed");
  EXPECT_EQ(refusalOfTensor(R"("F32")", "[1]", "[0,4,8]", 4),
            "tensor a: data_offsets has more than two numbers");
  EXPECT_THAT(refusalOfTensor(R"("F32")", "[1]", R"(["0",4])"),
              HasSubstr("data_offsets is the string 0"));
  EXPECT_THAT(refusalOfTensor(R"("F32")", "[1]", "[-4,0]"), HasSubstr("data_offsets is -4"));
  EXPECT_THAT(refusalOfTensor(R"("F32")", "[1]", "[0.0,4]"), HasSubstr("data_offsets is 0.0"));
  EXPECT_THAT(refusalOfTensor(R"("F32")", "[1]", "[0,[4]]"), HasSubstr("data_offsets is an array"));
  EXPECT_THAT(refusalOfTensor(R"("F32")", "[1]", "[0,9223372036854775808]"),
              HasSubstr("too large"));
  EXPECT_THAT(refusalOfTensor(R"("F32")", "[1]", "[0,1e999]"), HasSubstr("1e999 is too large"));
  EXPECT_THAT(refusalOfTensor(R"("F32")", "[1]", "null"), HasSubstr("data_offsets is null"));
}

TEST(Safetensors, RefusesOverlapsHolesAndDataAfterTheLastTensor) {
  const std::string a = R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"b":)";
  EXPECT_EQ(refusalOf(a + R"({"dtype":"U8","shape":[4],"data_offsets":[2,6]}})", 6),
            "tensor b overlaps another: it begins at 2, the data before it ends at 4");
  EXPECT_EQ(refusalOf(a + R"({"dtype":"U8","shape":[4],"data_offsets":[0,4]}})", 4),
            "tensor b overlaps another: it begins at 0, the data before it ends at 4");
  EXPECT_EQ(refusalOf(a + R"({"dtype":"U8","shape":[4],"data_offsets":[5,9]}})", 9),
            "tensor b follows a hole: it begins at 5, the data before it ends at 4");
  EXPECT_EQ(refusalOfTensor(R"("U8")", "[4]", "[0,4]", 5),
            "the last tensor ends at 4, the file has 5 bytes of data");
  EXPECT_THAT(refusalOfTensor(R"("U8")", "[4]", "[1,5]", 5), HasSubstr("a follows a hole"));
}

TEST(Safetensors, RefusesDtypesByName) {
  EXPECT_EQ(refusalOfTensor(R"("F4")", "[2]", "[0,1]", 1), "tensor a: dtype F4 is not supported");
  EXPECT_THAT(refusalOfTensor(R"("F6_E2M3")", "[4]", "[0,3]", 3), HasSubstr("F6_E2M3 is not"));
  EXPECT_THAT(refusalOfTensor(R"("f32")", "[1]", "[0,4]", 4), HasSubstr("dtype f32 is not"));
  EXPECT_THAT(refusalOfTensor(R"("")", "[1]", "[0,4]", 4), HasSubstr("is not supported"));
  EXPECT_EQ(refusalOfTensor("4", "[1]", "[0,4]", 4), "tensor a: dtype is 4, a string is needed");
}

TEST(Safetensors, RefusesShapesThatAreNone) {
  const auto shape = [](const std::string& text) {
    return refusalOfTensor(R"("F32")", text, "[0,4]", 4);
  };
  EXPECT_EQ(shape("[-1]"), "tensor a: a dimension of shape is -1, a natural number is needed");
  EXPECT_THAT(shape("[1.0]"), HasSubstr("a dimension of shape is 1.0"));
  EXPECT_THAT(shape("[true]"), HasSubstr("a dimension of shape is a boolean"));
  EXPECT_THAT(shape("[null]"), HasSubstr("a dimension of shape is null"));
  EXPECT_THAT(shape("4"), HasSubstr("shape is 4, an array of natural numbers is needed"));
  EXPECT_EQ(shape("[3]"), "tensor a: shape and dtype F32 make 12 bytes, data_offsets 4");
  EXPECT_EQ(shape("[4294967296,4294967296]"), "tensor a: the product of its shape overflows");
  EXPECT_EQ(shape("[9223372036854775807]"), "tensor a: the product of its shape overflows");
  EXPECT_EQ(shape("[1,1,1,1,1,1,1,1,1]"), "tensor a: shape has more than 8 dimensions");
}

TEST(Safetensors, MakesNamesOfAFilePrintable) {
  EXPECT_THAT(refusalOf("{\"\\u001b[31mred\":1}"), HasSubstr("\\x1b[31mred"));
  EXPECT_THAT(refusalOf("{\"" + std::string(100'000, 'x') + "\":1}"), HasSubstr("xxx... is 1"));
}

}  // namespace
}  // namespace xkv
