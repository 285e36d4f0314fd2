// SPDX-License-Identifier: GPL-3.0-or-later
/// The frame of every panel: a dock with its own 28 px title, a body, an empty state and room for a
/// card.
#pragma once

#include <QDockWidget>

#include "views/empty_panel.h"

class QFrame;
class QHBoxLayout;
class QLabel;
class QPainter;
class QStackedWidget;
class QToolButton;
class QVBoxLayout;

namespace xkv::views {

/// Title, grey subtitle (elided first), stretch, switches, maximise.
class PanelTitle : public QWidget {
  Q_OBJECT
 public:
  explicit PanelTitle(const QString& title, QWidget* parent = nullptr);
  /// What was computed, on what: "linear, columns centred over 547 tokens, keys before RoPE".
  void setSubtitle(const QString& subtitle);
  /// Switches, chips, provenance labels; from left to right before the maximise button.
  void addWidget(QWidget* widget);
  void setBusy(bool busy);
  void setMaximised(bool maximised);
  /// A short remark beside the title: "partial: 5 of 8 layers", "from run 3"; empty = none.
  void setChip(const QString& text);
  QString chip() const { return chip_; }

 Q_SIGNALS:
  void maximiseRequested();

 protected:
  void paintEvent(QPaintEvent* event) override;
  void mouseDoubleClickEvent(QMouseEvent* event) override;
  void changeEvent(QEvent* event) override;
  QSize sizeHint() const override;

 private:
  void restyle();
  void describe();
  int paintChip(QPainter& painter, QRect line) const;

  QString title_;
  QString subtitle_;
  QString chip_;
  QHBoxLayout* layout_;
  QWidget* room_;  ///< stretch that the title and subtitle are painted in
  QToolButton* maximise_;
  bool busy_ = false;
  bool maximised_ = false;
};

class Panel : public QDockWidget {
  Q_OBJECT
 public:
  /// Takes the content. The object name, which layouts are saved under, is made from the title.
  Panel(const QString& title, QWidget* content, QWidget* parent = nullptr);

  PanelTitle* title() { return title_; }
  QWidget* content() { return content_; }

  /// Shows the reason instead of the content, or the content again.
  void showEmpty(const EmptyText& text);
  void showContent();
  /// Takes a table that stands in for the content while it is there; nullptr removes and deletes
  /// it.
  void setTable(QWidget* table);
  QWidget* table() { return table_; }
  /// A card above the content that pushes it down (an error card); takes it, nullptr removes and
  /// deletes it.
  void setCard(QWidget* card);

 Q_SIGNALS:
  void maximiseRequested();
  void emptyButtonClicked();

 private:
  PanelTitle* title_;
  QWidget* content_;
  QWidget* table_ = nullptr;
  QWidget* card_ = nullptr;
  QVBoxLayout* body_;
  QStackedWidget* stack_;
  EmptyPanel* empty_;
};

}  // namespace xkv::views
