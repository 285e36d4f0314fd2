// SPDX-License-Identifier: GPL-3.0-or-later
/// Statistics of the selected stretch of the timeline, and the selected span's facts.
#include "views/range_panel.h"

#include <QClipboard>
#include <QGuiApplication>
#include <QMouseEvent>
#include <QPainter>
#include <QPushButton>
#include <algorithm>
#include <array>
#include <utility>

#include "views/number_format.h"
#include "views/provenance.h"
#include "views/theme.h"
#include "views/timeline_painter.h"

namespace xkv::views {
using namespace Qt::StringLiterals;
namespace {

constexpr int kPad = 12;
constexpr int kRow = 20;
constexpr int kTableRow = 24;
constexpr int kHead = 56;  // range line and sentence above the table
constexpr int kLongest = 8;

QString ms(int64_t ns) { return fixed(static_cast<double>(ns) / 1e6, 3); }
QString us(int64_t ns) { return fixed(static_cast<double>(ns) / 1e3, 0); }

/// Right edges of the number columns, from the right side of the panel, in design px.
constexpr std::array<int, 5> kColumns = {208, 152, 100, 52, 0};  // n, sum, share, p50, p99 or max

struct Cell {
  QString text;
  Qt::Alignment alignment;
};

bool hasP99(const RangeStatistics& statistics) {
  return std::any_of(statistics.roles.begin(), statistics.roles.end(),
                     [](const RoleStatistics& role) { return role.count >= kLeastForP99; });
}

QString cutText(const RangeStatistics& s) {
  return QStringLiteral("%1 spans, %2 cut at the ends, idle %3")
      .arg(count(s.count), count(s.cut), duration(s.idle_ns));
}

void paintFact(QPainter& painter, const QRect& line, const QString& label, const QString& value) {
  painter.setFont(textFont(12));
  painter.setPen(roles().text2);
  painter.drawText(line, Qt::AlignVCenter | Qt::AlignLeft, label);
  painter.setPen(roles().text);
  painter.drawText(line, Qt::AlignVCenter | Qt::AlignRight, value);
}

}  // namespace

RangePanel::RangePanel(QWidget* parent)
    : QWidget(parent),
      layout_(std::make_shared<TimelineLayout>()),
      copy_(new QPushButton(QStringLiteral("Copy table"), this)) {
  setMinimumSize(px(264), px(200));
  setAccessibleName(QStringLiteral("Statistics of the range"));
  copy_->setProperty("compact", true);
  connect(copy_, &QPushButton::clicked, this,
          [this] { QGuiApplication::clipboard()->setText(tableText()); });
  compute();
}

void RangePanel::setTimeline(std::shared_ptr<const TimelineLayout> layout) {
  layout_ = std::move(layout);
  compute();
}

void RangePanel::setSelection(const Selection& selection) {
  selection_ = selection;
  compute();
}

void RangePanel::compute() {
  TimeRange range{0, static_cast<int64_t>(layout_->bounds().length())};
  if (selection_.range) range = *selection_.range;
  statistics_ = layout_->timeline().spans.empty()
                    ? RangeStatistics{}
                    : rangeStatistics(*layout_, range.start_ns, range.end_ns);
  copy_->setVisible(!statistics_.roles.empty());
  setAccessibleDescription(tableText().replace(u'\t', u' ').replace(u'\n', u"; "_s));
  resizeEvent(nullptr);
  update();
}

int RangePanel::tableTop() const { return px(kHead); }

int RangePanel::longestShown() const {
  return std::min(kLongest, static_cast<int>(statistics_.longest.size()));
}

void RangePanel::resizeEvent(QResizeEvent*) {
  const auto rows = static_cast<int>(statistics_.roles.size());
  copy_->adjustSize();
  copy_->move(px(kPad), tableTop() + px(kRow + kTableRow * (rows + 1) + 8));
}

int RangePanel::longestTop() const {
  const auto rows = static_cast<int>(statistics_.roles.size());
  return tableTop() + px(kRow + kTableRow * (rows + 1) + 8 + 24 + 12);
}

QString RangePanel::tableText() const {
  QString text = u"operation\tn\tsum_ns\tshare\tp50_ns\tp99_ns\tmax_ns"_s;
  for (const RoleStatistics& role : statistics_.roles) {
    text +=
        QStringLiteral("\n%1\t%2\t%3\t%4\t%5\t%6\t%7")
            .arg(QString::fromLatin1(nameOf(role.role)), QString::number(role.count),
                 QString::number(role.sum_ns), copyable(role.share), QString::number(role.p50_ns),
                 role.count >= kLeastForP99 ? QString::number(role.p99_ns) : QString(),
                 QString::number(role.max_ns));
  }
  return text;
}

void RangePanel::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  painter.fillRect(rect(), roles().panel);
  if (statistics_.roles.empty()) {
    painter.setFont(textFont(12));
    painter.setPen(roles().text3);
    painter.drawText(rect().adjusted(px(kPad), px(kPad), -px(kPad), 0), Qt::TextWordWrap,
                     QStringLiteral("No spans in the range."));
    return;
  }
  const QRect line(px(kPad), px(8), width() - 2 * px(kPad), px(kRow));
  painter.setFont(textFont(13, QFont::Medium));
  painter.setPen(roles().text);
  painter.drawText(line, Qt::AlignVCenter,
                   selection_.range
                       ? ms(statistics_.begin_ns) + u" – "_s + timelinePosition(statistics_.end_ns)
                       : u"Whole run"_s);
  painter.setFont(textFont(12));
  painter.setPen(roles().text2);
  painter.drawText(line, Qt::AlignVCenter | Qt::AlignRight,
                   (selection_.range ? u"Δ "_s : QString()) +
                       timelinePosition(statistics_.end_ns - statistics_.begin_ns));
  painter.drawText(line.translated(0, px(kRow)), Qt::AlignVCenter, cutText(statistics_));
  paintTable(painter, tableTop());
  paintLongest(painter, longestTop());
  paintSpan(painter, longestTop() + px(24) + longestShown() * px(kRow) + px(12));
}

