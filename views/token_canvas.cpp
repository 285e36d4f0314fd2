// SPDX-License-Identifier: GPL-3.0-or-later
/// Draws answers as rows of token tiles, or as running text where they are long.
#include "views/token_canvas.h"

#include <QHelpEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QToolTip>
#include <algorithm>
#include <utility>

#include "views/number_format.h"
#include "views/theme.h"

namespace xkv::views {
using namespace Qt::StringLiterals;
namespace {

constexpr int kPad = 12;
constexpr int kHead = 172;     // names of the rows
constexpr int kVerdict = 148;  // right column
constexpr int kTile = 40;
constexpr int kRowGap = 8;
constexpr int kTextLine = 20;
constexpr int kSaid = 28;

/// A token as it can be seen: spaces at the ends are dropped in tiles, line breaks become signs.
QString shown(const TokenRecord& token) {
  QString text = QString::fromStdString(token.choice.text).replace(u'\n', u"↵"_s);
  const QString trimmed = text.trimmed();
  return trimmed.isEmpty() ? (text.isEmpty() ? u"∅"_s : u"␣"_s) : trimmed;
}

QString running(const TokenRecord& token) {
  return QString::fromStdString(token.choice.text).replace(u'\n', u"↵"_s);
}

QString chance(float probability) { return fixed(static_cast<double>(probability), 2); }

}  // namespace

TokenCanvas::TokenCanvas(QWidget* parent) : QWidget(parent) {
  setAccessibleName(u"Answers, token by token"_s);
  QSizePolicy policy(QSizePolicy::Preferred, QSizePolicy::Minimum);
  policy.setHeightForWidth(true);
  setSizePolicy(policy);
}

void TokenCanvas::setAnswers(std::vector<AnswerRow> rows, const QString& prompt_end,
                             const QString& sentence) {
  rows_ = std::move(rows);
  prompt_end_ = prompt_end;
  sentence_ = sentence;
  tiles_ = std::all_of(rows_.begin(), rows_.end(),
                       [](const AnswerRow& r) { return r.tokens.size() <= kMostTiles; });
  placed_ = place(width());
  updateGeometry();
  update();
}

void TokenCanvas::setStep(int64_t turn, std::optional<int64_t> step) {
  turn_ = turn;
  step_ = step;
  update();
}

std::vector<TokenCanvas::PlacedRow> TokenCanvas::place(int width) const {
  const int left = px(kPad + kHead);
  const int right = std::max(left + px(80), width - px(kPad + kVerdict));
  const QFontMetrics mono(monoFont(13));
  QFont bold_font = monoFont(13);
  bold_font.setBold(true);
  const QFontMetrics bold(bold_font);
  const QFontMetrics small(textFont(11));
  const int line = px(tiles_ ? kTile + 4 : kTextLine);
  std::vector<PlacedRow> placed;
  int y = px(kPad) + px(prompt_end_.isEmpty() ? 0 : 28);
  int64_t turn = 0;
  for (const AnswerRow& row : rows_) {
    PlacedRow at;
    if (std::exchange(turn, row.turn) != row.turn) {
      at.said = y;
      y += px(kSaid);
    }
    at.top = y;
    int x = left;
    for (const TokenRecord& token : row.tokens) {
      const QFontMetrics& metrics = token.step == row.first_difference ? bold : mono;
      const int words = metrics.horizontalAdvance(tiles_ ? shown(token) : running(token));
      const int wide =
          tiles_ ? std::max({px(44), words + px(16),
                             small.horizontalAdvance(chance(token.choice.probability)) + px(12)})
                 : words;
      if (x > left && x + wide > right) {
        x = left;
        y += line;
      }
      at.tokens.emplace_back(x, y, wide, px(tiles_ ? kTile : kTextLine));
      x += wide + (tiles_ ? px(6) : 0);
    }
    y += px(tiles_ ? kTile
                   : std::max(kTextLine, kTile - (row.tokens.size() > kMostTiles ? kTextLine : 0)));
    at.height = y - at.top;
    y += px(kRowGap);
    placed.push_back(std::move(at));
  }
  return placed;
}

int TokenCanvas::heightForWidth(int width) const {
  const auto placed = place(width);
  const int rows = placed.empty() ? 0 : placed.back().top + placed.back().height;
  return rows + px(sentence_.isEmpty() ? 8 : 36);
}

QSize TokenCanvas::sizeHint() const {
  return {px(480), heightForWidth(std::max(width(), px(480)))};
}

void TokenCanvas::resizeEvent(QResizeEvent*) { placed_ = place(width()); }

void TokenCanvas::changeEvent(QEvent* event) {
  if (event->type() == QEvent::StyleChange) placed_ = place(width());
  QWidget::changeEvent(event);
}

QRect TokenCanvas::tokenRect(size_t row, size_t token) const {
  if (row >= placed_.size() || token >= placed_[row].tokens.size()) return {};
  return placed_[row].tokens[token];
}

void TokenCanvas::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  painter.fillRect(rect(), roles().panel);
  if (!prompt_end_.isEmpty()) paintPromptEnd(painter);
  for (size_t r = 0; r < placed_.size(); ++r) {
    if (placed_[r].said) paintSaid(painter, rows_[r], *placed_[r].said);
    paintRowHead(painter, rows_[r], placed_[r]);
    for (size_t t = 0; t < placed_[r].tokens.size(); ++t)
      paintToken(painter, rows_[r], t, placed_[r].tokens[t]);
  }
  if (sentence_.isEmpty() || placed_.empty()) return;
  const QRect line(px(kPad + kHead), placed_.back().top + placed_.back().height + px(8),
                   width() - px(2 * kPad + kHead), px(20));
  const qsizetype head = sentence_.indexOf(u'.') + 1;
  painter.setFont(textFont(12, QFont::Medium));
  painter.setPen(roles().bad);
  painter.drawText(line, Qt::AlignVCenter, sentence_.left(head));
  const int used = painter.fontMetrics().horizontalAdvance(sentence_.left(head) + u' ');
  painter.setFont(textFont(12));
  painter.setPen(roles().text);
  painter.drawText(line.adjusted(used, 0, 0, 0), Qt::AlignVCenter,
                   painter.fontMetrics().elidedText(sentence_.mid(head).trimmed(), Qt::ElideRight,
                                                    line.width() - used));
}

