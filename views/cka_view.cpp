// SPDX-License-Identifier: GPL-3.0-or-later
/// What the CKA panel gathers and says. Mouse and keys are in cka_input.cpp, painting in
/// cka_paint.cpp.
#include "views/cka_view.h"

#include <QEvent>
#include <algorithm>
#include <cmath>

#include "views/layer_facts.h"
#include "views/number_format.h"
#include "views/run_naming.h"
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
  connect(streams_, &SegmentedSwitch::currentChanged, this, [this](int choice) {
    Q_EMIT streamChosen(choice == kBoth       ? std::nullopt
                        : choice == kKeysOnly ? std::optional(Stream::key)
                                              : std::optional(Stream::value));
  });
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

void CkaView::setStream(std::optional<Stream> stream) {
  const int choice = !stream ? kBoth : *stream == Stream::key ? kKeysOnly : kValuesOnly;
  if (choice == streams_->currentIndex()) return;
  streams_->setCurrentIndex(choice);
  tooltip_->dismiss();
  hovered_.reset();
  gather();
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
    text.why = notThisFar(*run_);
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
  lowest_ = 1;
  for (const Stream stream : {Stream::key, Stream::value}) {
    const CkaRecord* record = run_ == nullptr ? nullptr : ckaOf(*run_, stream);
    if (record == nullptr) continue;
    const auto [smallest, largest] = ckaRange(*record);
    lowest_ = std::min(lowest_, smallest);
    const bool wanted = streams_->currentIndex() == kBoth ||
                        (streams_->currentIndex() == kKeysOnly) == (stream == Stream::key);
    if (wanted)
      shown_.push_back({record, meanCka(*record, 1), meanCka(*record, record->num_layers)});
  }
  lowest_ = std::min(0.9, std::floor(lowest_ * 10) / 10);
  relayout();
}

void CkaView::relayout() {
  const int layers = shown_.empty() ? 0 : static_cast<int>(shown_.front().record->num_layers);
  layout_ = HeatmapLayout(size(), layers, static_cast<int>(shown_.size()), themeScale(), window_);
}

void CkaView::resizeEvent(QResizeEvent*) { relayout(); }

void CkaView::changeEvent(QEvent* event) {
  if (event->type() == QEvent::StyleChange) {
    relayout();
    update();
  }
  QWidget::changeEvent(event);
}

CkaView::ColourRange CkaView::range() const {
  const ColourRange whole{lowest_, 1};
  if (!chosen_range_) return whole;
  // Another run may begin its bar higher.
  return {std::max(chosen_range_->low, whole.low), std::max(chosen_range_->high, whole.low + 0.01)};
}

ColourMap CkaView::colours() const {
  return colours_->currentIndex() == 0 ? ColourMap::viridis : ColourMap::cividis;
}

QRgb CkaView::colourOf(double value) const {
  const ColourRange shown = range();
  return mapColour(colours(), (value - shown.low) / (shown.high - shown.low));
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

}  // namespace xkv::views
