// SPDX-License-Identifier: GPL-3.0-or-later
/// Roles before colours: the light and the dark palette, fonts and the scale of the window.
#include "views/theme.h"

#include <QApplication>
#include <QFile>
#include <QFontDatabase>
#include <QPalette>
#include <QStyleFactory>
#include <cmath>

#include "views/style_sheet.h"

// Q_INIT_RESOURCE must stand outside of a namespace; a static library needs it.
static void initResources() { Q_INIT_RESOURCE(xkv_resources); }

namespace xkv::views {
namespace {

constexpr int kBodyPx = 13;

Roles lightRoles() {
  return {.window = 0xE9ECF0,
          .panel = 0xFFFFFF,
          .field = 0xFFFFFF,
          .header = 0xF4F6F8,
          .sunken = 0xF4F6F8,
          .raised = 0xFFFFFF,
          .border = 0xCDD3DA,
          .control = 0x7E8792,
          .grid = 0xE6EAEE,
          .text = 0x1A2129,
          .text2 = 0x47525E,
          .text3 = 0x5C6772,
          .accent = 0x00706A,
          .on_accent = 0xFFFFFF,
          .tint = 0xDDF0EE,
          .hover = 0xEDF1F4,
          .keys = 0x1A66A8,
          .values = 0xAD4A06,
          .run_a = 0x5E6975,
          .run_b = 0x5A1A78,
          .delta_below = 0x1B6E5A,
          .delta_zero = 0xF4F4F4,
          .delta_above = 0x6A2287,
          .good = 0x00706A,
          .bad = 0xB3261E,
          .bad_tint = 0xFDECEA,
          .warning = 0x8A5A00,
          .warning_tint = 0xFFF4D6,
          .span_attention = 0x6A54C0,
          .span_projection = 0x857B70,
          .span_gram = 0x7A5A00,
          .span_svd = 0xA8443E,
          .span_rebuild = 0x7C9F2A,
          .span_other = 0x6B737D,
          .part_landmarks = 0x7A5AC2,
          .part_generated = 0xA9AEB5};
}

Roles darkRoles() {
  return {.window = 0x111417,
          .panel = 0x1A1E23,
          .field = 0x14181C,
          .header = 0x20252B,
          .sunken = 0x15191D,
          .raised = 0x272D34,
          .border = 0x343C45,
          .control = 0x77828E,
          .grid = 0x2A3037,
          .text = 0xE6EAEE,
          .text2 = 0xB0BAC5,
          .text3 = 0x96A1AD,
          .accent = 0x45C7B8,
          .on_accent = 0x08201D,
          .tint = 0x163B38,
          .hover = 0x252B32,
          .keys = 0x62AEEB,
          .values = 0xF19A4B,
          .run_a = 0x95A0AC,
          .run_b = 0xF2CBF5,
          .delta_below = 0x4FC3A1,
          .delta_zero = 0x2A2F36,
          .delta_above = 0xDDA0F0,
          .good = 0x45C7B8,
          .bad = 0xFF8F85,
          .bad_tint = 0x3D1F1D,
          .warning = 0xE2B64A,
          .warning_tint = 0x3A2F12,
          .span_attention = 0x8E79E0,
          .span_projection = 0x8A8177,
          .span_gram = 0xA8801A,
          .span_svd = 0xC0605A,
          .span_rebuild = 0x9DBB4E,
          .span_other = 0x69737D,
          .part_landmarks = 0x7A5AC2,
          .part_generated = 0xA9AEB5};
}

/// Adds the shipped fonts once; a missing one would only change looks, never a number.
void addFonts() {
  static const bool added = [] {
    for (const char* file :
         {"Roboto-Regular", "Roboto-Medium", "Roboto-Bold", "Roboto-Italic", "Roboto-MediumItalic",
          "Roboto-BoldItalic", "JetBrainsMono-Regular", "JetBrainsMono-Bold"}) {
      QFontDatabase::addApplicationFont(
          QStringLiteral(":/xkv/fonts/%1.ttf").arg(QLatin1String(file)));
    }
    return true;
  }();
  Q_UNUSED(added);
}

QFont scaledFont(const QStringList& families, int design_px, double scale) {
  QFont font;
  font.setFamilies(families);
  font.setPixelSize(static_cast<int>(std::lround(design_px * scale)));
  // Glyphs at fractions of a pixel and coloured edges would differ from screen to screen.
  font.setHintingPreference(QFont::PreferNoHinting);
  font.setStyleStrategy(QFont::NoSubpixelAntialias);
  return font;
}

QStringList textFamilies() {
  return {QStringLiteral("Roboto"), QStringLiteral("DejaVu Sans"), QStringLiteral("Noto Sans")};
}

QPalette paletteOf(const Roles& r) {
  QPalette palette;
  palette.setColor(QPalette::Window, r.window);
  palette.setColor(QPalette::WindowText, r.text);
  palette.setColor(QPalette::Base, r.field);
  palette.setColor(QPalette::AlternateBase, r.sunken);
  palette.setColor(QPalette::Text, r.text);
  palette.setColor(QPalette::PlaceholderText, r.text3);
  palette.setColor(QPalette::Button, r.raised);
  palette.setColor(QPalette::ButtonText, r.text);
  palette.setColor(QPalette::BrightText, r.bad);
  palette.setColor(QPalette::ToolTipBase, r.raised);
  palette.setColor(QPalette::ToolTipText, r.text);
  palette.setColor(QPalette::Highlight, r.accent);
  palette.setColor(QPalette::HighlightedText, r.on_accent);
  palette.setColor(QPalette::Link, r.accent);
  palette.setColor(QPalette::Light, r.raised);
  palette.setColor(QPalette::Midlight, r.hover);
  palette.setColor(QPalette::Mid, r.border);
  palette.setColor(QPalette::Dark, r.control);
  palette.setColor(QPalette::Shadow, r.border);
  for (const auto role : {QPalette::Text, QPalette::WindowText, QPalette::ButtonText}) {
    palette.setColor(QPalette::Disabled, role, r.text3);
  }
  return palette;
}

}  // namespace

const Roles& rolesOf(ThemeKind kind) {
  static const Roles light = lightRoles();
  static const Roles dark = darkRoles();
  return kind == ThemeKind::light ? light : dark;
}

void applyTheme(QApplication& app, ThemeKind kind, double scale) {
  initResources();
  addFonts();
  app.setStyle(QStyleFactory::create(QStringLiteral("Fusion")));
  app.setFont(scaledFont(textFamilies(), kBodyPx, scale));
  app.setPalette(paletteOf(rolesOf(kind)));
  app.setStyleSheet(styleSheet(rolesOf(kind), scale));
}

ThemeKind themeKind() {
  const QColor window = QApplication::palette().color(QPalette::Window);
  return window.lightness() < 128 ? ThemeKind::dark : ThemeKind::light;
}

const Roles& roles() { return rolesOf(themeKind()); }

double themeScale() {
  const int pixels = QApplication::font().pixelSize();  // -1 where the theme was not applied
  return pixels > 0 ? std::round(4.0 * pixels / kBodyPx) / 4.0 : 1;
}

int px(double design_px) { return static_cast<int>(std::lround(design_px * themeScale())); }

QFont textFont(int design_px, QFont::Weight weight, bool italic) {
  QFont font = scaledFont(textFamilies(), design_px, themeScale());
  font.setWeight(weight);
  font.setItalic(italic);
  return font;
}

QFont monoFont(int design_px) {
  return scaledFont({QStringLiteral("JetBrains Mono"), QStringLiteral("DejaVu Sans Mono")},
                    design_px, themeScale());
}

QColor mixed(const QColor& from, const QColor& to, double share) {
  const auto channel = [share](int a, int b) {
    return static_cast<int>(std::lround(a + (b - a) * share));
  };
  return QColor(channel(from.red(), to.red()), channel(from.green(), to.green()),
                channel(from.blue(), to.blue()));
}

}  // namespace xkv::views
