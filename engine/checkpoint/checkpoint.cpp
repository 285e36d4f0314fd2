// SPDX-License-Identifier: Apache-2.0
/// Finds the weight files of a folder and makes one list of tensors of them.
#include "engine/checkpoint/checkpoint.h"

#include <array>
#include <optional>

#include "engine/checkpoint/mapped_file.h"
#include "engine/checkpoint/model_folder.h"
#include "engine/checkpoint/strict_json.h"
#include "profiling/records/printable.h"
#include "profiling/records/sentence.h"

namespace xkv {
namespace {

using nlohmann::json;

constexpr const char* kSingleFile = "model.safetensors";
constexpr const char* kIndexFile = "model.safetensors.index.json";
constexpr int64_t kMaxIndexBytes = 64'000'000;
constexpr JsonLimits kIndexLimits{.max_depth = 8, .max_values = 1'000'000};

Failure refused(const std::string& label, const std::string& why) {
  return failure(ErrorKind::bad_input, label + ": " + why);
}

std::optional<Dtype> floatDtype(std::string_view dtype) {
  if (dtype == "F32") return Dtype::fp32;
  if (dtype == "BF16") return Dtype::bf16;
  if (dtype == "F16") return Dtype::fp16;
  return std::nullopt;
}

/// A name that stays inside the folder whatever the folder holds.
bool isPlainName(std::string_view name) {
  return name.ends_with(".safetensors") && name.size() > std::string_view(".safetensors").size() &&
         name.size() <= 255 &&
         name.find_first_of(std::string_view("/\\\0", 3)) == std::string_view::npos;
}

Result<SafetensorsFile> openWeights(const ModelFolder& folder, const std::string& name) {
  const Result<std::string> path = resolveModelFile(folder, name);
  if (!path) return tl::unexpected(path.error());
  return SafetensorsFile::open(*path);
}

/// Tensor name -> shard name, every shard a plain name.
Result<std::map<std::string, std::string>> readIndex(const std::string& path) {
  const Result<MappedFile> file = MappedFile::open(path, kMaxIndexBytes);
  if (!file) return tl::unexpected(file.error());
  const std::string label = printable(path, 400);
  const Result<json> index = parseStrictJson(label, file->text(), kIndexLimits);
  if (!index) return tl::unexpected(index.error());
  const auto found = index->find("weight_map");
  if (found == index->end() || !found->is_object() || found->empty()) {
    return refused(label, "weight_map must be an object that names the shard of each tensor");
  }
  std::map<std::string, std::string> shard_of;
  for (const auto& [tensor, shard] : found->items()) {
    const auto* name = shard.get_ptr<const std::string*>();
    if (name == nullptr || !isPlainName(*name)) {
      return refused(label,
                     sentence("weight_map {} is {}, the plain name of a .safetensors file "
                              "of the folder is needed",
                              printable(tensor), name ? printable(*name) : shard.type_name()));
    }
    shard_of.emplace(tensor, *name);
  }
  return shard_of;
}

}  // namespace

Result<Checkpoint> Checkpoint::open(const ModelFolder& folder) {
  Checkpoint checkpoint(folder);
  const bool is_single = existsInModel(folder.path, kSingleFile);
  if (!is_single && !existsInModel(folder.path, kIndexFile)) {
    return refused(printable(folder.path, 400),
                   sentence("holds neither {} nor {}", kSingleFile, kIndexFile));
  }
  Status added;
  if (is_single) {
    Result<SafetensorsFile> file = openWeights(folder, kSingleFile);
    if (!file) return tl::unexpected(file.error());
    checkpoint.listing_ = file->path();
    added = checkpoint.addAll(std::move(*file));
  } else {
    added = checkpoint.addShards(kIndexFile);
  }
  if (!added) return tl::unexpected(added.error());
  checkpoint.count();
  return checkpoint;
}

Status Checkpoint::addAll(SafetensorsFile file) {
  for (const auto& [name, view] : file.tensors()) places_.emplace(name, Place{0, view});
  files_.push_back(std::move(file));
  return {};
}

Status Checkpoint::addShards(const std::string& index_name) {
  const Result<std::string> index_path = resolveModelFile(folder_, index_name);
  if (!index_path) return tl::unexpected(index_path.error());
  listing_ = *index_path;
  const auto shard_of = readIndex(*index_path);
  if (!shard_of) return tl::unexpected(shard_of.error());
  std::map<std::string, std::size_t> opened;
  for (const auto& [tensor, shard] : *shard_of) {
    const auto [place, is_new] = opened.emplace(shard, files_.size());
    if (is_new) {
      Result<SafetensorsFile> file = openWeights(folder_, shard);
      if (!file) return tl::unexpected(file.error());
      files_.push_back(std::move(*file));
    }
    const TensorView* const view = files_[place->second].find(tensor);
    if (view == nullptr) {
      return refused(printable(*index_path, 400),
                     sentence("tensor {} is listed in {}, which does not hold it",
                              printable(tensor), printable(shard)));
    }
    places_.emplace(tensor, Place{place->second, *view});
  }
  return {};
}

void Checkpoint::count() {
  std::array<int64_t, 3> bytes_of = {};
  for (const auto& [name, place] : places_) {
    num_parameters_ += place.view.numElements();
    total_bytes_ += place.view.num_bytes;
    if (const auto dtype = floatDtype(place.view.dtype)) {
      bytes_of[static_cast<std::size_t>(*dtype)] += place.view.num_bytes;
    }
  }
  for (const Dtype dtype : {Dtype::fp32, Dtype::bf16, Dtype::fp16}) {
    if (bytes_of[static_cast<std::size_t>(dtype)] >
        bytes_of[static_cast<std::size_t>(weight_dtype_)]) {
      weight_dtype_ = dtype;
    }
  }
}

bool Checkpoint::has(std::string_view name) const { return places_.find(name) != places_.end(); }

std::vector<std::string> Checkpoint::names() const {
  std::vector<std::string> all;
  all.reserve(places_.size());
  for (const auto& [name, place] : places_) all.push_back(name);
  return all;
}

Result<TensorView> Checkpoint::tensor(std::string_view name,
                                      const std::vector<int64_t>& expected_shape) const {
  const auto found = places_.find(name);
  if (found == places_.end()) {
    return refused(printable(listing_, 400), sentence("tensor {} is missing", printable(name)));
  }
  const TensorView& view = found->second.view;
  const std::string label =
      sentence("{}: tensor {}", printable(files_[found->second.file].path(), 400), printable(name));
  if (view.shape != expected_shape) {
    return refused(label, sentence("has the shape {}, {} is needed", shapeText(view.shape),
                                   shapeText(expected_shape)));
  }
  if (!floatDtype(view.dtype)) {
    return refused(label, sentence("has the dtype {}, F32, F16 or BF16 is needed", view.dtype));
  }
  return view;
}

std::string shapeText(const std::vector<int64_t>& shape) {
  std::string text = "[";
  for (const int64_t dim : shape) text += (text.size() > 1 ? ", " : "") + std::to_string(dim);
  return text + "]";
}

}  // namespace xkv
