// SPDX-License-Identifier: Apache-2.0
/// Chooses a token from logits: greedy, or by temperature, top-k and top-p with a fixed seed.
#include "engine/decode/sampler.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace xkv {
namespace {

/// Weights exp((logit - max) / temperature) of the ids, in their order.
std::vector<double> weightsOf(const std::vector<float>& logits, const std::vector<int64_t>& ids,
                              double temperature) {
  std::vector<double> weights;
  weights.reserve(ids.size());
  const double top = logits[static_cast<size_t>(ids.front())];
  for (const int64_t id : ids) {
    weights.push_back(std::exp((logits[static_cast<size_t>(id)] - top) / temperature));
  }
  return weights;
}

/// The shortest prefix whose weights reach `share` of their sum; at least one.
size_t nucleus(const std::vector<double>& weights, double share) {
  const double total = std::accumulate(weights.begin(), weights.end(), 0.0);
  double sum = 0;
  for (size_t i = 0; i < weights.size(); ++i) {
    sum += weights[i];
    if (sum >= share * total) return i + 1;
  }
  return weights.size();
}

constexpr int64_t kFew = 8;

/// One pass over the vocabulary, which keeps the `count` first in order.
template <class Above>
std::vector<int64_t> fewLargest(int64_t vocabulary, int64_t count, const Above& above) {
  std::vector<int64_t> ids;
  for (int64_t id = 0; id < vocabulary && count > 0; ++id) {
    const bool full = static_cast<int64_t>(ids.size()) == count;
    if (full && !above(id, ids.back())) continue;
    if (full) ids.pop_back();
    ids.insert(std::ranges::upper_bound(ids, id, above), id);
  }
  return ids;
}

}  // namespace

std::vector<int64_t> largest(const std::vector<float>& logits, int64_t count) {
  const auto value = [&](int64_t id) {  // NaN, from weights that are not finite, comes last
    const float logit = logits[static_cast<size_t>(id)];
    return std::isnan(logit) ? -std::numeric_limits<float>::infinity() : logit;
  };
  const auto above = [&](int64_t a, int64_t b) {
    return value(a) != value(b) ? value(a) > value(b) : a < b;
  };
  const auto vocabulary = static_cast<int64_t>(logits.size());
  const int64_t kept = std::min(count, vocabulary);
  if (kept <= kFew) return fewLargest(vocabulary, kept, above);
  std::vector<int64_t> ids(logits.size());
  std::iota(ids.begin(), ids.end(), 0);
  std::partial_sort(ids.begin(), ids.begin() + kept, ids.end(), above);
  ids.resize(static_cast<size_t>(kept));
  return ids;
}

Probabilities::Probabilities(const std::vector<float>& logits)
    : logits_(logits), top_(*std::max_element(logits.begin(), logits.end())) {
  for (const float logit : logits_) sum_ += double{std::exp(logit - top_)};
}

float Probabilities::of(int64_t id) const {
  const float logit = logits_[static_cast<size_t>(id)];
  return static_cast<float>(std::exp(double{logit} - double{top_}) / sum_);
}

int64_t Sampler::choose(const std::vector<float>& logits) {
  if (sampling_.temperature <= 0) return largest(logits, 1).front();
  const auto vocabulary = static_cast<int64_t>(logits.size());
  std::vector<int64_t> ids =
      largest(logits, sampling_.top_k > 0 ? sampling_.top_k : vocabulary);
  std::vector<double> weights = weightsOf(logits, ids, sampling_.temperature);
  if (sampling_.top_p < 1) weights.resize(nucleus(weights, sampling_.top_p));
  const double total = std::accumulate(weights.begin(), weights.end(), 0.0);
  // 53 random bits as a number in [0, 1): the same on every standard library.
  const double draw = static_cast<double>(random_() >> 11) * 0x1.0p-53 * total;
  double sum = 0;
  for (size_t i = 0; i < weights.size(); ++i) {
    sum += weights[i];
    if (draw < sum) return ids[i];
  }
  return ids[weights.size() - 1];
}

}  // namespace xkv
