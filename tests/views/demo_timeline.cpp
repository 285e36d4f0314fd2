// SPDX-License-Identifier: GPL-3.0-or-later
/// The timeline of the made-up run.
#include "tests/views/demo_timeline.h"

#include <algorithm>
#include <string>

namespace xkv::views {
namespace {

constexpr int64_t kUs = 1000;
constexpr int64_t kLayerRowBytes = 2 * 547 * 64 * 4;

/// Spans are appended as they end, the clock runs as they are appended.
class Clock {
 public:
  Span& leaf(PhaseKind kind, int64_t us, int32_t layer, int32_t depth) {
    const int64_t start = now_;
    now_ += us * kUs;
    record_.spans.push_back({.kind = kind,
                             .start_ns = start,
                             .end_ns = now_,
                             .layer = layer,
                             .depth = depth,
                             .label = {}});
    return record_.spans.back();
  }
  void close(Span span, int64_t start) {
    span.start_ns = start;
    span.end_ns = now_;
    record_.spans.push_back(std::move(span));
  }
  void cache(int64_t bytes) {
    bytes_ += bytes;
    record_.cache_samples.push_back({now_, bytes_});
  }
  int64_t now() const { return now_; }
  TimelineRecord take() { return std::move(record_); }

 private:
  int64_t now_ = 0;
  int64_t bytes_ = 0;
  TimelineRecord record_;
};

void prefillLayer(Clock& clock, int32_t layer, bool compressed) {
  const int64_t start = clock.now();
  clock.leaf(PhaseKind::projection, 280, layer, 2);
  clock.leaf(PhaseKind::attention, 930 + 17 * ((layer * 5) % 7), layer, 2);
  if (compressed) clock.leaf(PhaseKind::gram, 210, layer, 2);
  clock.leaf(PhaseKind::projection, 120, layer, 2);
  clock.leaf(PhaseKind::mlp, 610, layer, 2);
  clock.cache(kLayerRowBytes);
  clock.close({.kind = PhaseKind::layer, .layer = layer, .depth = 1, .label = {}}, start);
}

void sealGroup(Clock& clock, const PlannedGroup& group, int32_t index) {
  const auto factor = [&](const char* stream, int64_t us, int64_t rank) {
    Span& span = clock.leaf(PhaseKind::factor, us, -1, 1);
    span.group = index;
    span.label = "g" + std::to_string(index) + " " + stream + ", rank " + std::to_string(rank);
  };
  factor("keys", 770 * group.num_layers, group.rank_k);
  factor("values", 870 * group.num_layers, group.rank_v);
  clock.cache(-group.num_layers * kLayerRowBytes +
              (group.rank_k + group.rank_v) * (547 + 64 * group.num_layers) * 4);
}

void decodeStep(Clock& clock, int32_t step, int64_t num_layers, bool compressed) {
  const int64_t start = clock.now();
  for (int32_t layer = 0; layer < num_layers; ++layer) {
    if (compressed) clock.leaf(PhaseKind::rebuild, 42, layer, 2).step = step;
    clock.leaf(PhaseKind::attention, 18, layer, 2).step = step;
    clock.leaf(PhaseKind::mlp, 25, layer, 2).step = step;
  }
  clock.leaf(PhaseKind::logits, 40, -1, 2).step = step;
  clock.leaf(PhaseKind::sample, 6, -1, 2).step = step;
  clock.cache(num_layers * 2 * 64 * 4);
  clock.close({.kind = PhaseKind::decode_step, .step = step, .depth = 1, .label = {}}, start);
}

}  // namespace

TimelineRecord demoTimeline(const std::vector<PlannedGroup>& plan, int64_t num_layers) {
  Clock clock;
  clock.cache(0);
  clock.leaf(PhaseKind::load, 4100, -1, 0);
  clock.leaf(PhaseKind::tokenize, 260, -1, 0);
  const int64_t prefill = clock.now();
  int32_t next_group = 0;
  for (int32_t layer = 0; layer < num_layers; ++layer) {
    prefillLayer(clock, layer, !plan.empty());
    if (next_group >= static_cast<int32_t>(plan.size())) continue;
    const PlannedGroup& group = plan[static_cast<size_t>(next_group)];
    if (layer + 1 == group.first_layer + group.num_layers) sealGroup(clock, group, next_group++);
  }
  clock.leaf(PhaseKind::logits, 45, -1, 1);
  clock.close({.kind = PhaseKind::prefill, .depth = 0, .label = {}}, prefill);
  const int64_t decode = clock.now();
  for (int32_t step = 1; step <= 5; ++step) decodeStep(clock, step, num_layers, !plan.empty());
  clock.close({.kind = PhaseKind::decode, .depth = 0, .label = {}}, decode);
  return clock.take();
}

}  // namespace xkv::views
