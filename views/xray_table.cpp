// SPDX-License-Identifier: GPL-3.0-or-later
/// The X-ray's numbers as tables: what each step chose, and recall against the budget.
#include <cmath>

#include "views/number_format.h"
#include "views/table_twin.h"
#include "views/xray_map.h"

namespace xkv::views {
using namespace Qt::StringLiterals;
namespace {

QString shareText(double value) { return std::isnan(value) ? missing() : percent(value); }

/// Numbers of the chunks in one state.
QString chunksIn(const XrayMap& map, int64_t step, ChunkState state) {
  QStringList chunks;
  for (int64_t chunk = 0; chunk < map.num_chunks; ++chunk)
    if (map.at(step, chunk) == state) chunks << QString::number(chunk);
  return chunks.join(u' ');
}

}  // namespace

TableTwin xrayTable(std::shared_ptr<const Run> run) {
  struct Place {
    const SelectionRecord* record;
    int64_t kv_head, step;
    std::shared_ptr<const XrayMap> map;
  };
  auto places = std::make_shared<std::vector<Place>>();
  for (const SelectionRecord& record : run->selections) {
    for (int64_t head = 0; head < record.num_kv_heads; ++head) {
      const auto map = std::make_shared<const XrayMap>(xrayMap(record, head));
      for (int64_t step = 0; step < record.num_steps; ++step)
        places->push_back({&record, head, step, map});
    }
  }
  TableTwin twin{{u"layer"_s, u"KV head"_s, u"step"_s, u"recall"_s, u"hit rate, layer"_s,
                  u"there before"_s, u"rebuilt"_s, u"outliers"_s},
                 static_cast<int>(places->size()),
                 {}};
  twin.cell = [run, places](int row, int column) {
    const Place& at = (*places)[static_cast<size_t>(row)];
    if (column == 0) return QString::number(at.record->layer);
    if (column == 1) return QString::number(at.kv_head);
    if (column == 2) return QString::number(at.step);
    if (column == 3) return shareText(recallAt(*at.record, at.kv_head, at.step));
    if (column == 4) return shareText(hitRateAt(*at.record, at.step));
    if (at.map->states.empty()) return missing();
    if (column == 5) return chunksIn(*at.map, at.step, ChunkState::hit);
    return chunksIn(*at.map, at.step, column == 6 ? ChunkState::rebuilt : ChunkState::outlier);
  };
  return twin;
}

TableTwin xrayBudgetTable(std::shared_ptr<const Run> run) {
  struct Place {
    const SelectionRecord* record;
    size_t chunks;
  };
  auto places = std::make_shared<std::vector<Place>>();
  for (const SelectionRecord& record : run->selections)
    for (size_t k = 0; k < record.recall_of_chunks.size(); ++k) places->push_back({&record, k});
  TableTwin twin{
      {u"layer"_s, u"tokens"_s, u"chunks"_s, u"recall"_s}, static_cast<int>(places->size()), {}};
  twin.cell = [run, places](int row, int column) {
    const auto& [record, chunks] = (*places)[static_cast<size_t>(row)];
    if (column == 0) return QString::number(record->layer);
    if (column == 1) return QString::number(static_cast<int64_t>(chunks) * record->chunk);
    return column == 2 ? QString::number(chunks)
                       : shareText(static_cast<double>(record->recall_of_chunks[chunks]));
  };
  return twin;
}

}  // namespace xkv::views
