// SPDX-License-Identifier: GPL-3.0-or-later
/// A choice of the tool bar: its label in grey, its value, and a menu.
#pragma once

#include <QAbstractButton>
#include <QMenu>
#include <functional>
#include <optional>

#include "views/badge.h"

namespace xkv::window {

class FieldButton : public QAbstractButton {
  Q_OBJECT

 public:
  /// `fill` puts the entries into the menu each time it is opened.
  FieldButton(const QString& label, std::function<void(QMenu&)> fill, QWidget* parent = nullptr);
  void setValue(const QString& value, std::optional<views::Badge> badge = std::nullopt);
  /// In a narrow window the label goes, the value stays.
  void setLabelShown(bool shown);
  QSize sizeHint() const override;
  QSize minimumSizeHint() const override;

 protected:
  void paintEvent(QPaintEvent* event) override;

 private:
  int labelWidth() const;
  void openMenu();

  QString label_;
  QString value_;
  std::optional<views::Badge> badge_;
  std::function<void(QMenu&)> fill_;
  bool label_shown_ = true;
};

}  // namespace xkv::window
