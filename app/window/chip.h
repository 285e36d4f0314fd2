// SPDX-License-Identifier: GPL-3.0-or-later
/// A state in a pill: a disc in the colour of the state, and words.
#pragma once

#include <QColor>
#include <QWidget>

namespace xkv::window {

enum class ChipTone { neutral, good, busy, bad };

class Chip : public QWidget {
  Q_OBJECT

 public:
  explicit Chip(const QString& name, QWidget* parent = nullptr);
  /// `reason` is the tooltip and the accessible description.
  void setState(ChipTone tone, const QString& text, const QString& reason);
  QString text() const { return text_; }
  QSize sizeHint() const override;
  QSize minimumSizeHint() const override { return sizeHint(); }

 protected:
  void paintEvent(QPaintEvent* event) override;

 private:
  QColor discColour() const;

  ChipTone tone_ = ChipTone::neutral;
  QString text_;
};

}  // namespace xkv::window
