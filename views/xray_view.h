// SPDX-License-Identifier: GPL-3.0-or-later
/// X-ray of Selective Reconstruction: the chunks that each step chose, its recall and hit rate, and
/// recall against the budget, of one layer and KV head.
#pragma once

#include <QWidget>
#include <optional>
#include <vector>

#include "profiling/records/session.h"
#include "views/empty_panel.h"
#include "views/selection.h"

class QSpinBox;
class QStackedWidget;

namespace xkv::views {

class SegmentedSwitch;
class XrayCanvas;
class XrayCurves;
struct XrayCell;

/// Follows the window's selected layer; the KV head is its own.
class XrayView : public QWidget {
  Q_OBJECT
 public:
  explicit XrayView(QWidget* parent = nullptr);

  /// Read in place; nullptr = none.
  void setRun(const Run* run);
  void setSelection(const Selection& selection);
  /// Tokens that the what-if would choose; none = as the run.
  void setWhatIfBudget(std::optional<int64_t> tokens);

  /// Of the layer that is shown; nullptr = none.
  const SelectionRecord* record() const;
  int64_t kvHead() const { return kv_head_; }
  bool showsBudget() const;

  std::optional<EmptyText> emptyReason() const;
  QString subtitle() const;
  /// Layer, KV head, Map | Steps | Budget
  std::vector<QWidget*> titleWidgets() const;
  QSize minimumSizeHint() const override;

 Q_SIGNALS:
  void selectionChanged(const xkv::views::Selection& selection);
  void shownChanged();  ///< subtitle() and showsBudget() are new

 private:
  enum Mode { kMap, kSteps, kBudget };
  void showRecord();
  void chooseLayer(int64_t layer);
  void chooseCell(const XrayCell& cell);
  void chooseStep(int64_t step);
  std::optional<int64_t> selectedStep() const;

  const Run* run_ = nullptr;
  Selection selection_;
  int64_t layer_ = 0;
  int64_t kv_head_ = 0;
  QSpinBox* layer_box_;
  QSpinBox* head_box_;
  SegmentedSwitch* mode_;
  QStackedWidget* pages_;
  XrayCanvas* canvas_;
  XrayCurves* curves_;
};

}  // namespace xkv::views
