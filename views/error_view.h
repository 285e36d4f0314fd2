// SPDX-License-Identifier: GPL-3.0-or-later
/// Where the error sits: bars per layer or group, and a lens over the tokens of the prompt.
#pragma once

#include <QImage>
#include <QWidget>
#include <optional>
#include <utility>
#include <vector>

#include "profiling/rank_plan.h"
#include "views/empty_panel.h"
#include "views/error_layout.h"
#include "views/selection.h"
#include "views/token_lens.h"

namespace xkv::views {

class SegmentedSwitch;
class Tooltip;

/// Left and right arrows move the layer, with Shift the token; Ctrl+C copies what the tooltip says.
/// On the token strip a drag or the wheel zooms, Shift and the wheel pan, a double click shows all.
class ErrorView : public QWidget {
  Q_OBJECT
 public:
  explicit ErrorView(QWidget* parent = nullptr);

  /// B and A: both read in place; nullptr = none.
  void setRun(const Run* run);
  void setBaseline(const Run* run);
  /// The what-if's hatched bars; none = no such bars.
  void setWhatIf(std::optional<RankPlan> plan);
  void setSelection(const Selection& selection);

  std::optional<EmptyText> emptyReason() const;
  QString subtitle() const;
  /// Layers | Groups | Tokens
  std::vector<QWidget*> titleWidgets() const;
  QSize minimumSizeHint() const override;

 Q_SIGNALS:
  void selectionChanged(const Selection& selection);

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
  enum Mode { kLayers, kGroups, kTokens };
  /// Errors per stream and column; NaN where unknown, empty where there is no such bar.
  struct Bars {
    std::vector<double> first;  ///< of keys, or of latents
    std::vector<double> second;
    bool empty() const { return first.empty() && second.empty(); }
    const std::vector<double>& of(Stream stream) const { return isFirst(stream) ? first : second; }
    std::vector<double>& of(Stream stream) { return isFirst(stream) ? first : second; }
  };

  /// The tokens that the strip shows.
  struct TokenSpan {
    int64_t first = 0;
    int64_t count = 0;
  };
  std::pair<int64_t, int64_t> tokensAt(int x) const;
  double xOfToken(int64_t token) const;
  void showTokens(int64_t first, int64_t count);

  Mode mode() const;
  Bars measuredBars(const Run* run) const;
  Bars predictedBars() const;
  void gather();
  void relayout();
  void makeLens();
  int numColumns() const;
  /// What has bars: the streams that some run or the what-if compresses.
  std::vector<Stream> streams() const;
  Stream lensStream() const;
  bool isSelectedColumn(int column) const;
  void selectColumn(int column);
  void selectToken(int64_t token);
  void showColumn(int column, bool now);
  void showToken(int64_t token, int layer, bool now);

  void paintLegend(QPainter& painter) const;
  void paintAxes(QPainter& painter) const;
  void paintColumn(QPainter& painter, int column) const;
  void paintSteps(QPainter& painter, Stream stream) const;
  void paintLens(QPainter& painter) const;
  void paintTokenAxis(QPainter& painter) const;
  void paintLensHead(QPainter& painter) const;
  int paintLensScale(QPainter& painter) const;
  void paintBar(QPainter& painter, const QRectF& bar, const QColor& colour, bool predicted) const;

  const Run* run_ = nullptr;
  const Run* baseline_ = nullptr;
  std::optional<RankPlan> what_if_;
  Selection selection_;
  Bars measured_, before_, predicted_;
  RoundScale scale_;
  TokenErrors tokens_;
  TokenSpan shown_;
  std::optional<int> band_from_;  ///< x where a drag over the strip began
  int band_to_ = 0;
  double lens_top_ = 0;
  QImage lens_;
  ErrorLayout layout_;
  SegmentedSwitch* mode_;
  Tooltip* tooltip_;
};

}  // namespace xkv::views