void TokenCanvas::paintPromptEnd(QPainter& painter) const {
  const QRect line(px(kPad), px(8), width() - 2 * px(kPad), px(20));
  painter.setFont(textFont(12));
  painter.setPen(roles().text3);
  painter.drawText(line, Qt::AlignVCenter, u"end of the prompt"_s);
  painter.setFont(textFont(11));
  painter.drawText(line, Qt::AlignVCenter | Qt::AlignRight, u"token, probability of the choice"_s);
  painter.setFont(monoFont(12));
  painter.setPen(roles().text2);
  const int room = line.width() - px(kHead) - px(kVerdict + 40);
  painter.drawText(line.adjusted(px(kHead), 0, 0, 0), Qt::AlignVCenter,
                   painter.fontMetrics().elidedText(prompt_end_, Qt::ElideLeft, room));
}

/// A rule, and what the user says.
void TokenCanvas::paintSaid(QPainter& painter, const AnswerRow& row, int top) const {
  const QRect line(px(kPad), top, width() - 2 * px(kPad), px(20));
  painter.fillRect(line.x(), top - px(4), line.width(), 1, roles().border);
  painter.setFont(textFont(12));
  painter.setPen(roles().text3);
  painter.drawText(line, Qt::AlignVCenter, QStringLiteral("turn %1, the user").arg(row.turn + 1));
  painter.setFont(monoFont(12));
  painter.setPen(roles().text);
  const QString said = QString(row.said).replace(u'\n', u"↵"_s);
  painter.drawText(
      line.adjusted(px(kHead), 0, 0, 0), Qt::AlignVCenter,
      painter.fontMetrics().elidedText(said, Qt::ElideRight, line.width() - px(kHead)));
}

