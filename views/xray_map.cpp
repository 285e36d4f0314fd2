// SPDX-License-Identifier: GPL-3.0-or-later
/// What each step of Selective Reconstruction did with each chunk, and that as a picture.
#include "views/xray_map.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "views/part_colours.h"
#include "views/theme.h"

namespace xkv::views {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

/// Marks the chunks of one row of ids; what lies outside the map is no chunk.
template <class StateOf>
void mark(XrayMap& map, int64_t step, const int64_t* ids, int64_t count, StateOf state_of) {
  for (int64_t i = 0; i < count; ++i) {
    if (ids[i] < 0 || ids[i] >= map.num_chunks) continue;
    map.states[static_cast<size_t>(step * map.num_chunks + ids[i])] = state_of(ids[i]);
  }
}

}  // namespace

bool keepsChosen(const SelectionRecord& record) {
  const int64_t ids = record.num_steps * record.num_kv_heads * record.chosen_chunks;
  return record.num_steps > 0 && record.chunk > 0 && record.seq_len > 0 && ids >= 0 &&
         record.chosen.size() == static_cast<size_t>(ids);
}

XrayMap xrayMap(const SelectionRecord& record, int64_t kv_head) {
  XrayMap map;
  if (!keepsChosen(record) || kv_head < 0 || kv_head >= record.num_kv_heads) return map;
  map.num_steps = record.num_steps;
  map.num_chunks = (record.seq_len + record.chunk - 1) / record.chunk;
  map.states.assign(static_cast<size_t>(map.num_steps * map.num_chunks), ChunkState::unread);
  const bool has_outliers =
      record.outliers.size() == static_cast<size_t>(record.num_kv_heads * record.outlier_chunks);
  const int64_t* outliers = record.outliers.data() + kv_head * record.outlier_chunks;
  for (int64_t step = 0; step < map.num_steps; ++step) {
    for (int64_t chunk = record.landmark_chunks; chunk < map.num_chunks; ++chunk)
      mark(map, step, &chunk, 1, [](int64_t) { return ChunkState::local; });
    if (has_outliers)
      mark(map, step, outliers, record.outlier_chunks, [](int64_t) { return ChunkState::outlier; });
    const auto rowOf = [&](int64_t s) {
      return record.chosen.data() + (s * record.num_kv_heads + kv_head) * record.chosen_chunks;
    };
    mark(map, step, rowOf(step), record.chosen_chunks, [&](int64_t chunk) {
      const int64_t* before = step > 0 ? rowOf(step - 1) : nullptr;
      const bool was_there = before != nullptr && std::find(before, before + record.chosen_chunks,
                                                            chunk) != before + record.chosen_chunks;
      return was_there ? ChunkState::hit : ChunkState::rebuilt;
    });
  }
  return map;
}

std::pair<int64_t, int64_t> tokensOfChunk(const SelectionRecord& record, int64_t chunk) {
  const int64_t first = chunk * record.chunk;
  return {first, std::min(first + record.chunk, record.seq_len)};
}

QString promptText(const Run& run, int64_t first, int64_t end, qsizetype letters) {
  const auto& tokens = run.started.prompt_tokens;
  QString text;
  for (int64_t t = std::max<int64_t>(0, first);
       t < std::min(end, static_cast<int64_t>(tokens.size())) && text.size() <= letters; ++t)
    text += QString::fromStdString(tokens[static_cast<size_t>(t)]);
  text = text.simplified();
  return text.size() <= letters ? text : text.left(letters - 1) + u'…';
}

std::pair<int64_t, int64_t> queryHeadsOf(const SelectionRecord& record, int64_t kv_head) {
  if (record.num_kv_heads < 1) return {0, 0};
  return {kv_head * record.num_heads / record.num_kv_heads,
          (kv_head + 1) * record.num_heads / record.num_kv_heads};
}

double recallAt(const SelectionRecord& record, int64_t kv_head, int64_t step) {
  const bool measured =
      record.recall.size() == static_cast<size_t>(record.num_steps * record.num_heads);
  const auto [first, end] = queryHeadsOf(record, kv_head);
  if (!measured || step < 0 || step >= record.num_steps || first >= end) return kNone;
  double sum = 0;
  for (int64_t head = first; head < end; ++head)
    sum += static_cast<double>(record.recall[static_cast<size_t>(step * record.num_heads + head)]);
  return sum / static_cast<double>(end - first);
}

double hitRateAt(const SelectionRecord& record, int64_t step) {
  const auto at = static_cast<size_t>(step);
  return step < 0 || at >= record.hit_rate.size() ? kNone
                                                  : static_cast<double>(record.hit_rate[at]);
}

QColor chunkColour(ChunkState state) {
  switch (state) {
    case ChunkState::unread:
      return roles().sunken;
    case ChunkState::local:
      return localColour();
    case ChunkState::outlier:
      return outlierColour();
    case ChunkState::hit:
      return selectedColour();
    case ChunkState::rebuilt:
      return roles().span_rebuild;
  }
  return {};
}

QImage xrayImage(const XrayMap& map, int64_t first, int64_t count, QSize size) {
  if (map.states.empty() || count < 1 || size.isEmpty()) return {};
  QRgb colours[5];
  for (size_t i = 0; i < 5; ++i) colours[i] = chunkColour(static_cast<ChunkState>(i)).rgb();
  QImage image(size, QImage::Format_RGB32);
  const auto span = [](int64_t pixel, int64_t pixels, int64_t things) {
    const int64_t from = pixel * things / pixels;
    return std::pair(from, std::max(from + 1, (pixel + 1) * things / pixels));
  };
  for (int y = 0; y < size.height(); ++y) {
    auto* row = reinterpret_cast<QRgb*>(image.scanLine(y));
    const auto [step, step_end] = span(y, size.height(), map.num_steps);
    for (int x = 0; x < size.width(); ++x) {
      const auto [chunk, chunk_end] = span(x, size.width(), count);
      ChunkState shown = ChunkState::unread;
      for (int64_t s = step; s < step_end; ++s)
        for (int64_t c = first + chunk; c < std::min(first + chunk_end, map.num_chunks); ++c)
          shown = std::max(shown, map.at(s, c));
      row[x] = colours[static_cast<size_t>(shown)];
    }
  }
  return image;
}

}  // namespace xkv::views
