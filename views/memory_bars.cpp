// SPDX-License-Identifier: GPL-3.0-or-later
/// Ledger bars on one scale, their legend, and the table of the three ratios.
#include "views/memory_bars.h"

#include <QHelpEvent>
#include <QPainter>
#include <QToolTip>
#include <algorithm>
#include <utility>

#include "views/byte_scale.h"
#include "views/colour_maps.h"
#include "views/number_format.h"
#include "views/part_colours.h"
#include "views/provenance.h"
#include "views/run_naming.h"
#include "views/stream_look.h"
#include "views/theme.h"

namespace xkv::views {
using namespace Qt::StringLiterals;
namespace {

constexpr int kPad = 12;
constexpr int kBarRow = 38;  // label line and 16 px bar
constexpr int kBar = 16;
constexpr int kRow = 20;

BarPart barPart(const MemoryPart& part) {
  const QColor colour = part.stream ? streamColour(*part.stream) : roles().part_generated;
  const QString stream = part.stream ? u", "_s + streamName(*part.stream) : QString();
  const QString shape = QString::fromStdString(part.shape);
  switch (part.kind) {
    case MemoryPartKind::token_basis:
      return {u"token_basis A"_s + stream, shape, colour, part.bytes};
    case MemoryPartKind::layer_factor:
      return {u"layer_factor B"_s + stream, shape, mixed(colour, roles().panel, 0.55), part.bytes};
    case MemoryPartKind::dense_layer:
      return {u"dense rows"_s + stream, shape, colour, part.bytes};
    case MemoryPartKind::generated:
      return {u"generated tokens"_s + stream, shape, roles().part_generated, part.bytes};
    case MemoryPartKind::analysis:
      return {u"analysis"_s + stream, shape, roles().span_other, part.bytes};
    case MemoryPartKind::merged_direction:
      return {u"shared directions"_s + stream, shape, colour, part.bytes};
    case MemoryPartKind::merged_norm:
      return {u"norms"_s + stream, shape, mixed(colour, roles().panel, 0.55), part.bytes};
    case MemoryPartKind::retained_row:
      return {u"retained rows"_s + stream, shape, mixed(colour, roles().panel, 0.75), part.bytes};
    case MemoryPartKind::row_index:
      return {u"row index"_s + stream, shape, roles().span_other, part.bytes};
    case MemoryPartKind::landmark:
      return {u"landmarks"_s + stream, shape, roles().part_landmarks, part.bytes};
    case MemoryPartKind::local_row:
      return {u"local rows"_s + stream, shape, localColour(), part.bytes};
    case MemoryPartKind::outlier_row:
      return {u"outlier rows"_s + stream, shape, outlierColour(), part.bytes};
    case MemoryPartKind::selected_row:
      return {u"selected rows"_s + stream, shape, selectedColour(), part.bytes};
    case MemoryPartKind::chunk_index:
      return {u"chunk index"_s + stream, shape, roles().span_other, part.bytes};
    case MemoryPartKind::host_value:
      return {u"values in host memory"_s + stream, shape, colour, part.bytes};
  }
  return {};
}

QString runName(const Run& run) {
  const QString title = run.title.empty()
                            ? methodName(run.started.spec.compression, run.started.model)
                            : QString::fromStdString(run.title);
  return QStringLiteral("run %1, ").arg(run.run_id) + title;
}

/// The selected run's unit: what stands beside it takes the same.
ByteScale scaleOf(const std::vector<LedgerBar>& bars) {
  return byteScaleOf(static_cast<double>(bars.back().bytes));
}

}  // namespace

LedgerBar ledgerBar(const MemoryRecord& memory, std::optional<Badge> badge, const QString& name) {
  LedgerBar bar{badge, name, {}, 0};
  for (const MemoryPart& part : memory.parts) {
    if (part.kind == MemoryPartKind::analysis || part.bytes <= 0) continue;
    bar.parts.push_back(barPart(part));
    bar.bytes += part.bytes;
  }
  return bar;
}

LedgerBar denseBar(const MemoryRecord& memory, const ModelShape& model) {
  LedgerBar bar{std::nullopt, u"dense"_s, {}, memory.dense_resident_bytes};
  const auto [first, second] = model.streams();
  const int64_t width = model.width(first) + model.width(second);
  const int64_t first_bytes = width > 0 ? memory.dense_bytes / width * model.width(first) : 0;
  bar.parts = {{streamName(first), {}, roles().sunken, first_bytes},
               {streamName(second), {}, roles().sunken, memory.dense_bytes - first_bytes},
               {u"generated"_s,
                {},
                roles().part_generated,
                memory.dense_resident_bytes - memory.dense_bytes}};
  return bar;
}

MemoryBars::MemoryBars(QWidget* parent) : QWidget(parent) {
  setAccessibleName(u"Bytes of the cache by part"_s);
}

void MemoryBars::setRuns(std::shared_ptr<const Run> run, std::shared_ptr<const Run> baseline) {
  run_ = std::move(run);
  baseline_ = std::move(baseline);
  rebuild();
}

void MemoryBars::rebuild() {
  bars_.clear();
  if (run_ && run_->memory) {
    bars_.push_back(denseBar(*run_->memory, run_->started.model));
    const bool other = baseline_ && baseline_->memory && baseline_->run_id != run_->run_id;
    const bool dense_baseline =
        other && baseline_->started.spec.compression.method == Method::dense;
    if (other && !dense_baseline)
      bars_.push_back(ledgerBar(*baseline_->memory, Badge::a, runName(*baseline_)));
    if (run_->started.spec.compression.method != Method::dense)
      bars_.push_back(ledgerBar(*run_->memory, Badge::b, runName(*run_)));
  }
  QStringList spoken;
  for (const LedgerBar& bar : bars_)
    spoken << bar.name + u' ' + bytes(static_cast<double>(bar.bytes));
  setAccessibleDescription(spoken.join(u", "_s));
  const int ratios = 4 * px(kRow);
  const auto legend =
      static_cast<int>(bars_.empty() ? 0 : bars_.back().parts.size() * size_t(px(kRow)));
  setMinimumHeight(px(2 * kPad) + static_cast<int>(bars_.size()) * px(kBarRow) + legend + ratios +
                   px(2 * kRow + 16));
  update();
}

int MemoryBars::valueColumn() const { return px(72); }

/// One scale for all: the longest bar ends at the right padding, less the room for a label behind
/// it.
QRectF MemoryBars::barRect(size_t bar) const {
  int64_t most = 1;
  for (const LedgerBar& b : bars_) most = std::max(most, b.bytes);
  const double room = width() - 2 * px(kPad);
  const double wide = room * static_cast<double>(bars_[bar].bytes) / static_cast<double>(most);
  return {static_cast<double>(px(kPad)), px(kPad) + static_cast<double>(bar) * px(kBarRow) + px(18),
          wide, static_cast<double>(px(kBar))};
}

void MemoryBars::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  painter.fillRect(rect(), roles().panel);
  if (bars_.empty()) return;
  for (size_t bar = 0; bar < bars_.size(); ++bar) paintBar(painter, bar);
  const int y = px(kPad) + static_cast<int>(bars_.size()) * px(kBarRow) + px(8);
  paintRatios(painter, paintLegend(painter, y));
}