int RangePanel::paintTable(QPainter& painter, int y) {
  const int left = px(kPad);
  const int right = width() - px(kPad);
  const bool p99 = hasP99(statistics_);
  const auto row = [&](const QString& name, const std::array<QString, 5>& cells) {
    painter.drawText(QRect(left, y, right - left, px(kRow)), Qt::AlignVCenter, name);
    for (size_t i = 0; i < cells.size(); ++i)
      painter.drawText(QRect(left, y, right - left - px(kColumns[i]), px(kRow)),
                       Qt::AlignVCenter | Qt::AlignRight, cells[i]);
  };
  painter.setFont(textFont(11));
  painter.setPen(roles().text3);
  row(u"operation"_s,
      {u"n"_s, u"Σ ms"_s, u"share"_s, u"p50 µs"_s, p99 ? u"p99 µs"_s : u"max µs"_s});
  y += px(kRow);
  painter.setFont(textFont(12));
  for (const RoleStatistics& role : statistics_.roles) {
    painter.fillRect(left, y + px(5), px(10), px(10), colourOf(role.role));
    painter.setPen(roles().text);
    const int64_t last = !p99 ? role.max_ns : role.p99_ns;
    const QString tail = p99 && role.count < kLeastForP99 ? missing() : us(last);
    row(u"     "_s + QString::fromLatin1(nameOf(role.role)),
        {count(role.count), ms(role.sum_ns), share(role.share), us(role.p50_ns), tail});
    painter.fillRect(QRectF(left, y + px(kRow), (right - left) * std::min(1.0, role.share), px(2)),
                     colourOf(role.role));
    y += px(kTableRow);
  }
  painter.setFont(textFont(12, QFont::Medium));
  painter.setPen(roles().text);
  row(u"all"_s, {count(statistics_.count),
                 ms(statistics_.busy_ns),
                 share(static_cast<double>(statistics_.busy_ns) /
                       static_cast<double>(statistics_.end_ns - statistics_.begin_ns)),
                 {},
                 {}});
  return y;
}

