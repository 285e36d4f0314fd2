// SPDX-License-Identifier: GPL-3.0-or-later
/// Which panel has which table beside its plot.
#include "app/window/explore.h"
#include "views/table_twin.h"
#include "views/what_if_panel.h"
#include "views/xray_view.h"

namespace xkv::window {

std::optional<views::TableTwin> Explore::twinOf(const views::Panel* panel) const {
  if (!run_) return std::nullopt;
  if (panel == panels_.cka) return views::ckaTable(run_);
  if (panel == panels_.spectra) return views::spectraTable(run_);
  if (panel == panels_.error) return views::errorTable(run_, baseline_, what_if_->plan());
  if (panel == panels_.memory) return views::memoryTable(run_);
  if (panel == panels_.texts) return views::textsTable(run_);
  if (panel == panels_.duel) return views::duelTable(duel_runs_);
  if (panel == panels_.xray)
    return xray_->showsBudget() ? views::xrayBudgetTable(run_) : views::xrayTable(run_);
  if (panel == panels_.timeline) return views::timelineTable(run_);
  return std::nullopt;
}

bool Explore::toggleTable(views::Panel* panel) {
  if (panel->table() != nullptr) {
    panel->setTable(nullptr);
    panel->content()->setFocus();
    return true;
  }
  const auto twin = twinOf(panel);
  if (!twin) return false;
  auto* table = new views::TableTwinView(tr("%1 as a table").arg(panel->windowTitle()));
  table->setTwin(*twin);
  panel->setTable(table);
  table->setFocus();
  return true;
}

void Explore::refreshTables() {
  for (views::Panel* panel : panels_.inOrder()) {
    auto* table = qobject_cast<views::TableTwinView*>(panel->table());
    if (table == nullptr) continue;
    if (const auto twin = twinOf(panel)) {
      table->setTwin(*twin);
    } else {
      panel->setTable(nullptr);
    }
  }
}

}  // namespace xkv::window
