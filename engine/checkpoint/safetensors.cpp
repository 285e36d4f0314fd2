// SPDX-License-Identifier: Apache-2.0
/// Holds every number of a safetensors header against the file that it stands in.
#include "engine/checkpoint/safetensors.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <optional>
#include <utility>

#include "engine/checkpoint/safetensors_header.h"
#include "profiling/records/printable.h"
#include "profiling/records/sentence.h"

namespace xkv {
namespace {

constexpr int64_t kLengthBytes = 8;
constexpr int64_t kMaxHeaderBytes = 100'000'000;  // the format's own limit
static_assert(std::endian::native == std::endian::little, "tensor data is used as it stands");

Failure refused(const std::string& label, const std::string& why) {
  return failure(ErrorKind::bad_input, label + ": " + why);
}

/// The header's text, or what is wrong with its length.
Result<std::string_view> headerText(const std::string& label, const MappedFile& file) {
  if (file.size() < kLengthBytes) {
    return refused(
        label, sentence("{} bytes, a safetensors file starts with {}", file.size(), kLengthBytes));
  }
  uint64_t length = 0;
  std::memcpy(&length, file.bytes().data(), sizeof(length));
  const auto rest = static_cast<uint64_t>(file.size() - kLengthBytes);
  if (length > static_cast<uint64_t>(kMaxHeaderBytes)) {
    return refused(label, sentence("the header claims {} bytes, at most {} are allowed", length,
                                   kMaxHeaderBytes));
  }
  if (length > rest) {
    return refused(label, sentence("the header claims {} bytes, the file has {} after its length",
                                   length, rest));
  }
  const std::string_view text = file.text().substr(kLengthBytes, length);
  if (!text.starts_with('{')) return refused(label, "the header does not start with {");
  return text;
}

std::optional<int64_t> numElementsOf(const std::vector<int64_t>& shape) {
  int64_t product = 1;
  for (const int64_t dim : shape) {
    if (__builtin_mul_overflow(product, dim, &product)) return std::nullopt;
  }
  return product;
}

/// Dtype, shape and offsets of one tensor against each other and against the bytes of data.
Status checkTensor(const std::string& label, const std::string& name, const TensorHeader& tensor,
                   int64_t data_bytes) {
  const std::string prefix = sentence("{}: tensor {}", label, printable(name));
  const int64_t element_bytes = safetensorsElementBytes(tensor.dtype);
  if (element_bytes == 0) {
    return refused(prefix, sentence("dtype {} is not supported", printable(tensor.dtype, 40)));
  }
  const auto [begin, end] = tensor.offsets;
  if (begin > end) {
    return refused(prefix, sentence("data_offsets are reversed: {} to {}", begin, end));
  }
  if (end > data_bytes) {
    return refused(prefix, sentence("ends at {}, the file has {} bytes of data", end, data_bytes));
  }
  const std::optional<int64_t> elements = numElementsOf(tensor.shape);
  int64_t bytes = 0;
  if (!elements || __builtin_mul_overflow(*elements, element_bytes, &bytes)) {
    return refused(prefix, "the product of its shape overflows");
  }
  if (bytes != end - begin) {
    return refused(prefix, sentence("shape and dtype {} make {} bytes, data_offsets {}",
                                    tensor.dtype, bytes, end - begin));
  }
  return {};
}

/// Tensors must fill the data from its first byte to its last, without overlap or hole.
Status checkLayout(const std::string& label, const SafetensorsHeader& header, int64_t data_bytes) {
  using Entry = std::pair<std::array<int64_t, 2>, const std::string*>;
  std::vector<Entry> entries;
  entries.reserve(header.tensors.size());
  for (const auto& [name, tensor] : header.tensors) entries.emplace_back(tensor.offsets, &name);
  std::ranges::sort(entries, {}, &Entry::first);
  int64_t expected = 0;
  for (const auto& [offsets, name] : entries) {
    if (offsets[0] != expected) {
      return refused(label, sentence("tensor {} {}: it begins at {}, the data before it ends at {}",
                                     printable(*name),
                                     offsets[0] < expected ? "overlaps another" : "follows a hole",
                                     offsets[0], expected));
    }
    expected = offsets[1];
  }
  if (expected != data_bytes) {
    return refused(label, sentence("the last tensor ends at {}, the file has {} bytes of data",
                                   expected, data_bytes));
  }
  return {};
}

}  // namespace

int64_t safetensorsElementBytes(std::string_view dtype) {
  constexpr std::pair<std::string_view, int64_t> kDtypes[] = {
      {"BOOL", 1},    {"U8", 1},          {"I8", 1},          {"F8_E5M2", 1}, {"F8_E4M3", 1},
      {"F8_E8M0", 1}, {"F8_E4M3FNUZ", 1}, {"F8_E5M2FNUZ", 1}, {"I16", 2},     {"U16", 2},
      {"F16", 2},     {"BF16", 2},        {"I32", 4},         {"U32", 4},     {"F32", 4},
      {"I64", 8},     {"U64", 8},         {"F64", 8},         {"C64", 8}};
  const auto* found =
      std::ranges::find(kDtypes, dtype, &std::pair<std::string_view, int64_t>::first);
  return found == std::end(kDtypes) ? 0 : found->second;
}

int64_t TensorView::numElements() const { return numElementsOf(shape).value_or(0); }

Result<SafetensorsFile> SafetensorsFile::open(const std::string& path) {
  Result<MappedFile> file = MappedFile::open(path);
  if (!file) return tl::unexpected(file.error());
  const std::string label = printable(path, 400);
  const Result<std::string_view> text = headerText(label, *file);
  if (!text) return tl::unexpected(text.error());
  Result<SafetensorsHeader> header = parseSafetensorsHeader(label, *text);
  if (!header) return tl::unexpected(header.error());

  const int64_t data_begin = kLengthBytes + static_cast<int64_t>(text->size());
  const int64_t data_bytes = file->size() - data_begin;
  TensorMap tensors;
  for (const auto& [name, tensor] : header->tensors) {
    if (Status good = checkTensor(label, name, tensor, data_bytes); !good) {
      return tl::unexpected(good.error());
    }
    const auto [begin, end] = tensor.offsets;
    tensors.emplace(name, TensorView{name, tensor.dtype, tensor.shape,
                                     file->bytes().data() + data_begin + begin, end - begin});
  }
  if (Status good = checkLayout(label, *header, data_bytes); !good) {
    return tl::unexpected(good.error());
  }
  return SafetensorsFile(std::move(*file), std::move(tensors), std::move(header->metadata));
}

SafetensorsFile::SafetensorsFile(MappedFile file, TensorMap tensors,
                                 std::map<std::string, std::string> metadata)
    : file_(std::move(file)), tensors_(std::move(tensors)), metadata_(std::move(metadata)) {}

const TensorView* SafetensorsFile::find(std::string_view name) const {
  const auto found = tensors_.find(name);
  return found == tensors_.end() ? nullptr : &found->second;
}

}  // namespace xkv
