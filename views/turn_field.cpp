// SPDX-License-Identifier: GPL-3.0-or-later
/// What the user says after an answer.
#include "views/turn_field.h"

#include <QEvent>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>

#include "views/theme.h"

namespace xkv::views {
using namespace Qt::StringLiterals;
namespace {

constexpr int kPad = 12;
constexpr int kNames = 172;  // where the answers begin

}  // namespace

TurnField::TurnField(QWidget* parent)
    : QWidget(parent),
      text_(new QLineEdit(this)),
      send_(new QPushButton(u"Send"_s, this)),
      why_not_(new QLabel(this)) {
  auto* row = new QHBoxLayout(this);
  row->setContentsMargins(px(kPad), px(4), px(kPad), px(8));
  row->setSpacing(px(8));
  auto* name = new QLabel(u"say next"_s, this);
  name->setProperty("textRole", QLatin1String("label"));
  name->setFixedWidth(px(kNames - 8));
  name->setBuddy(text_);
  row->addWidget(name);
  row->addWidget(text_, 1);
  row->addWidget(why_not_, 1);
  row->addWidget(send_);
  text_->setAccessibleName(u"What is said after the answer"_s);
  send_->setToolTip(u"Runs the conversation again with this turn behind it"_s);
  why_not_->setProperty("textRole", QLatin1String("hint"));
  connect(text_, &QLineEdit::returnPressed, this, &TurnField::send);
  connect(send_, &QPushButton::clicked, this, &TurnField::send);
  connect(text_, &QLineEdit::textChanged, this, &TurnField::restyle);
  setObstacle({});
}

void TurnField::setObstacle(const QString& reason) {
  why_not_->setText(reason);
  why_not_->setVisible(!reason.isEmpty());
  text_->setVisible(reason.isEmpty());
  restyle();
}

void TurnField::clear() { text_->clear(); }

void TurnField::restyle() {
  text_->setFont(monoFont(12));
  send_->setEnabled(why_not_->text().isEmpty() && !text_->text().trimmed().isEmpty());
}

void TurnField::changeEvent(QEvent* event) {
  if (event->type() == QEvent::StyleChange) restyle();
  QWidget::changeEvent(event);
}

void TurnField::send() {
  if (send_->isEnabled()) Q_EMIT said(text_->text());
}

}  // namespace xkv::views
