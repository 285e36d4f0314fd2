// SPDX-License-Identifier: Apache-2.0
/// Writes safetensors files under a temporary name, so that no reader ever sees half of one.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <nlohmann/json.hpp>
#include <utility>

#include "engine/checkpoint/safetensors.h"
#include "profiling/records/printable.h"
#include "profiling/records/sentence.h"

namespace xkv {
namespace {

using nlohmann::json;

/// A file that is removed again unless it was renamed into place.
class PartFile {
 public:
  explicit PartFile(const std::string& path)
      : path_(sentence("{}.part-{}", path, ::getpid())),
        descriptor_(::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666)) {}
  ~PartFile() {
    if (descriptor_ < 0) return;
    ::close(descriptor_);
    ::unlink(path_.c_str());
  }
  PartFile(const PartFile&) = delete;
  PartFile& operator=(const PartFile&) = delete;

  bool isOpen() const { return descriptor_ >= 0; }
  int64_t written() const { return written_; }

  bool write(const void* data, size_t size) {
    const auto* next = static_cast<const char*>(data);
    while (size > 0) {
      const ssize_t done = ::write(descriptor_, next, size);
      if (done < 0 && errno == EINTR) continue;
      if (done < 0) return false;
      next += done;
      size -= static_cast<size_t>(done);
      written_ += done;
    }
    return true;
  }

  /// Closes first: some file systems report a full disk only then.
  bool moveTo(const std::string& target) {
    if (::close(std::exchange(descriptor_, -1)) == 0 &&
        ::rename(path_.c_str(), target.c_str()) == 0) {
      return true;
    }
    const int reason = errno;
    ::unlink(path_.c_str());
    errno = reason;
    return false;
  }

 private:
  std::string path_;
  int descriptor_;
  int64_t written_ = 0;
};

Failure wrong(const std::string& path, const std::string& why) {
  return failure(ErrorKind::failure, sentence("{}: {}", printable(path, 400), why));
}

int64_t bytesOf(const TensorSpec& tensor) {
  int64_t bytes = safetensorsElementBytes(tensor.dtype);
  for (const int64_t dim : tensor.shape) bytes *= dim;
  return bytes;
}

Failure wrongSize(const std::string& path, const TensorSpec& tensor, int64_t given) {
  return wrong(path, sentence("tensor {} of dtype {} needs {} bytes, {} were given", tensor.name,
                              tensor.dtype, bytesOf(tensor), given));
}

/// Our own mistakes: names twice, a dtype that is none.
Status checkTensors(const std::string& path, const std::vector<TensorSpec>& tensors) {
  std::vector<std::string_view> names;
  for (const TensorSpec& tensor : tensors) {
    if (safetensorsElementBytes(tensor.dtype) == 0) {
      return wrong(path, sentence("tensor {} has dtype {}, which cannot be written", tensor.name,
                                  tensor.dtype));
    }
    names.push_back(tensor.name);
  }
  std::ranges::sort(names);
  const auto twice = std::ranges::adjacent_find(names);
  if (twice != names.end()) return wrong(path, sentence("tensor {} is given twice", *twice));
  return {};
}

/// Padded with spaces so that the data, and so each tensor's first element, is aligned.
std::string headerOf(const std::vector<TensorSpec>& tensors,
                     const std::map<std::string, std::string>& metadata) {
  json header = json::object();
  if (!metadata.empty()) header["__metadata__"] = metadata;
  int64_t offset = 0;
  for (const TensorSpec& tensor : tensors) {
    const int64_t end = offset + bytesOf(tensor);
    header[tensor.name] = {
        {"dtype", tensor.dtype}, {"shape", tensor.shape}, {"data_offsets", {offset, end}}};
    offset = end;
  }
  std::string text = header.dump(-1, ' ', false, json::error_handler_t::replace);
  text.append((8 - text.size() % 8) % 8, ' ');
  return text;
}

/// Wide elements first: with an aligned start every tensor is then aligned for its element.
template <class Tensors>
void sortByElement(Tensors& tensors) {
  std::ranges::stable_sort(tensors, std::greater{}, [](const TensorSpec& tensor) {
    return safetensorsElementBytes(tensor.dtype);
  });
}

}  // namespace

Status streamSafetensors(const std::string& path, std::vector<TensorSpec> tensors,
                         const TensorSource& source,
                         const std::map<std::string, std::string>& metadata) {
  if (Status good = checkTensors(path, tensors); !good) return good;
  sortByElement(tensors);
  const std::string header = headerOf(tensors, metadata);
  const auto length = static_cast<uint64_t>(header.size());
  int64_t total = static_cast<int64_t>(sizeof(length) + header.size());
  for (const TensorSpec& tensor : tensors) total += bytesOf(tensor);

  PartFile file(path);
  if (!file.isOpen()) return wrong(path, sentence("cannot be written: {}", std::strerror(errno)));
  const auto write = [&](const void* data, size_t size) -> Status {
    if (file.write(data, size)) return {};
    return wrong(path, sentence("{} of {} bytes were written: {}", file.written(), total,
                                std::strerror(errno)));
  };
  Status written = write(&length, sizeof(length));
  if (written) written = write(header.data(), header.size());
  for (size_t i = 0; i < tensors.size() && written; ++i) {
    const int64_t before = file.written();
    written = source(tensors[i], [&](std::span<const std::byte> bytes) {
      return write(bytes.data(), bytes.size());
    });
    if (!written) break;
    const int64_t given = file.written() - before;
    if (given != bytesOf(tensors[i])) return wrongSize(path, tensors[i], given);
  }
  if (!written) return written;
  if (file.moveTo(path)) return {};
  return wrong(path, sentence("{} of {} bytes were written: {}", file.written(), total,
                              std::strerror(errno)));
}

Status writeSafetensors(const std::string& path, std::vector<TensorToWrite> tensors,
                        const std::map<std::string, std::string>& metadata) {
  sortByElement(tensors);
  std::vector<TensorSpec> headers;
  for (const TensorToWrite& tensor : tensors) {
    const auto given = static_cast<int64_t>(tensor.data.size());
    if (bytesOf(tensor) != given) return wrongSize(path, tensor, given);
    headers.push_back(tensor);
  }
  auto next = tensors.begin();  // the stable order of both is the same
  return streamSafetensors(
      path, std::move(headers),
      [&](const TensorSpec&, const ByteSink& sink) { return sink((next++)->data); }, metadata);
}

}  // namespace xkv
