// SPDX-License-Identifier: GPL-3.0-or-later
/// What the program may be started with.
#include "app/window/start_session.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <QFile>
#include <QTemporaryDir>

namespace xkv::window {
namespace {

using testing::HasSubstr;

TEST(StartFile, SessionsAndCachesThatCanBeOpenedAreNotWrong) {
  QTemporaryDir folder;
  EXPECT_FALSE(wrongFile({})) << "the demo session";
  EXPECT_FALSE(wrongFile(folder.filePath("new.xkv"))) << "it will be made";
  QFile cache(folder.filePath("F.SAFETENSORS"));
  ASSERT_TRUE(cache.open(QIODevice::WriteOnly));
  EXPECT_FALSE(wrongFile(cache.fileName())) << "what is in it is the engine's to judge";
  EXPECT_TRUE(isCapturedCache(cache.fileName()));
  EXPECT_FALSE(isCapturedCache("safetensors.xkv"));
}

TEST(StartFile, WhatCannotBeOpenedIsOneSentence) {
  QTemporaryDir folder;
  const auto missing = wrongFile(folder.filePath("F.safetensors"));
  ASSERT_TRUE(missing);
  EXPECT_EQ(exitCode(missing->kind), 6);
  EXPECT_THAT(missing->message, HasSubstr("F.safetensors: there is no such file"));
  const auto directory = wrongFile(folder.path());
  ASSERT_TRUE(directory);
  EXPECT_THAT(directory->message, HasSubstr("is a folder"));
  const auto nowhere = wrongFile(folder.filePath("no/such/s.xkv"));
  ASSERT_TRUE(nowhere);
  EXPECT_THAT(nowhere->message, HasSubstr("its folder is not there"));
}

}  // namespace
}  // namespace xkv::window
