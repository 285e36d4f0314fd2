// SPDX-License-Identifier: Apache-2.0
/// What may be mapped, and the sentence about what may not.
#include "engine/checkpoint/mapped_file.h"

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/checkpoint/test_folder.h"

namespace xkv {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

std::string refusalOf(const std::string& path) {
  const Result<MappedFile> file = MappedFile::open(path);
  if (file) return "it was opened";
  EXPECT_EQ(file.error().kind, ErrorKind::bad_input);
  return file.error().message;
}

TEST(MappedFile, HoldsTheBytesOfTheFile) {
  const TestFolder folder;
  Result<MappedFile> file = MappedFile::open(folder.write("a", "some text"));
  ASSERT_TRUE(file);
  const MappedFile moved = std::move(*file);
  EXPECT_EQ(moved.text(), "some text");
  EXPECT_EQ(moved.size(), 9);
}

TEST(MappedFile, OpensAnEmptyFile) {
  const TestFolder folder;
  const Result<MappedFile> file = MappedFile::open(folder.write("a", ""));
  ASSERT_TRUE(file);
  EXPECT_EQ(file->text(), "");
}

TEST(MappedFile, RefusesWhatIsNoRegularFile) {
  const TestFolder folder;
  ASSERT_EQ(::mkfifo((folder / "pipe").c_str(), 0600), 0);
  ASSERT_EQ(::symlink("loop", (folder / "loop").c_str()), 0);
  EXPECT_THAT(refusalOf(folder.path()), AllOf(HasSubstr(folder.path()), HasSubstr("a directory")));
  EXPECT_THAT(refusalOf(folder / "pipe"), HasSubstr("pipe: a pipe, not a regular file"));
  EXPECT_THAT(refusalOf(folder / "loop"), HasSubstr("loop: cannot be opened"));
  EXPECT_THAT(refusalOf(folder / "missing"), HasSubstr("missing: cannot be opened"));
  EXPECT_THAT(refusalOf("/dev/null"), HasSubstr("a device"));
}

TEST(MappedFile, RefusesAFileThatMayNotBeRead) {
  const TestFolder folder;
  const std::string path = folder.write("a", "text");
  ASSERT_EQ(::chmod(path.c_str(), 0), 0);
  if (::geteuid() == 0) {
    EXPECT_TRUE(MappedFile::open(path));  // root may read everything
  } else {
    EXPECT_THAT(refusalOf(path), HasSubstr("cannot be opened"));
  }
}

TEST(MappedFile, RefusesMoreBytesThanAllowed) {
  const TestFolder folder;
  const std::string path = folder.write("a", "12345");
  EXPECT_TRUE(MappedFile::open(path, 5));
  const Result<MappedFile> file = MappedFile::open(path, 4);
  ASSERT_FALSE(file);
  EXPECT_THAT(file.error().message, HasSubstr("5 bytes, at most 4"));
}

}  // namespace
}  // namespace xkv
