// SPDX-License-Identifier: Apache-2.0
/// Where the time went: spans and cache-size samples on one steady clock, ns since run start.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "profiling/records/compression_config.h"

namespace xkv {

enum class PhaseKind {
  load,         ///< weights
  tokenize,
  prefill,      ///< the whole prompt
  layer,        ///< one layer of the prefill
  projection,   ///< q, k, v, o
  attention,
  mlp,
  gram,         ///< Gram matrix of a group
  factor,       ///< SVD of a group
  measure,      ///< error of the real factors
  analysis,     ///< CKA and spectra
  decode,       ///< all steps of one generation
  decode_step,
  rebuild,      ///< A B_l of one layer
  logits,
  sample,
};

struct Span {
  PhaseKind kind = PhaseKind::prefill;
  int64_t start_ns = 0;
  int64_t end_ns = 0;
  int32_t layer = -1;  ///< -1 = none
  int32_t group = -1;  ///< index in the run's plan
  int32_t step = -1;   ///< decode step
  int32_t depth = 0;   ///< 0 = outermost
  std::string label;   ///< "g0 keys, rank 24"; may be empty
  friend bool operator==(const Span&, const Span&) = default;
};

/// Bytes held by the cache at a moment.
struct CacheSample {
  int64_t time_ns = 0;
  int64_t cache_bytes = 0;
  friend bool operator==(const CacheSample&, const CacheSample&) = default;
};

/// A part of a run's timeline; parts are appended in the order they arrive, spans in order of end_ns.
struct TimelineRecord {
  std::vector<Span> spans;
  std::vector<CacheSample> cache_samples;
  int64_t dropped_spans = 0;
  friend bool operator==(const TimelineRecord&, const TimelineRecord&) = default;
};

}  // namespace xkv
