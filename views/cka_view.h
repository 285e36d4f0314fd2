// SPDX-License-Identifier: GPL-3.0-or-later
/// Which layers look alike: CKA of all layer pairs, with the borders of the groups.
#pragma once

#include <QWidget>
#include <optional>
#include <vector>

#include "profiling/records/session.h"
#include "views/colour_maps.h"
#include "views/empty_panel.h"
#include "views/heatmap_layout.h"
#include "views/selection.h"

namespace xkv::views {

class SegmentedSwitch;
class Tooltip;

class CkaView : public QWidget {
  Q_OBJECT
 public:
  explicit CkaView(QWidget* parent = nullptr);

  /// The run is read in place and must live until another is set; nullptr = none.
  void setRun(const Run* run);
  /// Groups whose borders are drawn; predicted ones (a what-if) are dashed.
  void setGroups(const std::vector<PlannedGroup>& groups, bool predicted);
  void setSelection(const Selection& selection);
  /// One stream alone or both; a stream that the run has no record of shows what there is. Emits
  /// nothing.
  void setStream(std::optional<Stream> stream);

  /// Why there is nothing to show; none where there is.
  std::optional<EmptyText> emptyReason() const;
  /// "linear, columns centred over 547 tokens, keys before RoPE"
  QString subtitle() const;
  /// Keys | Values | Both (or Latents | RoPE keys | Both, or what was measured alone) and
  /// Viridis | Cividis, for the panel's title.
  std::vector<QWidget*> titleWidgets() const;
  QSize minimumSizeHint() const override;

 Q_SIGNALS:
  void selectionChanged(const Selection& selection);
  /// A border was dragged: the groups as they would be.
  void groupsChanged(const std::vector<LayerGroup>& groups);
  void streamChosen(std::optional<Stream> stream);  ///< with the switch in the title

 protected:
  void paintEvent(QPaintEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;
  void changeEvent(QEvent* event) override;
  void mouseMoveEvent(QMouseEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;
  void mouseReleaseEvent(QMouseEvent* event) override;
  void mouseDoubleClickEvent(QMouseEvent* event) override;
  void wheelEvent(QWheelEvent* event) override;
  void leaveEvent(QEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;

 private:
  struct Shown {
    const CkaRecord* record = nullptr;
    double adjacent = 0;  ///< mean over neighbours
    double all_pairs = 0;
    bool cosine = false;  ///< token-wise cosine instead of CKA
  };

  /// The colours stand for these values; the bar reaches from `lowest` to 1.
  struct ColourRange {
    double low = 0;
    double high = 1;
  };
  /// What a press of the mouse has taken hold of.
  enum class Hold { nothing, border, range_low, range_high, map };

  void gather();
  void offerStreams();
  void chooseStream(int choice);
  void relayout();
  HeatmapLayout layoutOf(size_t maps) const;
  std::optional<Shown> cosineBeside() const;
  ColourRange range() const;
  ColourMap colours() const;
  QRgb colourOf(double value) const;
  double barShare(double value) const { return (value - lowest_) / (1 - lowest_); }
  std::optional<Hold> handleAt(QPoint point) const;
  void dragRange(int y);
  void dragMap(QPoint point);
  void hover(QPoint point);
  void setWindow(const HeatmapWindow& window);
  float valueAt(const HeatmapCell& cell) const;
  void select(int row, int column);
  void showTooltip(const HeatmapCell& cell, bool now);
  std::vector<int> borders() const;

  void paintMap(QPainter& painter, int map);
  void paintHead(QPainter& painter, int map) const;
  void paintLabels(QPainter& painter, int map) const;
  void paintNumbers(QPainter& painter, int map) const;
  void paintUnmeasured(QPainter& painter, int map) const;
  void paintEnd(QPainter& painter, int map) const;
  void paintGroups(QPainter& painter, int map) const;
  void paintSelection(QPainter& painter, int map) const;
  void paintColourBar(QPainter& painter) const;
  void paintHistogram(QPainter& painter) const;
  void paintCard(QPainter& painter) const;
  int paintPairTable(QPainter& painter, QRect room, const LayerPair& pair) const;
  void paintOddLayer(QPainter& painter, QRect room) const;

  const Run* run_ = nullptr;
  std::vector<PlannedGroup> groups_;
  bool groups_predicted_ = false;
  Selection selection_;
  std::vector<Stream> offered_;              ///< one per segment; Both is the one behind them
  std::optional<Stream> stream_;             ///< shown alone; none = both
  std::vector<Shown> shown_;                 ///< one per map
  double lowest_ = 0;                        ///< the colour bar reaches from here to 1
  std::optional<ColourRange> chosen_range_;  ///< by its handles; none = the whole bar
  HeatmapWindow window_;                     ///< what was zoomed to
  HeatmapLayout layout_;
  std::optional<HeatmapCell> hovered_;
  Hold hold_ = Hold::nothing;
  QPoint held_at_;             ///< where the map was taken
  HeatmapWindow held_window_;  ///< and what it showed then
  int dragged_border_ = 0;
  int drag_target_ = 0;
  mutable QRect odd_link_;  ///< where the card offers a group of its own for the odd layer
  SegmentedSwitch* streams_;
  SegmentedSwitch* colours_;
  Tooltip* tooltip_;
};

}  // namespace xkv::views
