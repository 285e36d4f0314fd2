// SPDX-License-Identifier: GPL-3.0-or-later
/// The what-if beside the selected run: errors, bytes and ratios, and their differences.
#include "views/what_if_table.h"

#include <QPainter>
#include <algorithm>
#include <cmath>

#include "profiling/selection_summary.h"
#include "views/number_format.h"
#include "views/provenance.h"
#include "views/stream_look.h"
#include "views/theme.h"

namespace xkv::views {
namespace {

constexpr int kRow = 20;
constexpr int kLeastRows = 7;
constexpr int kColumn = 62;

std::optional<double> asDouble(std::optional<int64_t> value) {
  return value ? std::optional(static_cast<double>(*value)) : std::nullopt;
}

/// None where the stream stays dense.
std::optional<double> predictedError(const RankPlan& plan, Stream stream) {
  for (const PlannedGroup& group : plan.groups)
    if (group.compresses(stream)) return plan.stream(stream).error();
  return std::nullopt;
}

/// Of the parts that only Selective Reconstruction keeps.
int64_t selectionBytes(const MemoryRecord& memory) {
  int64_t sum = 0;
  for (const MemoryPart& part : memory.parts) {
    switch (part.kind) {
      case MemoryPartKind::landmark:
      case MemoryPartKind::local_row:
      case MemoryPartKind::outlier_row:
      case MemoryPartKind::selected_row:
      case MemoryPartKind::chunk_index:
        sum += part.bytes;
        break;
      default:
        break;
    }
  }
  return sum;
}

}  // namespace

MeasuredFigures figuresOf(const Run& run) {
  MeasuredFigures figures;
  if (!run.started.plan.empty()) {
    const auto [first, second] = streamsOf(&run);
    figures.error_k = measuredError(run, first);
    figures.error_v = measuredError(run, second);
    figures.error = measuredOverallError(run);
  }
  if (run.memory) {
    figures.factor_bytes = run.memory->factor_bytes;
    figures.published_ratio = run.memory->published_ratio;
    figures.with_landmarks_ratio = run.memory->with_landmarks_ratio;
    figures.true_resident_ratio = run.memory->true_resident_ratio;
    if (isSelective(run.started.spec.compression.method))
      figures.selection_bytes = selectionBytes(*run.memory);
  }
  if (const auto summary = summaryOf(run.selections)) figures.recall = summary->recall;
  return figures;
}

WhatIfTable::WhatIfTable(QWidget* parent) : QWidget(parent) {
  setAccessibleName(QStringLiteral("What-if beside the selected run"));
  setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
}

void WhatIfTable::addRow(const QString& label, std::optional<double> predicted,
                         std::optional<double> measured, Text text, Text change, Better better) {
  Row row{label,
          predicted ? text(*predicted) : missing(),
          measured ? text(*measured) : missing(),
          missing(),
          0,
          better};
  if (predicted && measured) {
    row.difference = change(*predicted - *measured);
    // Said as good or bad only where the shown difference is not zero.
    row.change = row.difference.contains(u'+')            ? 1
                 : row.difference.contains(QChar(0x2212)) ? -1
                                                          : 0;
  }
  rows_.push_back(row);
}

void WhatIfTable::setFigures(const std::optional<RankPlan>& plan, const MeasuredFigures& measured,
                             const QString& run_name, const std::array<Stream, 2>& streams,
                             bool selective) {
  rows_.clear();
  run_name_ = run_name;
  const auto of = [&](auto&& get) -> std::optional<double> {
    return plan ? get(*plan) : std::nullopt;
  };
  using Value = std::optional<double>;
  for (const Stream stream : streams) {
    addRow(QStringLiteral("error ") + streamLetter(stream),
           of([&](const RankPlan& p) { return predictedError(p, stream); }),
           isFirst(stream) ? measured.error_k : measured.error_v, percent, percentPoints,
           Better::smaller);
  }
  addRow("error", of([](const RankPlan& p) { return p.error(); }), measured.error, percent,
         percentPoints, Better::smaller);
  addRow("cache KiB",
         of([](const RankPlan& p) { return Value(static_cast<double>(p.ledger.factor_bytes)); }),
         asDouble(measured.factor_bytes), kib, kibChange, Better::smaller);
  addRow("published", of([](const RankPlan& p) { return Value(p.ledger.published_ratio); }),
         measured.published_ratio, ratio, ratioChange, Better::larger);
  addRow("with landmarks",
         of([](const RankPlan& p) { return Value(p.ledger.with_landmarks_ratio); }),
         measured.with_landmarks_ratio, ratio, ratioChange, Better::larger);
  addRow("true resident", of([](const RankPlan& p) { return Value(p.true_resident_ratio); }),
         measured.true_resident_ratio, ratio, ratioChange, Better::larger);
  if (selective) {
    addRow("selection KiB", of([](const RankPlan& p) {
             return Value(static_cast<double>(p.ledger.selection_bytes));
           }),
           asDouble(measured.selection_bytes), kib, kibChange, Better::smaller);
    addRow("recall", of([](const RankPlan& p) { return p.recall; }), measured.recall, percent,
           percentPoints, Better::larger);
  }
  QStringList spoken;
  for (const Row& row : rows_) spoken << row.label + QStringLiteral(" ") + row.predicted;
  setAccessibleDescription(spoken.join(QStringLiteral(", ")));
  updateGeometry();
  update();
}

QSize WhatIfTable::sizeHint() const {
  const int rows = std::max(kLeastRows, static_cast<int>(rows_.size()));
  return {px(240), px(kRow) * (rows + 1)};
}

void WhatIfTable::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  const int columns[] = {width() - 2 * px(kColumn), width() - px(kColumn), width()};
  const auto cell = [&](int column, int row) {
    return QRect(columns[column] - px(kColumn), row * px(kRow), px(kColumn), px(kRow));
  };
  const auto head = [&](int column, const QString& text, std::optional<Provenance> provenance) {
    painter.setFont(textFont(11));
    painter.setPen(roles().text2);
    painter.drawText(cell(column, 0), Qt::AlignVCenter | Qt::AlignRight, text);
    if (!provenance) return;
    const int x = cell(column, 0).right() - painter.fontMetrics().horizontalAdvance(text) - px(9);
    paintProvenanceGlyph(painter, QPointF(x, px(kRow) / 2.0 + 1), *provenance, roles().text2);
  };
  head(0, QStringLiteral("what-if"), Provenance::predicted);
  head(1, run_name_, Provenance::measured);
  head(2, QStringLiteral("Δ"), std::nullopt);
  for (int i = 0; i < static_cast<int>(rows_.size()); ++i) {
    const Row& row = rows_[static_cast<size_t>(i)];
    painter.setFont(textFont(12));
    painter.setPen(roles().text2);
    painter.drawText(QRect(0, (i + 1) * px(kRow), columns[0], px(kRow)), Qt::AlignVCenter,
                     row.label);
    painter.setPen(roles().text);
    painter.drawText(cell(1, i + 1), Qt::AlignVCenter | Qt::AlignRight, row.measured);
    painter.setFont(textFont(12, QFont::Normal, true));
    painter.drawText(cell(0, i + 1), Qt::AlignVCenter | Qt::AlignRight, row.predicted);
    painter.setFont(textFont(12));
    const bool good = row.change < 0 ? row.better == Better::smaller : row.better == Better::larger;
    painter.setPen(row.change == 0 ? roles().text2 : good ? roles().good : roles().bad);
    painter.drawText(cell(2, i + 1), Qt::AlignVCenter | Qt::AlignRight, row.difference);
  }
}

}  // namespace xkv::views
