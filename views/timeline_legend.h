// SPDX-License-Identifier: GPL-3.0-or-later
/// Which colour stands for which operation.
#pragma once

#include <QWidget>

namespace xkv::views {

class TimelineLegend : public QWidget {
  Q_OBJECT
 public:
  explicit TimelineLegend(QWidget* parent = nullptr);
  QSize sizeHint() const override;
  QSize minimumSizeHint() const override { return {0, sizeHint().height()}; }

 protected:
  void paintEvent(QPaintEvent* event) override;
};

}  // namespace xkv::views
