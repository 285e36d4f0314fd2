// SPDX-License-Identifier: GPL-3.0-or-later
/// Error of every token and layer of one stream, as one picture over the prompt.
#pragma once

#include <QImage>
#include <vector>

#include "profiling/records/session.h"
#include "views/colour_maps.h"

namespace xkv::views {

/// (num_layers, seq_len), NaN where not measured; empty where the run has no reconstruction of the
/// stream.
struct TokenErrors {
  int64_t num_layers = 0;
  int64_t seq_len = 0;
  std::vector<float> errors;

  float at(int64_t layer, int64_t token) const;
  /// The error that `share` of all measured tokens stay below; 0 where there is none.
  double quantile(double share) const;
};

TokenErrors tokenErrors(const Run& run, Stream stream);
/// The tokens first..first+count alone.
TokenErrors partOf(const TokenErrors& errors, int64_t first, int64_t count);

/// One row per layer, `width` columns: each the largest error of its tokens, so that a single lost
/// token shows at any width. Values at `top` and above have the map's last colour; what is not
/// measured is transparent.
QImage tokenLensImage(const TokenErrors& errors, int width, ColourMap map, double top);

}  // namespace xkv::views
