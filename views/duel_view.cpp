// SPDX-License-Identifier: GPL-3.0-or-later
/// All methods on one prompt: bytes, errors, KL and the texts beside each other.
#include "views/duel_view.h"

#include <QKeyEvent>
#include <QPainter>
#include <QScrollArea>
#include <QVBoxLayout>
#include <algorithm>

#include "views/stream_look.h"
#include "views/theme.h"

namespace xkv::views {
using namespace Qt::StringLiterals;
namespace {

constexpr int kPad = 12;
constexpr int kHead = 24;
constexpr int kLine = 20;
constexpr int kMethod = 150;
constexpr int kColumns[kDuelColumns] = {78, 60, 60, 78, 52, 62};
constexpr int kWide = 860;  // px of the panel from which the text stands behind the numbers

}  // namespace

DuelCanvas::DuelCanvas(QWidget* parent) : QWidget(parent) {
  setAccessibleName(u"Methods on one prompt"_s);
  setFocusPolicy(Qt::StrongFocus);
}

void DuelCanvas::setRows(std::vector<DuelRow> rows, const std::array<Stream, 2>& streams,
                         int64_t selected) {
  rows_ = std::move(rows);
  streams_ = streams;
  selected_ = selected;
  fitHeight();
  QStringList spoken;
  for (const DuelRow& row : rows_)
    if (row.run_id == selected_) spoken << row.method << duelCells(row)[0] << row.text;
  setAccessibleDescription(spoken.join(u", "_s));
  update();
}

bool DuelCanvas::isWide() const { return width() >= px(kWide); }

int DuelCanvas::rowHeight() const { return px(isWide() ? kLine + 4 : 2 * kLine + 4); }

QRect DuelCanvas::rowRect(size_t row) const {
  return {0, px(kHead) + static_cast<int>(row) * rowHeight(), width(), rowHeight()};
}

QRect DuelCanvas::cellRect(const QRect& row, size_t column) const {
  int right = row.x() + px(kPad + kMethod);
  for (size_t i = 0; i <= column; ++i) right += px(kColumns[i]);
  return {right - px(kColumns[column]), row.y() + px(2), px(kColumns[column]), px(kLine)};
}

QSize DuelCanvas::sizeHint() const {
  return {px(480), px(kHead) + static_cast<int>(rows_.size()) * rowHeight() + px(kPad)};
}

void DuelCanvas::fitHeight() { setMinimumHeight(sizeHint().height()); }

void DuelCanvas::resizeEvent(QResizeEvent*) { fitHeight(); }

void DuelCanvas::changeEvent(QEvent* event) {
  if (event->type() == QEvent::StyleChange) fitHeight();
  QWidget::changeEvent(event);
}

std::optional<size_t> DuelCanvas::rowAt(QPoint point) const {
  for (size_t row = 0; row < rows_.size(); ++row)
    if (rowRect(row).contains(point)) return row;
  return std::nullopt;
}

void DuelCanvas::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  painter.fillRect(rect(), roles().panel);
  if (rows_.empty()) return;
  paintHead(painter);
  for (size_t row = 0; row < rows_.size(); ++row) paintRow(painter, row);
  if (!hasFocus()) return;
  painter.setPen(QPen(roles().accent, 2));
  painter.drawRect(rect().adjusted(1, 1, -1, -1));
}

void DuelCanvas::paintHead(QPainter& painter) const {
  painter.setFont(textFont(11));
  painter.setPen(roles().text3);
  const QRect line(0, px(2), width(), px(kLine));
  painter.drawText(line.adjusted(px(kPad), 0, 0, 0), Qt::AlignVCenter, u"method"_s);
  const auto heads = duelHeads(streams_);
  for (size_t i = 0; i < heads.size(); ++i)
    painter.drawText(cellRect(line, i), Qt::AlignVCenter | Qt::AlignRight, heads[i]);
  if (isWide())
    painter.drawText(
        line.adjusted(cellRect(line, kDuelColumns - 1).right() + px(kPad + 4), 0, 0, 0),
        Qt::AlignVCenter, u"text; what differs from dense is marked"_s);
  painter.fillRect(0, px(kHead) - 1, width(), 1, roles().border);
}

