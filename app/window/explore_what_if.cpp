// SPDX-License-Identifier: GPL-3.0-or-later
/// The what-if: one configuration that no run needs to have measured, shown in every panel.
#include <algorithm>

#include "app/window/explore.h"
#include "app/window/hint_line.h"
#include "views/answer_strip.h"
#include "views/cka_view.h"
#include "views/error_view.h"
#include "views/spectrum_view.h"
#include "views/stream_look.h"
#include "views/what_if_panel.h"
#include "views/xray_view.h"

namespace xkv::window {
namespace {

Ranks ranksOf(const CompressionConfig& config) {
  return {config.rank_k.value_or(0), config.rank_v.value_or(0)};
}

std::optional<Ranks> measuredRanks(const Run& run) {
  if (run.started.plan.empty()) return std::nullopt;
  Ranks ranks;
  for (const PlannedGroup& group : run.started.plan) {
    ranks.rank_k = std::max(ranks.rank_k, group.rank_k);
    ranks.rank_v = std::max(ranks.rank_v, group.rank_v);
  }
  return ranks;
}

views::PredictedAnswer answerOf(const RankPlan& plan, const Ranks& ranks) {
  views::PredictedAnswer answer;
  answer.name = QStringLiteral("%1/%2").arg(ranks.rank_k).arg(ranks.rank_v);
  answer.error_k = plan.keys.error();
  answer.error_v = plan.values.error();
  answer.error = plan.error();
  answer.factor_bytes = plan.ledger.factor_bytes;
  answer.published_ratio = plan.ledger.published_ratio;
  answer.with_landmarks_ratio = plan.ledger.with_landmarks_ratio;
  answer.true_resident_ratio = plan.true_resident_ratio;
  return answer;
}

}  // namespace

void Explore::connectWhatIf() {
  connect(what_if_, &views::WhatIfPanel::configChanged, this, &Explore::onWhatIfMoved);
  connect(what_if_, &views::WhatIfPanel::measureRequested, this, &Explore::measure);
  connect(spectra_, &views::SpectrumView::ranksChanged, this, [this](const Ranks& ranks) {
    what_if_->setRanks(ranks);
    onWhatIfMoved();
  });
  connect(cka_, &views::CkaView::groupsChanged, this,
          [this](const std::vector<LayerGroup>& groups) {
            what_if_->setCustomGroups(groups);
            onWhatIfMoved();
          });
}

/// Another run brings its own configuration; a run that grows keeps the what-if that was set beside
/// it.
void Explore::followRun() {
  const bool expected = run_ && run_->started.spec.analysis != AnalysisScope::none;
  const auto now =
      freshOr(panels_.what_if, [](const Run& run) { return !run.spectra.empty(); }, expected, {});
  const auto before = std::exchange(what_if_run_, now);
  const bool same = now && before && before->started == now->started;
  const CompressionConfig kept = what_if_->config();
  what_if_->setRun(now.get());
  if (same) {
    what_if_->setConfig(kept);
  } else {
    history_.reset(viewState());
  }
  showWhatIf();
}

void Explore::onWhatIfMoved() {
  Q_EMIT hintCompleted(kHintMoveRank);
  showWhatIf();
  showRegrouped();
  noteView();
}

void Explore::showWhatIf() {
  const auto& plan = what_if_->plan();
  if (!what_if_run_ || !plan) {
    const auto groups = run_ ? run_->started.plan : std::vector<PlannedGroup>{};
    cka_->setGroups(groups, false);
    spectra_->setGroups(groups);
    error_->setWhatIf(std::nullopt);
    strip_->setPrediction(std::nullopt);
    xray_->setWhatIfBudget(std::nullopt);
    return;
  }
  const std::vector<PlannedGroup>& measured = what_if_run_->started.plan;
  const CompressionConfig& own = what_if_run_->started.spec.compression;
  const bool other_groups = plan->groups != measured;
  const bool other_chunks =
      isSelective(own.method) && what_if_->config().selective != own.selective;
  const bool moved = other_groups || other_chunks;
  const Ranks ranks = ranksOf(what_if_->config());
  cka_->setGroups(plan->groups, other_groups && !sameGroups(plan->groups, measured));
  spectra_->setGroups(plan->groups);
  spectra_->setRanks(ranks);
  spectra_->setMeasuredRanks(measuredRanks(*what_if_run_));
  error_->setWhatIf(other_groups ? plan : std::nullopt);
  auto answer = answerOf(*plan, ranks);
  if (other_chunks)
    answer.name += QStringLiteral(", budget %1").arg(what_if_->config().selective.budget);
  strip_->setPrediction(moved ? std::optional(answer) : std::nullopt);
  xray_->setWhatIfBudget(whatIfTokens());
  refreshTables();
}

bool Explore::sameGroups(const std::vector<PlannedGroup>& one,
                         const std::vector<PlannedGroup>& other) {
  return std::equal(one.begin(), one.end(), other.begin(), other.end(),
                    [](const PlannedGroup& a, const PlannedGroup& b) {
                      return a.first_layer == b.first_layer && a.num_layers == b.num_layers;
                    });
}

std::optional<RunSpec> Explore::whatIfSpec() const {
  if (!run_) return std::nullopt;
  RunSpec spec = run_->started.spec;
  if (what_if_->plan()) spec.compression = what_if_->config();
  return spec;
}

void Explore::measure() {
  if (const auto spec = whatIfSpec()) {
    Q_EMIT hintCompleted(kHintMeasure);
    Q_EMIT runRequested(*spec);
  }
}

void Explore::stepRank(Stream stream, int by) {
  if (!what_if_->plan()) return;
  Ranks ranks = ranksOf(what_if_->config());
  int64_t& rank = views::rankIn(ranks, stream);
  if (rank == 0) return;  // that stream stays dense
  rank = std::max<int64_t>(1, rank + by);
  what_if_->setRanks(ranks);
  onWhatIfMoved();
}

}  // namespace xkv::window
