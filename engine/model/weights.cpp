// SPDX-License-Identifier: Apache-2.0
/// The weights of a Llama-family decoder, by the names of a Hugging Face checkpoint.
#include "engine/model/weights.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>

#include <cstring>
#include <string>
#include <utility>

namespace xkv {
namespace {

at::ScalarType scalarTypeOfName(const std::string& dtype) {
  if (dtype == "BF16") return at::kBFloat16;
  return dtype == "F16" ? at::kHalf : at::kFloat;
}

/// The bytes where they lie if they are aligned for their element, else a copy.
at::Tensor tensorOf(const TensorView& view) {
  const at::ScalarType type = scalarTypeOfName(view.dtype);
  const auto address = reinterpret_cast<std::uintptr_t>(view.data);
  void* data = const_cast<std::byte*>(view.data);  // mapped read-only; weights are never written
  if (address % c10::elementSize(type) == 0) return at::from_blob(data, view.shape, type);
  at::Tensor copy = at::empty(view.shape, type);
  std::memcpy(copy.mutable_data_ptr(), data, static_cast<size_t>(view.num_bytes));
  return copy;
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
    const at::Tensor loaded = tensorOf(*view).to(request_.device, request_.dtype);
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

LayerWeights layerWeights(Loader& load, const ModelConfig& config, int64_t index) {
  const ModelShape& shape = config.shape;
  const std::string layer = "model.layers." + std::to_string(index) + ".";
  const std::string attention = layer + "self_attn.";
  const int64_t hidden = shape.hidden_size;
  const int64_t query_dim = shape.num_heads * shape.head_dim;
  LayerWeights weights;
  weights.input_norm = load.tensor(layer + "input_layernorm.weight", {hidden});
  weights.query = load.linear(attention + "q_proj", query_dim, hidden, config.attention_bias);
  weights.key = load.linear(attention + "k_proj", shape.kvDim(), hidden, config.attention_bias);
  weights.value = load.linear(attention + "v_proj", shape.kvDim(), hidden, config.attention_bias);
  weights.output = load.linear(attention + "o_proj", hidden, query_dim, config.attention_bias);
  weights.post_attention_norm = load.tensor(layer + "post_attention_layernorm.weight", {hidden});
  const int64_t middle = shape.intermediate_size;
  weights.gate = load.linear(layer + "mlp.gate_proj", middle, hidden, config.mlp_bias);
  weights.up = load.linear(layer + "mlp.up_proj", middle, hidden, config.mlp_bias);
  weights.down = load.linear(layer + "mlp.down_proj", hidden, middle, config.mlp_bias);
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
