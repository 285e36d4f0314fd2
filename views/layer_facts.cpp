// SPDX-License-Identifier: GPL-3.0-or-later
/// Small sums over CKA records and groups that several views say in words.
#include "views/layer_facts.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace xkv::views {
namespace {

/// A layer is called odd when its mean CKA lies this far below that of the next lowest.
constexpr double kOddBy = 0.1;

double meanOfLayer(const CkaRecord& record, int64_t layer) {
  double sum = 0;
  int64_t pairs = 0;
  for (int64_t other = 0; other < record.num_layers; ++other) {
    const float value = ckaAt(record, layer, other);
    if (other == layer || std::isnan(value)) continue;
    sum += static_cast<double>(value);
    ++pairs;
  }
  return pairs > 0 ? sum / static_cast<double>(pairs) : std::numeric_limits<double>::quiet_NaN();
}

/// Of a (layers, layers) matrix, below the diagonal.
double meanOfPairs(const std::vector<float>& values, int64_t layers, int64_t reach) {
  double sum = 0;
  int64_t pairs = 0;
  for (int64_t row = 0; row < layers; ++row) {
    for (int64_t column = std::max<int64_t>(0, row - reach); column < row; ++column) {
      const float value = values[static_cast<size_t>(row * layers + column)];
      if (std::isnan(value)) continue;
      sum += static_cast<double>(value);
      ++pairs;
    }
  }
  return pairs > 0 ? sum / static_cast<double>(pairs) : std::numeric_limits<double>::quiet_NaN();
}

}  // namespace

const CkaRecord* ckaOf(const Run& run, Stream stream) {
  for (const CkaRecord& record : run.cka) {
    const auto cells = static_cast<size_t>(record.num_layers * record.num_layers);
    if (record.stream == stream && record.num_layers > 0 && record.cka.size() == cells)
      return &record;
  }
  return nullptr;
}

float ckaAt(const CkaRecord& record, int64_t row, int64_t column) {
  return record.cka[static_cast<size_t>(row * record.num_layers + column)];
}

std::pair<double, double> ckaRange(const CkaRecord& record) {
  double smallest = 1;
  double largest = 0;
  bool any = false;
  for (int64_t row = 0; row < record.num_layers; ++row) {
    for (int64_t column = 0; column < row; ++column) {
      const auto value = static_cast<double>(ckaAt(record, row, column));
      if (std::isnan(value)) continue;
      any = true;
      smallest = std::min(smallest, value);
      largest = std::max(largest, value);
    }
  }
  return any ? std::pair{smallest, largest} : std::pair{0.0, 1.0};
}

double meanCka(const CkaRecord& record, int64_t reach) {
  return meanOfPairs(record.cka, record.num_layers, reach);
}

double meanCosine(const CkaRecord& record, int64_t reach) {
  const bool there = record.token_cosine.size() == record.cka.size();
  return there ? meanOfPairs(record.token_cosine, record.num_layers, reach)
               : std::numeric_limits<double>::quiet_NaN();
}

std::optional<OddLayer> oddLayer(const Run& run) {
  std::vector<const CkaRecord*> records;
  for (const Stream stream : run.started.model.streams()) {
    if (const CkaRecord* record = ckaOf(run, stream)) records.push_back(record);
  }
  std::vector<OddLayer> layers;
  for (int64_t layer = 0; !records.empty() && layer < records[0]->num_layers; ++layer) {
    OddLayer one{layer, {}};
    for (const CkaRecord* record : records) {
      const double mean = meanOfLayer(*record, layer);
      if (!std::isnan(mean)) one.means.emplace_back(record->stream, mean);
    }
    if (one.means.size() == records.size()) layers.push_back(one);
  }
  if (layers.size() < 3) return std::nullopt;
  const auto sum = [](const OddLayer& l) {
    double all = 0;
    for (const auto& [stream, mean] : l.means) all += mean;
    return all / static_cast<double>(l.means.size());
  };
  std::partial_sort(layers.begin(), layers.begin() + 2, layers.end(),
                    [&](const OddLayer& a, const OddLayer& b) { return sum(a) < sum(b); });
  if (sum(layers[1]) - sum(layers[0]) < kOddBy) return std::nullopt;
  return layers[0];
}

std::optional<int64_t> groupOf(const std::vector<PlannedGroup>& groups, int64_t layer) {
  for (size_t g = 0; g < groups.size(); ++g) {
    const PlannedGroup& group = groups[g];
    if (layer >= group.first_layer && layer < group.first_layer + group.num_layers) {
      return static_cast<int64_t>(g);
    }
  }
  return std::nullopt;
}

std::string placeOf(const std::vector<PlannedGroup>& groups, const LayerPair& pair) {
  if (groups.empty()) return "dense, no groups";
  const auto row = groupOf(groups, pair.row);
  const auto column = groupOf(groups, pair.column);
  if (!row || !column) {
    return "layer " + std::to_string(!row ? pair.row : pair.column) + " is in no group";
  }
  const std::string first = "g" + std::to_string(std::min(*row, *column));
  const std::string second = "g" + std::to_string(std::max(*row, *column));
  if (*row == *column) return "inside " + first;
  const bool neighbours = std::abs(*row - *column) == 1;
  return (neighbours ? "across the border of " : "between ") + first + " and " + second;
}

std::vector<LayerGroup> movedBorder(const std::vector<PlannedGroup>& groups, int64_t from,
                                    int64_t to) {
  std::vector<LayerGroup> moved;
  for (const PlannedGroup& group : groups) {
    LayerGroup one{.first_layer = group.first_layer,
                   .num_layers = group.num_layers,
                   .rank_k = {},
                   .rank_v = {}};
    const int64_t end = group.first_layer + group.num_layers;
    if (end == from) one.num_layers = to - group.first_layer;
    if (group.first_layer == from) {
      one.first_layer = to;
      one.num_layers = end - to;
    }
    if (one.num_layers < 1) return {};
    moved.push_back(one);
  }
  return moved;
}

std::vector<LayerGroup> withLayerAlone(const std::vector<PlannedGroup>& groups, int64_t layer) {
  const auto own = groupOf(groups, layer);
  if (!own || groups[static_cast<size_t>(*own)].num_layers == 1) return {};
  std::vector<LayerGroup> cut;
  const auto add = [&](int64_t first, int64_t end) {
    if (end > first)
      cut.push_back({.first_layer = first, .num_layers = end - first, .rank_k = {}, .rank_v = {}});
  };
  for (const PlannedGroup& group : groups) {
    const int64_t end = group.first_layer + group.num_layers;
    const bool holds = layer >= group.first_layer && layer < end;
    add(group.first_layer, holds ? layer : end);
    if (!holds) continue;
    add(layer, layer + 1);
    add(layer + 1, end);
  }
  return cut;
}

}  // namespace xkv::views
