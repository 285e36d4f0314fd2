// SPDX-License-Identifier: Apache-2.0
/// One pass of cross-Gram blocks over a captured stream: CKA of all layer pairs and spectra of all groups.
#include "engine/analysis/layer_analysis.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/outer.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "engine/analysis/spectrum.h"

namespace xkv {
namespace {

constexpr int64_t kGroupSizes[] = {1, 2, 4, 8};
constexpr int64_t kExactKvDim = 256;  // up to here products are taken in fp64

class LayerAnalysis {
 public:
  LayerAnalysis(const LayerRows& rows, Stream stream,
                const std::function<Status(const Record&)>& sink, std::stop_token stop)
      : rows_(rows),
        sink_(sink),
        stop_(std::move(stop)),
        num_layers_(static_cast<int64_t>(rows.size())),
        seq_len_(rows.front().size(0)),
        kv_dim_(rows.front().size(1)) {
    cka_.stream = stream;
    cka_.num_layers = num_layers_;
    cka_.seq_len = seq_len_;
    const float unmeasured = std::numeric_limits<float>::quiet_NaN();
    cka_.cka.assign(static_cast<size_t>(num_layers_ * num_layers_), unmeasured);
    cka_.token_cosine = cka_.cka;
    norms_.assign(cka_.cka.size(), 0.0);
    for (const at::Tensor& layer : rows_) means_.push_back(layer.mean({0}, false, at::kDouble));
  }

  Status run(const std::vector<PlannedGroup>& plan) {
    const int64_t span = blockSpan();
    for (int64_t first = 0; first < num_layers_; first += span) {
      const Status done = block(first, std::min(span, num_layers_ - first));
      if (!done) return done;
    }
    for (const PlannedGroup& group : plan) {
      if (isRegular(group)) continue;
      const Status sent = emitOwnSpectrum(group);
      if (!sent) return sent;
    }
    return {};
  }

 private:
  /// Sizes that get a spectrum, largest last.
  std::vector<int64_t> groupSizes() const {
    std::set<int64_t> sizes;
    for (const int64_t size : kGroupSizes) {
      if (size < num_layers_) sizes.insert(size);
    }
    sizes.insert(num_layers_);
    std::vector<int64_t> fitting;
    for (const int64_t size : sizes) {
      if (std::min(size * kv_dim_, seq_len_) <= kWidestSpectrum) fitting.push_back(size);
    }
    return fitting;
  }

  /// True where a group of a plan is one of those of equal sizes.
  bool isRegular(const PlannedGroup& group) const {
    return std::ranges::any_of(groupSizes(), [&](int64_t size) {
      return group.first_layer % size == 0 &&
             group.num_layers == std::min(size, num_layers_ - group.first_layer);
    });
  }

  /// True where the spectrum comes from X X^T, so that no Gram blocks need to be kept for it.
  bool fromRows(int64_t size) const { return seq_len_ < size * kv_dim_; }

  /// Layers whose mutual blocks are kept at the same time.
  int64_t blockSpan() const {
    int64_t span = 1;
    for (const int64_t size : groupSizes()) {
      if (!fromRows(size)) span = std::max(span, size);
    }
    return span;
  }

  /// All pairs (i, j) with i in the block and j >= i, then the spectra of groups that end here.
  Status block(int64_t first, int64_t count) {
    std::vector<std::vector<at::Tensor>> kept(static_cast<size_t>(count));
    for (int64_t i = first; i < first + count; ++i) {
      const at::Tensor centred_i = centred(i);
      for (int64_t j = i; j < num_layers_; ++j) {
        if (stop_.stop_requested()) {
          return failure(ErrorKind::interrupted, "the analysis was cancelled");
        }
        const at::Tensor gram = crossGram(centred_i, i == j ? centred_i : centred(j));
        notePair(i, j, gram);
        if (j >= first + count) continue;
        const at::Tensor means = at::outer(mean(i), mean(j));
        kept[static_cast<size_t>(i - first)].push_back(gram + static_cast<double>(seq_len_) * means);
      }
    }
    const Status spectra = emitSpectra(first, count, kept);
    if (!spectra) return spectra;
    cka_.num_layers_done = first + count;
    fillCka();
    return sink_(cka_);
  }

  /// Rows less their mean over tokens. Multiplying these keeps fp32 exact where a bias dominates; what the
  /// means add to X^T X is put back in fp64.
  at::Tensor centred(int64_t i) const {
    const at::ScalarType type = kv_dim_ <= kExactKvDim ? at::kDouble : at::kFloat;
    return layer(i).to(type) - mean(i).to(type);
  }

