// SPDX-License-Identifier: GPL-3.0-or-later
/// Exact values beside a data point.
#include "views/tooltip.h"

#include <QPainter>

#include "views/theme.h"

namespace xkv::views {
namespace {

using namespace Qt::StringLiterals;

constexpr int kDelayMs = 150;
constexpr int kTextPx = 12;
constexpr int kLineHeight = 16;
constexpr int kPaddingX = 8;
constexpr int kPaddingY = 6;
constexpr int kPairGap = 12;
constexpr int kLabelGap = 4;
constexpr int kOffset = 12;
constexpr int kGlyphBox = 16;

int widthOf(const std::vector<TooltipPair>& pairs) {
  const QFontMetrics plain(textFont(kTextPx));
  int width = 0;
  for (const TooltipPair& pair : pairs) {
    const QFontMetrics value(textFont(kTextPx, QFont::Normal, pair.predicted));
    if (width > 0) width += px(kPairGap);
    if (!pair.label.isEmpty()) width += plain.horizontalAdvance(pair.label) + px(kLabelGap);
    width += value.horizontalAdvance(pair.value);
  }
  return width;
}

int sourceWidth(const TooltipText& text) {
  if (!text.provenance) return 0;
  const QString words = provenanceWord(*text.provenance) + u' ' + text.source;
  return px(kGlyphBox) + QFontMetrics(textFont(11)).horizontalAdvance(words);
}

void paintPairs(QPainter& painter, QPoint base, const std::vector<TooltipPair>& pairs) {
  for (const TooltipPair& pair : pairs) {
    if (!pair.label.isEmpty()) {
      painter.setFont(textFont(kTextPx));
      painter.setPen(roles().text2);
      painter.drawText(base, pair.label);
      base.rx() += painter.fontMetrics().horizontalAdvance(pair.label) + px(kLabelGap);
    }
    painter.setFont(textFont(kTextPx, QFont::Normal, pair.predicted));
    painter.setPen(roles().text);
    painter.drawText(base, pair.value);
    base.rx() += painter.fontMetrics().horizontalAdvance(pair.value) + px(kPairGap);
  }
}

}  // namespace

QString TooltipText::plain() const {
  QString result = name;
  for (const auto& line : lines) {
    for (const TooltipPair& pair : line) result += u", "_s + pair.label + u' ' + pair.value;
  }
  if (provenance) result += u", "_s + provenanceWord(*provenance) + u' ' + source;
  result.replace(QChar(0x2212), u'-').replace(QChar(0x00A0), u' ').replace(QChar(0x00D7), u'x');
  return result.simplified();
}

Tooltip::Tooltip(QWidget* view) : QWidget(view, Qt::ToolTip | Qt::FramelessWindowHint) {
  setAttribute(Qt::WA_ShowWithoutActivating);
  setAttribute(Qt::WA_TransparentForMouseEvents);
  setAttribute(Qt::WA_TranslucentBackground);
  delay_.setSingleShot(true);
  delay_.setInterval(kDelayMs);
  connect(&delay_, &QTimer::timeout, this, [this] {
    place();
    show();
  });
}

void Tooltip::showAt(QPointF point, const TooltipText& text) {
  if (isVisible()) return showNow(point, text);
  point_ = point;
  text_ = text;
  delay_.start();
}

void Tooltip::showNow(QPointF point, const TooltipText& text) {
  delay_.stop();
  point_ = point;
  text_ = text;
  place();
  show();
  update();
}

void Tooltip::dismiss() {
  delay_.stop();
  hide();
}

QSize Tooltip::contentSize() const {
  int width = QFontMetrics(textFont(kTextPx, QFont::Medium)).horizontalAdvance(text_.name);
  int lines = 1;
  for (const auto& line : text_.lines) {
    width = std::max(width, widthOf(line));
    ++lines;
  }
  width = std::max(width, sourceWidth(text_));
  if (text_.provenance) ++lines;
  return {width + 2 * px(kPaddingX), lines * px(kLineHeight) + 2 * px(kPaddingY)};
}

/// Right above the point; left or below of it where the window would end.
void Tooltip::place() {
  const QSize size = contentSize();
  const QWidget* view = parentWidget();
  const QRect window = view->window()->geometry();
  const QPoint point = view->mapToGlobal(point_.toPoint());
  int x = point.x() + px(kOffset);
  int y = point.y() - px(kOffset) - size.height();
  if (x + size.width() > window.right()) x = point.x() - px(kOffset) - size.width();
  if (y < window.top()) y = point.y() + px(kOffset);
  setGeometry(QRect(QPoint(x, y), size));
}

void Tooltip::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  painter.setRenderHint(QPainter::Antialiasing);
  painter.setPen(QPen(roles().control, 1));
  painter.setBrush(roles().raised);
  painter.drawRoundedRect(QRectF(rect()).adjusted(0.5, 0.5, -0.5, -0.5), px(4), px(4));
  QPoint base(px(kPaddingX), px(kPaddingY) + px(12));
  painter.setFont(textFont(kTextPx, QFont::Medium));
  painter.setPen(roles().text);
  painter.drawText(base, text_.name);
  for (const auto& line : text_.lines) {
    base.ry() += px(kLineHeight);
    paintPairs(painter, base, line);
  }
  if (!text_.provenance) return;
  base.ry() += px(kLineHeight);
  paintProvenanceGlyph(painter, QPointF(base.x() + px(4), base.y() - px(4)), *text_.provenance,
                       roles().text2);
  painter.setFont(textFont(11));
  painter.setPen(roles().text2);
  painter.drawText(base.x() + px(kGlyphBox), base.y(),
                   provenanceWord(*text_.provenance) + u' ' + text_.source);
}

}  // namespace xkv::views
