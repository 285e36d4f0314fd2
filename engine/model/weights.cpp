// SPDX-License-Identifier: Apache-2.0
/// The weights of a decoder, by the names of a Hugging Face checkpoint.
#include "engine/model/weights.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

namespace xkv {
namespace {

at::ScalarType scalarTypeOfName(const std::string& dtype) {
  if (dtype == "BF16") return at::kBFloat16;
  return dtype == "F16" ? at::kHalf : at::kFloat;
}

constexpr int64_t kBlockBytes = 16 << 20;  // of a file, converted at a time

bool isAligned(const std::byte* data, at::ScalarType type) {
  return reinterpret_cast<std::uintptr_t>(data) % c10::elementSize(type) == 0;
}

/// `count` elements; where they lie if they are aligned for their element, else a copy.
at::Tensor elementsAt(const std::byte* data, int64_t count, at::ScalarType type) {
  void* bytes = const_cast<std::byte*>(data);  // mapped read-only; weights are never written
  if (isAligned(data, type)) return at::from_blob(bytes, {count}, type);
  at::Tensor copy = at::empty({count}, type);
  std::memcpy(copy.mutable_data_ptr(), data, copy.nbytes());
  return copy;
}

/// A copy of another dtype, on another device or aligned; the file's pages are handed back behind it, so that both
/// are never in memory.
at::Tensor convertedFrom(const TensorView& view, at::ScalarType type, const LoadRequest& request) {
  at::Tensor whole =
      at::empty(view.shape, at::TensorOptions(request.dtype).device(request.device));
  at::Tensor flat = whole.view(-1);
  const auto size = static_cast<int64_t>(c10::elementSize(type));
  for (int64_t begin = 0; begin < flat.numel(); begin += kBlockBytes / size) {
    const int64_t end = std::min(begin + kBlockBytes / size, flat.numel());
    const std::byte* data = view.data + begin * size;
    flat.slice(0, begin, end).copy_(elementsAt(data, end - begin, type));
    releasePages({data, static_cast<size_t>((end - begin) * size)});
  }
  return whole;
}

/// In the asked dtype: where the bytes lie, if they can be used there.
at::Tensor tensorOf(const TensorView& view, const LoadRequest& request) {
  const at::ScalarType type = scalarTypeOfName(view.dtype);
  if (type == request.dtype && request.device.is_cpu() && isAligned(view.data, type)) {
    return elementsAt(view.data, view.numElements(), type).view(view.shape);
  }
  return convertedFrom(view, type, request);
}

/// Reads tensors one after the other; the first failure is kept and ends the reading.
class Loader {
 public:
  Loader(const Checkpoint& checkpoint, const LoadRequest& request, std::stop_token stop)
      : checkpoint_(checkpoint), request_(request), stop_(std::move(stop)) {}

  at::Tensor tensor(const std::string& name, const std::vector<int64_t>& shape) {
    if (!status_) return {};
    if (stop_.stop_requested()) {
      status_ = failure(ErrorKind::interrupted, "loading the weights was cancelled");
      return {};
    }
    const auto view = checkpoint_.tensor(name, shape);
    if (!view) {
      status_ = Failure(view.error());
      return {};
    }
    done_bytes_ += view->num_bytes;
    if (request_.progress) status_ = request_.progress(done_bytes_, checkpoint_.totalBytes());
    const at::Tensor loaded = tensorOf(*view, request_);
    loaded_bytes_ += static_cast<int64_t>(loaded.nbytes());
    return loaded;
  }

  Linear linear(const std::string& name, int64_t out, int64_t in, bool with_bias) {
    Linear linear;
    linear.weight = tensor(name + ".weight", {out, in});
    if (with_bias) linear.bias = tensor(name + ".bias", {out});
    return linear;
  }

  const Status& status() const { return status_; }
  int64_t loadedBytes() const { return loaded_bytes_; }

