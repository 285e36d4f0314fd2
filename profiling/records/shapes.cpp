// SPDX-License-Identifier: Apache-2.0
/// The lengths of METHOD.md's vectors and matrices, held against each record.
#include "profiling/records/shapes.h"

#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace xkv {
namespace {

constexpr int64_t kMax = std::numeric_limits<int64_t>::max();

/// a * b for counts; the largest number where that overflows (no list is that long).
int64_t product(int64_t a, int64_t b) { return b != 0 && a > kMax / b ? kMax : a * b; }

/// Collects the first thing that does not fit.
class Check {
 public:
  explicit Check(const char* type) : type_(type) {}

  void notNegative(const char* name, int64_t count) {
    if (count < 0)
      fail(std::string(name) + " is " + std::to_string(count) + ", 0 at least is needed");
  }
  void atMost(const char* name, int64_t count, const char* limit_name, int64_t limit) {
    if (count > limit) {
      fail(std::string(name) + " " + std::to_string(count) + " is above " + limit_name + " " +
           std::to_string(limit));
    }
  }
  void below(const char* name, int64_t count, const char* limit_name, int64_t limit) {
    if (count >= limit) {
      fail(std::string(name) + " " + std::to_string(count) + " is not below " + limit_name + " " +
           std::to_string(limit));
    }
  }
  template <class List>
  void length(const char* name, const List& list, int64_t needed) {
    if (!list.empty()) exactLength(name, list, needed);
  }
  template <class List>
  void exactLength(const char* name, const List& list, int64_t needed) {
    if (static_cast<int64_t>(list.size()) == needed) return;
    fail(std::string(name) + " has " + std::to_string(list.size()) + " values, " +
         std::to_string(needed) + " are needed");
  }
  Status status() const {
    if (problem_.empty()) return {};
    return failure(ErrorKind::bad_input, problem_);
  }

 private:
  void fail(const std::string& problem) {
    if (problem_.empty()) problem_ = std::string(type_) + ": " + problem;
  }

  const char* type_;
  std::string problem_;
};

Status check(const CkaRecord& r) {
  Check c("cka");
  c.notNegative("num_layers", r.num_layers);
  c.notNegative("num_layers_done", r.num_layers_done);
  c.atMost("num_layers_done", r.num_layers_done, "num_layers", r.num_layers);
  if (!c.status()) return c.status();
  c.length("cka", r.cka, product(r.num_layers, r.num_layers));
  c.length("token_cosine", r.token_cosine, product(r.num_layers, r.num_layers));
  return c.status();
}

Status check(const SpectrumRecord& r) {
  Check c("spectrum");
  c.notNegative("first_layer", r.first_layer);
  c.notNegative("num_layers", r.num_layers);
  if (!c.status()) return c.status();
  const auto ranks = static_cast<int64_t>(r.singular_values.size()) + 1;
  c.length("layer_energy", r.layer_energy, r.num_layers);
  if (r.singular_values.empty()) {
    c.length("group_error", r.group_error, ranks);
  } else {
    c.exactLength("group_error", r.group_error, ranks);
  }
  c.length("layer_error", r.layer_error, product(r.num_layers, ranks));
  c.length("group_rounding", r.group_rounding, ranks);
  c.length("layer_rounding", r.layer_rounding, product(r.num_layers, ranks));
  return c.status();
}

Status check(const ReconstructionRecord& r) {
  Check c("reconstruction");
  c.notNegative("group", r.group);
  c.notNegative("first_layer", r.first_layer);
  c.notNegative("num_layers", r.num_layers);
  c.notNegative("seq_len", r.seq_len);
  c.notNegative("num_kv_heads", r.num_kv_heads);
  if (!c.status()) return c.status();
  c.length("layer_error", r.layer_error, r.num_layers);
  c.length("head_error", r.head_error, product(r.num_layers, r.num_kv_heads));
  c.length("token_error", r.token_error, product(r.num_layers, r.seq_len));
  return c.status();
}

Status check(const SelectionRecord& r) {
  Check c("selection");
  for (const auto& [name, count] : {std::pair{"layer", r.layer},
                                    {"num_heads", r.num_heads},
                                    {"num_kv_heads", r.num_kv_heads},
                                    {"outlier_chunks", r.outlier_chunks},
                                    {"chosen_chunks", r.chosen_chunks},
                                    {"num_steps", r.num_steps}}) {
    c.notNegative(name, count);
  }
  c.atMost("outlier_chunks", r.outlier_chunks, "landmark_chunks", r.landmark_chunks);
  if (!c.status()) return c.status();
  const int64_t rest = r.landmark_chunks - r.outlier_chunks;
  c.atMost("chosen_chunks", r.chosen_chunks, "the other chunks", rest);
  c.exactLength("outliers", r.outliers, product(r.num_kv_heads, r.outlier_chunks));
  c.length("chosen", r.chosen,
           product(product(r.num_steps, r.num_kv_heads), r.chosen_chunks));
  c.exactLength("hit_rate", r.hit_rate, r.num_steps);
  c.length("recall", r.recall, product(r.num_steps, r.num_heads));
  c.length("recall_of_chunks", r.recall_of_chunks, rest == kMax ? kMax : rest + 1);
  for (const std::vector<int64_t>* chunks : {&r.outliers, &r.chosen}) {
    for (const int64_t chunk : *chunks) {
      c.notNegative("a chunk", chunk);
      c.below("a chunk", chunk, "landmark_chunks", r.landmark_chunks);
    }
  }
  return c.status();
}

Status check(const DivergenceRecord& r) {
  Check c("divergence");
  c.length("top1_agrees", r.top1_agrees, static_cast<int64_t>(r.kl.size()));
  return c.status();
}

Status check(const RunStarted& r) {
  Check c("run_started");
  c.length("prompt_tokens", r.prompt_tokens, static_cast<int64_t>(r.prompt_ids.size()));
  return c.status();
}

Status check(const TimelineRecord& r) {
  Check c("timeline");
  for (const Span& span : r.spans) {
    c.notNegative("depth", span.depth);
    c.atMost("start_ns", span.start_ns, "end_ns", span.end_ns);
  }
  return c.status();
}

template <class T>
Status check(const T&) {
  return {};
}

}  // namespace

Status checkShapes(const Record& record) {
  return std::visit([](const auto& r) { return check(r); }, record);
}

}  // namespace xkv
