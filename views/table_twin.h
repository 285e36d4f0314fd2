// SPDX-License-Identifier: GPL-3.0-or-later
/// What a plot shows, as a table: for keyboards, screen readers and copying.
#pragma once

#include <QStringList>
#include <QTableView>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "profiling/rank_plan.h"

namespace xkv::views {

/// Cells are made when they are looked at, so that a million spans cost nothing.
struct TableTwin {
  QStringList columns;
  int rows = 0;
  std::function<QString(int row, int column)> cell;
};

/// Each keeps the run as long as the table lives.
TableTwin ckaTable(std::shared_ptr<const Run> run);
TableTwin spectraTable(std::shared_ptr<const Run> run);
/// Measured per layer and stream, with the what-if's and the baseline's error beside.
TableTwin errorTable(std::shared_ptr<const Run> run, std::shared_ptr<const Run> baseline,
                     std::optional<RankPlan> what_if);
TableTwin memoryTable(std::shared_ptr<const Run> run);
TableTwin textsTable(std::shared_ptr<const Run> run);
TableTwin timelineTable(std::shared_ptr<const Run> run);
/// A row per layer, KV head and step of Selective Reconstruction.
TableTwin xrayTable(std::shared_ptr<const Run> run);
/// Recall of every layer if so many chunks were chosen.
TableTwin xrayBudgetTable(std::shared_ptr<const Run> run);
/// Runs that ask the same, with the whole texts.
TableTwin duelTable(const std::vector<std::shared_ptr<const Run>>& runs);

/// Ctrl+C copies the selected cells, tabs between columns.
class TableTwinView : public QTableView {
  Q_OBJECT
 public:
  /// `name` is what it is a table of.
  explicit TableTwinView(const QString& name, QWidget* parent = nullptr);
  void setTwin(TableTwin twin);

 protected:
  void keyPressEvent(QKeyEvent* event) override;
};

}  // namespace xkv::views
