// SPDX-License-Identifier: GPL-3.0-or-later
/// Where the cache's bytes are: one bar each for dense, A and B, and the three ratios.
#pragma once

#include <QWidget>
#include <memory>
#include <optional>
#include <vector>

#include "profiling/records/session.h"
#include "views/badge.h"

class QStackedWidget;

namespace xkv::views {

class EmptyPanel;
class MemoryBars;

class MemoryView : public QWidget {
  Q_OBJECT
 public:
  explicit MemoryView(QWidget* parent = nullptr);
  /// B and the baseline; either may be null.
  void setRuns(std::shared_ptr<const Run> run, std::shared_ptr<const Run> baseline);

 Q_SIGNALS:
  void emptyButtonClicked();

 private:
  MemoryBars* bars_;
  EmptyPanel* empty_;
  QStackedWidget* stack_;
};

}  // namespace xkv::views
