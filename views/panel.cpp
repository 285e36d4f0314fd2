// SPDX-License-Identifier: GPL-3.0-or-later
/// The frame of every panel.
#include "views/panel.h"

#include <QEvent>
#include <QFrame>
#include <QHBoxLayout>
#include <QPainter>
#include <QStackedWidget>
#include <QToolButton>
#include <QVBoxLayout>

#include "views/icons.h"
#include "views/theme.h"

namespace xkv::views {
namespace {
constexpr int kTitleHeight = 28;
constexpr int kPadding = 12;
constexpr int kTitleTextPx = 13;
constexpr int kSubtitleTextPx = 12;
constexpr int kButtonSide = 20;
}  // namespace

PanelTitle::PanelTitle(const QString& title, QWidget* parent)
    : QWidget(parent),
      title_(title),
      layout_(new QHBoxLayout(this)),
      room_(new QWidget(this)),
      maximise_(new QToolButton(this)) {
  setObjectName(QStringLiteral("panel_title"));
  setAttribute(Qt::WA_StyledBackground, false);
  setAccessibleName(title);
  layout_->setContentsMargins(0, 0, px(6), 0);  // a rail has room for the button alone
  layout_->setSpacing(px(8));
  room_->setAttribute(Qt::WA_TransparentForMouseEvents);
  layout_->addWidget(room_, 1);
  layout_->addWidget(maximise_);
  connect(maximise_, &QToolButton::clicked, this, &PanelTitle::maximiseRequested);
  restyle();
}

void PanelTitle::setSubtitle(const QString& subtitle) {
  subtitle_ = subtitle;
  describe();
}

void PanelTitle::setChip(const QString& text) {
  chip_ = text;
  describe();
}

void PanelTitle::describe() {
  const QString text = chip_.isEmpty() ? subtitle_ : chip_ + QStringLiteral("; ") + subtitle_;
  setAccessibleDescription(text);
  setToolTip(text);
  update();
}

void PanelTitle::addWidget(QWidget* widget) {
  layout_->insertWidget(layout_->count() - 1, widget);
  widget->show();
}

void PanelTitle::setBusy(bool busy) {
  busy_ = busy;
  update();
}

void PanelTitle::setMaximised(bool maximised) {
  maximised_ = maximised;
  restyle();
}

QSize PanelTitle::sizeHint() const { return {QWidget::sizeHint().width(), px(kTitleHeight)}; }

void PanelTitle::restyle() {
  setFixedHeight(px(kTitleHeight));
  maximise_->setIcon(icon(maximised_ ? QStringLiteral("restore") : QStringLiteral("maximise")));
  maximise_->setIconSize({px(16), px(16)});
  maximise_->setFixedSize(px(kButtonSide), px(kButtonSide));
  const QString what = maximised_ ? QStringLiteral("Restore") : QStringLiteral("Maximise");
  maximise_->setAccessibleName(what + u' ' + title_);
  maximise_->setToolTip(what + QStringLiteral(" (F11)"));
  update();
}

void PanelTitle::changeEvent(QEvent* event) {
  if (event->type() == QEvent::StyleChange) restyle();
  QWidget::changeEvent(event);
}

void PanelTitle::mouseDoubleClickEvent(QMouseEvent*) { Q_EMIT maximiseRequested(); }

void PanelTitle::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  painter.setRenderHint(QPainter::Antialiasing);
  painter.setPen(QPen(roles().border, 1));
  painter.setBrush(roles().header);
  // The lower corners lie below the edge: only the upper ones are round.
  painter.drawRoundedRect(QRectF(rect()).adjusted(0.5, 0.5, -0.5, px(4)), px(4), px(4));
  painter.fillRect(1, height() - 1, width() - 2, 1, roles().border);
  if (busy_) painter.fillRect(0, height() - 2, width(), 2, roles().accent);

  const QFont title_font = textFont(kTitleTextPx, QFont::Medium);
  painter.setFont(title_font);
  painter.setPen(roles().text);
  QRect line = room_->geometry();
  line.setLeft(line.left() + px(kPadding));
  line.setHeight(height());
  line.moveTop(0);
  painter.drawText(line, Qt::AlignVCenter | Qt::AlignLeft, title_);
  line.setLeft(line.left() + QFontMetrics(title_font).horizontalAdvance(title_) + px(8));
  line.setLeft(paintChip(painter, line));
  const QFont subtitle_font = textFont(kSubtitleTextPx);
  painter.setFont(subtitle_font);
  painter.setPen(roles().text3);
  painter.drawText(line, Qt::AlignVCenter | Qt::AlignLeft,
                   QFontMetrics(subtitle_font).elidedText(subtitle_, Qt::ElideRight, line.width()));
}

/// Returns where the subtitle begins.
int PanelTitle::paintChip(QPainter& painter, QRect line) const {
  if (chip_.isEmpty()) return line.left();
  painter.setFont(textFont(11));
  const int width = painter.fontMetrics().horizontalAdvance(chip_) + px(16);
  if (width > line.width()) return line.left();
  const QRectF pill(line.left() + 0.5, (height() - px(18)) / 2 + 0.5, width, px(18) - 1);
  painter.setPen(QPen(roles().warning, 1));
  painter.setBrush(roles().warning_tint);
  painter.drawRoundedRect(pill, pill.height() / 2, pill.height() / 2);
  painter.setPen(roles().warning);
  painter.drawText(pill, Qt::AlignCenter, chip_);
  return line.left() + width + px(8);
}

Panel::Panel(const QString& title, QWidget* content, QWidget* parent)
    : QDockWidget(title, parent),
      title_(new PanelTitle(title, this)),
      content_(content),
      stack_(new QStackedWidget),
      empty_(new EmptyPanel) {
  empty_->setMinimumWidth(1);  // a rail is narrower than its words
  setObjectName(QStringLiteral("panel_") + title.toLower().replace(u' ', u'_'));
  setFeatures(QDockWidget::DockWidgetMovable);
  setTitleBarWidget(title_);
  auto* frame = new QFrame;
  frame->setObjectName(QStringLiteral("panel_body"));
  body_ = new QVBoxLayout(frame);
  body_->setContentsMargins(1, 0, 1, 1);
  body_->setSpacing(0);
  stack_->addWidget(content_);
  stack_->addWidget(empty_);
  body_->addWidget(stack_, 1);
  setWidget(frame);
  connect(title_, &PanelTitle::maximiseRequested, this, &Panel::maximiseRequested);
  connect(empty_, &EmptyPanel::requested, this, &Panel::emptyButtonClicked);
}

void Panel::showEmpty(const EmptyText& text) {
  empty_->setText(text);
  stack_->setCurrentWidget(empty_);
}

void Panel::showContent() { stack_->setCurrentWidget(table_ != nullptr ? table_ : content_); }

void Panel::setTable(QWidget* table) {
  if (table_ != nullptr) {
    stack_->removeWidget(table_);
    table_->deleteLater();
  }
  table_ = table;
  if (table_ != nullptr) stack_->addWidget(table_);
  showContent();
}

void Panel::setCard(QWidget* card) {
  if (card_ != nullptr) {
    body_->removeWidget(card_);
    card_->deleteLater();
  }
  card_ = card;
  if (card_ != nullptr) body_->insertWidget(0, card_);
}

}  // namespace xkv::views
