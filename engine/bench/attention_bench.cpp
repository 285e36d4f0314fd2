// SPDX-License-Identifier: Apache-2.0
/// One decode step of one layer: our caches beside LibTorch's ways, over the same rows.
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/bmm.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/scaled_dot_product_attention.h>
#include <ATen/ops/softmax.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>

#include "engine/bench.h"
#include "engine/cache/dense_cache.h"
#include "engine/cache/low_rank_cache.h"
#include "engine/cache/selective_cache.h"
#include "engine/cache/tensor_memory.h"
#include "engine/device.h"
#include "engine/model/attention.h"
#include "engine/torch_errors.h"
#include "profiling/no_phases.h"
#include "profiling/records/sentence.h"
#include "profiling/records/words.h"

namespace xkv {
namespace {

constexpr const char* kSdpa = "sdpa";
constexpr const char* kGroupedProducts = "grouped-products";
constexpr const char* kGroupedFloats = "grouped-products, fp32 rows";
constexpr const char* kSelective = "xkv-sr";
constexpr auto kDtype = at::kBFloat16;

ModelConfig configOf(const AttentionBench& bench) {
  ModelConfig config;
  config.shape.num_layers = 1;
  config.shape.num_heads = bench.num_heads;
  config.shape.num_kv_heads = bench.num_kv_heads;
  config.shape.head_dim = bench.head_dim;
  config.shape.max_position_embeddings = bench.seq_len;
  config.shape.rope_theta = 500'000;
  config.rope_dim = bench.head_dim;
  config.softmax_scale = 1 / std::sqrt(static_cast<double>(bench.head_dim));
  config.windows = {0};
  return config;
}

/// The prompt's rows of one layer, of the bench's ranks exactly, and a query behind them.
struct Layer {
  explicit Layer(const AttentionBench& bench)
      : config(configOf(bench)),
        rotary(config, at::kCPU),
        form(cacheFormOf(config, {})),
        position(bench.seq_len - 1) {
    auto generator = at::make_generator<at::CPUGeneratorImpl>(uint64_t{5});
    const auto normal = [&](int64_t count, int64_t width) {
      return at::randn({count, width}, generator, at::TensorOptions(at::kFloat));
    };
    const auto rows_of = [&](int64_t rank) {
      const double scale = 1 / std::sqrt(static_cast<double>(rank));
      return at::mm(normal(bench.seq_len, rank), normal(rank, config.shape.kvDim()) * scale)
          .to(kDtype);
    };
    rows = {{rows_of(bench.rank_k), rows_of(bench.rank_v)}};
    query = rotary.rotate(
        normal(bench.num_heads, bench.head_dim).to(kDtype).unsqueeze(0), position);
  }

