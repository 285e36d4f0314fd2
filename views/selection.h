// SPDX-License-Identifier: GPL-3.0-or-later
/// What is selected in the window: the one value through which views hear each other.
#pragma once

#include <cstdint>
#include <optional>

#include "profiling/records/compression_config.h"

namespace xkv::views {

/// Two layers of the CKA map; row == column is one layer.
struct LayerPair {
  int64_t row = 0;
  int64_t column = 0;
  bool has(int64_t layer) const { return layer == row || layer == column; }
  friend bool operator==(const LayerPair&, const LayerPair&) = default;
};

/// Half-open: start_ns <= t < end_ns, ns since the start of the run.
struct TimeRange {
  int64_t start_ns = 0;
  int64_t end_ns = 0;
  friend bool operator==(const TimeRange&, const TimeRange&) = default;
};

/// Each part is none when nothing of its kind is selected. A view that changes one part keeps the
/// others.
struct Selection {
  std::optional<LayerPair> layers = std::nullopt;
  std::optional<Stream> stream = std::nullopt;    ///< none = both
  std::optional<int64_t> group = std::nullopt;    ///< index in the groups that are shown
  std::optional<int64_t> token = std::nullopt;    ///< position in the prompt
  std::optional<int64_t> step = std::nullopt;     ///< generated token
  int64_t turn = 0;                               ///< of the conversation, that step belongs to
  std::optional<int64_t> span = std::nullopt;     ///< index in the run's timeline
  std::optional<TimeRange> range = std::nullopt;  ///< on the timeline

  bool hasLayer(int64_t layer) const { return layers && layers->has(layer); }
  friend bool operator==(const Selection&, const Selection&) = default;
};

}  // namespace xkv::views
