// SPDX-License-Identifier: GPL-3.0-or-later
/// Both palettes stay readable, the shipped fonts are really used, and no role is misspelt.
#include "views/theme.h"

#include <gtest/gtest.h>

#include <QApplication>
#include <QFontInfo>
#include <cmath>

#include "views/colour_maps.h"
#include "views/style_sheet.h"

namespace xkv::views {
namespace {

double luminance(const QColor& colour) {
  const auto linear = [](double c) {
    return c <= 0.04045 ? c / 12.92 : std::pow((c + 0.055) / 1.055, 2.4);
  };
  return 0.2126 * linear(colour.redF()) + 0.7152 * linear(colour.greenF()) +
         0.0722 * linear(colour.blueF());
}

double contrast(const QColor& a, const QColor& b) {
  const double one = luminance(a) + 0.05;
  const double other = luminance(b) + 0.05;
  return std::max(one, other) / std::min(one, other);
}

class ThemeTest : public ::testing::TestWithParam<ThemeKind> {};
INSTANTIATE_TEST_SUITE_P(Both, ThemeTest, ::testing::Values(ThemeKind::light, ThemeKind::dark));

TEST_P(ThemeTest, TextIsReadableOnEveryGround) {
  const Roles& r = rolesOf(GetParam());
  for (const QColor& ground : {r.panel, r.header, r.window, r.tint, r.hover}) {
    for (const QColor& text : {r.text, r.text2, r.text3, r.bad, r.warning, r.good}) {
      EXPECT_GE(contrast(text, ground), 4.5)
          << text.name().toStdString() << " on " << ground.name().toStdString();
    }
  }
  EXPECT_GE(contrast(r.control, r.panel), 3);
  EXPECT_GE(contrast(r.on_accent, r.accent), 4.5);
}

TEST_P(ThemeTest, IsReadBackFromTheApplication) {
  applyTheme(*qApp, GetParam(), 1.25);
  EXPECT_EQ(themeKind(), GetParam());
  EXPECT_EQ(themeScale(), 1.25);
  EXPECT_EQ(px(28), 35);
  applyTheme(*qApp, GetParam());
  EXPECT_EQ(px(28), 28);
}

TEST_P(ThemeTest, StyleSheetHasNoUnknownRole) {
  const QString sheet = styleSheet(rolesOf(GetParam()), 1);
  EXPECT_GT(sheet.size(), 1000);
  EXPECT_FALSE(sheet.contains(QStringLiteral("magenta")));
  EXPECT_FALSE(sheet.contains(u'@'));
}

TEST(Theme, ShippedFontsAreUsed) {
  EXPECT_EQ(QFontInfo(textFont(12)).family(), QStringLiteral("Roboto"));
  EXPECT_EQ(QFontInfo(monoFont(12)).family(), QStringLiteral("JetBrains Mono"));
  EXPECT_EQ(QFontInfo(textFont(12, QFont::Medium)).weight(), QFont::Medium);
  EXPECT_TRUE(QFontInfo(textFont(12, QFont::Normal, true)).italic());
}

TEST(ColourMaps, EndsAndMiddle) {
  EXPECT_EQ(mapColour(ColourMap::viridis, 0), qRgb(0x44, 0x01, 0x54));
  EXPECT_EQ(mapColour(ColourMap::viridis, 1), qRgb(0xfd, 0xe7, 0x25));
  EXPECT_EQ(mapColour(ColourMap::viridis, 7), mapColour(ColourMap::viridis, 1));
  EXPECT_EQ(mapColour(ColourMap::viridis, std::nan("")), mapColour(ColourMap::viridis, 0));
  EXPECT_EQ(mapColour(ColourMap::cividis, 0), qRgb(0x00, 0x22, 0x4e));
  EXPECT_EQ(QColor(divergingColour(0)), roles().delta_zero);
}

TEST(ColourMaps, TextOnEveryStopIsReadable) {
  for (const ColourMap map : {ColourMap::viridis, ColourMap::cividis}) {
    for (int i = 0; i < kMapStops; ++i) {
      const QRgb ground = mapColour(map, i / (kMapStops - 1.0));
      EXPECT_GE(contrast(textOn(ground), QColor(ground)), 4.5) << i;
    }
  }
}

}  // namespace
}  // namespace xkv::views