int RangePanel::paintLongest(QPainter& painter, int y) {
  const int left = px(kPad);
  const int wide = width() - 2 * px(kPad);
  painter.fillRect(0, y - px(6), width(), 1, roles().border);
  painter.setFont(textFont(13, QFont::Medium));
  painter.setPen(roles().text);
  painter.drawText(QRect(left, y, wide, px(kRow)), Qt::AlignVCenter,
                   QStringLiteral("Longest spans"));
  y += px(24);
  for (int i = 0; i < longestShown(); ++i) {
    const int32_t index = statistics_.longest[static_cast<size_t>(i)];
    const Span& span = layout_->span(index);
    if (selection_.span && *selection_.span == index) {
      painter.fillRect(0, y, width(), px(kRow), roles().tint);
      painter.fillRect(0, y, px(2), px(kRow), roles().accent);
    }
    painter.fillRect(left, y + px(5), px(10), px(10), colourOf(roleOf(span.kind)));
    const QRect line(left + px(18), y, wide - px(18), px(kRow));
    const QString took = duration(std::min(span.end_ns, statistics_.end_ns) -
                                  std::max(span.start_ns, statistics_.begin_ns));
    painter.setFont(textFont(12));
    const int room = line.width() - painter.fontMetrics().horizontalAdvance(took) - px(8);
    paintFact(painter, line, {}, took);
    painter.setPen(roles().text);
    painter.drawText(line, Qt::AlignVCenter,
                     painter.fontMetrics().elidedText(QString::fromStdString(spanName(span)),
                                                      Qt::ElideRight, room));
    y += px(kRow);
  }
  return y;
}

int RangePanel::paintSpan(QPainter& painter, int y) {
  const auto spans = static_cast<int64_t>(layout_->timeline().spans.size());
  if (!selection_.span || *selection_.span < 0 || *selection_.span >= spans) return y;
  const Span& span = layout_->span(static_cast<int32_t>(*selection_.span));
  painter.fillRect(0, y - px(6), width(), 1, roles().border);
  QRect line(px(kPad), y, width() - 2 * px(kPad), px(kRow));
  painter.setFont(textFont(13, QFont::Medium));
  painter.setPen(roles().text);
  painter.drawText(line, Qt::AlignVCenter,
                   u"Selected: "_s + QString::fromStdString(spanName(span)));
  painter.setFont(textFont(11));
  const int word = painter.fontMetrics().horizontalAdvance(provenanceWord(Provenance::measured));
  paintProvenanceGlyph(painter, QPointF(line.right() - word - px(8), line.center().y() + 0.5),
                       Provenance::measured, roles().text2);
  painter.setPen(roles().text2);
  painter.drawText(line, Qt::AlignVCenter | Qt::AlignRight, provenanceWord(Provenance::measured));
  std::vector<std::pair<QString, QString>> facts = {
      {u"start"_s, timelinePosition(span.start_ns)},
      {u"duration"_s, duration(span.end_ns - span.start_ns)},
      {u"operation"_s, QString::fromLatin1(nameOf(roleOf(span.kind)))}};
  if (span.layer >= 0) facts.emplace_back(u"layer"_s, QString::number(span.layer));
  if (span.group >= 0) facts.emplace_back(u"group"_s, QString::number(span.group));
  if (span.step >= 0) facts.emplace_back(u"decode step"_s, QString::number(span.step));
  line.translate(0, px(4));
  for (const auto& [label, value] : facts) {
    line.translate(0, px(kRow));
    paintFact(painter, line, label, value);
  }
  return line.bottom();
}

void RangePanel::mousePressEvent(QMouseEvent* event) {
  const int y = event->position().toPoint().y();
  const int role = (y - tableTop() - px(kRow)) / px(kTableRow);
  if (y > tableTop() + px(kRow) && role < static_cast<int>(statistics_.roles.size())) {
    const SpanRole kind = statistics_.roles[static_cast<size_t>(role)].role;
    Q_EMIT searchRequested(QString::fromLatin1(nameOf(kind)));
    return;
  }
  const int row = (y - longestTop() - px(24)) / px(kRow);
  if (y > longestTop() + px(24) && row < longestShown())
    Q_EMIT spanRequested(statistics_.longest[static_cast<size_t>(row)]);
}

}  // namespace xkv::views
