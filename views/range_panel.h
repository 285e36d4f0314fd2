// SPDX-License-Identifier: GPL-3.0-or-later
/// Statistics of the selected stretch of the timeline, and the selected span's facts.
#pragma once

#include <QWidget>
#include <memory>
#include <optional>

#include "profiling/records/session.h"
#include "views/range_statistics.h"
#include "views/selection.h"

class QPushButton;

namespace xkv::views {

/// Without a range it speaks of the whole run.
class RangePanel : public QWidget {
  Q_OBJECT
 public:
  explicit RangePanel(QWidget* parent = nullptr);

  void setTimeline(std::shared_ptr<const TimelineLayout> layout);
  /// Takes range and span.
  void setSelection(const Selection& selection);
  const RangeStatistics& statistics() const { return statistics_; }
  /// Tab-separated, ASCII, full precision: what "Copy table" puts on the clipboard.
  QString tableText() const;

 Q_SIGNALS:
  void searchRequested(const QString& words);  ///< a row was clicked: filter the timeline to it
  void spanRequested(int span);                ///< one of the longest spans was clicked

 protected:
  void paintEvent(QPaintEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;

 private:
  void compute();
  int paintTable(QPainter& painter, int y);
  int paintSpan(QPainter& painter, int y);
  int paintLongest(QPainter& painter, int y);
  int tableTop() const;
  int longestTop() const;
  int longestShown() const;

  std::shared_ptr<const TimelineLayout> layout_;
  Selection selection_;
  RangeStatistics statistics_;
  QPushButton* copy_;
};

}  // namespace xkv::views
