// SPDX-License-Identifier: GPL-3.0-or-later
/// The X-ray among the panels: its run, its title, the what-if's budget.
#include <algorithm>

#include "app/window/explore.h"
#include "app/window/panel_state.h"
#include "views/what_if_panel.h"
#include "views/xray_view.h"

namespace xkv::window {

void Explore::connectXray() {
  for (QWidget* widget : xray_->titleWidgets()) panels_.xray->title()->addWidget(widget);
  connect(xray_, &views::XrayView::selectionChanged, this, &Explore::setSelection);
  connect(xray_, &views::XrayView::shownChanged, this, [this] {
    showXray();
    refreshTables();
  });
}

void Explore::followXray() {
  const bool expected = run_ && isSelective(run_->started.spec.compression.method);
  xray_->setRun(freshOr(
                    panels_.xray, [](const Run& run) { return !run.selections.empty(); }, expected,
                    run_ ? partialSelections(*run_) : QString())
                    .get());
}

void Explore::showXray() {
  panels_.xray->title()->setSubtitle(xray_->subtitle());
  std::optional<views::EmptyText> reason = xray_->emptyReason();
  if (!reason) return panels_.xray->showContent();
  if (!run_) reason->button = tr("New run…");
  panels_.xray->showEmpty(*reason);
}

/// The chunks that the what-if would choose, where they are those of the X-ray.
std::optional<int64_t> Explore::whatIfTokens() const {
  const auto& plan = what_if_->plan();
  if (!plan || !plan->recall || !what_if_run_) return std::nullopt;
  const SelectiveConfig& config = what_if_->config().selective;
  const SelectiveConfig& own = what_if_run_->started.spec.compression.selective;
  if (config.budget == own.budget) return std::nullopt;
  const SelectionRecord& measured = what_if_run_->selections.front();
  const int64_t candidates = measured.landmark_chunks - measured.outlier_chunks;
  return std::min(config.budget / measured.chunk, candidates) * measured.chunk;
}

}  // namespace xkv::window
