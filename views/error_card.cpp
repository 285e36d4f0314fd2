// SPDX-License-Identifier: GPL-3.0-or-later
/// What failed, why, what was kept and what to do next; sits on top of the panel it is about.
#include "views/error_card.h"

#include <QClipboard>
#include <QEvent>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QLabel>
#include <QPainter>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QToolButton>
#include <QVBoxLayout>

#include "views/icons.h"
#include "views/number_format.h"
#include "views/theme.h"

namespace xkv::views {
using namespace Qt::StringLiterals;
namespace {

constexpr int kEdge = 4;
constexpr int kLogHeight = 120;
constexpr int kTextLeft = 26;  // sentences stand under the title, right of its icon

}  // namespace

ErrorCard::ErrorCard(const ErrorText& text, QWidget* parent) : QFrame(parent), text_(text) {
  setAccessibleName(text.title);
  setAccessibleDescription(details());
  QSizePolicy policy(QSizePolicy::Preferred, QSizePolicy::Maximum);
  policy.setHeightForWidth(true);
  setSizePolicy(policy);
  auto* outer = new QVBoxLayout(this);
  outer->setContentsMargins(px(kEdge), 1, 1, 1);
  outer->setSpacing(0);
  auto* column = new QVBoxLayout;
  column->setContentsMargins(px(16), px(12), px(12), px(12));
  column->setSpacing(px(8));
  outer->addLayout(column);
  addHead(*column);
  addSentence(*column, u"Cause."_s, text_.cause, text_.inner);
  addSentence(*column, u"Kept."_s, text_.kept);
  addSentence(*column, text_.next_step_title, text_.next_step);
  addButtons(*column);
  if (!text_.log.isEmpty()) addLog(*outer);
  restyle();
}

void ErrorCard::addHead(QVBoxLayout& column) {
  auto* row = new QHBoxLayout;
  row->setSpacing(px(8));
  icon_ = new QLabel(this);
  row->addWidget(icon_, 0, Qt::AlignTop);
  auto* title = new QLabel(text_.title, this);
  title->setFont(textFont(15, QFont::Bold));
  title->setWordWrap(true);
  title->setTextFormat(Qt::PlainText);
  row->addWidget(title, 1);
  auto* when = new QLabel(text_.when, this);
  when->setFont(textFont(12));
  row->addWidget(when, 0, Qt::AlignTop);
  auto* close = new QToolButton(this);
  close_ = close;
  close->setAccessibleName(u"Close the card"_s);
  close->setToolTip(u"Close the card"_s);
  connect(close, &QToolButton::clicked, this, &ErrorCard::closed);
  row->addWidget(close, 0, Qt::AlignTop);
  column.addLayout(row);
}

void ErrorCard::addSentence(QVBoxLayout& column, const QString& head, const QString& sentence,
                            const QString& grey) {
  if (sentence.isEmpty() && grey.isEmpty()) return;
  auto* label = new QLabel(this);
  label->setFont(textFont(13));
  label->setWordWrap(true);
  label->setTextFormat(Qt::RichText);
  label->setTextInteractionFlags(Qt::TextSelectableByMouse);
  label->setContentsMargins(px(kTextLeft), 0, 0, 0);
  sentences_.push_back({label, QStringLiteral("<b>%1</b> %2 <span style='color:%3'>%4</span>")
                                   .arg(head.toHtmlEscaped(), sentence.toHtmlEscaped(), u"%1"_s,
                                        grey.toHtmlEscaped())});
  column.addWidget(label);
}

void ErrorCard::restyle() {
  icon_->setPixmap(iconPixmap(u"warning"_s, roles().bad, devicePixelRatioF(), 18));
  close_->setIcon(icon(u"close"_s));
  copy_->setIcon(icon(u"copy"_s));
  if (log_ != nullptr) setLogShown(!log_->isHidden());
  for (const auto& [label, html] : sentences_) {
    QString coloured = html;
    label->setText(coloured.replace(u"color:%1"_s, u"color:"_s + roles().text2.name()));
  }
}

void ErrorCard::showEvent(QShowEvent* event) {
  restyle();  // the theme may have changed before there was anything to see
  QFrame::showEvent(event);
}

void ErrorCard::changeEvent(QEvent* event) {
  if (event->type() == QEvent::StyleChange) restyle();
  QFrame::changeEvent(event);
}

void ErrorCard::addButtons(QVBoxLayout& column) {
  auto* row = new QHBoxLayout;
  row->setContentsMargins(px(kTextLeft), px(4), 0, 0);
  row->setSpacing(px(8));
  for (int i = 0; i < text_.buttons.size(); ++i) {
    auto* button = new QPushButton(text_.buttons[i], this);
    button->setProperty("primary", i == 0);
    connect(button, &QPushButton::clicked, this, [this, i] { Q_EMIT buttonClicked(i); });
    row->addWidget(button);
  }
  row->addStretch(1);
  auto* copy = new QPushButton(u"Copy details"_s, this);
  copy_ = copy;
  connect(copy, &QPushButton::clicked, this,
          [this] { QGuiApplication::clipboard()->setText(details()); });
  row->addWidget(copy);
  column.addLayout(row);
}

void ErrorCard::addLog(QVBoxLayout& column) {
  auto* strip = new QFrame(this);
  strip->setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
  strip->setAutoFillBackground(true);
  strip->setBackgroundRole(QPalette::AlternateBase);
  auto* row = new QHBoxLayout(strip);
  row->setContentsMargins(px(12), px(4), px(12), px(4));
  row->setSpacing(px(8));
  const auto lines = static_cast<int64_t>(text_.log.trimmed().count(u'\n') + 1);
  log_button_ = new QToolButton(strip);
  log_button_->setCheckable(true);
  log_button_->setFont(textFont(12));
  log_button_->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
  log_button_->setText(lines == 1 ? u"Engine log, 1 line"_s
                                  : u"Engine log, last "_s + count(lines) + u" lines"_s);
  last_line_ = new QLabel(strip);
  last_line_->setFont(monoFont(11));
  last_line_->setTextFormat(Qt::PlainText);
  last_line_->setText(text_.log.trimmed().section(u'\n', -1));
  last_line_->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
  row->addWidget(log_button_);
  row->addWidget(last_line_, 1);
  row->addStretch(0);
  log_ = new QPlainTextEdit(text_.log, this);
  log_->setReadOnly(true);
  log_->setFont(monoFont(11));
  log_->setLineWrapMode(QPlainTextEdit::NoWrap);
  log_->setFixedHeight(px(kLogHeight));
  log_->setAccessibleName(u"Engine log"_s);
  column.addWidget(strip);
  column.addWidget(log_);
  connect(log_button_, &QToolButton::toggled, this, &ErrorCard::setLogShown);
  setLogShown(false);
}

void ErrorCard::setLogShown(bool shown) {
  if (log_ == nullptr) return;
  const QSignalBlocker quiet(log_button_);
  log_button_->setChecked(shown);
  log_button_->setIcon(icon(shown ? u"chevron_down"_s : u"chevron_right"_s));
  last_line_->setVisible(!shown);
  log_->setVisible(shown);
  updateGeometry();
}

QString ErrorCard::details() const {
  QStringList lines{text_.when.isEmpty() ? text_.title : text_.when + u"  "_s + text_.title};
  if (!text_.cause.isEmpty() || !text_.inner.isEmpty())
    lines << (u"Cause. "_s + text_.cause + u' ' + text_.inner).trimmed();
  if (!text_.kept.isEmpty()) lines << u"Kept. "_s + text_.kept;
  if (!text_.next_step.isEmpty()) lines << text_.next_step_title + u' ' + text_.next_step;
  if (!text_.log.isEmpty()) lines << QString() << text_.log.trimmed();
  return lines.join(u'\n');
}

void ErrorCard::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  painter.fillRect(rect(), roles().panel);
  painter.setPen(QPen(roles().bad, 1));
  painter.setBrush(Qt::NoBrush);
  painter.drawRect(rect().adjusted(0, 0, -1, -1));
  painter.fillRect(QRect(0, 0, px(kEdge), height()), roles().bad);
}

}  // namespace xkv::views
