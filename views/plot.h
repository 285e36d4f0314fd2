// SPDX-License-Identifier: GPL-3.0-or-later
/// The one QCustomPlot widget of the panels: looks, margins, axes, overlay layer, focus ring.
#pragma once

#include <functional>

#include "views/qcustomplot.h"

namespace xkv::views {

/// Margins of the axis rect in design px (WINDOW.md 6).
struct PlotMargins {
  int left = 56;
  int top = 8;
  int right = 16;
  int bottom = 36;
};

/// Background, axes, ticks, grid and fonts follow the theme. Everything that moves with the mouse
/// (cursors, hover, selection) belongs on overlayLayer(), which is replotted on its own.
class Plot : public QCustomPlot {
  Q_OBJECT
 public:
  explicit Plot(QWidget* parent = nullptr, PlotMargins margins = {});

  QCPLayer* overlayLayer();
  /// Paints on the overlay layer with every replot of it, over curves and axes.
  /// overlayLayer()->replot() alone is enough when nothing else has changed.
  void paintOver(std::function<void(QCPPainter&)> paint);
  /// Axis titles are 11 px `text3`, centred below or turned left; empty = none.
  void setAxisTitles(const QString& below, const QString& left);
  /// Ticks at powers of `base` (2 or 10) written as plain numbers.
  void setLogarithmic(QCPAxis* axis, double base);
  /// Ticks at exactly these values with these labels.
  void setTicks(QCPAxis* axis, const QList<std::pair<double, QString>>& ticks);

  /// A line of `width` design px in `colour`; a dash pattern where given.
  static QPen linePen(const QColor& colour, double width, Qt::PenStyle style = Qt::SolidLine);

  /// Whole-plot pixels of a point given in axis coordinates.
  QPointF pixelOf(double x, double y) const;

 Q_SIGNALS:
  void themeChanged();  ///< plottables take their colours anew, then the plot replots

 protected:
  void changeEvent(QEvent* event) override;
  void showEvent(QShowEvent* event) override;
  void paintEvent(QPaintEvent* event) override;

 private:
  void restyle();
  void restyle(QCPAxis* axis);

  PlotMargins margins_;
};

}  // namespace xkv::views
