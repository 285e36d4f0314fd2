// SPDX-License-Identifier: Apache-2.0
/// What is written can be read again, and a write that fails leaves nothing.
#include <gmock/gmock.h>
#include <sys/resource.h>

#include <array>
#include <csignal>
#include <cstring>
#include <filesystem>

#include "engine/checkpoint/safetensors.h"
#include "tests/checkpoint/test_folder.h"

namespace xkv {
namespace {

using ::testing::HasSubstr;

std::size_t numFiles(const std::string& folder) {
  const std::filesystem::directory_iterator files(folder);
  return static_cast<std::size_t>(std::distance(begin(files), end(files)));
}

TEST(SafetensorsWriter, WritesWhatTheReaderReads) {
  const TestFolder folder;
  const std::array<float, 4> values = {1, 2, 3, 4};
  const std::array<int64_t, 2> ids = {7, -1};
  const std::array<uint8_t, 3> odd = {1, 2, 3};
  const std::string path = folder / "out.safetensors";
  ASSERT_TRUE(writeSafetensors(path,
                               {{"odd", "U8", {3}, std::as_bytes(std::span(odd))},
                                {"values", "F32", {2, 2}, std::as_bytes(std::span(values))},
                                {"ids", "I64", {2}, std::as_bytes(std::span(ids))},
                                {"none", "F32", {0}, {}}},
                               {{"format", "pt"}}));
  const Result<SafetensorsFile> file = SafetensorsFile::open(path);
  ASSERT_TRUE(file) << file.error().message;
  EXPECT_EQ(file->tensors().size(), 4u);
  EXPECT_EQ(file->metadata().at("format"), "pt");
  const TensorView* const read = file->find("values");
  ASSERT_NE(read, nullptr);
  EXPECT_EQ(read->shape, (std::vector<int64_t>{2, 2}));
  EXPECT_EQ(std::memcmp(read->data, values.data(), sizeof(values)), 0);
  EXPECT_EQ(std::memcmp(file->find("ids")->data, ids.data(), sizeof(ids)), 0);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(file->find("ids")->data) % sizeof(int64_t), 0u);
  EXPECT_EQ(numFiles(folder.path()), 1u);
}

TEST(SafetensorsWriter, ReplacesAnOlderFile) {
  const TestFolder folder;
  const std::string path = folder.write("out.safetensors", "older");
  ASSERT_TRUE(writeSafetensors(path, {}));
  EXPECT_TRUE(SafetensorsFile::open(path));
}

TEST(SafetensorsWriter, NamesAFolderThatIsNotThere) {
  const TestFolder folder;
  const Status written = writeSafetensors(folder / "no/out.safetensors", {});
  ASSERT_FALSE(written);
  EXPECT_THAT(written.error().message, HasSubstr("no/out.safetensors: cannot be written"));
}

TEST(SafetensorsWriter, RefusesDataThatDoesNotFitItsShape) {
  const TestFolder folder;
  const std::array<float, 2> values = {1, 2};
  const auto data = std::as_bytes(std::span(values));
  const std::string path = folder / "out.safetensors";
  EXPECT_THAT(writeSafetensors(path, {{"a", "F32", {3}, data}}).error().message,
              HasSubstr("tensor a of dtype F32 needs 12 bytes, 8 were given"));
  EXPECT_FALSE(writeSafetensors(path, {{"a", "F31", {2}, data}}));
  EXPECT_THAT(
      writeSafetensors(path, {{"a", "F32", {2}, data}, {"a", "F32", {2}, data}}).error().message,
      HasSubstr("tensor a is given twice"));
  EXPECT_EQ(numFiles(folder.path()), 0u);
}

/// A limit on file sizes behaves like a full disk: write() answers with fewer bytes, then an error.
TEST(SafetensorsWriter, SaysHowMuchOfAFullDiskWasWrittenAndKeepsTheOlderFile) {
  const TestFolder folder;
  const std::string path = folder.write("out.safetensors", "older");
  const std::vector<float> values(100'000);
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  auto* const old_handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{65'536, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  const Status written =
      writeSafetensors(path, {{"a", "F32", {100'000}, std::as_bytes(std::span(values))}});
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  std::signal(SIGXFSZ, old_handler);
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().kind, ErrorKind::failure);
  EXPECT_THAT(written.error().message, HasSubstr(path + ": 65536 of 4000"));
  EXPECT_EQ(numFiles(folder.path()), 1u);
  EXPECT_EQ(std::filesystem::file_size(path), 5u);
}

TEST(SafetensorsWriter, StreamsTensorsInPieces) {
  const TestFolder folder;
  const std::string path = folder / "out.safetensors";
  std::vector<std::string> asked;
  const TensorSource source = [&](const TensorSpec& tensor, const ByteSink& sink) -> Status {
    asked.push_back(tensor.name);
    const std::array<float, 2> half = {1, 2};
    for (int i = 0; i < 2; ++i) {
      if (Status written = sink(std::as_bytes(std::span(half))); !written) return written;
    }
    return {};
  };
  ASSERT_TRUE(streamSafetensors(path, {{"b", "F32", {4}}, {"a", "F32", {2, 2}}}, source));
  EXPECT_THAT(asked, ::testing::ElementsAre("b", "a"));
  const auto file = SafetensorsFile::open(path);
  ASSERT_TRUE(file) << file.error().message;
  float last = 0;
  std::memcpy(&last, file->find("a")->data + 12, sizeof last);
  EXPECT_EQ(last, 2);
}

TEST(SafetensorsWriter, AStreamThatFailsOrIsTooShortLeavesNothing) {
  const TestFolder folder;
  const std::string path = folder / "out.safetensors";
  const auto failing = [](const TensorSpec&, const ByteSink&) -> Status {
    return failure(ErrorKind::interrupted, "stopped");
  };
  EXPECT_EQ(streamSafetensors(path, {{"a", "F32", {2}}}, failing).error().message, "stopped");
  const auto short_one = [](const TensorSpec&, const ByteSink&) { return Status(); };
  EXPECT_THAT(streamSafetensors(path, {{"a", "F32", {2}}}, short_one).error().message,
              HasSubstr("tensor a of dtype F32 needs 8 bytes, 0 were given"));
  EXPECT_EQ(numFiles(folder.path()), 0u);
}

}  // namespace
}  // namespace xkv
