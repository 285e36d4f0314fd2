// SPDX-License-Identifier: GPL-3.0-or-later
/// One run in the session list: status glyph, number, title, badges, error and ratio on 40 px.
#include "views/run_delegate.h"

#include <QAbstractProxyModel>
#include <QMouseEvent>
#include <QPainter>

#include "views/badge.h"
#include "views/icons.h"
#include "views/number_format.h"
#include "views/run_naming.h"
#include "views/stream_look.h"
#include "views/theme.h"

namespace xkv::views {
using namespace Qt::StringLiterals;
namespace {

constexpr int kRow = 40;
constexpr int kGlyphX = 20;
constexpr int kTextX = 34;
constexpr int kRailBelow = 120;

bool isRail(const QRect& row) { return row.width() < px(kRailBelow); }

const RunSummary& summaryAt(const QModelIndex& index) {
  if (const auto* proxy = qobject_cast<const QAbstractProxyModel*>(index.model()))
    return summaryAt(proxy->mapToSource(index));
  return static_cast<const RunListModel*>(index.model())->at(index.row());
}

/// Disc: finished. Ring: running. Half disc: stopped, its first results are kept.
void paintStatus(QPainter& painter, QPointF centre, RunStatus status) {
  painter.setRenderHint(QPainter::Antialiasing);
  const bool stopped = status == RunStatus::failed || status == RunStatus::cancelled;
  const QColor colour = stopped                        ? roles().bad
                        : status == RunStatus::running ? roles().accent
                                                       : roles().text2;
  const double radius = px(4);
  const QRectF box(centre.x() - radius, centre.y() - radius, 2 * radius, 2 * radius);
  if (status == RunStatus::finished) {
    painter.setPen(Qt::NoPen);
    painter.setBrush(colour);
    painter.drawEllipse(box.adjusted(0.5, 0.5, -0.5, -0.5));
  } else {
    painter.setPen(QPen(colour, 1.5 * themeScale()));
    painter.setBrush(Qt::NoBrush);
    painter.drawEllipse(box.adjusted(0.75, 0.75, -0.75, -0.75));
    painter.setBrush(colour);
    if (stopped) painter.drawPie(box.adjusted(0.75, 0.75, -0.75, -0.75), 90 * 16, 180 * 16);
  }
  painter.setRenderHint(QPainter::Antialiasing, false);
}

QString measuredLine(const RunSummary& run) {
  if (run.status == RunStatus::running) return u"running"_s;
  if (run.status == RunStatus::cancelled) return u"cancelled"_s;
  if (run.status == RunStatus::failed) return u"stopped: "_s + QString::fromStdString(run.message);
  if (run.spec.compression.method == Method::dense) return u"reference"_s;
  QStringList errors;
  const auto [first, second] = run.model.streams();
  if (run.error_k) errors << streamLetter(first) + u' ' + percent(*run.error_k);
  if (run.error_v) errors << streamLetter(second) + u' ' + percent(*run.error_v);
  return errors.isEmpty() ? u"error not measured"_s : errors.join(u"  "_s);
}

QString secondLine(const RunSummary& run) {
  const QString mark = weightsMark(run.model);
  return mark.isEmpty() ? measuredLine(run) : mark + u", "_s + measuredLine(run);
}

QRect pinRect(const QRect& row) {
  return {row.right() - px(12) - badgeSize().width() - px(22), row.top() + px(4), px(16), px(16)};
}

}  // namespace

void RunDelegate::setRoles(int64_t baseline, int64_t selected) {
  baseline_ = baseline;
  selected_ = selected;
}

QSize RunDelegate::sizeHint(const QStyleOptionViewItem& option, const QModelIndex&) const {
  return {option.rect.width(), px(kRow)};
}

int RunDelegate::paintBadges(QPainter& painter, const QRect& row, const RunSummary& run,
                             bool hovered) const {
  int right = row.right() - px(12);
  const auto badge = [&](Badge letter) {
    right -= badgeSize().width();
    paintBadge(painter, QPointF(right, row.top() + px(4)), letter);
    right -= px(6);
  };
  if (run.run_id == selected_) badge(Badge::b);
  if (run.run_id == baseline_) badge(Badge::a);
  const bool pinned = run.run_id == baseline_;
  if (!pinned && !hovered) return right;
  // With one badge or none the pin stands where pinRect() says; a run that is both has it further
  // left.
  const QRect pin = pinRect(row);
  const int x = std::min(pin.x(), right - px(16));
  painter.drawPixmap(x, pin.y(),
                     iconPixmap(u"pin"_s, pinned ? roles().text2 : roles().text3,
                                painter.device()->devicePixelRatioF()));
  return x - px(4);
}

/// Glyph and number, below them the badges.
void RunDelegate::paintRail(QPainter& painter, const QRect& row, const RunSummary& run) const {
  paintStatus(painter, QPointF(row.left() + px(11), row.top() + px(12)), run.status);
  painter.setFont(textFont(12, QFont::Medium));
  painter.setPen(roles().text);
  painter.drawText(QRect(row.left() + px(19), row.top() + px(2), row.width() - px(19), px(20)),
                   Qt::AlignVCenter, QString::number(run.run_id));
  int x = row.left() + px(4);
  const auto badge = [&](Badge letter) {
    paintBadge(painter, QPointF(x, row.top() + px(21)), letter);
    x += badgeSize().width() + px(2);
  };
  if (run.run_id == baseline_) badge(Badge::a);
  if (run.run_id == selected_) badge(Badge::b);
}

void RunDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option,
                        const QModelIndex& index) const {
  const RunSummary& run = summaryAt(index);
  const QRect row = option.rect;
  const bool hovered = option.state.testFlag(QStyle::State_MouseOver);
  painter->save();
  painter->fillRect(row, run.run_id == selected_ ? roles().tint
                         : hovered               ? roles().hover
                                                 : roles().panel);
  if (run.run_id == selected_)
    painter->fillRect(QRect(row.topLeft(), QSize(px(2), row.height())), roles().accent);
  if (option.state.testFlag(QStyle::State_HasFocus)) {
    painter->setPen(QPen(roles().accent, 1));
    painter->drawRect(row.adjusted(0, 0, -1, -1));
  }
  if (isRail(row)) {
    paintRail(*painter, row, run);
    return painter->restore();
  }
  paintStatus(*painter, QPointF(row.left() + px(kGlyphX), row.top() + px(12)), run.status);
  const int right = paintBadges(*painter, row, run, hovered);

  const QString number = QStringLiteral("run %1").arg(run.run_id);
  QRect line(row.left() + px(kTextX), row.top() + px(2), right - row.left() - px(kTextX), px(20));
  painter->setFont(textFont(12, QFont::Medium));
  painter->setPen(roles().text);
  painter->drawText(line, Qt::AlignVCenter, number);
  line.setLeft(line.left() + painter->fontMetrics().horizontalAdvance(number) + px(6));
  painter->setFont(textFont(12));
  painter->setPen(roles().text2);
  painter->drawText(line, Qt::AlignVCenter,
                    painter->fontMetrics().elidedText(runTitle(run), Qt::ElideRight, line.width()));

  const QString ratio_text = run.published_ratio && run.status == RunStatus::finished
                                 ? ratio(*run.published_ratio)
                                 : QString();
  QRect second(row.left() + px(kTextX), row.top() + px(20), row.width() - px(kTextX + 12), px(16));
  painter->drawText(second, Qt::AlignVCenter | Qt::AlignRight, ratio_text);
  if (!ratio_text.isEmpty())
    second.setRight(second.right() - painter->fontMetrics().horizontalAdvance(ratio_text) - px(8));
  painter->setPen(run.status == RunStatus::failed ? roles().bad : roles().text2);
  painter->drawText(
      second, Qt::AlignVCenter,
      painter->fontMetrics().elidedText(secondLine(run), Qt::ElideRight, second.width()));
  painter->restore();
}

void RunDelegate::updateEditorGeometry(QWidget* editor, const QStyleOptionViewItem& option,
                                       const QModelIndex&) const {
  editor->setProperty("compact", true);
  editor->setGeometry(option.rect.adjusted(px(kTextX) - px(4), px(2), -px(8), -px(10)));
}

bool RunDelegate::editorEvent(QEvent* event, QAbstractItemModel* model,
                              const QStyleOptionViewItem& option, const QModelIndex& index) {
  if (event->type() == QEvent::MouseButtonRelease && !isRail(option.rect)) {
    const auto* mouse = static_cast<QMouseEvent*>(event);
    const QRect target = pinRect(option.rect).adjusted(-px(4), -px(4), px(4), px(4));
    if (mouse->button() == Qt::LeftButton && target.contains(mouse->position().toPoint())) {
      Q_EMIT pinClicked(summaryAt(index).run_id);
      return true;
    }
  }
  return QStyledItemDelegate::editorEvent(event, model, option, index);
}

}  // namespace xkv::views
