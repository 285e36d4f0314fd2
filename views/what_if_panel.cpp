// SPDX-License-Identifier: GPL-3.0-or-later
/// What other ranks and groups would cost, at once. The widgets are put together in
/// what_if_layout.cpp.
#include "views/what_if_panel.h"

#include <QEvent>
#include <QLabel>
#include <QPushButton>
#include <QRadioButton>
#include <QSignalBlocker>
#include <QSpinBox>
#include <algorithm>

#include "views/badge.h"
#include "views/number_format.h"
#include "views/rank_slider.h"
#include "views/run_naming.h"
#include "views/segmented_switch.h"
#include "views/selective_fields.h"
#include "views/stream_look.h"
#include "views/theme.h"
#include "views/trade_off_plot.h"
#include "views/what_if_table.h"

namespace xkv::views {
namespace {

std::optional<TradeOffDot> dotOf(const Run* run) {
  if (run == nullptr || !run->memory) return std::nullopt;
  const auto error = measuredOverallError(*run);
  if (!error) return std::nullopt;
  return TradeOffDot{static_cast<double>(run->memory->factor_bytes), *error};
}

QString runName(const Run* run) {
  return run == nullptr ? QString() : QStringLiteral("run %1").arg(run->run_id);
}

/// A stream that stays dense has no rank: one would ask for it to be compressed.
void setRanksIn(CompressionConfig& config, const Ranks& ranks) {
  config.rank_k = config.merge_key ? std::optional(ranks.rank_k) : std::nullopt;
  const bool has_values = config.merge_value && config.method != Method::xk_sr;
  config.rank_v = has_values ? std::optional(ranks.rank_v) : std::nullopt;
}

double layersPerGroup(const RankPlan& plan) {
  return plan.groups.empty() ? 1 : static_cast<double>(plan.groups.front().num_layers);
}

}  // namespace

void WhatIfPanel::setRun(const Run* run) {
  run_ = run;
  nameStreams();
  planner_.reset();
  group_sizes_.clear();
  plan_.reset();
  if (run_ != nullptr) {
    planner_.emplace(*run_);
    group_sizes_ = planner_->groupSizes();
    const CompressionConfig start = startOf(*run_);
    // The run's own size is offered even where a spectrum is missing: its bytes are known.
    const auto place =
        std::lower_bound(group_sizes_.begin(), group_sizes_.end(), start.layer_group_size);
    if (place == group_sizes_.end() || *place != start.layer_group_size) {
      group_sizes_.insert(place, start.layer_group_size);
    }
    applyConfig(start, false);
  }
  showPlan();
}

/// What the sliders begin with: the run's configuration with ranks, which a target leaves to the
/// engine.
CompressionConfig WhatIfPanel::startOf(const Run& run) const {
  CompressionConfig start = run.started.spec.compression;
  if (!isFactored(start.method)) start.method = Method::xkv;
  if (!start.target_error && !start.target_energy) return start;
  start.target_error.reset();
  start.target_energy.reset();
  for (const ReconstructionRecord& measured : run.reconstructions) {
    auto& rank = isFirst(measured.stream) ? start.rank_k : start.rank_v;
    rank = std::max(rank.value_or(1), measured.rank);
  }
  return start;
}

void WhatIfPanel::nameStreams() {
  for (const Stream stream : streamsOf(run_)) {
    RankRow& row = rowOf(stream);
    const QString name = QStringLiteral("Rank ") + streamName(stream);
    row.badge->setBadge(streamBadge(stream));
    row.name->setText(name);
    row.number->setAccessibleName(name);
    row.slider->setStream(stream);
  }
}

void WhatIfPanel::setBaseline(const Run* run) {
  baseline_ = run;
  showPlan();
}

void WhatIfPanel::setConfig(const CompressionConfig& config) {
  if (planner_) applyConfig(config, false);
}

void WhatIfPanel::setRanks(const Ranks& ranks) {
  if (!planner_) return;
  CompressionConfig next = config_;
  setRanksIn(next, ranks);
  applyConfig(next, false);
}

void WhatIfPanel::setCustomGroups(const std::vector<LayerGroup>& groups) {
  if (!planner_) return;
  CompressionConfig next = config_;
  next.layer_groups = groups;
  applyConfig(next, false);
}

void WhatIfPanel::setMeasureObstacle(const QString& reason) {
  obstacle_ = reason;
  showPlan();
}

std::optional<EmptyText> WhatIfPanel::emptyReason() const {
  EmptyText text{
      .what = QStringLiteral("Error and bytes of other ranks and groups"), .why = {}, .button = {}};
  if (run_ == nullptr) {
    text.why = QStringLiteral("No run is selected.");
  } else if (run_->spectra.empty()) {
    text.why = run_->started.spec.analysis == AnalysisScope::none
                   ? QStringLiteral("It needs spectra; this run was made without analysis.")
                   : QStringLiteral("It needs spectra. ") + notThisFar(*run_);
  } else {
    return std::nullopt;
  }
  return text;
}

std::vector<QWidget*> WhatIfPanel::titleWidgets() const { return {provenance_}; }

QSize WhatIfPanel::minimumSizeHint() const { return {px(264), px(200)}; }

void WhatIfPanel::changeEvent(QEvent* event) {
  if (event->type() == QEvent::StyleChange && table_ != nullptr) restyle();
  QWidget::changeEvent(event);
}

void WhatIfPanel::rankMoved(Stream stream, int rank) {
  CompressionConfig next = config_;
  (isFirst(stream) ? next.rank_k : next.rank_v) = rank;
  applyConfig(next, true);
}

Ranks WhatIfPanel::kept(const CompressionConfig& next) const {
  if (keep_[kBytes]->isChecked()) return planner_->keepBytes(config_, next);
  if (keep_[kError]->isChecked()) return planner_->keepError(config_, next);
  return planner_->keepRankPerLayer(config_, next);
}

void WhatIfPanel::chooseGroupSize(int index) {
  if (!planner_ || index < 0 || index >= static_cast<int>(group_sizes_.size()))
    return;  // "custom" is shown, not chosen
  CompressionConfig next = config_;
  next.layer_groups.clear();
  next.layer_group_size = group_sizes_[static_cast<size_t>(index)];
  setRanksIn(next, kept(next));
  applyConfig(next, true);
}

void WhatIfPanel::applyConfig(const CompressionConfig& config, bool by_user) {
  const bool same_groups = plan_ && config.layer_groups == config_.layer_groups &&
                           config.layer_group_size == config_.layer_group_size;
  config_ = config;
  setRanksIn(config_, planner_->ranksOf(config));
  const auto planned = planner_->plan(config_);
  plan_ = planned ? std::optional(*planned) : std::nullopt;
  if (!same_groups) showLimits();
  showConfig();
  showPlan();
  if (by_user) Q_EMIT configChanged(config_);
}

/// What depends on the groups alone: the sizes offered, the sliders' ranges and marks.
void WhatIfPanel::showLimits() {
  QStringList labels;
  int chosen = -1;
  for (size_t i = 0; i < group_sizes_.size(); ++i) {
    labels << QString::number(group_sizes_[i]);
    if (config_.layer_groups.empty() && group_sizes_[i] == config_.layer_group_size)
      chosen = static_cast<int>(i);
  }
  if (!config_.layer_groups.empty()) {
    chosen = static_cast<int>(labels.size());
    labels << QStringLiteral("custom");
  }
  sizes_->setLabels(labels);
  sizes_->setCurrentIndex(chosen);
  for (const Stream stream : streamsOf(run_)) {
    const RankRow& row = rowOf(stream);
    const auto most =
        static_cast<int>(std::max<int64_t>(1, planner_->largestRank(config_, stream)));
    const QSignalBlocker quiet_slider(row.slider);
    const QSignalBlocker quiet_number(row.number);
    row.slider->setRange(1, most);
    row.number->setRange(1, most);
    std::vector<RankMark> marks;
    const auto energy = plan_ && !plan_->groups.empty()
                            ? planner_->energyRanks(stream, plan_->groups.front())
                            : std::nullopt;
    if (energy)
      marks = {{energy->rank_90, QStringLiteral("90 %")},
               {energy->rank_99, QStringLiteral("99 %")}};
    marks.push_back({most, count(most)});
    row.slider->setMarks(marks);
  }
}

void WhatIfPanel::showConfig() {
  selective_->setConfig(config_.selective, planner_->seqLen());
  const double layers = plan_ ? layersPerGroup(*plan_) : 1;
  for (const Stream stream : streamsOf(run_)) {
    const RankRow& row = rowOf(stream);
    const auto& rank = isFirst(stream) ? config_.rank_k : config_.rank_v;
    row.slider->setEnabled(rank.has_value());
    row.number->setEnabled(rank.has_value());
    row.per_layer->setText(rank ? fixed(static_cast<double>(*rank) / layers, 1) +
                                      QStringLiteral(" per layer")
                                : QStringLiteral("stays dense"));
    if (!rank) continue;
    const QSignalBlocker quiet_slider(row.slider);
    const QSignalBlocker quiet_number(row.number);
    row.slider->setValue(static_cast<int>(*rank));
    row.number->setValue(static_cast<int>(*rank));
    row.slider->update();
  }
}

/// One line per group size at the sliders' ratio of ranks.
void WhatIfPanel::showLines() {
  std::vector<TradeOffLine> lines;
  for (const int64_t size : group_sizes_) {
    CompressionConfig config = config_;
    config.layer_groups.clear();
    config.layer_group_size = size;
    // The ratio counts, not the ranks: a small group need not hold them.
    setRanksIn(config, planner_->keepRankPerLayer(config_, config));
    lines.push_back({size, config_.layer_groups.empty() && size == config_.layer_group_size,
                     planner_->curve(config)});
  }
  if (!config_.layer_groups.empty()) lines.push_back({0, true, planner_->curve(config_)});
  curve_->setLines(std::move(lines), plan_ ? static_cast<double>(plan_->ledger.dense_bytes) : 0);
}

/// What the prediction does not know, and why.
void WhatIfPanel::showWarning() {
  QStringList lines;
  QStringList unknown;
  if (plan_) {
    for (const Stream stream : streamsOf(run_)) {
      for (const std::string& reason : plan_->stream(stream).unknown)
        unknown << QString::fromStdString(reason);
    }
  }
  if (!unknown.isEmpty()) {
    const QString more =
        unknown.size() > 1 ? QStringLiteral(" and %1 more").arg(unknown.size() - 1) : QString();
    lines << unknown.front().at(0).toUpper() + unknown.front().mid(1) + more +
                 QStringLiteral("; their error is not guessed.");
  }
  if (plan_ && isSelective(config_.method) && !plan_->recall)
    lines << QStringLiteral("Recall is not measured for these chunks.");
  warning_->setText(lines.join(u' '));
  warning_->setVisible(!lines.isEmpty());
}

void WhatIfPanel::showPlan() {
  selective_->setVisible(planner_ && isSelective(config_.method));
  for (const Stream stream : streamsOf(run_)) {
    const bool has_rank = run_ != nullptr && !run_->started.plan.empty() &&
                          run_->started.plan.front().rank(stream) > 0;
    rowOf(stream).slider->setMeasuredRank(
        has_rank ? std::optional(run_->started.plan.front().rank(stream)) : std::nullopt);
  }
  marks_note_->setText(
      run_ != nullptr && !run_->started.plan.empty()
          ? QStringLiteral("ticks: energy kept in g0; triangle: %1").arg(runName(run_))
          : QStringLiteral("ticks: energy kept in g0"));
  table_->setFigures(plan_, run_ == nullptr ? MeasuredFigures{} : figuresOf(*run_), runName(run_),
                     streamsOf(run_), run_ != nullptr && isSelective(config_.method));
  if (planner_) {
    showLines();
    curve_title_->setText(QStringLiteral("T = %1, all groups").arg(count(planner_->seqLen())));
  }
  std::optional<TradeOffDot> what_if;
  if (plan_ && plan_->error())
    what_if = TradeOffDot{static_cast<double>(plan_->ledger.factor_bytes), *plan_->error()};
  curve_->setDots(what_if, dotOf(baseline_), dotOf(run_));

  showWarning();
  measure_->setEnabled(plan_.has_value() && obstacle_.isEmpty());
  copy_->setEnabled(plan_.has_value());
  why_not_->setText(obstacle_);
  why_not_->setVisible(!obstacle_.isEmpty());
}

}  // namespace xkv::views
