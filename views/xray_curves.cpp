// SPDX-License-Identifier: GPL-3.0-or-later
/// Recall and hit rate of Selective Reconstruction over the steps, and recall against the budget.
#include "views/xray_curves.h"

#include <QApplication>
#include <QClipboard>
#include <QKeyEvent>
#include <QVBoxLayout>
#include <algorithm>
#include <cmath>

#include "profiling/selection_summary.h"
#include "views/number_format.h"
#include "views/part_colours.h"
#include "views/plot.h"
#include "views/theme.h"
#include "views/tooltip.h"
#include "views/xray_map.h"

namespace xkv::views {
using namespace Qt::StringLiterals;
namespace {

constexpr PlotMargins kMargins{.left = 56, .top = 28, .right = 16, .bottom = 36};
constexpr int kLegendRow = 16;

QPen recallPen() { return Plot::linePen(roles().run_b, 2); }
QPen hitPen() { return Plot::linePen(localColour(), 1.5); }
QPen allLayersPen() { return Plot::linePen(roles().text2, 1.5, Qt::DotLine); }

QString headName(const SelectionRecord& record, int64_t kv_head) {
  return record.num_kv_heads == 1 ? u"all heads"_s : QStringLiteral("KV head %1").arg(kv_head);
}

}  // namespace

XrayCurves::XrayCurves(QWidget* parent)
    : QWidget(parent), plot_(new Plot(this, kMargins)), tooltip_(new Tooltip(plot_)) {
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->addWidget(plot_);
  setFocusProxy(plot_);
  plot_->setAccessibleName(u"Recall and hit rate of the selection"_s);
  plot_->installEventFilter(this);
  plot_->paintOver([this](QCPPainter& painter) { paintOverlay(painter); });
  plot_->setTicks(
      plot_->yAxis,
      {{0, u"0 %"_s}, {0.25, u"25 %"_s}, {0.5, u"50 %"_s}, {0.75, u"75 %"_s}, {1, u"100 %"_s}});
  plot_->yAxis->setRange(0, 1.02);
  connect(plot_, &Plot::themeChanged, this, &XrayCurves::restyle);
  connect(plot_, &QCustomPlot::mouseMove, this, [this](QMouseEvent* e) {
    const auto point = pointAt(e->position().x());
    if (point && plot_->axisRect()->rect().contains(e->pos())) {
      showPoint(*point, false);
    } else {
      tooltip_->dismiss();
    }
  });
  connect(plot_, &QCustomPlot::mousePress, this, [this](QMouseEvent* e) {
    const auto point = pointAt(e->position().x());
    if (point && axis_ == Axis::steps) Q_EMIT stepChosen(*point);
  });
}

void XrayCurves::setRecord(const Run* run, const SelectionRecord* record, int64_t kv_head) {
  run_ = run;
  record_ = record;
  kv_head_ = kv_head;
  rebuild();
}

void XrayCurves::setAxis(Axis axis) {
  if (axis == axis_) return;
  axis_ = axis;
  rebuild();
}

void XrayCurves::setStep(std::optional<int64_t> step) {
  step_ = step;
  plot_->overlayLayer()->replot();
}

void XrayCurves::setWhatIfBudget(std::optional<int64_t> tokens) {
  what_if_ = tokens;
  plot_->overlayLayer()->replot();
}

void XrayCurves::addSteps() {
  Curve recall{u"recall, "_s + headName(*record_, kv_head_), recallPen, true, {}};
  Curve hits{u"hit rate, all heads"_s, hitPen, true, {}};
  for (int64_t step = 0; step < record_->num_steps; ++step) {
    recall.y.push_back(recallAt(*record_, kv_head_, step));
    hits.y.push_back(hitRateAt(*record_, step));
  }
  curves_ = {std::move(recall), std::move(hits)};
}

void XrayCurves::addBudgets() {
  Curve layer{QStringLiteral("layer %1").arg(record_->layer), recallPen, false, {}};
  Curve all{u"all layers"_s, allLayersPen, false, {}};
  for (size_t k = 0; k < record_->recall_of_chunks.size(); ++k) {
    layer.y.push_back(static_cast<double>(record_->recall_of_chunks[k]));
    all.y.push_back(recallAtBudget(run_->selections, static_cast<int64_t>(k) * record_->chunk)
                        .value_or(std::nan("")));
  }
  curves_ = {std::move(all), std::move(layer)};
}

void XrayCurves::rebuild() {
  curves_.clear();
  plot_->clearGraphs();
  tooltip_->dismiss();
  at_ = 0;
  if (record_ != nullptr) axis_ == Axis::steps ? addSteps() : addBudgets();
  for (const Curve& curve : curves_) {
    QVector<QCPGraphData> points;
    for (size_t i = 0; i < curve.y.size(); ++i)
      points.append(QCPGraphData(static_cast<double>(i) * unit(), curve.y[i]));
    plot_->addGraph()->data()->set(points, true);
  }
  const double last = static_cast<double>(std::max<int64_t>(2, numPoints()) - 1) * unit();
  const double edge = axis_ == Axis::steps ? 0.25 : 0;
  plot_->xAxis->setRange(-edge, last + edge);
  QSharedPointer<QCPAxisTicker> ticker(new QCPAxisTicker);
  if (axis_ == Axis::steps) {
    QSharedPointer<QCPAxisTickerFixed> whole(new QCPAxisTickerFixed);
    whole->setTickStep(1);
    whole->setScaleStrategy(QCPAxisTickerFixed::ssMultiples);
    ticker = whole;
  }
  plot_->xAxis->setTicker(ticker);
  plot_->xAxis->setNumberFormat(u"f"_s);
  plot_->xAxis->setNumberPrecision(0);
  plot_->setAxisTitles(axis_ == Axis::steps ? u"decode step"_s : u"tokens chosen per KV head"_s,
                       axis_ == Axis::steps ? u"share"_s : u"recall"_s);
  restyle();
}

void XrayCurves::restyle() {
  for (int i = 0; i < plot_->graphCount(); ++i) {
    const Curve& curve = curves_[static_cast<size_t>(i)];
    plot_->graph(i)->setPen(curve.pen());
    plot_->graph(i)->setScatterStyle(
        curve.dots ? QCPScatterStyle(QCPScatterStyle::ssDisc, curve.pen().color(),
                                     curve.pen().color(), 5 * themeScale())
                   : QCPScatterStyle());
  }
  plot_->replot(QCustomPlot::rpQueuedReplot);
}

double XrayCurves::unit() const {
  return axis_ == Axis::budget && record_ != nullptr ? static_cast<double>(record_->chunk) : 1;
}

int64_t XrayCurves::numPoints() const {
  return curves_.empty() ? 0 : static_cast<int64_t>(curves_.front().y.size());
}

bool XrayCurves::isEmpty() const {
  return std::ranges::all_of(curves_, [](const Curve& curve) {
    return std::ranges::all_of(curve.y, [](double y) { return std::isnan(y); });
  });
}

/// Of the curve that the panel is about: the last under Budget, else the first that is measured.
double XrayCurves::yAt(int64_t point) const {
  const auto at = static_cast<size_t>(point);
  if (axis_ == Axis::budget) return curves_.back().y[at];
  return std::isnan(curves_[0].y[at]) ? curves_[1].y[at] : curves_[0].y[at];
}

std::optional<int64_t> XrayCurves::pointAt(double x) const {
  if (numPoints() == 0 || isEmpty()) return std::nullopt;
  const auto point = std::lround(plot_->xAxis->pixelToCoord(x) / unit());
  return std::clamp<int64_t>(point, 0, numPoints() - 1);
}

void XrayCurves::showPoint(int64_t point, bool now) {
  const auto at = static_cast<size_t>(point);
  at_ = point;
  TooltipText text;
  text.name = axis_ == Axis::steps ? QStringLiteral("step %1").arg(point)
                                   : QStringLiteral("%1 tokens").arg(count(point * record_->chunk));
  for (const Curve& curve : curves_) {
    const double y = curve.y[at];
    text.lines.push_back({{curve.name, std::isnan(y) ? u"not measured"_s : percent(y)}});
  }
  text.provenance = Provenance::measured;
  text.source = QStringLiteral("run %1").arg(run_->run_id);
  if (record_->teacher_forced) text.source += u", teacher-forced"_s;
  plot_->setAccessibleDescription(text.plain());
  const double y = yAt(point);
  const QPointF place = plot_->pixelOf(static_cast<double>(point) * unit(), std::isnan(y) ? 0 : y);
  now ? tooltip_->showNow(place, text) : tooltip_->showAt(place, text);
}

bool XrayCurves::pressKey(int key) {
  if (numPoints() == 0 || isEmpty() || (key != Qt::Key_Left && key != Qt::Key_Right)) return false;
  const int64_t from = axis_ == Axis::steps ? step_.value_or(at_) : at_;
  const int64_t to = std::clamp<int64_t>(from + (key == Qt::Key_Left ? -1 : 1), 0, numPoints() - 1);
  if (axis_ == Axis::steps) Q_EMIT stepChosen(to);
  showPoint(to, true);
  return true;
}

bool XrayCurves::eventFilter(QObject* watched, QEvent* event) {
  if (event->type() == QEvent::Leave || event->type() == QEvent::Resize) tooltip_->dismiss();
  if (event->type() == QEvent::KeyPress) {
    auto* key = static_cast<QKeyEvent*>(event);
    if (key->matches(QKeySequence::Copy)) {
      QApplication::clipboard()->setText(tooltip_->text().plain());
      return true;
    }
    if (pressKey(key->key())) return true;
  }
  return QWidget::eventFilter(watched, event);
}

void XrayCurves::paintOverlay(QCPPainter& painter) const {
  if (record_ == nullptr) return;
  const QRect area = plot_->axisRect()->rect();
  painter.setAntialiasing(true);
  if (isEmpty()) {
    painter.setFont(textFont(12));
    painter.setPen(roles().text2);
    painter.drawText(area, Qt::AlignCenter | Qt::TextWordWrap,
                     axis_ == Axis::budget ? u"Recall was not measured in this layer."_s
                                           : u"Neither recall nor hit rate was measured here."_s);
    return;
  }
  paintLegend(painter);
  if (axis_ == Axis::budget) {
    if (what_if_)
      paintMark(painter, static_cast<double>(*what_if_),
                QStringLiteral("what-if %1").arg(count(*what_if_)), true);
    const int64_t own = record_->chosen_chunks * record_->chunk;
    paintMark(painter, static_cast<double>(own),
              QStringLiteral("run %1: %2 tokens").arg(run_->run_id).arg(count(own)), false);
  } else if (step_ && *step_ >= 0 && *step_ < numPoints()) {
    const double x = plot_->xAxis->coordToPixel(static_cast<double>(*step_));
    painter.setPen(Plot::linePen(roles().accent, 1.5));
    painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()));
  }
}