void MemoryBars::paintBar(QPainter& painter, size_t index) const {
  const LedgerBar& bar = bars_[index];
  const QRectF box = barRect(index);
  QRectF line(px(kPad), box.top() - px(18), width() - 2 * px(kPad), px(18));
  if (bar.badge) {
    paintBadge(painter, QPointF(line.left(), line.top() + px(1)), *bar.badge);
    line.setLeft(line.left() + px(22));
  }
  painter.setFont(textFont(12));
  painter.setPen(roles().text);
  painter.drawText(line, Qt::AlignVCenter | Qt::AlignRight,
                   scaleOf(bars_).withUnit(static_cast<double>(bar.bytes)));
  painter.setPen(roles().text2);
  painter.drawText(
      line, Qt::AlignVCenter,
      painter.fontMetrics().elidedText(bar.name, Qt::ElideRight,
                                       static_cast<int>(line.width()) - valueColumn() - px(16)));
  double x = box.left();
  painter.setFont(textFont(11));
  for (const BarPart& part : bar.parts) {
    const double wide = bar.bytes > 0 ? box.width() * static_cast<double>(part.bytes) /
                                            static_cast<double>(bar.bytes)
                                      : 0;
    const QRectF piece(x, box.top(), std::max(1.0, wide - 1), box.height());
    painter.fillRect(piece, part.colour);
    if (!bar.badge) {
      painter.setPen(QPen(roles().control, 1));
      painter.drawRect(piece.adjusted(0.5, 0.5, -0.5, -0.5));
      const QString label =
          part.name + u' ' + scaleOf(bars_).withUnit(static_cast<double>(part.bytes));
      painter.setPen(roles().text);
      if (painter.fontMetrics().horizontalAdvance(label) + px(8) < piece.width())
        painter.drawText(piece.adjusted(px(4), 0, 0, 0), Qt::AlignVCenter, label);
    }
    x += wide;
  }
}