  void notePair(int64_t i, int64_t j, const at::Tensor& centred_gram) {
    const double squared = centred_gram.square().sum().item<double>();
    cell(norms_, i, j) = cell(norms_, j, i) = squared;
    const float cosine = tokenCosine(i, j);
    cell(cka_.token_cosine, i, j) = cell(cka_.token_cosine, j, i) = cosine;
  }

  float tokenCosine(int64_t i, int64_t j) const {
    const at::Tensor x = layer(i).to(at::kFloat);
    const at::Tensor y = i == j ? x : layer(j).to(at::kFloat);
    const at::Tensor product = (x * y).sum({1}, false, at::kDouble);
    const at::Tensor norms = at::linalg_vector_norm(x, 2, {1}, false, at::kDouble) *
                             at::linalg_vector_norm(y, 2, {1}, false, at::kDouble);
    return static_cast<float>((product / norms.clamp_min(1e-300)).mean().item<double>());
  }

  void fillCka() {
    for (int64_t i = 0; i < cka_.num_layers_done; ++i) {
      for (int64_t j = 0; j < cka_.num_layers_done; ++j) {
        const double scale = std::sqrt(cell(norms_, i, i)) * std::sqrt(cell(norms_, j, j));
        if (scale > 0) cell(cka_.cka, i, j) = static_cast<float>(cell(norms_, i, j) / scale);
      }
    }
  }

  Status emitSpectra(int64_t first, int64_t count,
                     const std::vector<std::vector<at::Tensor>>& kept) {
    for (const int64_t size : groupSizes()) {
      for (int64_t begin = 0; begin < num_layers_; begin += size) {
        const int64_t layers = std::min(size, num_layers_ - begin);
        const bool ends_here = begin + layers > first && begin + layers <= first + count;
        if (!ends_here) continue;
        const SpectrumRecord record = fromRows(size) ? spectrumByTokens(begin, layers)
                                                     : spectrumByLayers(begin, layers, first, kept);
        const Status sent = sink_(record);
        if (!sent) return sent;
        if (stop_.stop_requested()) {
          return failure(ErrorKind::interrupted, "the analysis was cancelled");
        }
      }
    }
    return {};
  }

  /// Of a group whose blocks were not all kept at the same time.
  Status emitOwnSpectrum(const PlannedGroup& group) {
    const auto from = rows_.begin() + group.first_layer;
    const auto record = spectrumOfGroup(LayerRows(from, from + group.num_layers),
                                        {cka_.stream, group.first_layer, seq_len_}, stop_);
    if (stop_.stop_requested()) {
      return failure(ErrorKind::interrupted, "the analysis was cancelled");
    }
    return record ? sink_(*record) : Status();
  }

  SpectrumRecord spectrumByTokens(int64_t begin, int64_t layers) const {
    const auto from = rows_.begin() + begin;
    return spectrumFromRows(LayerRows(from, from + layers), {cka_.stream, begin, seq_len_});
  }

  SpectrumRecord spectrumByLayers(int64_t begin, int64_t layers, int64_t first,
                                  const std::vector<std::vector<at::Tensor>>& kept) const {
    std::vector<at::Tensor> bands;
    for (int64_t i = begin; i < begin + layers; ++i) {
      std::vector<at::Tensor> band;
      for (int64_t j = begin; j < begin + layers; ++j) {
        const int64_t low = std::min(i, j);
        const at::Tensor& gram =
            kept[static_cast<size_t>(low - first)][static_cast<size_t>(std::max(i, j) - low)];
        band.push_back(i <= j ? gram : gram.t());
      }
      bands.push_back(at::cat(band, 1));
    }
    const auto from = rows_.begin() + begin;
    return spectrumFromGram(at::cat(bands, 0), LayerRows(from, from + layers),
                            {cka_.stream, begin, seq_len_});
  }

  const at::Tensor& layer(int64_t i) const { return rows_[static_cast<size_t>(i)]; }
  const at::Tensor& mean(int64_t i) const { return means_[static_cast<size_t>(i)]; }
  template <class T>
  T& cell(std::vector<T>& matrix, int64_t i, int64_t j) const {
    return matrix[static_cast<size_t>(i * num_layers_ + j)];
  }

  const LayerRows& rows_;
  const std::function<Status(const Record&)>& sink_;
  std::stop_token stop_;
  int64_t num_layers_;
  int64_t seq_len_;
  int64_t kv_dim_;
  std::vector<at::Tensor> means_;  // (kv_dim) each, fp64
  std::vector<double> norms_;      // (num_layers, num_layers), squared Frobenius norms of centred blocks
  CkaRecord cka_;
};

}  // namespace

Status analyseLayers(const LayerRows& rows, Stream stream, const std::vector<PlannedGroup>& plan,
                     const std::function<Status(const Record&)>& sink, std::stop_token stop) {
  return LayerAnalysis(rows, stream, sink, std::move(stop)).run(plan);
}

}  // namespace xkv
