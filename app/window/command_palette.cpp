// SPDX-License-Identifier: GPL-3.0-or-later
/// The list of commands and the field that opens it.
#include "app/window/command_palette.h"

#include <QAction>
#include <QApplication>
#include <QKeyEvent>
#include <QLineEdit>
#include <QListWidget>
#include <QPainter>
#include <QVBoxLayout>
#include <algorithm>

#include "views/icons.h"
#include "views/theme.h"

namespace xkv::window {
namespace {

using views::px;
using views::roles;

constexpr int kWidth = 360;
constexpr int kFieldWidth = 280;
constexpr int kRow = 24;
constexpr int kRowsShown = 12;

QString nameOf(const QAction& action) { return action.text().remove(u'&').remove(u'…'); }

bool hasWords(const QString& name, const QString& typed) {
  const QStringList words = typed.split(u' ', Qt::SkipEmptyParts);
  return std::all_of(words.begin(), words.end(),
                     [&](const QString& word) { return name.contains(word, Qt::CaseInsensitive); });
}

}  // namespace

CommandPalette::CommandPalette(const std::vector<QAction*>& actions, QWidget* parent)
    : QFrame(parent, Qt::Popup), words_(new QLineEdit(this)), list_(new QListWidget(this)) {
  setObjectName(QStringLiteral("command_palette"));
  setAttribute(Qt::WA_DeleteOnClose);
  setFrameShape(QFrame::StyledPanel);
  for (QAction* action : actions) actions_.emplace_back(action);
  words_->setPlaceholderText(tr("Search commands"));
  words_->setAccessibleName(tr("Search commands"));
  words_->installEventFilter(this);
  list_->setAccessibleName(tr("Commands"));
  list_->setFocusPolicy(Qt::NoFocus);
  list_->setFrameShape(QFrame::NoFrame);
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(px(8), px(8), px(8), px(8));
  column->setSpacing(px(4));
  column->addWidget(words_);
  column->addWidget(list_);
  setFixedWidth(px(kWidth));
  list_->setFixedHeight(px(kRow) * kRowsShown);
  connect(words_, &QLineEdit::textChanged, this, &CommandPalette::fill);
  connect(words_, &QLineEdit::returnPressed, this, &CommandPalette::runCurrent);
  connect(list_, &QListWidget::itemClicked, this, &CommandPalette::runCurrent);
  setFocusProxy(words_);
  fill();
}

void CommandPalette::fill() {
  list_->clear();
  for (size_t i = 0; i < actions_.size(); ++i) {
    const QAction* action = actions_[i];
    if (!action || !action->isEnabled() || !hasWords(nameOf(*action), words_->text())) continue;
    const QString keys = action->shortcut().toString(QKeySequence::NativeText);
    auto* item = new QListWidgetItem(
        keys.isEmpty() ? nameOf(*action) : nameOf(*action) + QStringLiteral("   ") + keys);
    item->setSizeHint({0, px(kRow)});
    item->setData(Qt::UserRole, static_cast<int>(i));
    list_->addItem(item);
  }
  list_->setCurrentRow(0);
}

void CommandPalette::runCurrent() {
  const QListWidgetItem* item = list_->currentItem();
  if (item == nullptr) return;
  const QPointer<QAction> action = actions_[item->data(Qt::UserRole).toUInt()];
  close();  // first: the command may open something of its own
  if (action) action->trigger();
}

bool CommandPalette::eventFilter(QObject* watched, QEvent* event) {
  if (event->type() == QEvent::KeyPress) {
    const int key = static_cast<QKeyEvent*>(event)->key();
    if (key == Qt::Key_Up || key == Qt::Key_Down || key == Qt::Key_PageUp ||
        key == Qt::Key_PageDown) {
      QApplication::sendEvent(list_, event);
      return true;
    }
  }
  return QFrame::eventFilter(watched, event);
}

void CommandPalette::popUnder(const QWidget& field) {
  adjustSize();
  move(field.mapToGlobal(QPoint(field.width() - width(), field.height() + px(2))));
  show();
  words_->setFocus(Qt::PopupFocusReason);
}

CommandField::CommandField(QWidget* parent) : QAbstractButton(parent) {
  setFocusPolicy(Qt::NoFocus);  // Tab begins with the tool bar; Ctrl+Shift+P reaches it
  setAttribute(Qt::WA_Hover);
  setAccessibleName(tr("Search commands"));
  setToolTip(tr("Every command by its name (Ctrl+Shift+P)"));
}

QSize CommandField::sizeHint() const { return {px(kFieldWidth), px(20)}; }

void CommandField::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  painter.setRenderHint(QPainter::Antialiasing);
  painter.setPen(hasFocus() ? QPen(roles().accent, px(2)) : QPen(roles().control, 1));
  painter.setBrush(underMouse() ? roles().hover : roles().raised);
  painter.drawRoundedRect(QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5), px(4), px(4));
  painter.drawPixmap(
      px(6), (height() - px(16)) / 2,
      views::iconPixmap(QStringLiteral("search"), roles().text3, devicePixelRatioF()));
  painter.setFont(views::textFont(12));
  painter.setPen(roles().text2);
  painter.drawText(rect().adjusted(px(28), 0, 0, 0), Qt::AlignVCenter, tr("Search commands"));
  painter.setPen(roles().text3);
  painter.drawText(rect().adjusted(0, 0, -px(8), 0), Qt::AlignVCenter | Qt::AlignRight,
                   QStringLiteral("Ctrl+Shift+P"));
}

}  // namespace xkv::window
