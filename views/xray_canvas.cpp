// SPDX-License-Identifier: GPL-3.0-or-later
/// What the mouse, the wheel and the keys do on the map of chosen chunks. It is painted in
/// xray_paint.cpp.
#include "views/xray_canvas.h"

#include <QApplication>
#include <QClipboard>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QWheelEvent>
#include <algorithm>

#include "views/number_format.h"
#include "views/theme.h"
#include "views/tooltip.h"

namespace xkv::views {
using namespace Qt::StringLiterals;
namespace {

constexpr int kLeft = 56;
constexpr int kTop = 28;
constexpr int kRight = 16;
constexpr int kBottom = 52;
constexpr int64_t kFewestChunks = 4;  // that zooming leaves
constexpr qsizetype kTooltipLetters = 56;

QString stateText(ChunkState state) {
  switch (state) {
    case ChunkState::unread:
      return u"not read"_s;
    case ChunkState::local:
      return u"local, exact"_s;
    case ChunkState::outlier:
      return u"outlier, exact"_s;
    case ChunkState::hit:
      return u"chosen, there from the step before"_s;
    case ChunkState::rebuilt:
      return u"chosen, rebuilt"_s;
  }
  return {};
}

}  // namespace

XrayCanvas::XrayCanvas(QWidget* parent) : QWidget(parent), tooltip_(new Tooltip(this)) {
  setAccessibleName(u"Chunks of the prompt that each step read"_s);
  setFocusPolicy(Qt::StrongFocus);
  setMouseTracking(true);
}

void XrayCanvas::setRecord(const Run* run, const SelectionRecord* record, int64_t kv_head) {
  const int64_t chunks_before = map_.num_chunks;
  run_ = run;
  record_ = record;
  kv_head_ = kv_head;
  map_ = record == nullptr ? XrayMap{} : xrayMap(*record, kv_head);
  if (map_.num_chunks != chunks_before) {
    first_ = 0;
    count_ = map_.num_chunks;
  }
  image_ = {};
  tooltip_->dismiss();
  update();
}

void XrayCanvas::setCell(std::optional<XrayCell> cell) {
  cell_ = cell;
  update();
}

QRect XrayCanvas::area() const {
  return {px(kLeft), px(kTop), std::max(1, width() - px(kLeft + kRight)),
          std::max(1, height() - px(kTop + kBottom))};
}

int64_t XrayCanvas::chunkAt(int x) const {
  const QRect box = area();
  const int64_t at = std::clamp(x - box.left(), 0, box.width() - 1);
  return std::min(first_ + at * count_ / box.width(), map_.num_chunks - 1);
}

/// Rounded up, as the picture's pixels are shared out.
int XrayCanvas::xOfChunk(int64_t chunk) const {
  const QRect box = area();
  const int64_t at = ((chunk - first_) * box.width() + count_ - 1) / std::max<int64_t>(1, count_);
  return box.left() + static_cast<int>(std::clamp<int64_t>(at, 0, box.width()));
}

int XrayCanvas::yOfStep(int64_t step) const {
  const QRect box = area();
  const int64_t steps = std::max<int64_t>(1, map_.num_steps);
  return box.top() + static_cast<int>((step * box.height() + steps - 1) / steps);
}

std::optional<XrayCell> XrayCanvas::cellAt(QPoint point) const {
  const QRect box = area();
  if (map_.states.empty() || !box.contains(point)) return std::nullopt;
  return XrayCell{int64_t{point.y() - box.top()} * map_.num_steps / box.height(),
                  chunkAt(point.x())};
}

QRect XrayCanvas::cellRect(const XrayCell& cell) const {
  const int x = xOfChunk(cell.chunk);
  const int y = yOfStep(cell.step);
  return {x, y, std::max(1, xOfChunk(cell.chunk + 1) - x), std::max(1, yOfStep(cell.step + 1) - y)};
}

void XrayCanvas::showChunks(int64_t first, int64_t count) {
  count_ = std::clamp(count, std::min(kFewestChunks, map_.num_chunks), map_.num_chunks);
  first_ = std::clamp<int64_t>(first, 0, map_.num_chunks - count_);
  image_ = {};
  tooltip_->dismiss();
  update();
}

void XrayCanvas::choose(const XrayCell& cell) {
  cell_ = cell;
  if (cell.chunk < first_ || cell.chunk >= first_ + count_)
    showChunks(cell.chunk - count_ / 2, count_);
  update();
  Q_EMIT cellChosen(cell);
}

void XrayCanvas::showCell(const XrayCell& cell, bool now) {
  const auto [first, end] = tokensOfChunk(*record_, cell.chunk);
  TooltipText text;
  text.name = QStringLiteral("step %1, chunk %2").arg(cell.step).arg(cell.chunk);
  text.lines = {{{u"tokens"_s, QStringLiteral("%1–%2").arg(first).arg(end - 1)},
                 {{}, stateText(map_.at(cell.step, cell.chunk))}},
                {{{}, u'“' + promptText(*run_, first, end, kTooltipLetters) + u'”'}}};
  text.provenance = Provenance::measured;
  text.source = QStringLiteral("run %1").arg(run_->run_id);
  setAccessibleDescription(text.plain());
  const QPointF point = QRectF(cellRect(cell)).center();
  if (now) {
    tooltip_->showNow(point, text);
  } else {
    tooltip_->showAt(point, text);
  }
}

void XrayCanvas::resizeEvent(QResizeEvent*) {
  image_ = {};
  tooltip_->dismiss();
}

void XrayCanvas::changeEvent(QEvent* event) {
  if (event->type() == QEvent::StyleChange) image_ = {};
  QWidget::changeEvent(event);
}

void XrayCanvas::mouseMoveEvent(QMouseEvent* event) {
  const auto cell = cellAt(event->position().toPoint());
  if (!cell) return tooltip_->dismiss();
  showCell(*cell, false);
}

void XrayCanvas::mousePressEvent(QMouseEvent* event) {
  const auto cell = cellAt(event->position().toPoint());
  if (event->button() == Qt::LeftButton && cell) choose(*cell);
}

void XrayCanvas::mouseDoubleClickEvent(QMouseEvent*) {
  if (!map_.states.empty()) showChunks(0, map_.num_chunks);
}

void XrayCanvas::wheelEvent(QWheelEvent* event) {
  const QPoint point = event->position().toPoint();
  if (!cellAt(point)) return event->ignore();
  event->accept();
  const bool closer = event->angleDelta().y() + event->angleDelta().x() > 0;
  if ((event->modifiers() & Qt::ShiftModifier) != 0) {
    const int64_t step = std::max<int64_t>(1, count_ / 8);
    return showChunks(first_ + (closer ? -step : step), count_);
  }
  const int64_t chunk = chunkAt(point.x());
  const int64_t count = closer ? count_ * 4 / 5 : count_ * 5 / 4 + 1;
  showChunks(chunk - (chunk - first_) * count / count_, count);
}

void XrayCanvas::leaveEvent(QEvent*) { tooltip_->dismiss(); }

void XrayCanvas::keyPressEvent(QKeyEvent* event) {
  if (event->matches(QKeySequence::Copy)) {
    QApplication::clipboard()->setText(tooltip_->text().plain());
    return;
  }
  const int across = event->key() == Qt::Key_Left ? -1 : event->key() == Qt::Key_Right ? 1 : 0;
  const int down = event->key() == Qt::Key_Up ? -1 : event->key() == Qt::Key_Down ? 1 : 0;
  if (map_.states.empty() || (across == 0 && down == 0)) return QWidget::keyPressEvent(event);
  XrayCell cell = cell_.value_or(XrayCell{0, first_});
  if (cell_) {
    cell.step = std::clamp<int64_t>(cell.step + down, 0, map_.num_steps - 1);
    cell.chunk = std::clamp<int64_t>(cell.chunk + across, 0, map_.num_chunks - 1);
  }
  choose(cell);
  showCell(cell, true);
}

}  // namespace xkv::views
