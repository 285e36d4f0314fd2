// SPDX-License-Identifier: Apache-2.0
/// A cache captured elsewhere: a safetensors file held against itself.
#include "engine/cache_file.h"

#include <ATen/ops/empty.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <map>
#include <optional>
#include <span>

#include "engine/cache/cache_parts.h"
#include "engine/cache/row_values.h"
#include "engine/cache_file_header.h"
#include "profiling/records/printable.h"
#include "profiling/records/sentence.h"
#include "profiling/records/stream_names.h"
#include "profiling/records/words.h"

namespace xkv {
namespace {

constexpr int64_t kMostLayers = 4096;

using LayersByNumber = std::map<int64_t, const TensorView*>;

Failure refused(const std::string& label, const std::string& why) {
  return failure(ErrorKind::bad_input, label + ": " + why);
}

/// "key.3"
std::string nameOf(Stream stream, int64_t layer) { return sentence("{}.{}", word(stream), layer); }

std::optional<Dtype> rowDtype(std::string_view dtype) {
  if (dtype == "F32") return Dtype::fp32;
  if (dtype == "BF16") return Dtype::bf16;
  if (dtype == "F16") return Dtype::fp16;
  return std::nullopt;
}

std::string shapeText(const std::vector<int64_t>& shape) {
  std::string text;
  for (const int64_t dim : shape) text += (text.empty() ? "" : ", ") + std::to_string(dim);
  return "(" + text + ")";
}

/// 12 of "key.12"; none where that is no plain number below kMostLayers.
std::optional<int64_t> layerOf(std::string_view digits) {
  int64_t layer = 0;
  const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), layer);
  const bool whole = problem == std::errc() && end == digits.data() + digits.size();
  if (!whole || layer < 0 || layer >= kMostLayers || std::to_string(layer) != digits) {
    return std::nullopt;
  }
  return layer;
}

Result<LayersByNumber> layersOf(const std::string& label, const TensorMap& tensors, Stream stream) {
  const std::string prefix = std::string(word(stream)) + ".";
  LayersByNumber layers;
  for (auto at = tensors.lower_bound(prefix); at != tensors.end(); ++at) {
    const std::string_view name = at->first;
    if (!name.starts_with(prefix)) break;
    const auto layer = layerOf(name.substr(prefix.size()));
    if (!layer) {
      return refused(label,
                     sentence("tensor {}: what stands behind the point is no layer from 0 to {}",
                              printable(name), kMostLayers - 1));
    }
    layers[*layer] = &at->second;
  }
  return layers;
}

/// Layers 0, 1, ... of one stream, `num_layers` of them.
Status checkNumbering(const std::string& label, const LayersByNumber& layers, Stream stream,
                      int64_t num_layers) {
  for (int64_t layer = 0; layer < num_layers; ++layer) {
    if (layers.contains(layer)) continue;
    return refused(label, sentence("there is no {}, the file has tensors up to layer {}",
                                   nameOf(stream, layer), num_layers - 1));
  }
  return {};
}

/// Rank, positive sizes and a float dtype.
Status checkRows(const std::string& label, const TensorView& tensor, bool is_latent) {
  const std::string place = sentence("{}: tensor {}", label, printable(tensor.name));
  const auto& shape = tensor.shape;
  const bool flat = is_latent && shape.size() == 2;
  const bool headed = shape.size() == 3 && (!is_latent || shape[1] == 1);
  if (!flat && !headed) {
    return refused(place,
                   sentence("shape {}, {} is needed", shapeText(shape),
                            is_latent ? "(seq_len, width)" : "(seq_len, num_kv_heads, head_dim)"));
  }
  if (std::ranges::find(shape, 0) != shape.end()) {
    return refused(place, sentence("shape {} holds nothing", shapeText(shape)));
  }
  if (!rowDtype(tensor.dtype)) {
    return refused(place,
                   sentence("dtype {}, F32, BF16 or F16 is needed", printable(tensor.dtype)));
  }
  return {};
}

Status checkAlike(const std::string& label, const TensorView& tensor, const TensorView& first,
                  bool same_width) {
  const std::string place = sentence("{}: tensor {}", label, printable(tensor.name));
  if (tensor.shape[0] != first.shape[0] || (same_width && tensor.shape != first.shape)) {
    return refused(place, sentence("shape {}, {} has {}", shapeText(tensor.shape),
                                   printable(first.name), shapeText(first.shape)));
  }
  if (tensor.dtype != first.dtype) {
    return refused(place, sentence("dtype {}, {} has {}", printable(tensor.dtype),
                                   printable(first.name), printable(first.dtype)));
  }
  return {};
}

/// What the tensors alone say of a model.
ModelShape shapeOf(const std::string& path, const TensorView& first, const TensorView& second,
                   int64_t num_layers, bool is_latent) {
  ModelShape model;
  model.name = printable(std::filesystem::path(path).stem().string());
  model.num_layers = num_layers;
  if (is_latent) {
    model.kv_lora_rank = first.shape.back();
    model.qk_rope_head_dim = second.shape.back();
  } else {
    model.num_kv_heads = first.shape[1];
    model.head_dim = first.shape[2];
  }
  return model;
}

