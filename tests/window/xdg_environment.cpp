// SPDX-License-Identifier: GPL-3.0-or-later
/// Settings and state of the tests go into a folder of their own, never into the user's.
#include <gtest/gtest.h>

#include <QTemporaryDir>
#include <memory>

namespace xkv::window {
namespace {

class XdgEnvironment : public ::testing::Environment {
 public:
  void SetUp() override {
    qputenv("TZ", "UTC");  // times of day in pictures
    home_ = std::make_unique<QTemporaryDir>();
    for (const char* variable :
         {"XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_RUNTIME_DIR"}) {
      qputenv(variable, home_->filePath(QLatin1String(variable)).toLocal8Bit());
    }
  }
  void TearDown() override { home_.reset(); }

 private:
  std::unique_ptr<QTemporaryDir> home_;
};

const auto* const kEnvironment = ::testing::AddGlobalTestEnvironment(new XdgEnvironment);

}  // namespace
}  // namespace xkv::window
