// SPDX-License-Identifier: GPL-3.0-or-later
/// What a panel shows while it has nothing: what it would show, why it is empty, one thing to do.
#pragma once

#include <QString>
#include <QWidget>

class QLabel;
class QPushButton;

namespace xkv::views {

struct EmptyText {
  QString what;    ///< "Error per layer, keys and values"
  QString why;     ///< one or two sentences, no second person
  QString button;  ///< empty = no button
};

class EmptyPanel : public QWidget {
  Q_OBJECT
 public:
  explicit EmptyPanel(QWidget* parent = nullptr);
  void setText(const EmptyText& text);

 Q_SIGNALS:
  void requested();  ///< the button

 protected:
  void paintEvent(QPaintEvent* event) override;
  void changeEvent(QEvent* event) override;

 private:
  void restyle();

  QLabel* what_;
  QLabel* why_;
  QPushButton* button_;
};

}  // namespace xkv::views
