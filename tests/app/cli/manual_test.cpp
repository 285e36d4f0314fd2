// SPDX-License-Identifier: Apache-2.0
/// The manual in docs/ is what the program's own table says; make it again with `xkv help --man`.
#include <gmock/gmock.h>

#include "tests/app/cli/program_under_test.h"

namespace xkv::cli {
namespace {

using ::testing::HasSubstr;

class Manual : public ProgramTest {};

TEST_F(Manual, ManPageIsUpToDate) {
  ASSERT_EQ(xkv({"help", "--man"}), 0);
  EXPECT_EQ(out, read(XKV_SOURCE_DIR "/docs/xkv.1")) << "xkv help --man > docs/xkv.1";
}

TEST_F(Manual, MarkdownIsUpToDate) {
  ASSERT_EQ(xkv({"help", "--markdown"}), 0);
  EXPECT_EQ(out, read(XKV_SOURCE_DIR "/docs/command-line.md"))
      << "xkv help --markdown > docs/command-line.md";
}

TEST_F(Manual, CompletionIsUpToDate) {
  ASSERT_EQ(xkv({"help", "--bash-completion"}), 0);
  EXPECT_EQ(out, read(XKV_SOURCE_DIR "/docs/xkv.bash-completion"))
      << "xkv help --bash-completion > docs/xkv.bash-completion";
  EXPECT_THAT(out, HasSubstr("'run --dtype') words='fp32 bf16 fp16' ;;"));
}

TEST_F(Manual, HelpGoesToStandardOutputAndWrongUseToStandardError) {
  EXPECT_EQ(xkv({"--help"}), 0);
  EXPECT_THAT(out, HasSubstr("Usage: xkv"));
  EXPECT_EQ(err, "");
  EXPECT_EQ(xkv({"--version"}), 0);
  EXPECT_THAT(out, ::testing::MatchesRegex("xkv [0-9]+\\.[0-9]+\\.[0-9]+\n"));
  EXPECT_EQ(xkv({}), 2);
  EXPECT_EQ(out, "");
  EXPECT_THAT(err, ::testing::MatchesRegex("xkv: [^\n]*see 'xkv --help'\n"));
}

}  // namespace
}  // namespace xkv::cli
