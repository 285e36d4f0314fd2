// SPDX-License-Identifier: GPL-3.0-or-later
/// What other ranks and groups would cost, at once: sliders over arithmetic, confirmed by Measure.
#pragma once

#include <QWidget>
#include <array>
#include <optional>
#include <vector>

#include "profiling/rank_plan.h"
#include "views/empty_panel.h"

class QLabel;
class QPushButton;
class QRadioButton;
class QSpinBox;
class QVBoxLayout;

namespace xkv::views {

class BadgeLabel;
class RankSlider;
class SegmentedSwitch;
class SelectiveFields;
class TradeOffPlot;
class WhatIfTable;

class WhatIfPanel : public QWidget {
  Q_OBJECT
 public:
  explicit WhatIfPanel(QWidget* parent = nullptr);

  /// B: its spectra are the source, its measurements the comparison. The sliders start at its
  /// configuration. Read in place; nullptr = none.
  void setRun(const Run* run);
  void setBaseline(const Run* run);
  /// From the spectra's cursors, undo, or a click elsewhere. Setters emit nothing. Ranks above the
  /// largest are taken as the largest.
  void setConfig(const CompressionConfig& config);
  void setRanks(const Ranks& ranks);
  /// A border was dragged.
  void setCustomGroups(const std::vector<LayerGroup>& groups);
  /// Why Measure cannot be pressed now ("The engine is running."); empty = it can.
  void setMeasureObstacle(const QString& reason);

  /// The configuration that the sliders show, with ranks of the streams it compresses; what Measure
  /// would run.
  const CompressionConfig& config() const { return config_; }
  const std::optional<RankPlan>& plan() const { return plan_; }
  std::optional<EmptyText> emptyReason() const;
  std::vector<QWidget*> titleWidgets() const;
  QSize minimumSizeHint() const override;

 Q_SIGNALS:
  void configChanged(const CompressionConfig& config);  ///< by the user; plan() is already new
  void measureRequested(const CompressionConfig& config);

 protected:
  void changeEvent(QEvent* event) override;

 private:
  struct RankRow {
    BadgeLabel* badge = nullptr;
    QLabel* name = nullptr;
    RankSlider* slider = nullptr;
    QSpinBox* number = nullptr;
    QLabel* per_layer = nullptr;
  };
  enum Keep { kRankPerLayer, kBytes, kError };

  QWidget* makeGroupRow();
  QWidget* makeKeepRow();
  QWidget* makeRankRow(size_t place);
  QWidget* makeFoot();
  void restyle();

  void nameStreams();
  CompressionConfig startOf(const Run& run) const;
  RankRow& rowOf(Stream stream) { return rows_[isFirst(stream) ? 0 : 1]; }
  void rankMoved(Stream stream, int rank);
  void chooseGroupSize(int index);
  void applyConfig(const CompressionConfig& config, bool by_user);
  void recompute();
  void showConfig();
  void showLimits();
  void showLines();
  void showPlan();
  void showWarning();
  Ranks kept(const CompressionConfig& next) const;

  const Run* run_ = nullptr;
  const Run* baseline_ = nullptr;
  std::optional<RankPlanner> planner_;
  std::vector<int64_t> group_sizes_;
  CompressionConfig config_;
  std::optional<RankPlan> plan_;
  QString obstacle_;

  SegmentedSwitch* sizes_ = nullptr;
  QRadioButton* keep_[3] = {};
  std::array<RankRow, 2> rows_;  ///< in the order of ModelShape::streams()
  QLabel* marks_note_ = nullptr;
  SelectiveFields* selective_ = nullptr;  ///< shown for a selective method
  WhatIfTable* table_ = nullptr;
  QLabel* curve_title_ = nullptr;
  TradeOffPlot* curve_ = nullptr;
  QLabel* warning_ = nullptr;
  QPushButton* copy_ = nullptr;
  QPushButton* measure_ = nullptr;
  QLabel* why_not_ = nullptr;
  QWidget* provenance_ = nullptr;
};

}  // namespace xkv::views
