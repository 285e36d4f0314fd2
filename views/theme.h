// SPDX-License-Identifier: GPL-3.0-or-later
/// Roles before colours: the light and the dark palette, fonts and the scale of the window.
///
/// applyTheme() writes the theme into QApplication's palette, font and style sheet; everything else
/// reads it back from there, so no widget keeps a copy. A widget that paints itself calls update()
/// on QEvent::StyleChange (Qt does that for all widgets when the style sheet is set).
#pragma once

#include <QColor>
#include <QFont>

class QApplication;
class QWidget;

namespace xkv::views {

enum class ThemeKind { light, dark };

/// Every colour by what it says (WINDOW.md 2).
struct Roles {
  QColor window, panel, field, header, sunken, raised, border, control, grid;
  QColor text, text2, text3, accent, on_accent, tint, hover;
  QColor keys, values, run_a, run_b;
  QColor delta_below, delta_zero, delta_above;
  QColor good, bad, bad_tint, warning, warning_tint;
  QColor span_attention, span_projection, span_gram, span_svd, span_rebuild, span_other;
  QColor part_landmarks, part_generated;  ///< of the ledger; A and B_l come from keys and values
};

const Roles& rolesOf(ThemeKind kind);

/// Fonts, palette, style sheet and Fusion style of the whole program. Scale is 1, 1.25, 1.5 or 2.
void applyTheme(QApplication& app, ThemeKind kind, double scale = 1);

/// What applyTheme() set; light and 1 before.
ThemeKind themeKind();
const Roles& roles();
double themeScale();

/// Design pixels to the scale's pixels.
int px(double design_px);

/// Roboto in 11, 12, 13, 14, 15, 22 or 26 design px. Italic means predicted and nothing else.
QFont textFont(int design_px, QFont::Weight weight = QFont::Normal, bool italic = false);
/// JetBrains Mono: tokens, commands, logs.
QFont monoFont(int design_px);

/// `share` of the way from `from` to `to`; B_l of a ledger is mix(keys, panel, 0.55).
QColor mixed(const QColor& from, const QColor& to, double share);

}  // namespace xkv::views
