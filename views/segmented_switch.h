// SPDX-License-Identifier: GPL-3.0-or-later
/// One choice of a few, side by side: Keys | Values | Both.
#pragma once

#include <QStringList>
#include <QWidget>
#include <vector>

namespace xkv::views {

/// Tab reaches it once; left and right arrows change the choice.
class SegmentedSwitch : public QWidget {
  Q_OBJECT
 public:
  /// `name` is what the choice is about, for screen readers and the tooltip: "Streams shown".
  SegmentedSwitch(const QString& name, const QStringList& labels, QWidget* parent = nullptr);

  int currentIndex() const { return current_; }
  /// -1 = none of them. Emits nothing: only the user's choice is a signal.
  void setCurrentIndex(int index);
  void setLabels(const QStringList& labels);

  QSize sizeHint() const override;
  QSize minimumSizeHint() const override { return sizeHint(); }

 Q_SIGNALS:
  void currentChanged(int index);

 protected:
  void paintEvent(QPaintEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;
  void mouseMoveEvent(QMouseEvent* event) override;
  void leaveEvent(QEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;

 private:
  int segmentWidth(int index) const;
  int segmentAt(int x) const;
  void paintSegment(QPainter& painter, const QRect& segment, int index) const;
  void choose(int index);
  void sayChoice();

  QString name_;
  QStringList labels_;
  int current_ = 0;
  int hovered_ = -1;
};

}  // namespace xkv::views
