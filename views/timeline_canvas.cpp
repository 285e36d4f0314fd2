// SPDX-License-Identifier: GPL-3.0-or-later
/// The drawn part of the timeline: zoom, pan, ranges and clicks.
#include "views/timeline_canvas.h"

#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QWheelEvent>
#include <algorithm>
#include <cmath>
#include <utility>

#include "views/theme.h"

namespace xkv::views {
namespace {

constexpr int kSnapPixels = 6;
constexpr int kDragPixels = 4;
constexpr double kZoomStep = 0.8;
constexpr double kPanStep = 0.15;
constexpr size_t kMostHistory = 64;

}  // namespace

TimelineCanvas::TimelineCanvas(TrackSet track_set, QWidget* parent)
    : QWidget(parent),
      track_set_(track_set),
      layout_(std::make_shared<TimelineLayout>()),
      tooltip_(new Tooltip(this)) {
  setMouseTracking(true);
  setFocusPolicy(Qt::StrongFocus);
  setAccessibleName(QStringLiteral("Timeline"));
}

void TimelineCanvas::setLayout(std::shared_ptr<const TimelineLayout> layout) {
  const bool showed_all = window_ == layout_->bounds() || layout_->tracks().empty();
  layout_ = std::move(layout);
  window_ = showed_all ? layout_->bounds() : clamped(window_, layout_->bounds());
  if (showed_all) history_.clear();
  const auto spans = static_cast<int64_t>(layout_->timeline().spans.size());
  if (selected_ >= spans) selected_ = -1;
  hovered_ = -1;
  relayout();
}

void TimelineCanvas::setGpuSentence(const QString& sentence) {
  gpu_sentence_ = sentence;
  relayout();
}

void TimelineCanvas::setRange(std::optional<TimeRange> range) {
  range_ = range;
  update();
}

void TimelineCanvas::setSelectedSpan(int32_t span) {
  selected_ = span;
  QString description;
  if (span >= 0) description = spanTooltip(layout_->span(span)).plain();
  setAccessibleDescription(description);
  update();
}

int TimelineCanvas::contentHeight() const { return geometry_.content_height; }

void TimelineCanvas::setScroll(int pixels) {
  scroll_ = std::max(0, pixels);
  redraw();
}

void TimelineCanvas::showWindow(TimeWindow window, bool remember) {
  window = clamped(window, layout_->bounds());
  if (window == window_) return;
  if (remember) {
    history_.push_back(window_);
    if (history_.size() > kMostHistory) history_.erase(history_.begin());
  }
  window_ = window;
  redraw();
  Q_EMIT windowChanged();
}

void TimelineCanvas::showSpan(int32_t index) {
  const Span& span = layout_->span(index);
  const auto start = static_cast<double>(span.start_ns);
  const auto end = static_cast<double>(span.end_ns);
  if (start >= window_.begin_ns && end <= window_.end_ns) return;
  const double middle = (start + end) / 2;
  const double length = std::max(window_.length(), (end - start) * 1.2);
  showWindow({middle - length / 2, middle + length / 2}, false);
}

void TimelineCanvas::fitSelection() {
  TimeWindow target = layout_->bounds();
  if (range_) {
    target = {static_cast<double>(range_->start_ns), static_cast<double>(range_->end_ns)};
  } else if (selected_ >= 0) {
    const Span& span = layout_->span(selected_);
    target = {static_cast<double>(span.start_ns),
              static_cast<double>(std::max(span.end_ns, span.start_ns + 1))};
  }
  if (target != layout_->bounds()) {
    const double margin = target.length() * 0.02;
    target = {target.begin_ns - margin, target.end_ns + margin};
  }
  showWindow(target);
}

void TimelineCanvas::showWindowBefore() {
  if (history_.empty()) return;
  const TimeWindow before = history_.back();
  history_.pop_back();
  showWindow(before, false);
}

TimelineScene TimelineCanvas::scene() const {
  return {*layout_, geometry_,           track_set_,    window_, scroll_,
          size(),   devicePixelRatioF(), gpu_sentence_, range_,  selected_};
}

void TimelineCanvas::relayout() {
  geometry_ = timelineGeometry(*layout_, track_set_, size(), !gpu_sentence_.isEmpty());
  minimap_ = QPixmap();
  redraw();
  Q_EMIT geometryChanged();
}

void TimelineCanvas::redraw() {
  drawn_ = QPixmap();
  update();
}

void TimelineCanvas::paintEvent(QPaintEvent*) {
  if (drawn_.isNull()) {
    drawn_ = QPixmap(size() * devicePixelRatioF());
    drawn_.setDevicePixelRatio(devicePixelRatioF());
    QPainter drawing(&drawn_);
    paintTimeline(drawing, scene());
  }
  const bool has_minimap = !geometry_.minimap.isEmpty();
  if (has_minimap && minimap_.isNull()) {
    minimap_ = QPixmap(geometry_.minimap.size() * devicePixelRatioF());
    minimap_.setDevicePixelRatio(devicePixelRatioF());
    QPainter drawing(&minimap_);
    paintMinimapSpans(drawing, scene());
  }
  QPainter painter(this);
  painter.drawPixmap(0, 0, drawn_);
  if (has_minimap) {
    painter.drawPixmap(0, 0, minimap_);
    paintMinimapWindow(painter, scene());
  }
  paintTimelineOverlay(painter, scene());
  if (!hasFocus()) return;
  painter.setPen(QPen(roles().accent, px(2)));
  painter.setBrush(Qt::NoBrush);
  painter.drawRect(rect().adjusted(1, 1, -1, -1));
}

void TimelineCanvas::resizeEvent(QResizeEvent*) { relayout(); }

void TimelineCanvas::changeEvent(QEvent* event) {
  if (event->type() == QEvent::StyleChange || event->type() == QEvent::PaletteChange) relayout();
  QWidget::changeEvent(event);
}

double TimelineCanvas::timeAt(double x) const {
  const double time = window_.timeAt(x - geometry_.plot_left, geometry_.plot_width);
  return std::clamp(time, layout_->bounds().begin_ns, layout_->bounds().end_ns);
}

int32_t TimelineCanvas::spanAt(QPoint position) const {
  if (position.x() < geometry_.plot_left) return -1;
  const TimelineScene now = scene();
  for (const TimelineRow& row : geometry_.rows) {
    const int top = now.top(row);
    if (row.track < 0 || position.y() < top || position.y() >= top + row.height) continue;
    if (!row.pinned && row.y >= geometry_.scroll_top && position.y() < geometry_.scroll_top)
      continue;
    return layout_->spanAt(static_cast<size_t>(row.track), window_, geometry_.plot_width,
                           position.x() - geometry_.plot_left);
  }
  return -1;
}

void TimelineCanvas::wheelEvent(QWheelEvent* event) {
  const QPoint turned = event->angleDelta();
  const double steps = (turned.y() != 0 ? turned.y() : turned.x()) / 120.0;
  const bool pans = event->modifiers().testFlag(Qt::ShiftModifier) || turned.y() == 0;
  if (pans) {
    showWindow(panned(window_, -steps * kPanStep * window_.length(), layout_->bounds()), false);
  } else {
    const double anchor = timeAt(event->position().x());
    showWindow(zoomed(window_, std::pow(kZoomStep, steps), anchor, layout_->bounds()), false);
  }
  event->accept();
}

bool TimelineCanvas::inMinimap(QPoint position) const {
  return geometry_.minimap.contains(position) && position.x() >= geometry_.plot_left;
}

TimelineCanvas::Drag TimelineCanvas::mapDragAt(QPoint position) const {
  const auto edge = [&](double time) {
    return geometry_.plot_left + layout_->bounds().pixelOf(time, geometry_.plot_width);
  };
  if (std::abs(position.x() - edge(window_.begin_ns)) <= px(kDragPixels)) return Drag::map_begin;
  if (std::abs(position.x() - edge(window_.end_ns)) <= px(kDragPixels)) return Drag::map_end;
  return Drag::map_window;
}

void TimelineCanvas::pressOnMap(QPoint position) {
  drag_ = mapDragAt(position);
  const double time =
      layout_->bounds().timeAt(position.x() - geometry_.plot_left, geometry_.plot_width);
  if (time < window_.begin_ns || time > window_.end_ns) {
    const double half = window_.length() / 2;
    if (drag_ == Drag::map_window) showWindow({time - half, time + half});
  }
  grabbed_ns_ = time - window_.begin_ns;
}

void TimelineCanvas::dragMap(double x) {
  const TimeWindow bounds = layout_->bounds();
  const double time = bounds.timeAt(x - geometry_.plot_left, geometry_.plot_width);
  TimeWindow target = window_;
  if (drag_ == Drag::map_begin)
    target.begin_ns = std::min(time, window_.end_ns - kShortestWindowNs);
  if (drag_ == Drag::map_end) target.end_ns = std::max(time, window_.begin_ns + kShortestWindowNs);
  if (drag_ == Drag::map_window)
    target = panned(window_, time - grabbed_ns_ - window_.begin_ns, bounds);
  showWindow(target, false);
}

void TimelineCanvas::dragRange(QPoint position, bool snap) {
  const double slack = snap ? px(kSnapPixels) * window_.length() / geometry_.plot_width : 0;
  const auto edge = [&](double x) { return layout_->snapped(std::llround(timeAt(x)), slack); };
  const int64_t a = edge(pressed_at_.x());
  const int64_t b = edge(position.x());
  if (a == b) return;
  setRange(TimeRange{std::min(a, b), std::max(a, b)});
}

void TimelineCanvas::mousePressEvent(QMouseEvent* event) {
  if (event->button() != Qt::LeftButton) return;
  pressed_at_ = event->position().toPoint();
  moved_ = false;
  if (inMinimap(pressed_at_)) return pressOnMap(pressed_at_);
  if (pressed_at_.x() >= geometry_.plot_left) drag_ = Drag::range;
}

void TimelineCanvas::hover(int32_t span) {
  if (span == hovered_) return;
  hovered_ = span;
  if (span < 0) return tooltip_->dismiss();
  const QRectF box = spanRect(scene(), span);
  tooltip_->showAt({box.center().x(), box.top()}, spanTooltip(layout_->span(span)));
}

void TimelineCanvas::mouseMoveEvent(QMouseEvent* event) {
  const QPoint position = event->position().toPoint();
  if (drag_ == Drag::none) {
    setCursor(inMinimap(position) && mapDragAt(position) != Drag::map_window ? Qt::SizeHorCursor
                                                                             : Qt::ArrowCursor);
    return hover(inMinimap(position) ? -1 : spanAt(position));
  }
  moved_ = moved_ || (position - pressed_at_).manhattanLength() >= px(kDragPixels);
  if (!moved_) return;
  hover(-1);
  if (drag_ == Drag::range)
    dragRange(position, !event->modifiers().testFlag(Qt::AltModifier));
  else
    dragMap(position.x());
}

void TimelineCanvas::mouseReleaseEvent(QMouseEvent* event) {
  if (event->button() != Qt::LeftButton) return;
  const Drag finished = std::exchange(drag_, Drag::none);
  if (finished != Drag::range) return;
  if (moved_) {
    Q_EMIT rangeChanged(range_);
    return;
  }
  setSelectedSpan(spanAt(pressed_at_));
  Q_EMIT spanClicked(selected_);
}

void TimelineCanvas::mouseDoubleClickEvent(QMouseEvent* event) {
  const int32_t index = spanAt(event->position().toPoint());
  if (index < 0) return;
  const Span& span = layout_->span(index);
  const double margin = static_cast<double>(span.end_ns - span.start_ns) * 0.1;
  showWindow(
      {static_cast<double>(span.start_ns) - margin, static_cast<double>(span.end_ns) + margin});
}

void TimelineCanvas::leaveEvent(QEvent*) { hover(-1); }

void TimelineCanvas::keyPressEvent(QKeyEvent* event) {
  const TimeWindow bounds = layout_->bounds();
  const double middle = (window_.begin_ns + window_.end_ns) / 2;
  const double pan = kPanStep * window_.length();
  if (event->modifiers() & (Qt::ControlModifier | Qt::AltModifier | Qt::MetaModifier))
    return QWidget::keyPressEvent(event);
  switch (event->key()) {
    case Qt::Key_W:
      return showWindow(zoomed(window_, kZoomStep, middle, bounds), false);
    case Qt::Key_S:
      return showWindow(zoomed(window_, 1 / kZoomStep, middle, bounds), false);
    case Qt::Key_A:
    case Qt::Key_Left:
      return showWindow(panned(window_, -pan, bounds), false);
    case Qt::Key_D:
    case Qt::Key_Right:
      return showWindow(panned(window_, pan, bounds), false);
    case Qt::Key_F:
      return fitSelection();
    case Qt::Key_Home:
      return showWindow(bounds);
    case Qt::Key_Backspace:
      return showWindowBefore();
    case Qt::Key_Period:
      Q_EMIT nextRequested(true);
      return;
    case Qt::Key_Comma:
      Q_EMIT nextRequested(false);
      return;
    case Qt::Key_Escape:
      if (!range_ && selected_ < 0) return QWidget::keyPressEvent(event);
      setRange({});
      setSelectedSpan(-1);
      Q_EMIT rangeChanged({});
      Q_EMIT spanClicked(-1);
      return;
    default:
      QWidget::keyPressEvent(event);
  }
}

}  // namespace xkv::views
