// SPDX-License-Identifier: GPL-3.0-or-later
/// Ledger bars on one scale, their legend, and the table of the three ratios.
#pragma once

#include <QColor>
#include <QWidget>
#include <memory>
#include <optional>
#include <vector>

#include "profiling/records/session.h"
#include "views/badge.h"

namespace xkv::views {

struct BarPart {
  QString name;  ///< "token_basis A, keys"
  QString shape;
  QColor colour;
  int64_t bytes = 0;
};

struct LedgerBar {
  std::optional<Badge> badge;  ///< none = dense
  QString name;
  std::vector<BarPart> parts;  ///< without `analysis`, in the order of the ledger
  int64_t bytes = 0;
};

/// The parts of a record that stay resident, in ledger order.
LedgerBar ledgerBar(const MemoryRecord& memory, std::optional<Badge> badge, const QString& name);
/// The dense cache of the same prompt and generated tokens.
LedgerBar denseBar(const MemoryRecord& memory, const ModelShape& model);

class MemoryBars : public QWidget {
  Q_OBJECT
 public:
  explicit MemoryBars(QWidget* parent = nullptr);
  void setRuns(std::shared_ptr<const Run> run, std::shared_ptr<const Run> baseline);
  const std::vector<LedgerBar>& bars() const { return bars_; }

 protected:
  void paintEvent(QPaintEvent* event) override;
  void changeEvent(QEvent* event) override;
  bool event(QEvent* event) override;

 private:
  void rebuild();
  QRectF barRect(size_t bar) const;
  void paintBar(QPainter& painter, size_t bar) const;
  int paintLegend(QPainter& painter, int y) const;
  void paintRatios(QPainter& painter, int y) const;
  int valueColumn() const;

  std::shared_ptr<const Run> run_;
  std::shared_ptr<const Run> baseline_;
  std::vector<LedgerBar> bars_;
};

}  // namespace xkv::views
