// SPDX-License-Identifier: GPL-3.0-or-later
/// Which layers look alike: what the mouse, the keys and the setters do. Painting is in
/// cka_paint.cpp.
#include "views/cka_view.h"

#include <QApplication>
#include <QClipboard>
#include <QKeyEvent>
#include <QMouseEvent>
#include <algorithm>
#include <cmath>

#include "views/layer_facts.h"
#include "views/number_format.h"
#include "views/segmented_switch.h"
#include "views/theme.h"
#include "views/tooltip.h"

namespace xkv::views {
namespace {

enum StreamChoice { kKeysOnly, kValuesOnly, kBoth };

QString streamName(Stream stream) {
  return stream == Stream::key ? QStringLiteral("keys") : QStringLiteral("values");
}

}  // namespace

CkaView::CkaView(QWidget* parent)
    : QWidget(parent),
      streams_(
          new SegmentedSwitch(QStringLiteral("Streams shown"), {"Keys", "Values", "Both"}, this)),
      colours_(new SegmentedSwitch(QStringLiteral("Colours"), {"Viridis", "Cividis"}, this)),
      tooltip_(new Tooltip(this)) {
  setFocusPolicy(Qt::StrongFocus);
  setMouseTracking(true);
  setAccessibleName(QStringLiteral("CKA of all layer pairs"));
  streams_->setCurrentIndex(kBoth);
  for (SegmentedSwitch* choice : {streams_, colours_}) {
    choice->hide();  // until a title takes it
    connect(choice, &SegmentedSwitch::currentChanged, this, [this] {
      gather();
      update();
    });
  }
}

void CkaView::setRun(const Run* run) {
  run_ = run;
  hovered_.reset();
  tooltip_->dismiss();
  gather();
  update();
}

void CkaView::setGroups(const std::vector<PlannedGroup>& groups, bool predicted) {
  groups_ = groups;
  groups_predicted_ = predicted;
  update();
}

void CkaView::setSelection(const Selection& selection) {
  selection_ = selection;
  update();
}

std::optional<EmptyText> CkaView::emptyReason() const {
  if (run_ != nullptr && !run_->cka.empty()) return std::nullopt;
  EmptyText text{
      .what = QStringLiteral("CKA of all layer pairs, keys and values"), .why = {}, .button = {}};
  if (run_ == nullptr) {
    text.why = QStringLiteral("No run is selected.");
  } else if (run_->started.spec.analysis != AnalysisScope::all) {
    text.why = QStringLiteral(
        "It needs every layer's rows at once; this run was made with less analysis.");
  } else {
    text.why = QStringLiteral("The run has not come this far.");
  }
  return text;
}

QString CkaView::subtitle() const {
  if (shown_.empty()) return {};
  return QStringLiteral("linear, columns centred over %1 tokens, keys before RoPE")
      .arg(count(shown_.front().record->seq_len));
}

std::vector<QWidget*> CkaView::titleWidgets() const { return {streams_, colours_}; }

QSize CkaView::minimumSizeHint() const { return {px(420), px(270)}; }

void CkaView::gather() {
  shown_.clear();
  range_low_ = 1;
  for (const Stream stream : {Stream::key, Stream::value}) {
    const CkaRecord* record = run_ == nullptr ? nullptr : ckaOf(*run_, stream);
    if (record == nullptr) continue;
    const auto [smallest, largest] = ckaRange(*record);
    range_low_ = std::min(range_low_, smallest);
    const bool wanted = streams_->currentIndex() == kBoth ||
                        (streams_->currentIndex() == kKeysOnly) == (stream == Stream::key);
    if (wanted)
      shown_.push_back({record, meanCka(*record, 1), meanCka(*record, record->num_layers)});
  }
  range_low_ = std::min(0.9, std::floor(range_low_ * 10) / 10);
  relayout();
}

void CkaView::relayout() {
  const int layers = shown_.empty() ? 0 : static_cast<int>(shown_.front().record->num_layers);
  layout_ = HeatmapLayout(size(), layers, static_cast<int>(shown_.size()), themeScale());
}

void CkaView::resizeEvent(QResizeEvent*) { relayout(); }

void CkaView::changeEvent(QEvent* event) {
  if (event->type() == QEvent::StyleChange) {
    relayout();
    update();
  }
  QWidget::changeEvent(event);
}

float CkaView::valueAt(const HeatmapCell& cell) const {
  return ckaAt(*shown_[static_cast<size_t>(cell.map)].record, cell.row, cell.column);
}

std::vector<int> CkaView::borders() const {
  std::vector<int> result;
  for (size_t i = 1; i < groups_.size(); ++i) {
    if (groups_[i - 1].first_layer + groups_[i - 1].num_layers == groups_[i].first_layer) {
      result.push_back(static_cast<int>(groups_[i].first_layer));
    }
  }
  return result;
}

void CkaView::showTooltip(const HeatmapCell& cell, bool now) {
  const CkaRecord& record = *shown_[static_cast<size_t>(cell.map)].record;
  TooltipText text;
  text.name = QStringLiteral("layers %1 × %2, %3")
                  .arg(cell.row)
                  .arg(cell.column)
                  .arg(streamName(record.stream));
  const float value = valueAt(cell);
  if (std::isnan(value)) {
    text.lines = {{{QStringLiteral("CKA"), QStringLiteral("not measured")}}};
  } else {
    const auto index = static_cast<size_t>(cell.row * record.num_layers + cell.column);
    text.lines = {{{QStringLiteral("CKA"), significant(value, 5)}}};
    if (index < record.token_cosine.size()) {
      text.lines.push_back(
          {{QStringLiteral("token cosine"), significant(record.token_cosine[index], 4)}});
    }
    text.provenance = Provenance::measured;
    text.source = QStringLiteral("run %1").arg(run_->run_id);
  }
  setAccessibleDescription(text.plain());
  const QPointF corner = layout_.cell(cell).topRight();
  if (now) {
    tooltip_->showNow(corner, text);
  } else {
    tooltip_->showAt(corner, text);
  }
}

void CkaView::select(int row, int column) {
  selection_.layers = LayerPair{row, column};
  update();
  Q_EMIT selectionChanged(selection_);
}

void CkaView::mouseMoveEvent(QMouseEvent* event) {
  const QPoint point = event->position().toPoint();
  if (dragged_border_) {
    drag_target_ = layout_.borderAt(point.y());
    update();
    return;
  }
  const auto cell = layout_.cellAt(point);
  setCursor(layout_.gripAt(point, borders()) ? Qt::SizeVerCursor : Qt::ArrowCursor);
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
    dragged_border_ = border;
    drag_target_ = *border;
  } else if (const auto cell = layout_.cellAt(point)) {
    select(cell->row, cell->column);
  }
}

void CkaView::mouseReleaseEvent(QMouseEvent*) {
  if (!dragged_border_) return;
  const int border = *dragged_border_;
  dragged_border_.reset();
  update();
  if (drag_target_ == border) return;
  const auto moved = movedBorder(groups_, border, drag_target_);
  if (!moved.empty()) Q_EMIT groupsChanged(moved);
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
  showTooltip({0, static_cast<int>(pair.row), static_cast<int>(pair.column)}, true);
}

}  // namespace xkv::views
