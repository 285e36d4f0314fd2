// SPDX-License-Identifier: Apache-2.0
/// JSON as this folder accepts it: one UTF-8 object, unique keys, shallow, no more values than
/// allowed.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "profiling/records/result.h"

namespace xkv {

struct JsonLimits {
  int64_t max_depth = 32;
  int64_t max_values = 200'000;  ///< bounds the memory that a dense array of small values takes
};

/// `label` names the file in the sentence of a failure (always bad_input).
Result<nlohmann::json> parseStrictJson(const std::string& label, std::string_view text,
                                       const JsonLimits& limits = {});

/// Feeds `text` to a SAX handler without recursion. The handler keeps the sentence of what it
/// refuses in `handler.refusal` and answers false; its parse_error is answered here.
template <class Handler>
Status parseJsonEvents(const std::string& label, std::string_view text, Handler& handler) {
  if (const size_t nul = text.find('\0'); nul != std::string_view::npos) {
    return failure(ErrorKind::bad_input,
                   label + ": no JSON, a NUL byte stands at byte " + std::to_string(nul));
  }
  if (text.starts_with("\xEF\xBB\xBF")) {
    return failure(ErrorKind::bad_input, label + ": no JSON, it starts with a byte order mark");
  }
  if (nlohmann::json::sax_parse(text, &handler)) return {};
  return failure(ErrorKind::bad_input, label + ": " + handler.refusal);
}

/// The parser's own complaint as one short printable sentence, for a handler's parse_error.
std::string jsonComplaint(std::size_t position, const std::string& last_token,
                          const nlohmann::detail::exception& problem);

}  // namespace xkv
