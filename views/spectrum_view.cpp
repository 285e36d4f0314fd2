// SPDX-License-Identifier: GPL-3.0-or-later
/// Curves, cursors and keys of the spectra panel. Its overlay is painted in spectrum_paint.cpp.
#include "views/spectrum_view.h"

#include <QApplication>
#include <QClipboard>
#include <QKeyEvent>
#include <QVBoxLayout>
#include <algorithm>
#include <cmath>

#include "views/number_format.h"
#include "views/plot.h"
#include "views/run_naming.h"
#include "views/segmented_switch.h"
#include "views/stream_look.h"
#include "views/theme.h"
#include "views/tooltip.h"

namespace xkv::views {
namespace {

constexpr double kSmallestSigma = 1e-3;
constexpr double kSmallestError = 0.01;
constexpr double kCatch = 6;  // px within which a cursor is taken, and a curve is hovered
constexpr PlotMargins kMargins{.left = 56, .top = 44, .right = 16, .bottom = 36};

const SpectrumRecord* spectrumOf(const Run& run, Stream stream, const PlannedGroup& group) {
  for (const SpectrumRecord& s : run.spectra) {
    if (s.stream == stream && s.first_layer == group.first_layer &&
        s.num_layers == group.num_layers)
      return &s;
  }
  return nullptr;
}

}  // namespace

SpectrumView::SpectrumView(QWidget* parent)
    : QWidget(parent),
      mode_(new SegmentedSwitch(QStringLiteral("Curve"), {"σ", "Energy", "Error"}, this)),
      plot_(new Plot(this, kMargins)),
      tooltip_(new Tooltip(plot_)) {
  mode_->hide();
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->addWidget(plot_);
  setFocusProxy(plot_);
  plot_->setAccessibleName(QStringLiteral("Spectra of the groups"));
  plot_->installEventFilter(this);
  plot_->setInteractions(QCP::iRangeZoom);
  plot_->axisRect()->setRangeZoom(Qt::Horizontal);
  plot_->paintOver([this](QCPPainter& painter) { paintOverlay(painter); });
  connect(mode_, &SegmentedSwitch::currentChanged, this, &SpectrumView::rebuild);
  connect(plot_, &Plot::themeChanged, this, &SpectrumView::restyle);
  connect(plot_, &QCustomPlot::mousePress, this, [this](QMouseEvent* e) { press(e->position()); });
  connect(plot_, &QCustomPlot::mouseMove, this, [this](QMouseEvent* e) { hover(e->position()); });
  connect(plot_, &QCustomPlot::mouseRelease, this, [this] { dragged_.reset(); });
  connect(plot_, &QCustomPlot::mouseDoubleClick, this,
          [this](QMouseEvent* e) { resetAt(e->position()); });
}

void SpectrumView::setRun(const Run* run) {
  run_ = run;
  rebuild();
}

void SpectrumView::setGroups(const std::vector<PlannedGroup>& groups) {
  // A slider changes ranks only, which no curve shows.
  const bool same_layers =
      std::equal(groups.begin(), groups.end(), groups_.begin(), groups_.end(),
                 [](const PlannedGroup& a, const PlannedGroup& b) {
                   return a.first_layer == b.first_layer && a.num_layers == b.num_layers;
                 });
  groups_ = groups;
  if (!same_layers) rebuild();
}

void SpectrumView::setRanks(const Ranks& ranks) {
  ranks_ = ranks;
  plot_->overlayLayer()->replot();
}

void SpectrumView::setMeasuredRanks(std::optional<Ranks> ranks) {
  measured_ = ranks;
  plot_->overlayLayer()->replot();
}

void SpectrumView::setSelection(const Selection& selection) {
  const bool other_curves =
      selection.group != selection_.group || selection.stream != selection_.stream;
  selection_ = selection;
  if (other_curves) rebuild();
}

std::optional<EmptyText> SpectrumView::emptyReason() const {
  EmptyText text{.what = QStringLiteral("Singular values of each group, ") + bothStreams(run_),
                 .why = {},
                 .button = {}};
  if (run_ == nullptr) {
    text.why = QStringLiteral("No run is selected.");
  } else if (run_->spectra.empty()) {
    text.why = run_->started.spec.analysis == AnalysisScope::none
                   ? QStringLiteral("The run was made without analysis.")
                   : notThisFar(*run_);
  } else if (curves_.empty() && !groups_.empty()) {
    text.why = QStringLiteral("No spectrum was computed for these groups of layers.");
  } else {
    return std::nullopt;
  }
  return text;
}

QString SpectrumView::subtitle() const {
  if (groups_.empty()) return {};
  const int64_t layers = groups_.front().num_layers;
  for (const PlannedGroup& group : groups_) {
    if (group.num_layers != layers && &group != &groups_.back())
      return QStringLiteral("custom groups");
  }
  QString text = layers == 1 ? QStringLiteral("single layers")
                             : QStringLiteral("groups of %1 layers").arg(layers);
  for (const Curve& curve : curves_) {
    if (curve.spectrum->leading_only) return text + QStringLiteral(", leading ranks only");
  }
  return text;
}

std::vector<QWidget*> SpectrumView::titleWidgets() const { return {mode_}; }

QSize SpectrumView::minimumSizeHint() const { return {px(320), px(172)}; }

SpectrumView::Mode SpectrumView::mode() const { return static_cast<Mode>(mode_->currentIndex()); }

size_t SpectrumView::shownGroup() const {
  const int64_t group = selection_.group.value_or(0);
  return group >= 0 && group < static_cast<int64_t>(groups_.size()) ? static_cast<size_t>(group)
                                                                    : 0;
}

int64_t SpectrumView::rankOf(Stream stream) const { return rankIn(ranks_, stream); }

int64_t SpectrumView::largestRank(std::optional<Stream> stream) const {
  int64_t most = 2;
  for (const Curve& curve : curves_) {
    if (!stream || curve.stream == *stream)
      most = std::max(most, std::min(curve.spectrum->seq_len, curve.spectrum->width));
  }
  return most;
}

void SpectrumView::addCurve(Stream stream, size_t group) {
  const SpectrumRecord* spectrum = spectrumOf(*run_, stream, groups_[group]);
  if (spectrum == nullptr || spectrum->singular_values.empty()) return;
  Curve curve{stream, group, spectrum, plot_->addGraph()};
  QVector<QCPGraphData> points;
  const auto ranks = static_cast<int64_t>(spectrum->singular_values.size());
  for (int64_t rank = 1; rank <= ranks; ++rank) {
    points.append(QCPGraphData(static_cast<double>(rank), valueAt(*spectrum, rank)));
  }
  curve.graph->data()->set(points, true);
  curves_.push_back(curve);
}

void SpectrumView::rebuild() {
  curves_.clear();
  plot_->clearGraphs();
  tooltip_->dismiss();
  if (run_ != nullptr && !groups_.empty()) {
    const size_t shown = shownGroup();
    const size_t beside = shown + 1 < groups_.size() ? shown + 1 : shown - 1;
    for (const Stream stream : streamsOf(run_)) {
      if (groups_.size() > 1) addCurve(stream, beside);
      addCurve(stream, shown);
    }
  }
  scaleAxes();
  restyle();
}

void SpectrumView::restyle() {
  for (const Curve& curve : curves_) {
    const QColor colour = streamColour(curve.stream);
    const bool shown = curve.group == shownGroup();
    const bool quiet = selection_.stream && !isLike(*selection_.stream, curve.stream);
    curve.graph->setPen(Plot::linePen(quiet ? mixed(colour, roles().panel, 0.5) : colour,
                                      shown ? 2 : 1.5, shown ? Qt::SolidLine : Qt::DotLine));
  }
  plot_->replot(QCustomPlot::rpQueuedReplot);
}

void SpectrumView::scaleAxes() {
  plot_->setLogarithmic(plot_->xAxis, 2);
  plot_->xAxis->setRange(1, static_cast<double>(largestRank(std::nullopt)));
  if (mode() == kSigma) {
    plot_->setLogarithmic(plot_->yAxis, 10);
    plot_->yAxis->setRange(kSmallestSigma, 1);
  } else if (mode() == kError) {
    plot_->yAxis->setScaleType(QCPAxis::stLogarithmic);
    plot_->setTicks(plot_->yAxis, {{0.01, "1 %"},
                                   {0.02, "2 %"},
                                   {0.05, "5 %"},
                                   {0.1, "10 %"},
                                   {0.2, "20 %"},
                                   {0.5, "50 %"},
                                   {1, "100 %"}});
    plot_->yAxis->setRange(kSmallestError, 1);
  } else {
    plot_->yAxis->setScaleType(QCPAxis::stLinear);
    plot_->setTicks(
        plot_->yAxis,
        {{0, "0 %"}, {0.25, "25 %"}, {0.5, "50 %"}, {0.75, "75 %"}, {0.9, "90 %"}, {1, "100 %"}});
    plot_->yAxis->setRange(0, 1.02);
  }
  const QString left[] = {QStringLiteral("σ / σ₁"), QStringLiteral("energy kept"),
                          QStringLiteral("error")};
  plot_->setAxisTitles(QStringLiteral("rank of the group (log)"), left[mode()]);
}

/// What the curve shows at a rank of 1 and above.
double SpectrumView::valueAt(const SpectrumRecord& spectrum, int64_t rank) const {
  const auto last = static_cast<int64_t>(spectrum.singular_values.size());
  const auto index = static_cast<size_t>(std::clamp<int64_t>(rank, 1, last));
  if (mode() == kSigma) {
    return static_cast<double>(spectrum.singular_values[index - 1]) /
           static_cast<double>(spectrum.singular_values[0]);
  }
  if (index >= spectrum.group_error.size()) return std::nan("");
  const auto error = static_cast<double>(spectrum.group_error[index]);
  return mode() == kError ? error : 1 - error * error;
}

QPointF SpectrumView::pointOf(const Curve& curve, int64_t rank) const {
  const double y = plot_->yAxis->coordToPixel(valueAt(*curve.spectrum, rank));
  const QRect area = plot_->axisRect()->rect();
  return {plot_->xAxis->coordToPixel(static_cast<double>(rank)),
          std::isfinite(y) ? std::min(y, static_cast<double>(area.bottom())) : area.bottom()};
}

std::optional<Stream> SpectrumView::cursorAt(QPointF point) const {
  if (curves_.empty()) return std::nullopt;
  for (const Stream stream : streamsOf(run_)) {
    if (rankOf(stream) > 0 && flag(stream).contains(point)) return stream;
  }
  if (!plot_->axisRect()->rect().contains(point.toPoint())) return std::nullopt;
  for (const Stream stream : streamsOf(run_)) {
    const double x = plot_->xAxis->coordToPixel(static_cast<double>(rankOf(stream)));
    if (rankOf(stream) > 0 && std::abs(x - point.x()) < kCatch / 2) return stream;
  }
  return std::nullopt;
}

std::optional<SpectrumView::Point> SpectrumView::nearest(QPointF point) const {
  if (!plot_->axisRect()->rect().contains(point.toPoint())) return std::nullopt;
  std::optional<Point> best;
  double distance = 2 * kCatch;
  for (const Curve& curve : curves_) {
    const auto last = static_cast<int64_t>(curve.spectrum->singular_values.size());
    const int64_t rank =
        std::clamp<int64_t>(std::lround(plot_->xAxis->pixelToCoord(point.x())), 1, last);
    const double off = std::abs(pointOf(curve, rank).y() - point.y());
    if (off >= distance) continue;
    distance = off;
    best = Point{&curve, rank};
  }
  return best;
}

void SpectrumView::press(QPointF point) {
  dragged_ = cursorAt(point);
  if (dragged_) return;
  if (const auto at = nearest(point)) {
    selection_.group = static_cast<int64_t>(at->curve->group);
    selection_.stream = at->curve->stream;
    rebuild();
    Q_EMIT selectionChanged(selection_);
  }
}

void SpectrumView::hover(QPointF point) {
  if (dragged_) {
    moveCursor(*dragged_, std::lround(plot_->xAxis->pixelToCoord(point.x())));
    return;
  }
  plot_->setCursor(cursorAt(point) ? Qt::SizeHorCursor : Qt::ArrowCursor);
  if (const auto at = nearest(point)) {
    showTooltip(*at);
  } else {
    tooltip_->dismiss();
  }
}

void SpectrumView::moveCursor(Stream stream, int64_t rank) {
  const int64_t taken = std::clamp<int64_t>(rank, 1, largestRank(stream));
  int64_t& own = rankIn(ranks_, stream);
  if (taken == own) return;
  own = taken;
  plot_->overlayLayer()->replot();
  Q_EMIT ranksChanged(ranks_);
}

/// A flag goes back to the measured rank, the axes to their whole range.
void SpectrumView::resetAt(QPointF point) {
  const auto stream = cursorAt(point);
  if (stream && measured_) {
    moveCursor(*stream, rankIn(*measured_, *stream));
  } else {
    scaleAxes();
    plot_->replot(QCustomPlot::rpQueuedReplot);
  }
}

bool SpectrumView::pressKey(int key, Qt::KeyboardModifiers modifiers) {
  if (curves_.empty() || (key != Qt::Key_Left && key != Qt::Key_Right)) return false;
  const Stream stream = streamsOf(run_)[(modifiers & Qt::ShiftModifier) != 0 ? 1 : 0];
  if (rankOf(stream) < 1) return false;
  moveCursor(stream, rankOf(stream) + (key == Qt::Key_Left ? -1 : 1));
  for (const Curve& curve : curves_) {
    if (curve.stream == stream && curve.group == shownGroup())
      showTooltip({&curve, rankOf(stream)});
  }
  return true;
}

bool SpectrumView::eventFilter(QObject* watched, QEvent* event) {
  if (event->type() == QEvent::Leave) tooltip_->dismiss();
  if (event->type() == QEvent::KeyPress) {
    auto* key = static_cast<QKeyEvent*>(event);
    if (key->matches(QKeySequence::Copy)) {
      QApplication::clipboard()->setText(tooltip_->text().plain());
      return true;
    }
    if (pressKey(key->key(), key->modifiers())) return true;
  }
  return QWidget::eventFilter(watched, event);
}

void SpectrumView::resizeEvent(QResizeEvent*) { tooltip_->dismiss(); }

void SpectrumView::showTooltip(const Point& at) {
  const SpectrumRecord& s = *at.curve->spectrum;
  const auto index = static_cast<size_t>(
      std::clamp<int64_t>(at.rank, 1, static_cast<int64_t>(s.singular_values.size())));
  TooltipText text;
  text.name = QStringLiteral("g%1 %2, rank %3")
                  .arg(at.curve->group)
                  .arg(streamName(at.curve->stream))
                  .arg(at.rank);
  const auto sigma = static_cast<double>(s.singular_values[index - 1]);
  text.lines = {{{QStringLiteral("σ"), significant(sigma)},
                 {QStringLiteral("σ/σ₁"),
                  significant(sigma / static_cast<double>(s.singular_values[0]), 3)}}};
  if (index < s.group_error.size()) {
    const auto error = static_cast<double>(s.group_error[index]);
    text.lines.push_back({{QStringLiteral("error"), percent(error), true},
                          {QStringLiteral("energy"), percent(1 - error * error)}});
  }
  text.provenance = Provenance::measured;
  text.source = QStringLiteral("run %1").arg(run_->run_id);
  plot_->setAccessibleDescription(text.plain());
  tooltip_->showAt(pointOf(*at.curve, at.rank), text);
}

}  // namespace xkv::views
