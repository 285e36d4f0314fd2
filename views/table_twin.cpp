// SPDX-License-Identifier: GPL-3.0-or-later
/// The tables' cells, in full precision where a reader would copy them.
#include "views/table_twin.h"

#include <cmath>

#include "profiling/records/words.h"
#include "views/duel_rows.h"
#include "views/layer_facts.h"
#include "views/number_format.h"
#include "views/stream_look.h"

namespace xkv::views {
using namespace Qt::StringLiterals;
namespace {

QString text(std::string_view utf8) {
  return QString::fromUtf8(utf8.data(), static_cast<qsizetype>(utf8.size()));
}

QString orMissing(double value) { return std::isnan(value) ? missing() : significant(value, 6); }

QString percentOrMissing(const std::vector<double>* errors, size_t layer) {
  if (errors == nullptr || layer >= errors->size() || std::isnan((*errors)[layer]))
    return missing();
  return percent((*errors)[layer]);
}

const ReconstructionRecord* measurementOf(const Run& run, Stream stream, int64_t layer) {
  for (const ReconstructionRecord& r : run.reconstructions) {
    if (isLike(r.stream, stream) && layer >= r.first_layer && layer < r.first_layer + r.num_layers)
      return &r;
  }
  return nullptr;
}

QString measuredAt(const Run* run, Stream stream, int64_t layer) {
  const ReconstructionRecord* r = run == nullptr ? nullptr : measurementOf(*run, stream, layer);
  const auto index = r == nullptr ? 0 : static_cast<size_t>(layer - r->first_layer);
  if (r == nullptr || index >= r->layer_error.size()) return missing();
  return percent(static_cast<double>(r->layer_error[index]));
}

}  // namespace

TableTwin ckaTable(std::shared_ptr<const Run> run) {
  TableTwin twin{{u"stream"_s, u"layer"_s, u"with layer"_s, u"CKA"_s, u"token cosine"_s}, 0, {}};
  const int64_t layers = run->cka.empty() ? 0 : run->cka.front().num_layers;
  const int64_t cells = layers * layers;
  twin.rows = static_cast<int>(cells * static_cast<int64_t>(run->cka.size()));
  twin.cell = [run, layers, cells](int row, int column) {
    const CkaRecord& record = run->cka[static_cast<size_t>(row / cells)];
    const auto at = static_cast<size_t>(row % cells);
    if (column == 0) return text(word(record.stream));
    if (column == 1) return QString::number(row % cells / layers);
    if (column == 2) return QString::number(row % cells % layers);
    const auto& values = column == 3 ? record.cka : record.token_cosine;
    return at < values.size() ? orMissing(static_cast<double>(values[at])) : missing();
  };
  return twin;
}

TableTwin spectraTable(std::shared_ptr<const Run> run) {
  struct Place {
    const SpectrumRecord* spectrum;
    int64_t rank;
  };
  auto places = std::make_shared<std::vector<Place>>();
  for (const SpectrumRecord& s : run->spectra) {
    for (size_t i = 0; i < s.singular_values.size(); ++i)
      places->push_back({&s, static_cast<int64_t>(i) + 1});
  }
  TableTwin twin{{u"stream"_s, u"layers"_s, u"rank"_s, u"σ"_s, u"error"_s},
                 static_cast<int>(places->size()),
                 {}};
  twin.cell = [run, places](int row, int column) {
    const auto& [spectrum, rank] = (*places)[static_cast<size_t>(row)];
    const auto at = static_cast<size_t>(rank);
    if (column == 0) return text(word(spectrum->stream));
    if (column == 1)
      return QStringLiteral("%1–%2")
          .arg(spectrum->first_layer)
          .arg(spectrum->first_layer + spectrum->num_layers - 1);
    if (column == 2) return QString::number(rank);
    if (column == 3) return orMissing(static_cast<double>(spectrum->singular_values[at - 1]));
    return at < spectrum->group_error.size()
               ? percent(static_cast<double>(spectrum->group_error[at]))
               : missing();
  };
  return twin;
}

TableTwin errorTable(std::shared_ptr<const Run> run, std::shared_ptr<const Run> baseline,
                     std::optional<RankPlan> what_if) {
  const auto [first, second] = streamsOf(run.get());
  TableTwin twin{{u"layer"_s}, static_cast<int>(run->started.model.num_layers), {}};
  for (const QString& of : {QString(), u", what-if"_s, u", A"_s})
    twin.columns << streamName(first) + of << streamName(second) + of;
  const auto plan = std::make_shared<const std::optional<RankPlan>>(std::move(what_if));
  twin.cell = [run, baseline, plan, first, second](int row, int column) {
    const Stream stream = column % 2 == 1 ? first : second;
    if (column == 0) return QString::number(row);
    if (column < 3) return measuredAt(run.get(), stream, row);
    if (column > 4) return measuredAt(baseline.get(), stream, row);
    if (!*plan) return missing();
    const PredictedStream& side = (*plan)->stream(stream);
    return percentOrMissing(&side.layer_error, static_cast<size_t>(row));
  };
  return twin;
}

TableTwin memoryTable(std::shared_ptr<const Run> run) {
  TableTwin twin{{u"part"_s, u"stream"_s, u"shape"_s, u"type"_s, u"bytes"_s}, 0, {}};
  if (!run->memory) return twin;
  twin.rows = static_cast<int>(run->memory->parts.size());
  twin.cell = [run](int row, int column) {
    const auto& part = run->memory->parts[static_cast<size_t>(row)];
    if (column == 0) return text(word(part.kind));
    if (column == 1) return part.stream ? text(word(*part.stream)) : QString();
    if (column == 2) return text(part.shape);
    return column == 3 ? text(word(part.dtype)) : count(part.bytes);
  };
  return twin;
}

TableTwin textsTable(std::shared_ptr<const Run> run) {
  TableTwin twin{
      {u"cache"_s, u"turn"_s, u"step"_s, u"token"_s, u"id"_s, u"probability"_s, u"time"_s},
      static_cast<int>(run->tokens.size()),
      {}};
  twin.cell = [run](int row, int column) {
    const TokenRecord& token = run->tokens[static_cast<size_t>(row)];
    if (column == 0) return text(word(token.method));
    if (column == 1) return QString::number(token.turn + 1);
    if (column == 2) return QString::number(token.step);
    if (column == 3) return text(token.choice.text);
    if (column == 4) return QString::number(token.choice.id);
    return column == 5 ? orMissing(static_cast<double>(token.choice.probability))
                       : duration(token.duration_ns);
  };
  return twin;
}

TableTwin timelineTable(std::shared_ptr<const Run> run) {
  TableTwin twin{{u"span"_s, u"label"_s, u"start"_s, u"duration"_s, u"layer"_s, u"group"_s},
                 static_cast<int>(run->timeline.spans.size()),
                 {}};
  twin.cell = [run](int row, int column) {
    const Span& span = run->timeline.spans[static_cast<size_t>(row)];
    const auto orNone = [](int64_t number) {
      return number < 0 ? QString() : QString::number(number);
    };
    if (column == 0) return text(word(span.kind));
    if (column == 1) return text(span.label);
    if (column == 2) return milliseconds(static_cast<double>(span.start_ns)) + u" ms"_s;
    if (column == 3) return duration(span.end_ns - span.start_ns);
    return column == 4 ? orNone(span.layer) : orNone(span.group);
  };
  return twin;
}

TableTwin duelTable(const std::vector<std::shared_ptr<const Run>>& runs) {
  const auto rows = std::make_shared<const std::vector<DuelRow>>(duelRows(runs));
  TableTwin twin{{u"run"_s, u"method"_s}, static_cast<int>(rows->size()), {}};
  for (const QString& head : duelHeads(streamsOf(runs.empty() ? nullptr : runs.front().get())))
    twin.columns << head;
  twin.columns << u"recall"_s << u"hit rate"_s << u"text"_s;
  twin.cell = [rows](int row, int column) {
    const DuelRow& duel = (*rows)[static_cast<size_t>(row)];
    if (column == 0) return QString::number(duel.run_id);
    if (column == 1) return duel.method;
    const auto cell = static_cast<size_t>(column - 2);
    if (cell < kDuelColumns) return duelCells(duel)[cell];
    if (cell == kDuelColumns) return duel.recall ? percent(*duel.recall) : missing();
    if (cell == kDuelColumns + 1) return duel.hit_rate ? percent(*duel.hit_rate) : missing();
    return duel.text;
  };
  return twin;
}

}  // namespace xkv::views
