// SPDX-License-Identifier: GPL-3.0-or-later
/// Exact values beside a data point: a bold name, label value pairs, glyph and run.
#pragma once

#include <QTimer>
#include <QWidget>
#include <optional>
#include <vector>

#include "views/provenance.h"

namespace xkv::views {

struct TooltipPair {
  QString label;
  QString value;
  bool predicted = false;  ///< italic
};

/// At most four lines on the screen: the name, up to two of pairs, the source.
struct TooltipText {
  QString name;
  std::vector<std::vector<TooltipPair>> lines;
  std::optional<Provenance> provenance;
  QString source;  ///< "run 3"; may be empty

  /// All of it in one line of ASCII digits, for Copy and for the accessible description.
  QString plain() const;
};

/// Belongs to one view. Shown after 150 ms; follows the data point, never covers it; Ctrl+C in the
/// view copies text().plain().
class Tooltip : public QWidget {
  Q_OBJECT
 public:
  explicit Tooltip(QWidget* view);
  /// `point` is the data point in the view's coordinates.
  void showAt(QPointF point, const TooltipText& text);
  void dismiss();
  /// Without the delay: for keyboards and for pictures in tests.
  void showNow(QPointF point, const TooltipText& text);
  const TooltipText& text() const { return text_; }

 protected:
  void paintEvent(QPaintEvent* event) override;

 private:
  QSize contentSize() const;
  void place();

  QPointF point_;
  TooltipText text_;
  QTimer delay_;
};

}  // namespace xkv::views