void DuelCanvas::paintRow(QPainter& painter, size_t index) const {
  const DuelRow& row = rows_[index];
  const QRect box = rowRect(index);
  if (row.run_id == selected_) {
    painter.fillRect(box, roles().tint);
    painter.fillRect(QRect(box.topLeft(), QSize(px(2), box.height())), roles().accent);
  }
  const QRect name(box.x() + px(kPad), box.y() + px(2), px(kMethod - 4), px(kLine));
  painter.setFont(textFont(12, QFont::Medium));
  painter.setPen(row.is_dense ? roles().text2 : roles().text);
  painter.drawText(name, Qt::AlignVCenter,
                   painter.fontMetrics().elidedText(row.method, Qt::ElideRight, name.width()));
  painter.setFont(textFont(12));
  const auto cells = duelCells(row);
  for (size_t i = 0; i < cells.size(); ++i) {
    const bool broken =
        i + 1 == cells.size() && row.tokens_equal && *row.tokens_equal < row.tokens_compared;
    painter.setPen(broken ? roles().bad : roles().text);
    painter.drawText(cellRect(box, i), Qt::AlignVCenter | Qt::AlignRight, cells[i]);
  }
  const int left = isWide() ? cellRect(box, kDuelColumns - 1).right() + px(kPad + 4) : name.x();
  const int top = isWide() ? name.y() : name.y() + px(kLine);
  paintText(painter, row, QRect(left, top, box.right() - px(kPad) - left, px(kLine)));
}

/// What Selective Reconstruction chose; then what the dense answer has too and the rest, marked.
void DuelCanvas::paintText(QPainter& painter, const DuelRow& row, QRect room) const {
  if (const QString selection = duelSelection(row); !selection.isEmpty()) {
    painter.setFont(textFont(12));
    painter.setPen(roles().text2);
    painter.drawText(room, Qt::AlignVCenter, selection);
    room.setLeft(room.left() + painter.fontMetrics().horizontalAdvance(selection) + px(12));
  }
  painter.setFont(monoFont(12));
  painter.setPen(roles().text2);
  const QFontMetrics metrics = painter.fontMetrics();
  if (row.text.isEmpty()) {
    painter.setFont(textFont(12));
    painter.setPen(roles().text3);
    painter.drawText(room, Qt::AlignVCenter, u"no text"_s);
    return;
  }
  const QString shown = metrics.elidedText(row.text, Qt::ElideRight, room.width());
  const QString same = shown.left(row.same_text);
  painter.drawText(room, Qt::AlignVCenter, same);
  const QString rest = shown.mid(same.size());
  if (rest.isEmpty()) return;
  room.setLeft(room.left() + metrics.horizontalAdvance(same));
  const QRect mark(room.left(), room.top() + px(2), metrics.horizontalAdvance(rest), px(kLine - 4));
  painter.fillRect(mark, roles().bad_tint);
  painter.setPen(roles().bad);
  painter.drawText(room, Qt::AlignVCenter, rest);
}

void DuelCanvas::mousePressEvent(QMouseEvent* event) {
  if (const auto row = rowAt(event->position().toPoint())) Q_EMIT runClicked(rows_[*row].run_id);
}

void DuelCanvas::keyPressEvent(QKeyEvent* event) {
  const int by = event->key() == Qt::Key_Down ? 1 : event->key() == Qt::Key_Up ? -1 : 0;
  if (by == 0 || rows_.empty()) return QWidget::keyPressEvent(event);
  const auto now = std::find_if(rows_.begin(), rows_.end(),
                                [&](const DuelRow& row) { return row.run_id == selected_; });
  const auto last = static_cast<std::ptrdiff_t>(rows_.size()) - 1;
  const std::ptrdiff_t at = now == rows_.end() ? -1 : now - rows_.begin();
  const auto next = static_cast<size_t>(std::clamp<std::ptrdiff_t>(at + by, 0, last));
  Q_EMIT runClicked(rows_[next].run_id);
}

DuelView::DuelView(QWidget* parent)
    : QWidget(parent), canvas_(new DuelCanvas), scroll_(new QScrollArea(this)) {
  scroll_->setWidget(canvas_);
  scroll_->setWidgetResizable(true);
  scroll_->setFrameShape(QFrame::NoFrame);
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->addWidget(scroll_);
  setFocusProxy(canvas_);
  connect(canvas_, &DuelCanvas::runClicked, this, &DuelView::runSelected);
}

void DuelView::setRuns(const std::vector<std::shared_ptr<const Run>>& runs, int64_t selected) {
  rows_ = duelRows(runs);
  selected_ = selected;
  const Run* shape = runs.empty() ? nullptr : runs.front().get();
  canvas_->setRows(rows_, streamsOf(shape), selected);
}

std::optional<EmptyText> DuelView::emptyReason() const {
  if (rows_.size() > 1) return std::nullopt;
  return EmptyText{u"All methods at equal bytes on one prompt"_s,
                   rows_.empty() ? u"No run is selected."_s
                                 : u"No other run of this session has this prompt and model."_s,
                   rows_.empty() ? QString() : u"Duel…"_s};
}

QString DuelView::subtitle() const {
  return rows_.size() > 1
             ? QStringLiteral("%1 runs over the prompt of run %2").arg(rows_.size()).arg(selected_)
             : QString();
}

QSize DuelView::minimumSizeHint() const { return {px(360), px(120)}; }

}  // namespace xkv::views
