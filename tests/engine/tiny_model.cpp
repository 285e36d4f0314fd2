// SPDX-License-Identifier: Apache-2.0
/// Writes model folders with random weights.
#include "tests/engine/tiny_model.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/randn.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <span>

#include "engine/checkpoint/safetensors.h"

namespace xkv::test {
namespace {

class RandomWeights {
 public:
  void matrix(const std::string& name, int64_t rows, int64_t columns) {
    const double scale = 1.0 / std::sqrt(static_cast<double>(columns));
    add(name, scale * at::randn({rows, columns}, generator_, at::TensorOptions(at::kFloat)));
  }
  void norm(const std::string& name, int64_t width) { add(name, at::ones({width})); }

  void write(const std::string& path) const {
    std::vector<TensorToWrite> tensors;
    for (size_t i = 0; i < held_.size(); ++i) {
      const auto* data = static_cast<const std::byte*>(held_[i].const_data_ptr());
      tensors.push_back(
          {names_[i], "BF16", held_[i].sizes().vec(), std::span(data, held_[i].nbytes())});
    }
    const Status written = writeSafetensors(path, std::move(tensors));
    EXPECT_TRUE(written) << (written ? "" : written.error().message);
  }

 private:
  void add(const std::string& name, const at::Tensor& tensor) {
    names_.push_back(name);
    held_.push_back(tensor.to(at::kBFloat16).contiguous());
  }
  at::Generator generator_ = at::make_generator<at::CPUGeneratorImpl>(uint64_t{11});
  std::vector<std::string> names_;
  std::vector<at::Tensor> held_;
};

void writeConfig(const TinyModel& model, const std::string& folder) {
  const nlohmann::json config{{"model_type", "llama"},
                              {"hidden_size", model.hidden_size},
                              {"intermediate_size", model.intermediate_size},
                              {"num_hidden_layers", model.num_layers},
                              {"num_attention_heads", model.num_heads},
                              {"num_key_value_heads", model.num_kv_heads},
                              {"head_dim", model.head_dim},
                              {"vocab_size", model.vocab_size},
                              {"max_position_embeddings", model.max_position_embeddings},
                              {"rms_norm_eps", 1e-5},
                              {"rope_theta", 10000.0},
                              {"hidden_act", "silu"},
                              {"tie_word_embeddings", true},
                              {"torch_dtype", "bfloat16"}};
  std::ofstream(folder + "/config.json") << config.dump(1);
}

}  // namespace

void writeTinyModel(const TinyModel& model, const std::string& folder) {
  writeConfig(model, folder);
  RandomWeights weights;
  const int64_t hidden = model.hidden_size;
  const int64_t kv_dim = model.num_kv_heads * model.head_dim;
  weights.matrix("model.embed_tokens.weight", model.vocab_size, hidden);
  weights.norm("model.norm.weight", hidden);
  for (int64_t i = 0; i < model.num_layers; ++i) {
    const std::string layer = "model.layers." + std::to_string(i) + ".";
    weights.norm(layer + "input_layernorm.weight", hidden);
    weights.norm(layer + "post_attention_layernorm.weight", hidden);
    const int64_t query_dim = model.num_heads * model.head_dim;
    weights.matrix(layer + "self_attn.q_proj.weight", query_dim, hidden);
    weights.matrix(layer + "self_attn.k_proj.weight", kv_dim, hidden);
    weights.matrix(layer + "self_attn.v_proj.weight", kv_dim, hidden);
    weights.matrix(layer + "self_attn.o_proj.weight", hidden, query_dim);
    weights.matrix(layer + "mlp.gate_proj.weight", model.intermediate_size, hidden);
    weights.matrix(layer + "mlp.up_proj.weight", model.intermediate_size, hidden);
    weights.matrix(layer + "mlp.down_proj.weight", hidden, model.intermediate_size);
  }
  weights.write(folder + "/model.safetensors");
}

std::vector<int64_t> someIds(int64_t count, int64_t vocab_size) {
  std::vector<int64_t> ids;
  for (int64_t i = 0; i < count; ++i) ids.push_back((7 * i + i * i / 3) % vocab_size);
  return ids;
}

Status RecordList::onRecord(const Record& record) {
  const auto index = static_cast<int64_t>(records.size());
  if (index == fail_at) return failure(ErrorKind::failure, "the disk is full");
  if (index == stop_at && stop != nullptr) stop->request_stop();
  records.push_back(record);
  return {};
}

Status runSpec(const RunSpec& spec, RunObserver& observer, std::stop_token stop) {
  auto engine = Engine::create(Device::cpu, 2);
  if (!engine) return Failure(engine.error());
  return runExperiment(*engine, spec, observer, std::move(stop));
}

}  // namespace xkv::test
