// SPDX-License-Identifier: GPL-3.0-or-later
/// Small sums over CKA records and groups that several views say in words.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "profiling/records/session.h"
#include "views/selection.h"

namespace xkv::views {

/// The run's record of a stream; nullptr where it has none.
const CkaRecord* ckaOf(const Run& run, Stream stream);
/// NaN where the pair was not measured.
float ckaAt(const CkaRecord& record, int64_t row, int64_t column);
/// Smallest and largest measured value off the diagonal; {0, 1} where there is none.
std::pair<double, double> ckaRange(const CkaRecord& record);
/// Mean over measured pairs at most `reach` layers apart.
double meanCka(const CkaRecord& record, int64_t reach);
/// The same of token-wise cosine; NaN where the record has none.
double meanCosine(const CkaRecord& record, int64_t reach);

/// The layer that is far less like the others than the next one, with its mean CKA per stream.
struct OddLayer {
  int64_t layer = 0;
  std::vector<std::pair<Stream, double>> means;  ///< of the streams that were measured
};
/// None where no layer is, or fewer than three were measured.
std::optional<OddLayer> oddLayer(const Run& run);

/// Index of the group that holds the layer; none where the layer stays dense.
std::optional<int64_t> groupOf(const std::vector<PlannedGroup>& groups, int64_t layer);
/// "inside g0", "across the border of g0 and g1", "layer 7 is in no group".
std::string placeOf(const std::vector<PlannedGroup>& groups, const LayerPair& pair);

/// The groups with the border in front of layer `from` moved in front of layer `to`; ranks are left
/// to the config. Empty where a group would lose its last layer.
std::vector<LayerGroup> movedBorder(const std::vector<PlannedGroup>& groups, int64_t from,
                                    int64_t to);
/// The groups with `layer` cut out of its group as one of its own. Empty where it is in none, or
/// alone already.
std::vector<LayerGroup> withLayerAlone(const std::vector<PlannedGroup>& groups, int64_t layer);

}  // namespace xkv::views
