// SPDX-License-Identifier: GPL-3.0-or-later
/// What each step of Selective Reconstruction did with each chunk, and that as a picture.
#pragma once

#include <QImage>
#include <QString>
#include <cstdint>
#include <utility>
#include <vector>

#include "profiling/records/session.h"

namespace xkv::views {

/// Ordered: where several share a pixel, the last is shown.
enum class ChunkState : uint8_t {
  unread,   ///< only its landmark was
  local,    ///< exact, at the prompt's end
  outlier,  ///< exact
  hit,      ///< chosen, and there from the step before
  rebuilt,  ///< chosen, and not there before
};

/// One layer and KV head. Chunks are numbered from the prompt's start; the last may be shorter.
struct XrayMap {
  int64_t num_steps = 0;
  int64_t num_chunks = 0;
  std::vector<ChunkState> states;  ///< (num_steps, num_chunks)

  ChunkState at(int64_t step, int64_t chunk) const {
    return states[static_cast<size_t>(step * num_chunks + chunk)];
  }
};

/// Whether the record says which chunks each step chose.
bool keepsChosen(const SelectionRecord& record);
/// Empty where it does not, or has no such head.
XrayMap xrayMap(const SelectionRecord& record, int64_t kv_head);

/// First token of a chunk and the one after its last.
std::pair<int64_t, int64_t> tokensOfChunk(const SelectionRecord& record, int64_t chunk);
/// The prompt's text from a token on, on one line, at most `letters` long.
QString promptText(const Run& run, int64_t first, int64_t end, qsizetype letters);

/// Query heads first..second-1 read what a KV head selects.
std::pair<int64_t, int64_t> queryHeadsOf(const SelectionRecord& record, int64_t kv_head);
/// Recall of a step, mean over the KV head's query heads; NaN where it was not measured.
double recallAt(const SelectionRecord& record, int64_t kv_head, int64_t step);
/// NaN at the first step and where there is none.
double hitRateAt(const SelectionRecord& record, int64_t step);

QColor chunkColour(ChunkState state);
/// What is seen of chunks first..first+count in that many pixels.
QImage xrayImage(const XrayMap& map, int64_t first, int64_t count, QSize size);

}  // namespace xkv::views
