// SPDX-License-Identifier: Apache-2.0
/// Chooses a token from logits: greedy, or by temperature, top-k and top-p with a fixed seed.
#pragma once

#include <cstdint>
#include <random>
#include <vector>

#include "profiling/records/run_spec.h"

namespace xkv {

/// Equal spec and equal logits give equal tokens on every machine.
class Sampler {
 public:
  explicit Sampler(const Sampling& sampling) : sampling_(sampling), random_(sampling.seed) {}

  /// The id chosen from logits (vocab_size). Top-k first, then top-p, as Hugging Face transformers does.
  int64_t choose(const std::vector<float>& logits);

 private:
  Sampling sampling_;
  std::mt19937_64 random_;
};

/// Softmax of logits at temperature 1, for the few ids that are asked. The logits must outlive it.
class Probabilities {
 public:
  explicit Probabilities(const std::vector<float>& logits);
  float of(int64_t id) const;

 private:
  const std::vector<float>& logits_;
  float top_ = 0;
  double sum_ = 0;  // of e^(logit - top)
};

/// Ids of the `count` largest logits, descending; equal ones by id.
std::vector<int64_t> largest(const std::vector<float>& logits, int64_t count);

}  // namespace xkv
