// SPDX-License-Identifier: Apache-2.0
/// The model that benchmarks run: a given folder, or random weights that go away again.
#include "app/bench/bench_model.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>

#include "engine/checkpoint/random_model.h"
#include "profiling/no_phases.h"
#include "profiling/records/words.h"

namespace xkv {
namespace {

constexpr int64_t kPromptTokens = 1024;

RandomModelSpec smallLlama(const std::string& folder) {
  RandomModelSpec spec;
  spec.like = ModelLike::custom;
  spec.num_layers = 16;
  spec.custom = {.hidden_size = 1024,
                 .intermediate_size = 2816,
                 .num_heads = 16,
                 .num_kv_heads = 8,
                 .head_dim = 64,
                 .vocab_size = 8192,
                 .max_position_embeddings = 131'072,
                 .tie_word_embeddings = true};
  spec.out = folder;
  return spec;
}

Result<std::string> temporaryFolder() {
  std::error_code error;
  std::string name = (std::filesystem::temp_directory_path(error) / "xkv-bench-XXXXXX").string();
  if (error || mkdtemp(name.data()) == nullptr) {
    return failure(ErrorKind::failure, "a folder for temporary files cannot be made: " +
                                           (error ? error.message() : std::strerror(errno)));
  }
  return name;
}

/// Ids without a period that a cache could profit from.
std::vector<int64_t> idsOf(int64_t count, int64_t vocab_size) {
  std::vector<int64_t> ids;
  uint64_t state = 1;
  for (int64_t i = 0; i < count; ++i) {
    state = state * 6364136223846793005U + 1442695040888963407U;
    ids.push_back(static_cast<int64_t>((state >> 33) % static_cast<uint64_t>(vocab_size)));
  }
  return ids;
}

}  // namespace

Result<BenchModel> BenchModel::open(const BenchRequest& request, const BenchRounds& rounds) {
  auto engine = Engine::create(Device::cpu, request.num_threads);
  if (!engine) return Failure(engine.error());
  if (request.model_dir) {
    BenchModel model(std::move(*engine), "");
    const Status loaded = model.load(*request.model_dir, request, rounds);
    if (!loaded) return Failure(loaded.error());
    return model;
  }
  const auto folder = temporaryFolder();
  if (!folder) return Failure(folder.error());
  BenchModel model(std::move(*engine), *folder);
  const auto written = writeRandomModel(
      smallLlama(*folder),
      [&](int64_t done, int64_t total) {
        if (rounds.progress) rounds.progress("random weights", done, total);
      },
      rounds.stop);
  if (!written) return Failure(written.error());
  const Status loaded = model.load(*folder, request, rounds);
  if (!loaded) return Failure(loaded.error());
  return model;
}

Status BenchModel::load(const std::string& folder, const BenchRequest& request,
                        const BenchRounds& rounds) {
  NoPhases phases;
  const auto shape = engine_.load(
      folder, Dtype::bf16, [](const Record&) { return Status(); }, phases, rounds.stop);
  if (!shape) return Failure(shape.error());
  shape_ = *shape;
  ids_ = idsOf(request.tokens.value_or(kPromptTokens), shape_.vocab_size);
  return engine_.checkPrompt(ids_);
}

BenchModel::BenchModel(BenchModel&& other) noexcept
    : engine_(std::move(other.engine_)),
      made_(std::exchange(other.made_, {})),
      shape_(std::move(other.shape_)),
      ids_(std::move(other.ids_)) {}

BenchModel::~BenchModel() {
  std::error_code ignored;
  if (!made_.empty()) std::filesystem::remove_all(made_, ignored);
}

BenchTable BenchModel::table(const std::string& subject) const {
  BenchTable table;
  table.subject = subject;
  table.sizes = {{"seq_len", static_cast<int64_t>(ids_.size())},
                 {"num_layers", shape_.num_layers},
                 {"hidden_size", shape_.hidden_size},
                 {"num_parameters", shape_.num_parameters}};
  table.dtype = word(Dtype::bf16);
  table.device = engine_.deviceName();
  const std::string kind = shape_.random_weights ? " with random weights" : "";
  table.notes = {made_.empty() ? "model " + shape_.name + kind
                               : "a model made for this measurement" + kind};
  return table;
}

}  // namespace xkv
