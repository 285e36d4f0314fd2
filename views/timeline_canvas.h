// SPDX-License-Identifier: GPL-3.0-or-later
/// The drawn part of the timeline: zoom, pan, ranges and clicks.
#pragma once

#include <QPixmap>
#include <QWidget>
#include <memory>
#include <optional>
#include <vector>

#include "views/selection.h"
#include "views/timeline_painter.h"

namespace xkv::views {

class TimelineCanvas : public QWidget {
  Q_OBJECT
 public:
  explicit TimelineCanvas(TrackSet track_set, QWidget* parent = nullptr);

  /// Keeps the window where it was if the new timeline reaches that far (a run that grows).
  void setLayout(std::shared_ptr<const TimelineLayout> layout);
  void setGpuSentence(const QString& sentence);
  void setRange(std::optional<TimeRange> range);
  void setSelectedSpan(int32_t span);

  TimeWindow window() const { return window_; }
  std::optional<TimeRange> range() const { return range_; }
  int32_t selectedSpan() const { return selected_; }
  int contentHeight() const;
  int visibleHeight() const { return height(); }
  void setScroll(int pixels);

  void showWindow(TimeWindow window, bool remember = true);
  void showSpan(int32_t span);
  /// The range, else the selected span, else everything.
  void fitSelection();
  void showWindowBefore();
  bool hasWindowBefore() const { return !history_.empty(); }

 Q_SIGNALS:
  void spanClicked(int span);  ///< -1 = none
  void rangeChanged(std::optional<xkv::views::TimeRange> range);
  void windowChanged();
  void geometryChanged();  ///< contentHeight() or the height on the screen is new
  void nextRequested(bool forward);

 protected:
  void paintEvent(QPaintEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;
  void wheelEvent(QWheelEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;
  void mouseMoveEvent(QMouseEvent* event) override;
  void mouseReleaseEvent(QMouseEvent* event) override;
  void mouseDoubleClickEvent(QMouseEvent* event) override;
  void leaveEvent(QEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;
  void changeEvent(QEvent* event) override;

 private:
  enum class Drag { none, range, map_window, map_begin, map_end };

  TimelineScene scene() const;
  void relayout();
  void redraw();
  int32_t spanAt(QPoint position) const;
  double timeAt(double x) const;
  bool inMinimap(QPoint position) const;
  Drag mapDragAt(QPoint position) const;
  void dragMap(double x);
  void dragRange(QPoint position, bool snap);
  void pressOnMap(QPoint position);
  void hover(int32_t span);

  TrackSet track_set_;
  std::shared_ptr<const TimelineLayout> layout_;
  TimelineGeometry geometry_;
  TimeWindow window_;
  QString gpu_sentence_;
  std::optional<TimeRange> range_;
  int32_t selected_ = -1;
  int32_t hovered_ = -1;
  int scroll_ = 0;
  std::vector<TimeWindow> history_;
  QPixmap drawn_;    // rows and ruler; null = draw again
  QPixmap minimap_;  // its spans; null = draw again
  Tooltip* tooltip_;
  Drag drag_ = Drag::none;
  QPoint pressed_at_;
  bool moved_ = false;
  double grabbed_ns_ = 0;
};

}  // namespace xkv::views