/// The parts of B (of dense where there is no B), one a row: name, shape, bytes, share.
int MemoryBars::paintLegend(QPainter& painter, int y) const {
  const LedgerBar& bar = bars_.back();
  const QRect line(px(kPad), 0, width() - 2 * px(kPad), px(kRow));
  painter.fillRect(0, y, width(), 1, roles().border);
  y += px(4);
  painter.setFont(textFont(11));
  painter.setPen(roles().text3);
  painter.drawText(line.translated(0, y), Qt::AlignVCenter, u"part"_s);
  painter.drawText(line.translated(-valueColumn(), y), Qt::AlignVCenter | Qt::AlignRight, u"KiB"_s);
  painter.drawText(line.translated(0, y), Qt::AlignVCenter | Qt::AlignRight, u"share"_s);
  y += px(kRow);
  painter.setFont(textFont(12));
  for (const BarPart& part : bar.parts) {
    const QRect swatch(line.left(), y + px(5), px(10), px(10));
    painter.fillRect(swatch, part.colour);
    if (!bar.badge) {
      painter.setPen(roles().control);
      painter.drawRect(swatch.adjusted(0, 0, -1, -1));
    }
    painter.setPen(roles().text);
    const int room = line.width() - 2 * valueColumn() - px(24);
    painter.drawText(line.adjusted(px(18), 0, 0, 0).translated(0, y), Qt::AlignVCenter,
                     painter.fontMetrics().elidedText(part.name, Qt::ElideRight, room));
    const int name = painter.fontMetrics().horizontalAdvance(part.name) + px(24);
    if (name + painter.fontMetrics().horizontalAdvance(part.shape) < room) {
      const int column = std::max(
          name, std::min(px(200), room - painter.fontMetrics().horizontalAdvance(part.shape)));
      painter.setPen(roles().text2);
      painter.drawText(line.adjusted(column, 0, 0, 0).translated(0, y), Qt::AlignVCenter,
                       part.shape);
      painter.setPen(roles().text);
    }
    painter.drawText(line.translated(-valueColumn(), y), Qt::AlignVCenter | Qt::AlignRight,
                     kib(static_cast<double>(part.bytes)));
    painter.drawText(line.translated(0, y), Qt::AlignVCenter | Qt::AlignRight,
                     share(static_cast<double>(part.bytes) /
                           static_cast<double>(std::max<int64_t>(1, bar.bytes))));
    y += px(kRow);
  }
  return y + px(8);
}