void XrayCurves::paintLegend(QCPPainter& painter) const {
  int x = plot_->axisRect()->rect().left();
  painter.setFont(textFont(11));
  for (const Curve& curve : curves_) {
    const bool measured = std::ranges::any_of(curve.y, [](double y) { return !std::isnan(y); });
    const QString words = measured ? curve.name : curve.name + u" (not measured)"_s;
    const int wide = painter.fontMetrics().horizontalAdvance(words);
    painter.setPen(curve.pen());
    painter.drawLine(QPointF(x, px(14)), QPointF(x + px(16), px(14)));
    painter.setPen(roles().text2);
    painter.drawText(QRect(x + px(20), px(6), wide + px(2), px(kLegendRow)), Qt::AlignVCenter,
                     words);
    x += px(20 + 14) + wide;
  }
}

/// A budget on the axis, with the layer's recall there.
void XrayCurves::paintMark(QCPPainter& painter, double tokens, const QString& words,
                           bool predicted) const {
  const QRect area = plot_->axisRect()->rect();
  const double x = plot_->xAxis->coordToPixel(tokens);
  if (x < area.left() - 1 || x > area.right() + 1) return;
  const QColor colour = predicted ? roles().accent : roles().run_b;
  painter.setPen(Plot::linePen(colour, 1.5, predicted ? Qt::DashLine : Qt::SolidLine));
  painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()));
  const auto point = static_cast<int64_t>(tokens / unit());
  const double recall = point < numPoints() ? yAt(point) : std::nan("");
  QString label = words;
  if (!std::isnan(recall)) {
    label += u", "_s + percent(recall);
    painter.setPen(QPen(colour, 1.5 * themeScale()));
    painter.setBrush(predicted ? roles().panel : colour);
    painter.drawEllipse(plot_->pixelOf(tokens, recall), 4 * themeScale(), 4 * themeScale());
  }
  painter.setFont(textFont(11, QFont::Normal, predicted));
  painter.setPen(colour);
  const int wide = painter.fontMetrics().horizontalAdvance(label) + px(4);
  const bool left = x + px(6) + wide > area.right();
  const int y = area.bottom() - px(predicted ? 40 : 22);
  const int from = static_cast<int>(x) + (left ? -px(6) - wide : px(6));
  painter.drawText(QRect(from, y, wide, px(kLegendRow)), Qt::AlignVCenter, label);
}

}  // namespace xkv::views