void TokenCanvas::paintRowHead(QPainter& painter, const AnswerRow& row,
                               const PlacedRow& placed) const {
  const int top = placed.top;
  if (row.badge) paintBadge(painter, QPointF(px(kPad), top + px(12)), *row.badge);
  QRect line(px(kPad + 24), top + px(2), px(kHead - 32), px(18));
  painter.setFont(textFont(12));
  painter.setPen(roles().text);
  painter.drawText(line, Qt::AlignVCenter,
                   painter.fontMetrics().elidedText(row.name, Qt::ElideRight, line.width()));
  painter.setFont(textFont(11));
  painter.setPen(roles().text2);
  painter.drawText(line.translated(0, px(18)), Qt::AlignVCenter, row.beside);
  const QRect right(width() - px(kPad + kVerdict), top + px(2), px(kVerdict), px(18));
  painter.setFont(textFont(12, row.badge ? QFont::Medium : QFont::Normal));
  painter.setPen(!row.badge ? roles().text2 : row.same ? roles().good : roles().bad);
  painter.drawText(right, Qt::AlignVCenter | Qt::AlignRight, row.verdict);
  painter.setFont(textFont(12));
  painter.setPen(roles().text2);
  painter.drawText(right.translated(0, px(18)), Qt::AlignVCenter | Qt::AlignRight, row.kl);
}

void TokenCanvas::paintToken(QPainter& painter, const AnswerRow& row, size_t token,
                             const QRect& box) const {
  const TokenRecord& record = row.tokens[token];
  const bool first = record.step == row.first_difference;
  const bool later = row.first_difference >= 0 && record.step > row.first_difference;
  const QRectF outline = QRectF(box).adjusted(0.5, 0.5, -0.5, -0.5);
  if (tiles_) {
    painter.fillRect(box, first ? roles().bad_tint : later ? roles().panel : roles().sunken);
    painter.setPen(QPen(first   ? roles().bad
                        : later ? roles().control
                                : roles().border,
                        1, later ? Qt::DashLine : Qt::SolidLine));
    painter.drawRect(outline);
  } else if (first) {
    painter.fillRect(box, roles().bad_tint);
    painter.setPen(roles().bad);
    painter.drawRect(outline);
  } else if (later && row.differs[token]) {
    painter.setPen(QPen(roles().bad, 1, Qt::DashLine));
    painter.drawLine(box.bottomLeft(), box.bottomRight());
  }
  QFont font = monoFont(13);
  font.setBold(first);
  painter.setFont(font);
  painter.setPen(later ? roles().text2 : roles().text);
  if (tiles_) {
    painter.drawText(box.adjusted(0, px(2), 0, -px(18)), Qt::AlignCenter, shown(record));
    painter.setFont(textFont(11));
    painter.setPen(roles().text2);
    painter.drawText(box.adjusted(0, px(20), 0, -px(2)), Qt::AlignCenter,
                     chance(record.choice.probability));
  } else {
    painter.drawText(box, Qt::AlignVCenter, running(record));
  }
  if (!step_ || *step_ != record.step || turn_ != record.turn) return;
  painter.setPen(QPen(roles().accent, px(2)));
  painter.setBrush(Qt::NoBrush);
  painter.drawRect(box.adjusted(1, 1, -1, -1));
}

void TokenCanvas::mousePressEvent(QMouseEvent* event) {
  for (size_t r = 0; r < placed_.size(); ++r)
    for (size_t t = 0; t < placed_[r].tokens.size(); ++t)
      if (placed_[r].tokens[t].contains(event->position().toPoint()))
        Q_EMIT stepClicked(rows_[r].turn, rows_[r].tokens[t].step);
  event->ignore();
}

bool TokenCanvas::event(QEvent* event) {
  if (event->type() != QEvent::ToolTip) return QWidget::event(event);
  const auto* help = static_cast<QHelpEvent*>(event);
  for (size_t r = 0; r < placed_.size(); ++r)
    for (size_t t = 0; t < placed_[r].tokens.size(); ++t) {
      if (!placed_[r].tokens[t].contains(help->pos())) continue;
      const TokenRecord& token = rows_[r].tokens[t];
      QString words =
          QStringLiteral("token %1 “%2”, %3")
              .arg(QString::number(token.step + 1), shown(token), chance(token.choice.probability));
      for (const TokenChoice& other : token.alternatives)
        words += QStringLiteral("\nnext “%1” %2")
                     .arg(QString::fromStdString(other.text).trimmed(), chance(other.probability));
      QToolTip::showText(help->globalPos(), words, this);
      return true;
    }
  QToolTip::hideText();
  return true;
}

}  // namespace xkv::views
