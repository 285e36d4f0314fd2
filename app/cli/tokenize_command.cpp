// SPDX-License-Identifier: Apache-2.0
/// `xkv tokenize`: one JSON string a line to one JSON array of ids, or the other way.
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "app/cli/commands.h"
#include "engine/text/tokenizer.h"
#include "profiling/records/printable.h"

namespace xkv::cli {
namespace {

using Json = nlohmann::json;

/// The first character that is no white space; what cannot be right is refused before it is parsed,
/// so that deep nesting costs nothing.
char firstOf(const std::string& line) {
  const size_t at = line.find_first_not_of(" \t\r");
  return at == std::string::npos ? '\0' : line[at];
}

/// The string of a line; none if it is anything else.
std::optional<std::string> stringFrom(const std::string& line) {
  if (firstOf(line) != '"') return std::nullopt;
  const Json value = Json::parse(line, nullptr, /*allow_exceptions=*/false);
  return value.is_string() ? std::optional(value.get<std::string>()) : std::nullopt;
}

std::optional<std::vector<int64_t>> idsFrom(const std::string& line) {
  if (firstOf(line) != '[' || line.find_first_of("[{", line.find('[') + 1) != std::string::npos)
    return std::nullopt;
  const Json value = Json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (!value.is_array()) return std::nullopt;
  std::vector<int64_t> ids;
  for (const Json& id : value) {
    const bool fits = id.is_number_unsigned() && id.get<uint64_t>() <= INT64_MAX;
    if (!fits) return std::nullopt;
    ids.push_back(id.get<int64_t>());
  }
  return ids;
}

std::string asciiJson(const Json& value) {
  return value.dump(-1, ' ', /*ensure_ascii=*/true, Json::error_handler_t::replace);
}

Result<std::string> encoded(const Tokenizer& tokenizer, const TokenizeOptions& options,
                            const std::string& line) {
  const auto text = stringFrom(line);
  if (!text)
    return failure(ErrorKind::bad_input,
                   "has '" + printable(line, 40) + "', a JSON string is needed");
  const auto ids = tokenizer.encode(*text, options.special);
  if (!ids) return Failure(ids.error());
  return asciiJson(*ids);
}

Result<std::string> decoded(const Tokenizer& tokenizer, const TokenizeOptions& options,
                            const std::string& line) {
  const auto ids = idsFrom(line);
  if (!ids)
    return failure(ErrorKind::bad_input,
                   "has '" + printable(line, 40) + "', a JSON array of token ids is needed");
  return asciiJson(tokenizer.decode(*ids, options.skip_special));
}

}  // namespace

Status tokenizeCommand(const TokenizeOptions& options, const Console& console) {
  const auto tokenizer = Tokenizer::open({options.model, options.follow_symlinks});
  if (!tokenizer) return Failure(tokenizer.error());
  std::string line;
  for (int64_t number = 1; std::getline(*console.in, line); ++number) {
    const auto out =
        options.decode ? decoded(*tokenizer, options, line) : encoded(*tokenizer, options, line);
    if (!out)
      return failure(out.error().kind,
                     "standard input, line " + std::to_string(number) + ": " + out.error().message);
    const Status written = console.out(*out + "\n");
    if (!written) return written;
  }
  return {};
}

}  // namespace xkv::cli
