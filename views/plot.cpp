// SPDX-License-Identifier: GPL-3.0-or-later
/// The one QCustomPlot widget of the panels.
#include "views/plot.h"

#include <QEvent>
#include <QPainter>

#include "views/number_format.h"
#include "views/theme.h"

namespace xkv::views {
namespace {

constexpr int kTickLength = 4;
constexpr int kTickTextPx = 11;
constexpr int kTickPadding = 2;
const QString kOverlay = QStringLiteral("overlay");

/// Powers of a base as people write them: 0.001, 0.01, 1, 16, 1,024.
class PowerTicker : public QCPAxisTickerLog {
 public:
  explicit PowerTicker(double base) {
    setLogBase(base);
    setSubTickCount(0);
    setTickCount(12);  // every power: the range has few
  }

 protected:
  QString getTickLabel(double tick, const QLocale&, QChar, int) override {
    return significant(tick, 1);
  }
};

/// Free painting as an item, so that QCustomPlot buffers it with its layer.
class PaintedItem : public QCPAbstractItem {
 public:
  PaintedItem(QCustomPlot* plot, std::function<void(QCPPainter&)> paint)
      : QCPAbstractItem(plot), paint_(std::move(paint)) {
    setClipToAxisRect(false);
    setSelectable(false);
  }
  double selectTest(const QPointF&, bool, QVariant*) const override { return -1; }

 protected:
  void draw(QCPPainter* painter) override { paint_(*painter); }

 private:
  std::function<void(QCPPainter&)> paint_;
};

}  // namespace

Plot::Plot(QWidget* parent, PlotMargins margins) : QCustomPlot(parent), margins_(margins) {
  setFocusPolicy(Qt::StrongFocus);
  setMouseTracking(true);
  setNoAntialiasingOnDrag(false);
  layer(kOverlay)->setMode(QCPLayer::lmBuffered);
  axisRect()->setupFullAxesBox(true);
  axisRect()->setAutoMargins(QCP::msNone);
  for (QCPAxis* axis : {xAxis2, yAxis2}) {
    axis->setTicks(false);
    axis->setTickLabels(false);
  }
  for (QCPAxis* axis : {xAxis, yAxis}) {
    axis->setSubTicks(false);
    axis->grid()->setSubGridVisible(false);
  }
  restyle();
}

QCPLayer* Plot::overlayLayer() { return layer(kOverlay); }

void Plot::paintOver(std::function<void(QCPPainter&)> paint) {
  auto* item = new PaintedItem(this, std::move(paint));
  item->setLayer(overlayLayer());
}

void Plot::setAxisTitles(const QString& below, const QString& left) {
  xAxis->setLabel(below);
  yAxis->setLabel(left);
}

void Plot::setLogarithmic(QCPAxis* axis, double base) {
  axis->setScaleType(QCPAxis::stLogarithmic);
  axis->setTicker(QSharedPointer<QCPAxisTicker>(new PowerTicker(base)));
}

void Plot::setTicks(QCPAxis* axis, const QList<std::pair<double, QString>>& ticks) {
  QSharedPointer<QCPAxisTickerText> ticker(new QCPAxisTickerText);
  ticker->setSubTickCount(0);
  for (const auto& [position, label] : ticks) ticker->addTick(position, label);
  axis->setTicker(ticker);
}

QPen Plot::linePen(const QColor& colour, double width, Qt::PenStyle style) {
  QPen pen(colour, width * themeScale(), style, Qt::FlatCap, Qt::RoundJoin);
  if (style == Qt::DashLine) pen.setDashPattern({4, 3});
  if (style == Qt::DotLine) pen.setDashPattern({1, 2});
  return pen;
}

QPointF Plot::pixelOf(double x, double y) const {
  return {xAxis->coordToPixel(x), yAxis->coordToPixel(y)};
}

void Plot::restyle(QCPAxis* axis) {
  const QPen line(roles().control, 1);
  axis->setBasePen(line);
  axis->setTickPen(line);
  axis->setTickLength(0, px(kTickLength));
  axis->setTickLabelFont(textFont(kTickTextPx));
  axis->setTickLabelColor(roles().text2);
  axis->setTickLabelPadding(px(kTickPadding));
  axis->setLabelFont(textFont(kTickTextPx));
  axis->setLabelColor(roles().text3);
  axis->setLabelPadding(0);
  axis->grid()->setPen(QPen(roles().grid, 1));
  axis->grid()->setZeroLinePen(line);
}

void Plot::restyle() {
  setBackground(roles().panel);
  axisRect()->setMargins(
      QMargins(px(margins_.left), px(margins_.top), px(margins_.right), px(margins_.bottom)));
  for (QCPAxis* axis : {xAxis, yAxis, xAxis2, yAxis2}) restyle(axis);
}

void Plot::changeEvent(QEvent* event) {
  QCustomPlot::changeEvent(event);
  if (event->type() != QEvent::StyleChange) return;
  restyle();
  Q_EMIT themeChanged();
  replot(rpQueuedReplot);
}

/// QCustomPlot takes the pixel ratio when it is built, before it is on its screen.
void Plot::showEvent(QShowEvent* event) {
  QCustomPlot::showEvent(event);
  setBufferDevicePixelRatio(devicePixelRatioF());
}

void Plot::paintEvent(QPaintEvent* event) {
  QCustomPlot::paintEvent(event);
  if (!hasFocus()) return;
  QPainter painter(this);
  painter.setPen(QPen(roles().accent, 2));
  painter.drawRect(rect().adjusted(1, 1, -1, -1));
}

}  // namespace xkv::views
