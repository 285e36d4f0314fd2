// SPDX-License-Identifier: Apache-2.0
/// A file that is cut while it is mapped ends the process with its name.
#include "app/cli/cut_file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <string>

namespace xkv::cli {
namespace {

/// Reads a page that the file no longer has.
char readCutPage(int descriptor) {
  constexpr size_t kSize = 3 << 12;
  if (ftruncate(descriptor, kSize) != 0) return 0;
  void* const bytes = mmap(nullptr, kSize, PROT_READ, MAP_PRIVATE, descriptor, 0);
  if (bytes == MAP_FAILED || ftruncate(descriptor, 1) != 0) return 0;
  return static_cast<const volatile char*>(bytes)[2 << 12];
}

TEST(CutFile, EndsTheProcessWithItsName) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  std::string path = ::testing::TempDir() + "cut \x1b file XXXXXX";
  const int descriptor = mkstemp(path.data());
  ASSERT_GE(descriptor, 0);
  EXPECT_EXIT(
      {
        nameCutFiles();
        readCutPage(descriptor);
      },
      ::testing::ExitedWithCode(6),
      "^xkv: /[^\x1b]*cut [?] file [A-Za-z0-9]+: the file was cut short while it was being "
      "read\n$");
  close(descriptor);
  unlink(path.c_str());
}

}  // namespace
}  // namespace xkv::cli
