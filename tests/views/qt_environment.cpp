// SPDX-License-Identifier: GPL-3.0-or-later
/// One QApplication for all tests of the program, without a display.
#include <gtest/gtest.h>

#include <QApplication>
#include <memory>

#include "views/theme.h"

namespace xkv::views {
namespace {

class QtEnvironment : public ::testing::Environment {
 public:
  void SetUp() override {
    qputenv("QT_QPA_PLATFORM", "offscreen");
    qputenv("QT_SCALE_FACTOR", "1");
    QLocale::setDefault(QLocale::C);
    application_ = std::make_unique<QApplication>(argc_, argv_);
    applyTheme(*application_, ThemeKind::light);
  }
  void TearDown() override { application_.reset(); }

 private:
  int argc_ = 1;
  char name_[10] = "xkv_tests";
  char* argv_[2] = {name_, nullptr};
  std::unique_ptr<QApplication> application_;
};

const auto* const kEnvironment = ::testing::AddGlobalTestEnvironment(new QtEnvironment);

}  // namespace
}  // namespace xkv::views
