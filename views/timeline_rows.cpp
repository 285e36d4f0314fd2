// SPDX-License-Identifier: GPL-3.0-or-later
/// Heights and places of the timeline's rows in both of its sizes.
#include "views/timeline_rows.h"

#include <algorithm>

#include "views/number_format.h"
#include "views/theme.h"

namespace xkv::views {

using namespace Qt::StringLiterals;
namespace {

constexpr int kMinimap = 56;
constexpr int kRuler = 28;
constexpr int kPadding = 12;
constexpr int kLeastLayer = 16;

QString spans(int64_t number) { return count(number) + u" spans"_s; }

QString nameOf(const Track& track) {
  switch (track.kind) {
    case TrackKind::phases:
      return QStringLiteral("Phases");
    case TrackKind::engine:
      return QStringLiteral("Engine");
    case TrackKind::layer:
      return QStringLiteral("layer %1").arg(track.layer);
    case TrackKind::factor:
      return QStringLiteral("SVD");
    case TrackKind::layers_and_factor:
      return QStringLiteral("layers, SVD");
  }
  return {};
}

int heightOf(TrackKind kind) {
  switch (kind) {
    case TrackKind::engine:
      return 28;
    case TrackKind::layer:
      return 36;
    default:
      return 32;
  }
}

class FullRows {
 public:
  FullRows(const TimelineLayout& layout, QSize size, bool with_gpu_row)
      : layout_(layout), size_(size), with_gpu_row_(with_gpu_row) {}

  TimelineGeometry place() {
    geometry_.minimap = {0, 0, size_.width(), px(kMinimap)};
    geometry_.ruler = {0, px(kMinimap), size_.width(), px(kRuler)};
    geometry_.plot_left = px(136);
    geometry_.plot_width = std::max(1, size_.width() - px(136) - px(kPadding));
    y_ = px(kMinimap) + px(kRuler);
    geometry_.scroll_top = y_;
    const int layer_height = layerHeight();
    bool head = false;
    for (size_t i = 0; i < layout_.tracks().size(); ++i) {
      const Track& track = layout_.tracks()[i];
      if (track.kind == TrackKind::layer && !head) addLayersHead();
      head |= track.kind == TrackKind::layer;
      addTrack(i, track.kind == TrackKind::layer ? layer_height : px(heightOf(track.kind)));
    }
    if (!layout_.timeline().cache_samples.empty())
      add({RowKind::counter, -1, 0, px(100), false, QStringLiteral("Cache, KiB"),
           QStringLiteral("resident")});
    if (with_gpu_row_)
      add({RowKind::gpu, -1, 0, px(56), false, QStringLiteral("GPU"), QStringLiteral("no rows")});
    geometry_.content_height = y_;
    return geometry_;
  }

 private:
  void add(TimelineRow row) {
    row.y = y_;
    y_ += row.height;
    geometry_.rows.push_back(std::move(row));
  }

  void addLayersHead() {
    int64_t number = 0;
    for (const Track& track : layout_.tracks())
      if (track.kind == TrackKind::layer) number += track.num_spans;
    add({RowKind::layers_head, -1, 0, px(24), false, QStringLiteral("Layers"), spans(number)});
  }

  void addTrack(size_t index, int height) {
    const Track& track = layout_.tracks()[index];
    const bool pinned = track.kind == TrackKind::phases;
    QString beside = spans(track.num_spans);
    if (track.kind == TrackKind::layer)
      beside = track.group < 0 ? QString() : QStringLiteral("g%1").arg(track.group);
    if (pinned) beside = QStringLiteral("pinned");
    add({RowKind::track, static_cast<int>(index), 0, height, pinned, nameOf(track), beside});
    if (pinned) geometry_.scroll_top = y_;
  }

  /// Rows of layers give way first when the view is too low for all of them.
  int layerHeight() const {
    int others = px(kMinimap) + px(kRuler) + (with_gpu_row_ ? px(56) : 0);
    if (!layout_.timeline().cache_samples.empty()) others += px(100);
    int layers = 0;
    for (const Track& track : layout_.tracks()) {
      if (track.kind == TrackKind::layer)
        ++layers;
      else
        others += px(heightOf(track.kind));
    }
    if (layers == 0) return 0;
    others += px(24);
    return std::clamp((size_.height() - others) / layers, px(kLeastLayer), px(36));
  }

  const TimelineLayout& layout_;
  QSize size_;
  bool with_gpu_row_;
  TimelineGeometry geometry_;
  int y_ = 0;
};

TimelineGeometry compactRows(const TimelineLayout& layout, QSize size) {
  TimelineGeometry geometry;
  geometry.plot_left = px(96);
  geometry.plot_width = std::max(1, size.width() - px(96) - px(16));
  int y = px(2);
  // 1280 x 800 leaves room for phases and layers only.
  const bool room = size.height() >= px(76);
  const bool has_counter = room && !layout.timeline().cache_samples.empty();
  const int count = static_cast<int>(layout.tracks().size()) + (has_counter ? 1 : 0);
  const int height = std::clamp((size.height() - px(4)) / std::max(1, count), px(16), px(28));
  for (size_t i = 0; i < layout.tracks().size(); ++i) {
    const bool phases = layout.tracks()[i].kind == TrackKind::phases;
    const QString name = phases ? QStringLiteral("phases") : QStringLiteral("layers, SVD");
    geometry.rows.push_back({RowKind::track, static_cast<int>(i), y, height, false, name, {}});
    y += height;
  }
  if (has_counter) {
    geometry.rows.push_back(
        {RowKind::counter, -1, y, height, false, QStringLiteral("cache KiB"), {}});
    y += height;
  }
  geometry.content_height = y;
  return geometry;
}

}  // namespace

TimelineGeometry timelineGeometry(const TimelineLayout& layout, TrackSet track_set, QSize size,
                                  bool with_gpu_row) {
  if (track_set == TrackSet::compact) return compactRows(layout, size);
  return FullRows(layout, size, with_gpu_row).place();
}

}  // namespace xkv::views
