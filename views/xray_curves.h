// SPDX-License-Identifier: GPL-3.0-or-later
/// Recall and hit rate of Selective Reconstruction over the steps, and recall against the budget.
#pragma once

#include <QWidget>
#include <optional>
#include <vector>

#include "profiling/records/session.h"

class QCPPainter;

namespace xkv::views {

class Plot;
class Tooltip;

/// Left and right arrows move along the x axis; Ctrl+C copies what the tooltip says.
class XrayCurves : public QWidget {
  Q_OBJECT
 public:
  enum class Axis { steps, budget };
  explicit XrayCurves(QWidget* parent = nullptr);

  /// Both are read in place; nullptr = none.
  void setRecord(const Run* run, const SelectionRecord* record, int64_t kv_head);
  void setAxis(Axis axis);
  void setStep(std::optional<int64_t> step);
  /// Tokens that the what-if would choose; none = as the run.
  void setWhatIfBudget(std::optional<int64_t> tokens);

 Q_SIGNALS:
  void stepChosen(qint64 step);

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;

 private:
  struct Curve {
    QString name;
    QPen (*pen)();
    bool dots = false;
    std::vector<double> y;  ///< at x = 0, 1, ...; NaN where not measured
  };
  void rebuild();
  void addSteps();
  void addBudgets();
  void restyle();
  double unit() const;  ///< of the x axis per point: tokens of a chunk, or 1
  int64_t numPoints() const;
  bool isEmpty() const;
  double yAt(int64_t point) const;
  std::optional<int64_t> pointAt(double x) const;
  void showPoint(int64_t point, bool now);
  bool pressKey(int key);
  void paintOverlay(QCPPainter& painter) const;
  void paintLegend(QCPPainter& painter) const;
  void paintMark(QCPPainter& painter, double x, const QString& words, bool predicted) const;

  const Run* run_ = nullptr;
  const SelectionRecord* record_ = nullptr;
  int64_t kv_head_ = 0;
  Axis axis_ = Axis::steps;
  std::optional<int64_t> step_;
  std::optional<int64_t> what_if_;
  int64_t at_ = 0;  ///< point that the arrows have come to
  std::vector<Curve> curves_;
  Plot* plot_;
  Tooltip* tooltip_;
};

}  // namespace xkv::views
