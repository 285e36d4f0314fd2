// SPDX-License-Identifier: Apache-2.0
/// Records as JSON text and as CBOR bytes. Keys are the words of METHOD.md; enum values are their names.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "profiling/records/record.h"
#include "profiling/records/session.h"

namespace xkv {

/// {"type": "cka", "stream": "key", ...} on one line; ASCII-escaped. Floats that are not finite become null.
std::string toJson(const Record& record);
std::string toJson(const RunSpec& spec);
std::string toJson(const ModelShape& shape);
std::string toJson(const RunSummary& summary);
/// The whole run as one object, `indent` spaces (-1 = one line).
std::string toJson(const Run& run, int indent = -1);

/// The same objects as CBOR; float and double vectors travel as little-endian byte strings.
std::vector<uint8_t> toCbor(const Record& record);
std::vector<uint8_t> toCbor(const RunSpec& spec);
std::vector<uint8_t> toCbor(const ModelShape& shape);

/// bad_input with the key and what stands there when the text is no such object. Unknown keys are refused.
Result<Record> recordFromJson(std::string_view text);
Result<Record> recordFromCbor(std::span<const uint8_t> bytes);
Result<RunSpec> runSpecFromJson(std::string_view text);
Result<RunSpec> runSpecFromCbor(std::span<const uint8_t> bytes);
Result<ModelShape> modelShapeFromJson(std::string_view text);
Result<ModelShape> modelShapeFromCbor(std::span<const uint8_t> bytes);
Result<Run> runFromJson(std::string_view text);

}  // namespace xkv
