// SPDX-License-Identifier: GPL-3.0-or-later
/// What a panel shows while it has nothing.
#include "views/empty_panel.h"

#include <QEvent>
#include <QLabel>
#include <QPainter>
#include <QPushButton>
#include <QVBoxLayout>

#include "views/theme.h"

namespace xkv::views {
namespace {
constexpr int kSkeletonPitch = 44;
constexpr int kSkeletonMargin = 48;
}  // namespace

EmptyPanel::EmptyPanel(QWidget* parent)
    : QWidget(parent),
      what_(new QLabel(this)),
      why_(new QLabel(this)),
      button_(new QPushButton(this)) {
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(px(12), px(12), px(12), px(12));
  layout->setSpacing(px(8));
  layout->addStretch();
  for (QLabel* label : {what_, why_}) {
    label->setAlignment(Qt::AlignHCenter);
    label->setWordWrap(true);
    label->setTextFormat(Qt::PlainText);
    layout->addWidget(label);
  }
  layout->addWidget(button_, 0, Qt::AlignHCenter);
  layout->addStretch();
  setMinimumHeight(1);  // what fills the panel sets how low it may be, not its empty state
  connect(button_, &QPushButton::clicked, this, &EmptyPanel::requested);
  restyle();
}

void EmptyPanel::setText(const EmptyText& text) {
  what_->setText(text.what);
  why_->setText(text.why);
  button_->setText(text.button);
  button_->setVisible(!text.button.isEmpty());
  setAccessibleName(text.what);
  setAccessibleDescription(text.why);
}

void EmptyPanel::restyle() {
  what_->setFont(textFont(14, QFont::Medium));
  why_->setFont(textFont(12));
  QPalette quiet = why_->palette();
  quiet.setColor(QPalette::WindowText, roles().text2);
  why_->setPalette(quiet);
}

void EmptyPanel::changeEvent(QEvent* event) {
  if (event->type() == QEvent::StyleChange) restyle();
  QWidget::changeEvent(event);
}

/// Skeleton lines, left out behind the text.
void EmptyPanel::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  painter.setPen(QPen(roles().grid, 1));
  QRect text = what_->geometry().united(why_->geometry());
  if (button_->isVisible()) text = text.united(button_->geometry());
  for (int y = px(kSkeletonPitch) / 2; y < height(); y += px(kSkeletonPitch)) {
    if (y > text.top() - 4 && y < text.bottom() + 4) continue;
    painter.drawLine(px(kSkeletonMargin), y, width() - px(kSkeletonMargin), y);
  }
}

}  // namespace xkv::views
