// SPDX-License-Identifier: GPL-3.0-or-later
/// How fast each group's energy falls: singular values, energy or error against the rank, with rank
/// cursors.
#pragma once

#include <QWidget>
#include <optional>
#include <vector>

#include "profiling/rank_plan.h"
#include "views/empty_panel.h"
#include "views/selection.h"

class QCPGraph;
class QCPPainter;

namespace xkv::views {

class Plot;
class SegmentedSwitch;
class Tooltip;

/// The selected group's curves are solid, those of the group beside it dotted. Left and right
/// arrows move the rank of keys (latents), with Shift that of values (RoPE keys); Ctrl+C copies
/// what the tooltip says.
class SpectrumView : public QWidget {
  Q_OBJECT
 public:
  explicit SpectrumView(QWidget* parent = nullptr);

  /// Read in place; nullptr = none.
  void setRun(const Run* run);
  void setGroups(const std::vector<PlannedGroup>& groups);
  /// Ranks of the what-if: the cursors.
  void setRanks(const Ranks& ranks);
  /// Ranks of the selected run: triangles on the axis; none where it is dense.
  void setMeasuredRanks(std::optional<Ranks> ranks);
  void setSelection(const Selection& selection);

  std::optional<EmptyText> emptyReason() const;
  QString subtitle() const;
  std::vector<QWidget*> titleWidgets() const;
  QSize minimumSizeHint() const override;

 Q_SIGNALS:
  void selectionChanged(const Selection& selection);  ///< a curve: its group and stream
  void ranksChanged(const Ranks& ranks);              ///< a flag was dragged or stepped

 protected:
  void resizeEvent(QResizeEvent* event) override;
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  enum Mode { kSigma, kEnergy, kError };
  struct Curve {
    Stream stream = Stream::key;
    size_t group = 0;
    const SpectrumRecord* spectrum = nullptr;
    QCPGraph* graph = nullptr;
  };
  struct Point {
    const Curve* curve = nullptr;
    int64_t rank = 0;
  };

  Mode mode() const;
  size_t shownGroup() const;
  void rebuild();
  void addCurve(Stream stream, size_t group);
  void restyle();
  void scaleAxes();
  double valueAt(const SpectrumRecord& spectrum, int64_t rank) const;
  int64_t rankOf(Stream stream) const;
  int64_t largestRank(std::optional<Stream> stream) const;  ///< none = of all curves
  QPointF pointOf(const Curve& curve, int64_t rank) const;
  QRectF flag(Stream stream) const;
  std::optional<Stream> cursorAt(QPointF point) const;
  std::optional<Point> nearest(QPointF point) const;

  void press(QPointF point);
  void hover(QPointF point);
  void moveCursor(Stream stream, int64_t rank);
  void resetAt(QPointF point);
  bool pressKey(int key, Qt::KeyboardModifiers modifiers);
  void showTooltip(const Point& at);

  void paintOverlay(QCPPainter& painter) const;
  void paintCursor(QCPPainter& painter, Stream stream) const;
  void paintLegend(QCPPainter& painter) const;

  const Run* run_ = nullptr;
  std::vector<PlannedGroup> groups_;
  Ranks ranks_;
  std::optional<Ranks> measured_;
  Selection selection_;
  std::vector<Curve> curves_;
  std::optional<Stream> dragged_;
  SegmentedSwitch* mode_;
  Plot* plot_;
  Tooltip* tooltip_;
};

}  // namespace xkv::views
