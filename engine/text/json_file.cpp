// SPDX-License-Identifier: Apache-2.0
/// Depth is counted before parsing, so that no value is ever built that is deep.
#include "engine/text/json_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "engine/text/printable.h"
#include "engine/text/utf8.h"

namespace xkv::text {
namespace {

constexpr off_t kMaxBytes = 128 << 20;
constexpr int kMaxDepth = 64;
// A value takes 16 bytes and more: the largest vocabularies known need a quarter of these.
constexpr std::size_t kMaxValues = 8'000'000;

Failure bad(const std::string& name, const std::string& what) {
  return failure(ErrorKind::bad_input, name + ": " + what);
}

class OpenFile {
 public:
  // Without O_NONBLOCK a named pipe would wait for a writer for ever.
  explicit OpenFile(const std::string& path)
      : descriptor_(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC)) {}
  ~OpenFile() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  int descriptor() const { return descriptor_; }

 private:
  int descriptor_;
};

Result<std::string> readAll(const std::string& path) {
  const OpenFile file(path);
  struct stat info {};
  if (file.descriptor() < 0 || ::fstat(file.descriptor(), &info) != 0) {
    return bad(path, std::string("cannot be opened: ") + std::strerror(errno));
  }
  if (!S_ISREG(info.st_mode)) return bad(path, "is not a regular file");
  if (info.st_size > kMaxBytes) {
    return bad(path, "has " + std::to_string(info.st_size) + " bytes, at most " +
                         std::to_string(kMaxBytes) + " are read");
  }
  std::string text(static_cast<std::size_t>(info.st_size), '\0');
  std::size_t have = 0;
  while (have < text.size()) {
    const ssize_t got = ::read(file.descriptor(), text.data() + have, text.size() - have);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return bad(path, std::string("cannot be read: ") + std::strerror(errno));
    if (got == 0) break;
    have += static_cast<std::size_t>(got);
  }
  text.resize(have);
  return text;
}

struct Extent {
  int depth = 0;           ///< deepest nesting of brackets outside strings
  std::size_t values = 1;  ///< commas outside strings, and one
};

/// Read no further than one over a limit.
Extent extentOf(const std::string& text) {
  Extent extent;
  int depth = 0;
  bool in_string = false;
  for (std::size_t i = 0;
       i < text.size() && extent.depth <= kMaxDepth && extent.values <= kMaxValues; ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '[' || c == '{') {
      extent.depth = std::max(extent.depth, ++depth);
    } else if (c == ']' || c == '}') {
      --depth;
    } else if (c == ',') {
      ++extent.values;
    }
  }
  return extent;
}

}  // namespace

Result<nlohmann::json> parseJson(const std::string& text, const std::string& name) {
  if (text.empty()) return bad(name, "is empty");
  if (!isUtf8(text)) return bad(name, "is not UTF-8");
  if (text.starts_with("\xEF\xBB\xBF")) return bad(name, "starts with a byte order mark");
  const Extent extent = extentOf(text);
  if (extent.depth > kMaxDepth) {
    return bad(name, "is nested deeper than " + std::to_string(kMaxDepth) + " levels");
  }
  if (extent.values > kMaxValues) {
    return bad(name, "holds more than " + std::to_string(kMaxValues) + " values");
  }
  try {
    return nlohmann::json::parse(text);
  } catch (const nlohmann::json::parse_error& error) {
    return bad(name, "is not JSON at byte " + std::to_string(error.byte));
  } catch (const nlohmann::json::exception&) {
    return bad(name, "holds a number that no double can hold");
  }
}

Result<std::string> readTextFile(const std::string& path) {
  auto text = readAll(path);
  if (text && !isUtf8(*text)) return bad(path, "is not UTF-8");
  return text;
}

Result<nlohmann::json> readJsonFile(const std::string& path) {
  auto text = readAll(path);
  if (!text) return Failure(text.error());
  return parseJson(*text, path);
}

}  // namespace xkv::text
