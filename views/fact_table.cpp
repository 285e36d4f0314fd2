// SPDX-License-Identifier: GPL-3.0-or-later
/// Rows of a name and a value: details of a run, of a span, of what was kept.
#include "views/fact_table.h"

#include <QPainter>
#include <QStringList>
#include <utility>

#include "views/theme.h"

namespace xkv::views {
namespace {
constexpr int kRow = 20;
constexpr int kText = 12;
}  // namespace

FactTable::FactTable(const QString& name, QWidget* parent) : QWidget(parent) {
  setAccessibleName(name);
  setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
}

void FactTable::setFacts(std::vector<Fact> facts) {
  facts_ = std::move(facts);
  QStringList spoken;
  for (const Fact& fact : facts_) spoken << fact.label + u' ' + fact.value;
  setAccessibleDescription(spoken.join(QStringLiteral(", ")));
  updateGeometry();
  update();
}

QSize FactTable::sizeHint() const { return {px(120), px(kRow) * static_cast<int>(facts_.size())}; }

void FactTable::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  painter.setFont(textFont(kText));
  const QFontMetrics metrics = painter.fontMetrics();
  for (size_t i = 0; i < facts_.size(); ++i) {
    const QRect line(0, px(kRow) * static_cast<int>(i), width(), px(kRow));
    painter.setPen(facts_[i].bad ? roles().bad : roles().text);
    painter.drawText(line, Qt::AlignVCenter | Qt::AlignRight, facts_[i].value);
    painter.setPen(roles().text2);
    const int room = line.width() - metrics.horizontalAdvance(facts_[i].value) - px(8);
    painter.drawText(line, Qt::AlignVCenter,
                     metrics.elidedText(facts_[i].label, Qt::ElideRight, room));
  }
}

}  // namespace xkv::views
