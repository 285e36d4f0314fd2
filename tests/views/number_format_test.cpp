// SPDX-License-Identifier: GPL-3.0-or-later
/// Numbers read as WINDOW.md 5 wants them.
#include "views/number_format.h"

#include <gtest/gtest.h>

#include <limits>

namespace xkv::views {
namespace {

std::string shown(const QString& text) { return text.toStdString(); }
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

TEST(NumberFormat, Percentages) {
  EXPECT_EQ(shown(percent(0.0962)), "9.62\u00A0%");
  EXPECT_EQ(shown(percent(0)), "0.00\u00A0%");
  EXPECT_EQ(shown(percent(5e-5)), "<\u00A00.01\u00A0%");
  EXPECT_EQ(shown(share(0.456)), "45.6\u00A0%");
  EXPECT_EQ(shown(percentPoints(-0.1473)), "\u221214.73\u00A0pp");
  EXPECT_EQ(shown(percentPoints(0.0205)), "+2.05\u00A0pp");
  EXPECT_EQ(shown(relativeChange(-0.605)), "\u221260.5\u00A0%");
  EXPECT_EQ(shown(percentPoints(-1e-7)), "0.00\u00A0pp");
}

TEST(NumberFormat, Similarities) {
  EXPECT_EQ(shown(cka(0.8284)), "0.828");
  EXPECT_EQ(shown(ckaCell(0.8284)), ".83");
  EXPECT_EQ(shown(ckaCell(1)), "1");
  EXPECT_EQ(shown(ckaCell(-0.051)), "\u2212.05");
}

TEST(NumberFormat, Bytes) {
  EXPECT_EQ(shown(bytes(512)), "512\u00A0B");
  EXPECT_EQ(shown(bytes(192720)), "188.2\u00A0KiB");
  EXPECT_EQ(shown(bytes(1020.0 * 1024 * 1024)), "1,020.0\u00A0MiB");
  EXPECT_EQ(shown(bytes(11.2 * 1024 * 1024 * 1024)), "11.20\u00A0GiB");
  EXPECT_EQ(shown(count(131072)), "131,072");
  EXPECT_EQ(shown(countChange(-31)), "\u221231");
  EXPECT_EQ(shown(kibChange(2048)), "+2.0");
}

TEST(NumberFormat, Times) {
  EXPECT_EQ(shown(duration(902'000)), "902\u00A0\u00B5s");
  EXPECT_EQ(shown(duration(36'400'000)), "36.40\u00A0ms");
  EXPECT_EQ(shown(duration(6'420'000'000)), "6.42\u00A0s");
  EXPECT_EQ(shown(duration(125'000'000'000)), "2\u00A0min\u00A005\u00A0s");
  EXPECT_EQ(shown(timelinePosition(12'400'000)), "12.400\u00A0ms");
}

TEST(NumberFormat, RatiosAndDigits) {
  EXPECT_EQ(shown(ratio(5.813)), "5.81\u00D7");
  EXPECT_EQ(shown(ratioChange(1.164)), "+1.16\u00D7");
  EXPECT_EQ(shown(significant(24.531)), "24.53");
  EXPECT_EQ(shown(significant(0.01263, 3)), "0.0126");
  EXPECT_EQ(shown(significant(1.2e-7, 2)), "1.2e\u221207");
  EXPECT_EQ(shown(significant(0)), "0");
}

TEST(NumberFormat, WhatIsMissingIsADash) {
  for (const QString& text :
       {percent(kNan), share(kNan), percentPoints(kNan), relativeChange(kNan), cka(kNan),
        ckaCell(kNan), ratio(kNan), bytes(kNan), significant(kNan), fixed(kNan, 2)}) {
    EXPECT_EQ(shown(text), "\u2013");
  }
}

TEST(NumberFormat, CopyIsAsciiAndExact) {
  EXPECT_EQ(copyable(-0.1).toDouble(), -0.1);
  EXPECT_EQ(shown(copyable(-1234567.5)), "-1234567.5");
}

}  // namespace
}  // namespace xkv::views