at::Tensor copied(const TensorView& tensor, at::ScalarType type, std::vector<int64_t> shape) {
  at::Tensor copy = at::empty(shape, type);
  std::memcpy(copy.mutable_data_ptr(), tensor.data, static_cast<size_t>(tensor.num_bytes));
  releasePages(std::span(tensor.data, static_cast<size_t>(tensor.num_bytes)));
  return copy;
}

}  // namespace

Result<CacheFile> CacheFile::open(const std::string& path) {
  auto file = SafetensorsFile::open(path);
  if (!file) return Failure(file.error());
  CacheFile cache(std::move(*file));
  Status read = cache.readTensors();
  if (read) {
    read = readCacheFileHeader(printable(path, 400), cache.file_.metadata(), cache.info_);
  }
  if (read) read = cache.readIds();
  if (!read) return Failure(read.error());
  return cache;
}

Status CacheFile::readTensors() {
  const std::string label = printable(path(), 400);
  std::map<Stream, LayersByNumber> found;
  for (const Stream stream : {Stream::key, Stream::value, Stream::latent, Stream::rope_key}) {
    auto layers = layersOf(label, file_.tensors(), stream);
    if (!layers) return Failure(layers.error());
    found[stream] = std::move(*layers);
  }
  const bool is_latent = !found[Stream::latent].empty() || !found[Stream::rope_key].empty();
  const bool has_heads = !found[Stream::key].empty() || !found[Stream::value].empty();
  if (is_latent == has_heads) {
    return refused(label, is_latent ? "it holds both keys or values and latents, one kind is needed"
                                    : "it holds no cache: key.0 and value.0, or latent.0 and "
                                      "rope_key.0, are needed");
  }
  const std::array streams = is_latent ? std::array{Stream::latent, Stream::rope_key}
                                       : std::array{Stream::key, Stream::value};
  int64_t num_layers = 0;
  for (const Stream stream : streams) {
    if (!found[stream].empty())
      num_layers = std::max(num_layers, found[stream].rbegin()->first + 1);
  }
  for (size_t at = 0; at < streams.size(); ++at) {
    const LayersByNumber& layers = found[streams[at]];
    const Status whole = checkNumbering(label, layers, streams[at], num_layers);
    if (!whole) return whole;
    for (const auto& [layer, tensor] : layers) {
      if (Status good = checkRows(label, *tensor, is_latent); !good) return good;
      tensors_[at].push_back(tensor);
      const TensorView& first = *tensors_[0].front();
      Status alike = checkAlike(label, *tensor, first, /*same_width=*/at == 0 || !is_latent);
      if (alike) alike = checkAlike(label, *tensor, *tensors_[at].front(), /*same_width=*/true);
      if (!alike) return alike;
    }
  }
  info_.seq_len = tensors_[0].front()->shape.front();
  info_.dtype = *rowDtype(tensors_[0].front()->dtype);
  info_.model = shapeOf(path(), *tensors_[0].front(), *tensors_[1].front(), num_layers, is_latent);
  return {};
}

Status CacheFile::readIds() {
  const auto count = static_cast<size_t>(info_.seq_len);
  if (info_.tokens.empty()) info_.tokens.resize(count);
  const TensorView* ids = file_.find("input_ids");
  info_.has_ids = ids != nullptr;
  info_.ids.assign(count, -1);
  if (ids == nullptr) return {};
  const std::string place = printable(path(), 400) + ": tensor input_ids";
  if (ids->dtype != "I64" || ids->numElements() != info_.seq_len) {
    return refused(place, sentence("{} {}, I64 of {} tokens is needed", printable(ids->dtype),
                                   shapeText(ids->shape), info_.seq_len));
  }
  std::memcpy(info_.ids.data(), ids->data, static_cast<size_t>(ids->num_bytes));
  const auto negative = std::ranges::find_if(info_.ids, [](int64_t id) { return id < 0; });
  if (negative == info_.ids.end()) return {};
  return refused(
      place, sentence("id {} at place {} is negative", *negative, negative - info_.ids.begin()));
}

at::Tensor CacheFile::rows(Stream stream, int64_t layer) const {
  const auto place = static_cast<size_t>(isFirst(stream) ? 0 : 1);
  return copied(*tensors_[place][static_cast<size_t>(layer)], scalarTypeOf(info_.dtype),
                {info_.seq_len, info_.model.width(stream)});
}

Status CacheFile::checkValues(const RecordSink& sink, std::stop_token stop) const {
  const int64_t num_layers = info_.model.num_layers;
  for (int64_t layer = 0; layer < num_layers; ++layer) {
    if (stop.stop_requested()) return failure(ErrorKind::interrupted, "the import was stopped");
    const Status told =
        sink(ProgressRecord{.phase = "check values", .done = layer, .total = num_layers});
    if (!told) return told;
    for (const Stream stream : info_.model.streams()) {
      const auto value = unusableValue(rows(stream, layer));
      if (!value) continue;
      return refused(printable(path(), 400),
                     sentence("tensor {}: it holds {}, finite values up to {} are needed",
                              nameOf(stream, layer), *value, kLargestValue));
    }
  }
  return {};
}

}  // namespace xkv
