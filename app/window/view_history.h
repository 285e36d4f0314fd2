// SPDX-License-Identifier: GPL-3.0-or-later
/// What undo and redo go through: selection, what-if and the streams shown. Never a run or a file.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "profiling/records/compression_config.h"
#include "views/selection.h"

namespace xkv::window {

struct ViewState {
  views::Selection selection;
  std::optional<CompressionConfig> what_if;
  std::optional<Stream> stream_shown;  ///< none = both
  friend bool operator==(const ViewState&, const ViewState&) = default;
};

class ViewHistory {
 public:
  /// Forgets everything before this state: another run is shown.
  void reset(const ViewState& state);
  /// A state after the user's doing; what follows fast, as a slider that is dragged does, is one
  /// step. Drops what could have been redone.
  void record(const ViewState& state, int64_t now_ms);
  /// The state to go to; none at the end of the way.
  std::optional<ViewState> undo();
  std::optional<ViewState> redo();

 private:
  std::vector<ViewState> states_{ViewState{}};
  size_t now_ = 0;
  std::optional<int64_t> last_ms_;  ///< none: the next state is a step of its own
};

}  // namespace xkv::window
