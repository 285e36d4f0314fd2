// SPDX-License-Identifier: GPL-3.0-or-later
/// All methods on one prompt: bytes, errors, KL and the texts beside each other.
#pragma once

#include <QWidget>
#include <memory>
#include <optional>
#include <vector>

#include "views/duel_rows.h"
#include "views/empty_panel.h"

class QScrollArea;

namespace xkv::views {

/// Draws the rows; the text stands behind the numbers where there is room, else below them.
class DuelCanvas : public QWidget {
  Q_OBJECT
 public:
  explicit DuelCanvas(QWidget* parent = nullptr);
  void setRows(std::vector<DuelRow> rows, const std::array<Stream, 2>& streams, int64_t selected);
  /// Which row stands there; none beside the rows.
  std::optional<size_t> rowAt(QPoint point) const;
  QSize sizeHint() const override;

 Q_SIGNALS:
  void runClicked(qint64 run_id);

 protected:
  void paintEvent(QPaintEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;
  void changeEvent(QEvent* event) override;

 private:
  bool isWide() const;
  int rowHeight() const;
  QRect rowRect(size_t row) const;
  QRect cellRect(const QRect& row, size_t column) const;
  void fitHeight();
  void paintHead(QPainter& painter) const;
  void paintRow(QPainter& painter, size_t row) const;
  void paintText(QPainter& painter, const DuelRow& row, QRect room) const;

  std::vector<DuelRow> rows_;
  std::array<Stream, 2> streams_{Stream::key, Stream::value};
  int64_t selected_ = 0;
};

class DuelView : public QWidget {
  Q_OBJECT
 public:
  explicit DuelView(QWidget* parent = nullptr);

  /// Runs that ask the same; `selected` is B.
  void setRuns(const std::vector<std::shared_ptr<const Run>>& runs, int64_t selected);
  const std::vector<DuelRow>& rows() const { return rows_; }
  /// Why there is nothing to compare; none where there is.
  std::optional<EmptyText> emptyReason() const;
  /// "4 runs over the prompt of run 3"
  QString subtitle() const;
  QSize minimumSizeHint() const override;

 Q_SIGNALS:
  void runSelected(qint64 run_id);

 private:
  std::vector<DuelRow> rows_;
  int64_t selected_ = 0;
  DuelCanvas* canvas_;
  QScrollArea* scroll_;
};

}  // namespace xkv::views