  ModelConfig config;
  RotaryTable rotary;
  CacheForm form;
  int64_t position;  // of the query
  CacheRows rows;    // (seq_len, kv_dim) each, keys before RoPE
  at::Tensor query;  // (1, num_heads, head_dim), rotated
};

/// A cache that holds the layer, and the name of its scheme.
struct NamedCache {
  std::string name;
  std::unique_ptr<KvCache> cache;
};

LowRankCacheOptions lowRankOptions(const AttentionBench& bench, const Layer& layer) {
  LowRankCacheOptions options;
  // One layer's factors: A is shared by a group and B_l is of one layer, so G changes nothing here.
  options.groups = {{.first_layer = 0,
                     .num_layers = 1,
                     .rank_k = bench.rank_k,
                     .rank_v = bench.rank_v}};
  options.factors.dtype = kDtype;
  options.form = layer.form;
  return options;
}

constexpr double kHitRates[] = {0, 0.35, 0.65, 0.8};
constexpr int64_t kBudget = 2048;  // tokens

std::string selectiveName(double hit_rate) { return sentence("xkv-sr, hit rate {}", hit_rate); }

std::unique_ptr<SelectiveCache> selectiveCache(const AttentionBench& bench, const Layer& layer) {
  SelectiveCacheOptions options;
  options.config.budget = kBudget;
  options.keeps_chosen = false;
  return std::make_unique<SelectiveCache>(options, lowRankOptions(bench, layer), layer.rotary);
}

/// Every cache that attention is measured over; each is filled as a prefill fills it.
Result<std::vector<NamedCache>> cachesOf(const AttentionBench& bench, const Layer& layer,
                                         const BenchRounds& rounds) {
  std::vector<NamedCache> caches;
  caches.push_back({"dense", std::make_unique<DenseCache>(layer.form, layer.rotary)});
  caches.push_back({"low-rank", std::make_unique<LowRankCache>(lowRankOptions(bench, layer), layer.rotary)});
  caches.push_back({kSelective, selectiveCache(bench, layer)});
  NoPhases phases;
  for (NamedCache& named : caches) {
    if (rounds.progress) rounds.progress("attention: filling the " + named.name + " cache", 0, 0);
    const Status filled = named.cache->append(0, layer.rows, phases, rounds.stop);
    if (!filled) return Failure(filled.error());
  }
  return caches;
}

/// Keys and values as LibTorch reads them best: (num_kv_heads, seq_len, head_dim), in one piece.
struct RivalRows {
  RivalRows(const Layer& layer, at::ScalarType type) {
    const StreamPair rows = readable(layer.form, 0, layer.rows, 0, layer.rotary);
    keys = rows[0].transpose(0, 1).contiguous().to(type);
    values = rows[1].transpose(0, 1).contiguous().to(type);
  }
  at::Tensor keys;
  at::Tensor values;
};

at::Tensor sdpa(const Layer& layer, const RivalRows& rows) {
  return at::scaled_dot_product_attention(layer.query.view({1, -1, 1, rows.keys.size(2)}),
                                          rows.keys.unsqueeze(0), rows.values.unsqueeze(0), {}, 0.0,
                                          /*is_causal=*/false, layer.form.softmax_scale,
                                          /*enable_gqa=*/true);
}

at::Tensor groupedProducts(const Layer& layer, const RivalRows& rows) {
  const int64_t kv_heads = rows.keys.size(0);
  const at::ScalarType type = rows.keys.scalar_type();
  const at::Tensor query = layer.query.view({kv_heads, -1, rows.keys.size(2)}).to(type);
  const at::Tensor scores = at::bmm(query, rows.keys.transpose(1, 2)).to(at::kFloat);
  return at::bmm(at::softmax(scores * layer.form.softmax_scale, -1).to(type), rows.values);
}

/// What each scheme gave last, (num_heads * head_dim).
using Mixed = std::map<std::string, at::Tensor>;

/// One step at each hit rate: that share of the chosen chunks is there from the step before, which asked the same.
template <class Add>
void addSelective(SelectiveCache& cache, const Layer& layer, const Add& add) {
  const SelectivePlan plan = planSelection({.budget = kBudget}, layer.position);
  for (const double hit_rate : kHitRates) {
    const auto missing = static_cast<int64_t>(std::lround((1 - hit_rate) * static_cast<double>(plan.chosen_chunks)));
    add(selectiveName(hit_rate), false, [&cache, &layer, missing] {
      cache.forgetSelected(missing);
      return cache.attend(0, layer.query, layer.position);
    });
  }
}

std::vector<BenchScheme> schemesOf(const Layer& layer, const std::vector<NamedCache>& caches,
                                   const RivalRows& rows, const RivalRows& floats, Mixed& mixed) {
  std::vector<BenchScheme> schemes;
  const auto add = [&](const std::string& name, bool is_rival, std::function<at::Tensor()> work) {
    schemes.push_back({.name = name, .is_rival = is_rival, .step = timed([&mixed, name, work] {
                         mixed[name] = work().flatten();
                         return Status();
                       })});
  };
  for (const NamedCache& named : caches) {
    KvCache* const cache = named.cache.get();
    if (auto* const selective = dynamic_cast<SelectiveCache*>(cache)) {
      addSelective(*selective, layer, add);
      continue;
    }
    add(named.name, false, [cache, &layer] { return cache->attend(0, layer.query, layer.position); });
  }
  add(kSdpa, true, [&] { return sdpa(layer, rows); });
  add(kGroupedProducts, true, [&] { return groupedProducts(layer, rows); });
  add(kGroupedFloats, true, [&] { return groupedProducts(layer, floats); });
  return schemes;
}

double norm(const at::Tensor& x) { return at::linalg_vector_norm(x).item<double>(); }

void addFigures(const std::vector<NamedCache>& caches, const Mixed& mixed,
                const at::Tensor& expected, BenchTable& table) {
  for (BenchRow& row : table.rows) {
    const auto given = mixed.find(row.scheme);
    if (given == mixed.end()) continue;
    const at::Tensor distance = given->second.to(at::kFloat) - expected;
    row.figures.push_back({"difference", norm(distance) / norm(expected)});
    for (const NamedCache& named : caches) {
      if (!row.scheme.starts_with(named.name)) continue;
      row.figures.push_back({"resident_bytes", static_cast<double>(named.cache->bytes())});
    }
  }
}

Status check(const AttentionBench& bench) {
  const auto refuse = [](std::string why) {
    return Status(failure(ErrorKind::bad_input, std::move(why)));
  };
  if (bench.num_heads % bench.num_kv_heads != 0) {
    return refuse(sentence("{} query heads are no multiple of {} KV heads", bench.num_heads,
                           bench.num_kv_heads));
  }
  if (bench.head_dim % 2 != 0) {
    return refuse(sentence("head_dim is {}, RoPE needs an even one", bench.head_dim));
  }
  const int64_t largest = std::min(bench.seq_len, bench.num_kv_heads * bench.head_dim);
  for (const auto& [name, rank] :
       {std::pair("rank_k", bench.rank_k), std::pair("rank_v", bench.rank_v)}) {
    if (rank > largest) {
      return refuse(sentence("{} {} is above {}, the most that {} rows of {} KV heads of {} have",
                             name, rank, largest, bench.seq_len, bench.num_kv_heads,
                             bench.head_dim));
    }
  }
  return {};
}

BenchTable tableOf(const AttentionBench& bench) {
  BenchTable table;
  table.subject = "attention";
  table.sizes = {{"seq_len", bench.seq_len},           {"num_heads", bench.num_heads},
                 {"num_kv_heads", bench.num_kv_heads}, {"head_dim", bench.head_dim},
                 {"rank_k", bench.rank_k},             {"rank_v", bench.rank_v}};
  table.dtype = word(Dtype::bf16);
  table.device = setUpThreads(c10::Device(c10::kCPU), bench.num_threads);
  table.references = {{"best of LibTorch", {kSdpa, kGroupedProducts, kGroupedFloats}}};
  table.notes = {"one decode step of one layer over made-up rows of exactly these ranks",
                 sentence("xkv-sr attends {} chosen tokens: its difference is what made-up rows leave out",
                          kBudget)};
  return table;
}

}  // namespace

Result<BenchTable> benchAttention(const AttentionBench& bench, const BenchRounds& rounds) {
  if (const Status fits = check(bench); !fits) return Failure(fits.error());
  return guarded("bench attention", [&]() -> Result<BenchTable> {
    TensorMemory::watch();
    BenchTable table = tableOf(bench);
    const Layer layer(bench);
    const auto caches = cachesOf(bench, layer, rounds);
    if (!caches && caches.error().kind == ErrorKind::interrupted) {
      table.complete = false;
      return table;
    }
    if (!caches) return Failure(caches.error());
    const RivalRows rows(layer, kDtype);
    const RivalRows floats(layer, at::kFloat);
    Mixed mixed;
    const Status sampled = sampleInTurn(schemesOf(layer, *caches, rows, floats, mixed), rounds, table);
    if (!sampled) return Failure(sampled.error());
    const at::Tensor expected = groupedProducts(layer, floats).flatten();
    addFigures(*caches, mixed, expected, table);
    return table;
  });
}

}  // namespace xkv
