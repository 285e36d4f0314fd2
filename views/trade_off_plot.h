// SPDX-License-Identifier: GPL-3.0-or-later
/// Error against bytes, one line per group size; runs A and B as badges, the what-if as a ring.
#pragma once

#include <optional>
#include <vector>

#include "profiling/rank_plan.h"
#include "views/plot.h"

namespace xkv::views {

struct TradeOffLine {
  int64_t group_size = 0;
  bool chosen = false;
  std::vector<CurvePoint> points;
};

struct TradeOffDot {
  double bytes = 0;
  double error = 0;
};

/// A click on a line asks for that configuration.
class TradeOffPlot : public Plot {
  Q_OBJECT
 public:
  explicit TradeOffPlot(QWidget* parent = nullptr);

  void setLines(std::vector<TradeOffLine> lines, double dense_bytes);
  void setDots(std::optional<TradeOffDot> what_if, std::optional<TradeOffDot> run_a,
               std::optional<TradeOffDot> run_b);

 Q_SIGNALS:
  void configurationChosen(int64_t group_size, const Ranks& ranks);

 private:
  std::optional<QPointF> placeOf(const std::optional<TradeOffDot>& dot) const;
  std::optional<QPointF> labelOf(size_t line, const QList<QPointF>& taken) const;
  void restyleLines();
  void paintDots(QCPPainter& painter) const;
  void paintLabels(QCPPainter& painter) const;
  void choose(QPointF point);

  std::vector<TradeOffLine> lines_;
  std::optional<TradeOffDot> what_if_, run_a_, run_b_;
};

}  // namespace xkv::views
