// SPDX-License-Identifier: GPL-3.0-or-later
/// The what-if beside the selected run: errors, bytes and ratios, and their differences.
#pragma once

#include <QWidget>
#include <array>
#include <optional>
#include <vector>

#include "profiling/rank_plan.h"

namespace xkv::views {

/// A run's own figures; what was not measured is none.
struct MeasuredFigures {
  std::optional<double> error_k, error_v, error;
  std::optional<int64_t> factor_bytes;
  std::optional<double> published_ratio, with_landmarks_ratio, true_resident_ratio;
  std::optional<int64_t> selection_bytes;  ///< of a selective method: all beside its factors
  std::optional<double> recall;
};
MeasuredFigures figuresOf(const Run& run);

class WhatIfTable : public QWidget {
  Q_OBJECT
 public:
  explicit WhatIfTable(QWidget* parent = nullptr);
  /// none = nothing predicted. `run_name` heads the measured column. `selective` adds what the
  /// chosen chunks cost and recall.
  void setFigures(const std::optional<RankPlan>& plan, const MeasuredFigures& measured,
                  const QString& run_name, const std::array<Stream, 2>& streams,
                  bool selective = false);

  QSize sizeHint() const override;
  QSize minimumSizeHint() const override { return sizeHint(); }

 protected:
  void paintEvent(QPaintEvent* event) override;

 private:
  enum class Better { smaller, larger };
  struct Row {
    QString label, predicted, measured, difference;
    double change = 0;  ///< sign of the difference, 0 where there is none
    Better better = Better::smaller;
  };
  using Text = QString (*)(double);
  void addRow(const QString& label, std::optional<double> predicted, std::optional<double> measured,
              Text text, Text change, Better better);

  std::vector<Row> rows_;
  QString run_name_;
};

}  // namespace xkv::views
