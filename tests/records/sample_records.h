// SPDX-License-Identifier: Apache-2.0
/// Records whose every field has a value of its own that is not the default, made from the field
/// lists.
#pragma once

#include <string>
#include <tuple>
#include <vector>

#include "profiling/records/fields.h"
#include "profiling/records/words.h"

namespace xkv::testing {

/// Visits every field and changes it; lists get `list_size` values.
class Filler {
 public:
  explicit Filler(size_t list_size = 2) : list_size_(list_size) {}

  template <class T>
  void operator()(const char*, T& value) {
    fill(value);
  }

 private:
  void fill(bool& value) { value = !value; }
  template <std::integral T>
  void fill(T& value) {
    value = static_cast<T>(100 + ++count_);
  }
  template <std::floating_point T>
  void fill(T& value) {
    value = static_cast<T>(++count_) + static_cast<T>(0.1);
  }
  void fill(std::string& value) {
    value = "text " + std::to_string(++count_) + " \"é\n\x01\\ 河 \xf0\x9f\x98\x80";
  }
  template <class T>
  requires std::is_enum_v<T>
  void fill(T& value) {
    const auto next = static_cast<T>(static_cast<int>(value) + 1);
    value = word(next).empty() ? static_cast<T>(0) : next;
  }
  template <class T>
  void fill(std::optional<T>& value) {
    fill(value.emplace());
  }
  template <class T>
  void fill(std::vector<T>& values) {
    values.resize(list_size_);
    for (T& value : values) fill(value);
  }
  template <class T>
  void fill(T& record) {
    fields(*this, record);
  }

  size_t list_size_;
  int count_ = 0;
};

template <class T>
void fixShape(T&) {}

inline void fixShape(CkaRecord& r) {
  r.num_layers = 2;
  r.num_layers_done = 1;
  r.cka.push_back(r.cka[0]);
  r.cka.push_back(-1.5F);
  r.token_cosine = {1.0F, 0.25F, -0.0625F, 0.3F};
}
inline void fixShape(SpectrumRecord& r) {
  r.num_layers = 2;
  r.group_error = {1.0F, 0.1F, 0.01F};
  r.layer_error = {1.0F, 0.2F, 0.02F, 0.9F, 0.3F, 0.03F};
  r.group_rounding = {0.0F, 0.003F, 0.002F};
  r.layer_rounding = {0.0F, 0.004F, 0.005F, 0.0F, 0.006F, 0.007F};
}
inline void fixShape(SelectionRecord& r) {
  r.num_heads = 4;
  r.num_kv_heads = 2;
  r.landmark_chunks = 5;
  r.outlier_chunks = 1;
  r.chosen_chunks = 2;
  r.num_steps = 2;
  r.outliers = {3, 0};
  r.chosen = {0, 4, 1, 3, 1, 2, 2, 4};
  r.hit_rate = {0.5F, 0.25F};
  r.recall = {0.1F, 0.2F, 0.3F, 0.4F, 0.5F, 0.6F, 0.7F, 0.8F};
  r.recall_of_chunks = {0.1F, 0.3F, 0.4F, 0.5F, 0.6F};
}
inline void fixShape(ReconstructionRecord& r) {
  r.num_layers = 2;
  r.num_kv_heads = 3;
  r.seq_len = 4;
  r.head_error = {0.1F, 0.2F, 0.3F, 0.4F, 0.5F, 0.6F};
  r.token_error = {0.1F, 0.2F, 0.3F, 0.4F, 0.5F, 0.6F, 0.7F, 0.8F};
}

/// A record of type T without any default left.
template <class T>
T sample() {
  T record;
  Filler filler;
  fields(filler, record);
  fixShape(record);
  return record;
}

/// One record of every kind.
template <size_t... kIndex>
std::vector<Record> samplesOf(std::index_sequence<kIndex...>) {
  return {Record(sample<std::variant_alternative_t<kIndex, Record>>())...};
}
inline std::vector<Record> allSamples() {
  return samplesOf(std::make_index_sequence<std::variant_size_v<Record>>());
}

/// A run with one record of every kind in it.
inline Run sampleRun() {
  Run run;
  run.run_id = 7;
  run.title = "needle, G = 4";
  run.notes = "line one\nline two";
  run.tags = {"river", "ünïcode"};
  for (const Record& record : allSamples()) run.add(record);
  return run;
}

}  // namespace xkv::testing
