// SPDX-License-Identifier: GPL-3.0-or-later
/// What mouse, wheel and keys do in the error panel.
#include <QApplication>
#include <QClipboard>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QWheelEvent>
#include <algorithm>
#include <cstdlib>
#include <utility>

#include "views/error_view.h"
#include "views/tooltip.h"

namespace xkv::views {
namespace {

constexpr int64_t kFewestTokens = 8;  // that zooming leaves

}  // namespace

std::pair<int64_t, int64_t> ErrorView::tokensAt(int x) const {
  const auto [first, end] = layout_.tokensAt(x, shown_.count);
  return {shown_.first + first, std::min(shown_.first + end, tokens_.seq_len)};
}

double ErrorView::xOfToken(int64_t token) const {
  return layout_.xOfToken(token - shown_.first, shown_.count);
}

void ErrorView::showTokens(int64_t first, int64_t count) {
  shown_.count = std::clamp(count, std::min(kFewestTokens, tokens_.seq_len), tokens_.seq_len);
  shown_.first = std::clamp<int64_t>(first, 0, tokens_.seq_len - shown_.count);
  tooltip_->dismiss();
  lens_ = {};
  relayout();
  update();
}

void ErrorView::mousePressEvent(QMouseEvent* event) {
  if (event->button() != Qt::LeftButton) return;
  const QPoint point = event->position().toPoint();
  if (const auto column = layout_.columnAt(point)) {
    selectColumn(*column);
  } else if (layout_.stripLayerAt(point)) {
    band_from_ = band_to_ = point.x();
    selectToken(tokensAt(point.x()).first);
  }
}

void ErrorView::mouseReleaseEvent(QMouseEvent*) {
  const auto from = std::exchange(band_from_, std::nullopt);
  if (!from || std::abs(band_to_ - *from) < QApplication::startDragDistance()) return update();
  const int64_t first = tokensAt(std::min(*from, band_to_)).first;
  showTokens(first, tokensAt(std::max(*from, band_to_)).second - first);
}

void ErrorView::mouseDoubleClickEvent(QMouseEvent* event) {
  if (layout_.stripLayerAt(event->position().toPoint())) showTokens(0, tokens_.seq_len);
}

void ErrorView::wheelEvent(QWheelEvent* event) {
  const QPoint point = event->position().toPoint();
  if (!layout_.stripLayerAt(point)) return event->ignore();
  event->accept();
  const bool closer = event->angleDelta().y() + event->angleDelta().x() > 0;
  if ((event->modifiers() & Qt::ShiftModifier) != 0) {
    const int64_t step = std::max<int64_t>(1, shown_.count / 8);
    return showTokens(shown_.first + (closer ? -step : step), shown_.count);
  }
  const int64_t token = tokensAt(point.x()).first;
  const int64_t count = closer ? shown_.count * 4 / 5 : shown_.count * 5 / 4 + 1;
  showTokens(token - (token - shown_.first) * count / shown_.count, count);
}

void ErrorView::mouseMoveEvent(QMouseEvent* event) {
  const QPoint point = event->position().toPoint();
  if (band_from_) {
    band_to_ = std::clamp(point.x(), layout_.strip().left(), layout_.strip().right());
    tooltip_->dismiss();
    return update();
  }
  if (const auto column = layout_.columnAt(point)) {
    showColumn(*column, false);
  } else if (const auto layer = layout_.stripLayerAt(point)) {
    // Of the pixel's tokens the one that is drawn: the largest error.
    const auto [first, end] = tokensAt(point.x());
    int64_t shown = first;
    for (int64_t t = first; t < end; ++t) {
      if (tokens_.at(*layer, t) > tokens_.at(*layer, shown)) shown = t;
    }
    showToken(shown, *layer, false);
  } else {
    tooltip_->dismiss();
  }
}

void ErrorView::leaveEvent(QEvent*) { tooltip_->dismiss(); }

void ErrorView::keyPressEvent(QKeyEvent* event) {
  const int step = event->key() == Qt::Key_Left ? -1 : event->key() == Qt::Key_Right ? 1 : 0;
  if (event->matches(QKeySequence::Copy)) {
    QApplication::clipboard()->setText(tooltip_->text().plain());
  } else if (step != 0 && ((event->modifiers() & Qt::ShiftModifier) != 0 || mode() == kTokens) &&
             tokens_.seq_len > 0) {
    const int64_t token =
        std::clamp<int64_t>(selection_.token.value_or(-step) + step, 0, tokens_.seq_len - 1);
    selectToken(token);
    if (token < shown_.first || token >= shown_.first + shown_.count)
      showTokens(token - shown_.count / 2, shown_.count);
    const int64_t layer =
        selection_.layers ? std::min(selection_.layers->row, tokens_.num_layers - 1) : 0;
    showToken(token, static_cast<int>(layer), true);
  } else if (step != 0 && numColumns() > 0) {
    const int64_t now = mode() == kGroups ? selection_.group.value_or(-step)
                                          : selection_.layers.value_or(LayerPair{-step, -step}).row;
    const int column = std::clamp(static_cast<int>(now) + step, 0, numColumns() - 1);
    selectColumn(column);
    showColumn(column, true);
  } else {
    QWidget::keyPressEvent(event);
  }
}

}  // namespace xkv::views
