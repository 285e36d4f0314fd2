// SPDX-License-Identifier: GPL-3.0-or-later
/// Steps down, chunks of the prompt across: what each step of Selective Reconstruction read.
#pragma once

#include <QImage>
#include <QWidget>
#include <optional>

#include "views/xray_map.h"

namespace xkv::views {

class Tooltip;

struct XrayCell {
  int64_t step = 0;
  int64_t chunk = 0;
  friend bool operator==(const XrayCell&, const XrayCell&) = default;
};

/// Arrows move the focused cell; the wheel zooms at the mouse, with Shift it pans, a double click
/// shows all chunks; Ctrl+C copies what the tooltip says.
class XrayCanvas : public QWidget {
  Q_OBJECT
 public:
  explicit XrayCanvas(QWidget* parent = nullptr);

  /// Both are read in place; nullptr = none.
  void setRecord(const Run* run, const SelectionRecord* record, int64_t kv_head);
  /// The cell that is framed; none = no cell.
  void setCell(std::optional<XrayCell> cell);

  const XrayMap& map() const { return map_; }
  std::optional<XrayCell> cellAt(QPoint point) const;
  QRect cellRect(const XrayCell& cell) const;
  /// First of the chunks that are shown, and how many.
  std::pair<int64_t, int64_t> shown() const { return {first_, count_}; }

 Q_SIGNALS:
  void cellChosen(const xkv::views::XrayCell& cell);

 protected:
  void paintEvent(QPaintEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;
  void changeEvent(QEvent* event) override;
  void mouseMoveEvent(QMouseEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;
  void mouseDoubleClickEvent(QMouseEvent* event) override;
  void wheelEvent(QWheelEvent* event) override;
  void leaveEvent(QEvent* event) override;
  void keyPressEvent(QKeyEvent* event) override;

 private:
  QRect area() const;
  int64_t chunkAt(int x) const;
  int xOfChunk(int64_t chunk) const;
  int yOfStep(int64_t step) const;
  void showChunks(int64_t first, int64_t count);
  void choose(const XrayCell& cell);
  void showCell(const XrayCell& cell, bool now);

  void paintLegend(QPainter& painter) const;
  void paintGaps(QPainter& painter) const;
  void paintSteps(QPainter& painter) const;
  void paintPrompt(QPainter& painter) const;
  void paintFrame(QPainter& painter) const;

  const Run* run_ = nullptr;
  const SelectionRecord* record_ = nullptr;
  int64_t kv_head_ = 0;
  XrayMap map_;
  int64_t first_ = 0;
  int64_t count_ = 0;
  std::optional<XrayCell> cell_;
  QImage image_;  ///< of the area; null = to be made
  Tooltip* tooltip_;
};

}  // namespace xkv::views
