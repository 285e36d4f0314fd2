// SPDX-License-Identifier: Apache-2.0
/// The one spelling of each enum value: in JSON, in the session file, in flags and on labels.
#pragma once

#include <optional>
#include <string_view>

#include "profiling/records/record.h"

namespace xkv {

/// "dense", "xkv"; "key", "value"; "exact", "gram-evd", "gram-subspace"; "fp32", "bf16", "fp16";
/// "cpu", "cuda"; "none", "group", "all"; "decode_step"; ...
std::string_view word(Method value);
std::string_view word(Stream value);
std::string_view word(FactorBackend value);
std::string_view word(SlerpKeep value);
std::string_view word(LandmarkForm value);
std::string_view word(Dtype value);
std::string_view word(Device value);
std::string_view word(AnalysisScope value);
std::string_view word(MemoryPartKind value);
std::string_view word(StopReason value);
std::string_view word(PhaseKind value);
std::string_view word(RunStatus value);
std::string_view word(ErrorKind value);

/// The value of a word; none if it is no such word. Instantiated for the enums above.
template <class Enum>
std::optional<Enum> fromWord(std::string_view text);

}  // namespace xkv