void MemoryBars::paintRatios(QPainter& painter, int y) const {
  const MemoryRecord& b = *run_->memory;
  const bool has_a = bars_.size() == 3;
  const MemoryRecord* a = has_a ? &*baseline_->memory : nullptr;
  QRect line(px(kPad), y, width() - 2 * px(kPad), px(kRow));
  painter.fillRect(0, y - px(4), width(), 1, roles().border);
  painter.setFont(textFont(11));
  painter.setPen(roles().text3);
  painter.drawText(
      line, Qt::AlignVCenter,
      u"ratio to dense "_s + scaleOf(bars_).withUnit(static_cast<double>(bars_.front().bytes)));
  paintBadge(painter, QPointF(line.right() - badgeSize().width() + 1, line.top() + px(2)),
             Badge::b);
  if (has_a)
    paintBadge(painter,
               QPointF(line.right() - valueColumn() - badgeSize().width() + 1, line.top() + px(2)),
               Badge::a);
  struct Row {
    QString name;
    double MemoryRecord::*value;
    Provenance provenance;  // of run B
    Provenance of_a;
  };
  const auto ofLandmarks = [](const Run& run) {  // only Selective Reconstruction has them
    return isSelective(run.started.spec.compression.method) ? Provenance::measured
                                                            : Provenance::predicted;
  };
  constexpr auto kMeasured = Provenance::measured;
  const std::vector<Row> rows = {
      {u"published"_s, &MemoryRecord::published_ratio, kMeasured, kMeasured},
      {u"with landmarks"_s, &MemoryRecord::with_landmarks_ratio, ofLandmarks(*run_),
       has_a ? ofLandmarks(*baseline_) : kMeasured},
      {u"true resident"_s, &MemoryRecord::true_resident_ratio, kMeasured, kMeasured}};
  for (const Row& row : rows) {
    line.translate(0, px(kRow));
    const bool predicted = row.provenance == Provenance::predicted;
    paintProvenanceGlyph(painter, QPointF(line.left() + px(5), line.center().y() + 0.5),
                         row.provenance, roles().text2);
    painter.setFont(textFont(12));
    painter.setPen(roles().text2);
    painter.drawText(line.adjusted(px(18), 0, 0, 0), Qt::AlignVCenter,
                     row.name + (predicted ? u", predicted"_s : u", measured"_s));
    painter.setFont(textFont(12, QFont::Medium, predicted));
    painter.setPen(roles().text);
    painter.drawText(line, Qt::AlignVCenter | Qt::AlignRight, ratio(b.*row.value));
    painter.setPen(roles().run_a);
    painter.setFont(textFont(12, QFont::Medium, row.of_a == Provenance::predicted));
    if (a != nullptr)
      painter.drawText(line.translated(-valueColumn(), 0), Qt::AlignVCenter | Qt::AlignRight,
                       ratio(a->*row.value));
  }
}

void MemoryBars::changeEvent(QEvent* event) {
  if (event->type() == QEvent::StyleChange) rebuild();
  QWidget::changeEvent(event);
}

bool MemoryBars::event(QEvent* event) {
  if (event->type() != QEvent::ToolTip) return QWidget::event(event);
  const auto* help = static_cast<QHelpEvent*>(event);
  for (size_t bar = 0; bar < bars_.size(); ++bar) {
    const QRectF box = barRect(bar);
    if (!box.contains(help->pos())) continue;
    double x = box.left();
    for (const BarPart& part : bars_[bar].parts) {
      x += box.width() * static_cast<double>(part.bytes) /
           static_cast<double>(std::max<int64_t>(1, bars_[bar].bytes));
      if (help->pos().x() >= x) continue;
      QToolTip::showText(help->globalPos(),
                         part.name + u"\n"_s + part.shape + u"\n"_s + count(part.bytes) + u" B"_s,
                         this);
      return true;
    }
  }
  QToolTip::hideText();
  return true;
}

}  // namespace xkv::views