 private:
  const Checkpoint& checkpoint_;
  const LoadRequest& request_;
  std::stop_token stop_;
  int64_t done_bytes_ = 0;    // read from the files
  int64_t loaded_bytes_ = 0;  // in the dtype of the run
  Status status_;
};

GroupedAttentionWeights groupedAttention(Loader& load, const ModelConfig& config,
                                         const std::string& name) {
  const ModelShape& shape = config.shape;
  const int64_t hidden = shape.hidden_size;
  const int64_t query_dim = shape.num_heads * shape.head_dim;
  const bool bias = config.query_key_value_bias;
  GroupedAttentionWeights weights;
  weights.query = load.linear(name + "q_proj", query_dim, hidden, bias);
  weights.key = load.linear(name + "k_proj", shape.kvDim(), hidden, bias);
  weights.value = load.linear(name + "v_proj", shape.kvDim(), hidden, bias);
  weights.output = load.linear(name + "o_proj", hidden, query_dim, config.output_bias);
  if (config.query_key_norm) {
    weights.query_norm = load.tensor(name + "q_norm.weight", {shape.head_dim});
    weights.key_norm = load.tensor(name + "k_norm.weight", {shape.head_dim});
  }
  return weights;
}

LatentAttentionWeights latentAttention(Loader& load, const ModelConfig& config,
                                       const std::string& name) {
  const ModelShape& shape = config.shape;
  const int64_t hidden = shape.hidden_size;
  const int64_t query_dim = shape.num_heads * shape.head_dim;
  const bool bias = config.query_key_value_bias;
  LatentAttentionWeights weights;
  if (config.q_lora_rank > 0) {
    weights.query_down = load.linear(name + "q_a_proj", config.q_lora_rank, hidden, bias);
    weights.query_norm = load.tensor(name + "q_a_layernorm.weight", {config.q_lora_rank});
    weights.query = load.linear(name + "q_b_proj", query_dim, config.q_lora_rank, false);
  } else {
    weights.query = load.linear(name + "q_proj", query_dim, hidden, false);
  }
  weights.kv_down = load.linear(name + "kv_a_proj_with_mqa",
                                shape.kv_lora_rank + shape.qk_rope_head_dim, hidden, bias);
  weights.kv_norm = load.tensor(name + "kv_a_layernorm.weight", {shape.kv_lora_rank});
  const int64_t up_dim = shape.num_heads * (shape.qk_nope_head_dim + shape.v_head_dim);
  weights.kv_up = load.linear(name + "kv_b_proj", up_dim, shape.kv_lora_rank, false);
  weights.output = load.linear(name + "o_proj", hidden, shape.num_heads * shape.v_head_dim,
                               config.output_bias);
  return weights;
}

MlpWeights mlpWeights(Loader& load, const std::string& name, int64_t hidden, int64_t middle,
                      bool bias) {
  MlpWeights weights;
  weights.gate = load.linear(name + "gate_proj", middle, hidden, bias);
  weights.up = load.linear(name + "up_proj", middle, hidden, bias);
  weights.down = load.linear(name + "down_proj", hidden, middle, bias);
  return weights;
}

MixtureWeights mixtureWeights(Loader& load, const ModelConfig& config, const std::string& name) {
  const MixtureConfig& mixture = *config.mixture;
  const int64_t hidden = config.shape.hidden_size;
  const int64_t middle = mixture.intermediate_size;
  MixtureWeights weights;
  weights.router = load.tensor(name + "gate.weight", {mixture.num_experts, hidden});
  for (int64_t i = 0; i < mixture.num_experts && load.status(); ++i) {
    const std::string expert = name + "experts." + std::to_string(i) + ".";
    weights.experts.push_back(mlpWeights(load, expert, hidden, middle, false));
  }
  if (mixture.num_shared_experts > 0) {
    weights.shared = mlpWeights(load, name + "shared_experts.", hidden,
                                mixture.num_shared_experts * middle, config.mlp_bias);
  }
  return weights;
}

LayerWeights layerWeights(Loader& load, const ModelConfig& config, int64_t index) {
  const ModelShape& shape = config.shape;
  const std::string layer = "model.layers." + std::to_string(index) + ".";
  const std::string attention = layer + "self_attn.";
  LayerWeights weights;
  weights.input_norm = load.tensor(layer + "input_layernorm.weight", {shape.hidden_size});
  if (shape.isMla()) {
    weights.attention = latentAttention(load, config, attention);
  } else {
    weights.attention = groupedAttention(load, config, attention);
  }
  weights.post_attention_norm =
      load.tensor(layer + "post_attention_layernorm.weight", {shape.hidden_size});
  if (config.mixture && index >= config.mixture->first_layer) {
    weights.feed_forward = mixtureWeights(load, config, layer + "mlp.");
  } else {
    weights.feed_forward = mlpWeights(load, layer + "mlp.", shape.hidden_size,
                                      shape.intermediate_size, config.mlp_bias);
  }
  return weights;
}

}  // namespace

Result<Weights> loadWeights(const ModelConfig& config, Checkpoint checkpoint,
                            const LoadRequest& request, std::stop_token stop) {
  Weights weights;
  weights.checkpoint = std::make_shared<Checkpoint>(std::move(checkpoint));
  Loader load(*weights.checkpoint, request, std::move(stop));
  const ModelShape& shape = config.shape;
  const std::vector<int64_t> table{shape.vocab_size, shape.hidden_size};
  weights.embedding = load.tensor("model.embed_tokens.weight", table);
  for (int64_t i = 0; i < shape.num_layers && load.status(); ++i) {
    weights.layers.push_back(layerWeights(load, config, i));
  }
  weights.final_norm = load.tensor("model.norm.weight", {shape.hidden_size});
  weights.head =
      shape.tie_word_embeddings ? weights.embedding : load.tensor("lm_head.weight", table);
  if (!load.status()) return Failure(load.status().error());
  weights.num_bytes = load.loadedBytes();
  return weights;
}

}  // namespace xkv
