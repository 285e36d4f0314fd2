// SPDX-License-Identifier: GPL-3.0-or-later
/// Which colour stands for which operation.
#include "views/timeline_legend.h"

#include <QPainter>
#include <QStringList>

#include "views/theme.h"
#include "views/timeline_painter.h"

namespace xkv::views {

using namespace Qt::StringLiterals;
namespace {
constexpr int kSwatch = 10;
constexpr int kGap = 12;

int entryWidth(const QFontMetrics& metrics, int role) {
  const QString name = QString::fromLatin1(nameOf(static_cast<SpanRole>(role)));
  return px(kSwatch) + px(4) + metrics.horizontalAdvance(name) + px(kGap);
}
}  // namespace

TimelineLegend::TimelineLegend(QWidget* parent) : QWidget(parent) {
  QStringList names;
  for (int role = 0; role < kNumSpanRoles; ++role)
    names << QString::fromLatin1(nameOf(static_cast<SpanRole>(role)));
  setAccessibleName(QStringLiteral("Colours: ") + names.join(u", "_s));
  setToolTip(names.join(u", "_s));
}

QSize TimelineLegend::sizeHint() const {
  const QFontMetrics metrics(textFont(12));
  int width = 0;
  for (int role = 0; role < kNumSpanRoles; ++role) width += entryWidth(metrics, role);
  return {width, px(20)};
}

void TimelineLegend::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  painter.setFont(textFont(12));
  const QFontMetrics metrics = painter.fontMetrics();
  int x = 0;
  for (int role = 0; role < kNumSpanRoles; ++role) {
    const int entry = entryWidth(metrics, role);
    if (x + entry > width() + px(kGap)) return;  // the tooltip has them all
    const auto kind = static_cast<SpanRole>(role);
    painter.fillRect(x, (height() - px(kSwatch)) / 2, px(kSwatch), px(kSwatch), colourOf(kind));
    painter.setPen(roles().text2);
    painter.drawText(QRect(x + px(kSwatch) + px(4), 0, entry, height()), Qt::AlignVCenter,
                     QString::fromLatin1(nameOf(kind)));
    x += entry;
  }
}

}  // namespace xkv::views
