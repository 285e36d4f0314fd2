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
#include "views/stream_look.h"
#include "views/theme.h"
#include "views/tooltip.h"

namespace xkv::views {
CkaView::CkaView(QWidget* parent)
    : QWidget(parent),
      streams_(new SegmentedSwitch(QStringLiteral("Streams shown"), {}, this)),
      colours_(new SegmentedSwitch(QStringLiteral("Colours"), {"Viridis", "Cividis"}, this)),
      tooltip_(new Tooltip(this)) {
  setFocusPolicy(Qt::StrongFocus);
  setMouseTracking(true);
  setAccessibleName(QStringLiteral("CKA of all layer pairs"));
  for (SegmentedSwitch* choice : {streams_, colours_}) choice->hide();  // until a title takes it
  offerStreams();
  connect(colours_, &SegmentedSwitch::currentChanged, this, [this] { update(); });
  connect(streams_, &SegmentedSwitch::currentChanged, this, &CkaView::chooseStream);
}

/// A tab for each stream that was measured, and one for both where there are two.
void CkaView::offerStreams() {
  offered_.clear();
  QStringList labels;
  for (const Stream stream : streamsOf(run_)) {
    if (run_ != nullptr && !run_->cka.empty() && ckaOf(*run_, stream) == nullptr) continue;
    offered_.push_back(stream);
    labels << streamTitle(stream);
  }
  if (offered_.size() > 1) labels << QStringLiteral("Both");
  streams_->setLabels(labels);
  size_t chosen = 0;
  while (stream_ && chosen < offered_.size() && !isLike(offered_[chosen], *stream_)) ++chosen;
  const bool one = stream_ && chosen < offered_.size();
  streams_->setCurrentIndex(one ? static_cast<int>(chosen) : static_cast<int>(labels.size()) - 1);
}

void CkaView::chooseStream(int choice) {
  const auto index = static_cast<size_t>(choice);
  stream_ = index < offered_.size() ? std::optional(offered_[index]) : std::nullopt;
  gather();
  update();
  Q_EMIT streamChosen(stream_);
}

void CkaView::setRun(const Run* run) {
  run_ = run;
  hovered_.reset();
  tooltip_->dismiss();
  offerStreams();
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
  if (stream == stream_) return;
  stream_ = stream;
  offerStreams();
  tooltip_->dismiss();
  hovered_.reset();
  gather();
  update();
}

std::optional<EmptyText> CkaView::emptyReason() const {
  if (run_ != nullptr && !run_->cka.empty()) return std::nullopt;
  EmptyText text{.what = QStringLiteral("CKA of all layer pairs, ") + bothStreams(run_),
                 .why = {},
                 .button = {}};
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
  const auto [first, second] = streamsOf(run_);
  return QStringLiteral("linear, columns centred over %1 tokens, %2 before RoPE")
      .arg(count(shown_.front().record->seq_len),
           streamName(first == Stream::key ? first : second));
}

std::vector<QWidget*> CkaView::titleWidgets() const { return {streams_, colours_}; }

QSize CkaView::minimumSizeHint() const { return {px(420), px(270)}; }

void CkaView::gather() {
  shown_.clear();
  lowest_ = 1;
  const bool both = streams_->currentIndex() >= static_cast<int>(offered_.size());
  for (size_t i = 0; i < offered_.size(); ++i) {
    const CkaRecord* record = run_ == nullptr ? nullptr : ckaOf(*run_, offered_[i]);
    if (record == nullptr) continue;
    const auto [smallest, largest] = ckaRange(*record);
    lowest_ = std::min(lowest_, smallest);
    if (both || streams_->currentIndex() == static_cast<int>(i))
      shown_.push_back({record, meanCka(*record, 1), meanCka(*record, record->num_layers)});
  }
  lowest_ = std::min(0.9, std::floor(lowest_ * 10) / 10);
  relayout();
}

HeatmapLayout CkaView::layoutOf(size_t maps) const {
  const int layers = shown_.empty() ? 0 : static_cast<int>(shown_.front().record->num_layers);
  return {size(), layers, static_cast<int>(maps), themeScale(), window_};
}

/// Token-wise cosine of the first stream, the paper's contrast; none where the run has none.
std::optional<CkaView::Shown> CkaView::cosineBeside() const {
  if (shown_.empty()) return std::nullopt;
  const CkaRecord& record = *shown_.front().record;
  if (record.token_cosine.size() != record.cka.size()) return std::nullopt;
  return Shown{&record, meanCosine(record, 1), meanCosine(record, record.num_layers), true};
}

/// Where the cells are as large as they get, the room that is left holds another map.
void CkaView::relayout() {
  std::erase_if(shown_, [](const Shown& shown) { return shown.cosine; });
  layout_ = layoutOf(shown_.size());
  const auto beside = cosineBeside();
  if (!beside) return;
  const HeatmapLayout more = layoutOf(shown_.size() + 1);
  if (!more.hasLargestCells() || more.card().has_value() != layout_.card().has_value()) return;
  shown_.push_back(*beside);
  layout_ = more;
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
  const Shown& shown = shown_[static_cast<size_t>(cell.map)];
  if (!shown.cosine) return ckaAt(*shown.record, cell.row, cell.column);
  const int64_t index = cell.row * shown.record->num_layers + cell.column;
  return shown.record->token_cosine[static_cast<size_t>(index)];
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
  const float value = ckaAt(record, cell.row, cell.column);
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
