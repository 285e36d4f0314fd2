// SPDX-License-Identifier: Apache-2.0
/// The bytes of a blob, and the blobs that are refused.
#include "storage/float_blob.h"

#include <gtest/gtest.h>

#include <string>

namespace xkv::storage {
namespace {

TEST(FloatBlob, HasAVersionAnElementAndLittleEndianValues) {
  EXPECT_EQ(toBlob(std::vector<float>{1.0F, -2.0F}),
            (Blob{1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0}));
  EXPECT_EQ(toBlob(std::vector<double>{1.0})[1], 2);
  EXPECT_EQ(toBlob(std::vector<int64_t>{-1}),
            (Blob{1, 3, 0, 0, 0, 0, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255}));
}

TEST(FloatBlob, ComesBack) {
  const std::vector<double> values = {0.1, -0.0, 1e300};
  std::vector<double> back;
  EXPECT_EQ(fromBlob(toBlob(values), back), nullptr);
  EXPECT_EQ(back, values);
  std::vector<float> none = {1};
  EXPECT_EQ(fromBlob(toBlob(std::vector<float>{}), none), nullptr);
  EXPECT_TRUE(none.empty());
}

std::string problemOf(Blob blob) {
  std::vector<float> values;
  const char* problem = fromBlob(blob, values);
  return problem == nullptr ? "" : problem;
}

TEST(FloatBlob, OthersAreRefused) {
  const Blob good = toBlob(std::vector<float>{1.0F});
  for (size_t size = 0; size < 8; ++size) {
    EXPECT_EQ(problemOf(Blob(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size))),
              "is too short for its header");
  }
  Blob bad = good;
  bad[0] = 2;
  EXPECT_EQ(problemOf(bad), "has another version than 1");
  EXPECT_EQ(problemOf(toBlob(std::vector<double>{1.0})), "has elements of another type");
  bad = good;
  bad[5] = 1;
  EXPECT_NE(problemOf(bad), "");
  bad = good;
  bad.pop_back();
  EXPECT_EQ(problemOf(bad), "ends in the middle of an element");
}

}  // namespace
}  // namespace xkv::storage
