// SPDX-License-Identifier: Apache-2.0
/// Model folders of real geometry with random weights, streamed to disk.
#include "engine/checkpoint/random_model.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdio>
#include <limits>
#include <nlohmann/json.hpp>
#include <span>
#include <utility>
#include <vector>

#include "engine/checkpoint/model_config.h"
#include "engine/checkpoint/model_geometries.h"
#include "engine/checkpoint/new_folder.h"
#include "engine/checkpoint/random_values.h"
#include "engine/checkpoint/safetensors.h"
#include "engine/checkpoint/weight_list.h"

namespace xkv {
namespace {

constexpr size_t kBlockBytes = 1 << 20;  // made and written at a time; Ctrl-C is heard between two
constexpr double kBiasScale = 0.1;

int64_t elementsOf(const ListedWeight& weight) {
  int64_t count = 1;
  for (const int64_t dim : weight.shape) count *= dim;
  return count;
}

/// A weight, and which of all weights it is.
struct Placed {
  const ListedWeight* weight;
  uint64_t index;
};
using Shard = std::vector<Placed>;

/// Sums that an int64 does not hold stay at its largest value.
int64_t limitedSum(int64_t a, int64_t b) {
  return a > std::numeric_limits<int64_t>::max() - b ? std::numeric_limits<int64_t>::max() : a + b;
}

class ModelWriter {
 public:
  ModelWriter(const RandomModelSpec& spec, std::vector<ListedWeight> weights,
              const WriteProgress& progress, std::stop_token stop)
      : spec_(spec),
        weights_(std::move(weights)),
        progress_(progress),
        stop_(std::move(stop)),
        block_(kBlockBytes) {
    for (const ListedWeight& weight : weights_) total_ = limitedSum(total_, bytesOf(weight));
  }

  int64_t totalBytes() const { return total_; }
  int64_t numParameters() const { return total_ / bytesPerElement(spec_.dtype); }

  Status write(NewFolder& folder) {
    const std::vector<Shard> shards = shardsOf();
    if (shards.size() == 1) return writeShard(folder.add("model.safetensors"), shards.front());
    nlohmann::json weight_map = nlohmann::json::object();
    for (size_t i = 0; i < shards.size(); ++i) {
      const std::string name = shardName(i, shards.size());
      const Status written = writeShard(folder.add(name), shards[i]);
      if (!written) return written;
      for (const Placed& placed : shards[i]) weight_map[placed.weight->name] = name;
    }
    const nlohmann::json index{{"metadata", {{"total_size", total_}}}, {"weight_map", weight_map}};
    return folder.write("model.safetensors.index.json", index.dump(1) + "\n");
  }

 private:
  int64_t bytesOf(const ListedWeight& weight) const {
    return elementsOf(weight) * bytesPerElement(spec_.dtype);
  }

  static std::string shardName(size_t index, size_t count) {
    std::array<char, 80> name;
    std::snprintf(name.data(), name.size(), "model-%05zu-of-%05zu.safetensors", index + 1, count);
    return name.data();
  }

  /// Runs of weights of at most max_shard_bytes, or of one larger weight.
  std::vector<Shard> shardsOf() const {
    std::vector<Shard> shards(1);
    int64_t size = 0;
    for (size_t i = 0; i < weights_.size(); ++i) {
      const int64_t bytes = bytesOf(weights_[i]);
      if (!shards.back().empty() && limitedSum(size, bytes) > spec_.max_shard_bytes) {
        shards.emplace_back();
        size = 0;
      }
      shards.back().push_back({&weights_[i], i});
      size = limitedSum(size, bytes);
    }
    return shards;
  }

  const char* dtypeName() const {
    if (spec_.dtype == Dtype::fp32) return "F32";
    return spec_.dtype == Dtype::bf16 ? "BF16" : "F16";
  }

  Status writeShard(const std::string& path, const Shard& shard) {
    std::vector<TensorSpec> tensors;
    for (const Placed& placed : shard) {
      tensors.push_back({placed.weight->name, dtypeName(), placed.weight->shape});
    }
    auto next = shard.begin();
    return streamSafetensors(
        path, std::move(tensors),
        [&](const TensorSpec&, const ByteSink& sink) { return writeWeight(*next++, sink); },
        {{"format", "pt"}});
  }

  Status writeWeight(const Placed& placed, const ByteSink& sink) {
    const WeightKind kind = placed.weight->kind;
    const auto fan_in = static_cast<double>(placed.weight->shape.back());
    RandomValues values(spec_.seed, placed.index,
                        kind == WeightKind::matrix ? 1 / std::sqrt(fan_in) : kBiasScale);
    for (int64_t left = bytesOf(*placed.weight); left > 0;) {
      if (stop_.stop_requested()) {
        return failure(ErrorKind::interrupted, "interrupted; what was written is removed again");
      }
      const size_t size = std::min(kBlockBytes, static_cast<size_t>(left));
      const std::span<std::byte> block(block_.data(), size);
      if (kind == WeightKind::norm) {
        fillWith(block, spec_.dtype, 1);
      } else {
        values.fill(block, spec_.dtype);
      }
      if (Status written = sink(block); !written) return written;
      left -= static_cast<int64_t>(size);
      done_ += static_cast<int64_t>(size);
      if (progress_) progress_(done_, total_);
    }
    return {};
  }

  const RandomModelSpec& spec_;
  const std::vector<ListedWeight> weights_;
  const WriteProgress& progress_;
  std::stop_token stop_;
  std::vector<std::byte> block_;
  int64_t total_ = 0;
  int64_t done_ = 0;
};

}  // namespace

Result<ModelShape> writeRandomModel(const RandomModelSpec& spec, const WriteProgress& progress,
                                    std::stop_token stop) {
  auto folder = NewFolder::make(spec.out);
  if (!folder) return Failure(folder.error());
  Status written = folder->write("config.json", randomModelConfig(spec));
  if (!written) return Failure(written.error());
  // Read as any model's is, so that sizes which make no model are refused by the same sentences.
  auto config = readModelConfig(spec.out);
  if (!config) return Failure(config.error());
  ModelWriter writer(spec, weightList(*config), progress, std::move(stop));
  written = folder->needs(writer.totalBytes());
  if (written) written = writer.write(*folder);
  if (!written) return Failure(written.error());
  folder->keep();
  config->shape.num_parameters = writer.numParameters();
  config->shape.weight_bytes = writer.totalBytes();
  config->shape.weight_dtype = spec.dtype;
  return config->shape;
}

}  // namespace xkv
