// SPDX-License-Identifier: GPL-3.0-or-later
/// The slider of a rank: logarithmic, with marks where the energy is, and a triangle at the
/// measured rank.
#pragma once

#include <QAbstractSlider>
#include <optional>
#include <vector>

#include "profiling/records/compression_config.h"

namespace xkv::views {

struct RankMark {
  int64_t rank = 0;
  QString label;  ///< "90 %"
};

/// Arrows and wheel move by 1, with Ctrl and page keys by 8.
class RankSlider : public QAbstractSlider {
  Q_OBJECT
 public:
  explicit RankSlider(QWidget* parent = nullptr);
  void setStream(Stream stream);

  void setMarks(const std::vector<RankMark>& marks);
  void setMeasuredRank(std::optional<int64_t> rank);

  /// Where a rank stands, and which rank stands there.
  double xOf(int64_t rank) const;
  int rankAt(double x) const;

  QSize sizeHint() const override;
  QSize minimumSizeHint() const override { return sizeHint(); }

 protected:
  void paintEvent(QPaintEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;
  void mouseMoveEvent(QMouseEvent* event) override;
  void mouseReleaseEvent(QMouseEvent* event) override;
  void wheelEvent(QWheelEvent* event) override;

 private:
  void paintMarks(QPainter& painter) const;

  Stream stream_ = Stream::key;
  std::vector<RankMark> marks_;
  std::optional<int64_t> measured_;
};

}  // namespace xkv::views
