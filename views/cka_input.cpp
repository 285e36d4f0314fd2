// SPDX-License-Identifier: GPL-3.0-or-later
/// What mouse, wheel and keys do on the CKA maps.
#include <QApplication>
#include <QClipboard>
#include <QKeyEvent>
#include <QMouseEvent>
#include <QWheelEvent>
#include <algorithm>

#include "views/cka_view.h"
#include "views/layer_facts.h"
#include "views/number_format.h"
#include "views/tooltip.h"

namespace xkv::views {
namespace {

constexpr double kNarrowestRange = 0.02;

}  // namespace

void CkaView::setWindow(const HeatmapWindow& window) {
  window_ = window;
  tooltip_->dismiss();
  hovered_.reset();
  relayout();
  update();
}

std::optional<CkaView::Hold> CkaView::handleAt(QPoint point) const {
  if (layout_.numMaps() == 0) return std::nullopt;
  const auto holds = [&](double value) {
    return layout_.colourHandle(barShare(value)).adjusted(-2, -2, 2, 2).contains(point);
  };
  if (holds(range().high)) return Hold::range_high;
  if (holds(range().low)) return Hold::range_low;
  return std::nullopt;
}

void CkaView::dragRange(int y) {
  const double value = lowest_ + layout_.colourShareAt(y) * (1 - lowest_);
  ColourRange next = range();
  if (hold_ == Hold::range_low) {
    next.low = std::min(value, next.high - kNarrowestRange);
  } else {
    next.high = std::max(value, next.low + kNarrowestRange);
  }
  chosen_range_ = next;
  update();
}

void CkaView::dragMap(QPoint point) {
  const QPoint moved = held_at_ - point;
  HeatmapWindow window = held_window_;
  window.row += moved.y() / layout_.cellSize();
  window.column += moved.x() / layout_.cellSize();
  setWindow(window);
}

void CkaView::mouseMoveEvent(QMouseEvent* event) {
  const QPoint point = event->position().toPoint();
  switch (hold_) {
    case Hold::border:
      drag_target_ = layout_.borderAt(point.y());
      return update();
    case Hold::range_low:
    case Hold::range_high:
      return dragRange(point.y());
    case Hold::map:
      return dragMap(point);
    case Hold::nothing:
      return hover(point);
  }
}

void CkaView::hover(QPoint point) {
  const bool over_handle = layout_.gripAt(point, borders()) || handleAt(point);
  setCursor(over_handle                 ? Qt::SizeVerCursor
            : odd_link_.contains(point) ? Qt::PointingHandCursor
                                        : Qt::ArrowCursor);
  const auto cell = layout_.cellAt(point);
  if (cell == hovered_) return;
  hovered_ = cell;
  if (cell) {
    showTooltip(*cell, false);
  } else {
    tooltip_->dismiss();
  }
  update();
}

void CkaView::mousePressEvent(QMouseEvent* event) {
  if (event->button() != Qt::LeftButton) return;
  const QPoint point = event->position().toPoint();
  if (const auto border = layout_.gripAt(point, borders())) {
    hold_ = Hold::border;
    dragged_border_ = *border;
    drag_target_ = *border;
  } else if (const auto handle = handleAt(point)) {
    hold_ = *handle;
  } else if (odd_link_.contains(point)) {
    const auto odd = oddLayer(*run_);
    if (odd) Q_EMIT groupsChanged(withLayerAlone(groups_, odd->layer));
  } else if (const auto cell = layout_.cellAt(point)) {
    if ((event->modifiers() & Qt::ShiftModifier) == 0) return select(cell->row, cell->column);
    hold_ = Hold::map;
    held_at_ = point;
    held_window_ = layout_.window();
    setCursor(Qt::ClosedHandCursor);
  }
}

void CkaView::mouseReleaseEvent(QMouseEvent*) {
  const Hold held = std::exchange(hold_, Hold::nothing);
  update();
  if (held != Hold::border || drag_target_ == dragged_border_) return;
  const auto moved = movedBorder(groups_, dragged_border_, drag_target_);
  if (!moved.empty()) Q_EMIT groupsChanged(moved);
}

/// The group under the cell, or all of the map again; on the colour bar its whole range again.
void CkaView::mouseDoubleClickEvent(QMouseEvent* event) {
  const QPoint point = event->position().toPoint();
  if (handleAt(point) || layout_.colourBar().contains(point)) {
    chosen_range_.reset();
    return update();
  }
  const auto cell = layout_.cellAt(point);
  if (!cell) return;
  const auto group = groupOf(groups_, cell->row);
  HeatmapWindow window;
  if (group && group == groupOf(groups_, cell->column)) {
    const PlannedGroup& block = groups_[static_cast<size_t>(*group)];
    window = {static_cast<int>(block.first_layer), static_cast<int>(block.first_layer),
              static_cast<int>(block.num_layers)};
  }
  setWindow(window == window_ ? HeatmapWindow{} : window);
}

void CkaView::wheelEvent(QWheelEvent* event) {
  const QPoint turned = event->angleDelta();
  const int steps = turned.y() != 0 ? (turned.y() > 0 ? 1 : -1) : (turned.x() > 0 ? 1 : -1);
  const QPoint point = event->position().toPoint();
  event->accept();
  if (!layout_.cellAt(point)) return;
  if ((event->modifiers() & Qt::ShiftModifier) != 0) {
    setWindow(layout_.panned(-steps, -steps));
  } else {
    setWindow(layout_.zoomedAt(point, steps));
  }
}

void CkaView::leaveEvent(QEvent*) {
  hovered_.reset();
  tooltip_->dismiss();
  update();
}

void CkaView::keyPressEvent(QKeyEvent* event) {
  if (shown_.empty()) return QWidget::keyPressEvent(event);
  const int last = static_cast<int>(shown_.front().record->num_layers) - 1;
  LayerPair pair = selection_.layers.value_or(LayerPair{0, 0});
  switch (event->key()) {
    case Qt::Key_Left:
      --pair.column;
      break;
    case Qt::Key_Right:
      ++pair.column;
      break;
    case Qt::Key_Up:
      --pair.row;
      break;
    case Qt::Key_Down:
      ++pair.row;
      break;
    default:
      if (event->matches(QKeySequence::Copy)) {
        const float value = valueAt({0, static_cast<int>(pair.row), static_cast<int>(pair.column)});
        QApplication::clipboard()->setText(copyable(static_cast<double>(value)));
      } else {
        QWidget::keyPressEvent(event);
      }
      return;
  }
  pair.row = std::clamp<int64_t>(pair.row, 0, last);
  pair.column = std::clamp<int64_t>(pair.column, 0, last);
  select(static_cast<int>(pair.row), static_cast<int>(pair.column));
  if (!layout_.showsRow(static_cast<int>(pair.row)) ||
      !layout_.showsColumn(static_cast<int>(pair.column))) {
    const HeatmapWindow& shown = layout_.window();
    setWindow({static_cast<int>(pair.row) - shown.layers / 2,
               static_cast<int>(pair.column) - shown.layers / 2, shown.layers});
  }
  showTooltip({0, static_cast<int>(pair.row), static_cast<int>(pair.column)}, true);
}

}  // namespace xkv::views
