// SPDX-License-Identifier: Apache-2.0
/// The fields of every record. JSON, CBOR and the session file all go by these lists, so that no
/// field can be in one and not in another.
#pragma once

#include <string_view>

#include "profiling/records/result_fields.h"
#include "profiling/records/run_fields.h"

namespace xkv {

/// The word of a record's kind: the "type" of its JSON object.
template <class T>
constexpr std::string_view recordType() {
  if constexpr (std::same_as<T, RunStarted>) return "run_started";
  if constexpr (std::same_as<T, CkaRecord>) return "cka";
  if constexpr (std::same_as<T, SpectrumRecord>) return "spectrum";
  if constexpr (std::same_as<T, ReconstructionRecord>) return "reconstruction";
  if constexpr (std::same_as<T, MemoryRecord>) return "memory";
  if constexpr (std::same_as<T, TokenRecord>) return "token";
  if constexpr (std::same_as<T, GenerationRecord>) return "generation";
  if constexpr (std::same_as<T, RecompressionRecord>) return "recompression";
  if constexpr (std::same_as<T, SelectionRecord>) return "selection";
  if constexpr (std::same_as<T, DivergenceRecord>) return "divergence";
  if constexpr (std::same_as<T, LatencyRecord>) return "latency";
  if constexpr (std::same_as<T, TimelineRecord>) return "timeline";
  if constexpr (std::same_as<T, ProgressRecord>) return "progress";
  if constexpr (std::same_as<T, RunFinished>) return "run_finished";
}

/// Name of the kind of a record, for sentences: "cka".
inline std::string_view recordType(const Record& record) {
  return std::visit([](const auto& r) { return recordType<std::remove_cvref_t<decltype(r)>>(); },
                    record);
}

}  // namespace xkv
