// SPDX-License-Identifier: Apache-2.0
/// CKA, cosine and spectra against their definitions in fp64.
#include "engine/analysis/layer_analysis.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/linalg_svd.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/mm.h>
#include <gtest/gtest.h>

#include <cmath>

#include "tests/engine/synthetic_kv.h"

namespace xkv {
namespace {

struct Found {
  CkaRecord cka;
  std::vector<SpectrumRecord> spectra;
};

Found analysed(const LayerRows& rows, const std::vector<PlannedGroup>& plan = {}) {
  Found found;
  const Status done = analyseLayers(
      rows, Stream::value, plan,
      [&](const Record& record) -> Status {
        if (const auto* cka = std::get_if<CkaRecord>(&record)) found.cka = *cka;
        if (const auto* one = std::get_if<SpectrumRecord>(&record)) found.spectra.push_back(*one);
        return {};
      },
      {});
  EXPECT_TRUE(done);
  return found;
}

double norm(const at::Tensor& x) { return at::linalg_vector_norm(x).item<double>(); }

double linearCka(const at::Tensor& a, const at::Tensor& b) {
  const at::Tensor x = a.to(at::kDouble) - a.to(at::kDouble).mean(0, true);
  const at::Tensor y = b.to(at::kDouble) - b.to(at::kDouble).mean(0, true);
  return std::pow(norm(at::mm(y.t(), x)), 2) /
         (norm(at::mm(x.t(), x)) * norm(at::mm(y.t(), y)));
}

void expectSpectrum(const SpectrumRecord& found, const LayerRows& rows) {
  const LayerRows group(rows.begin() + found.first_layer,
                        rows.begin() + found.first_layer + found.num_layers);
  const at::Tensor x = test::joined(group);
  const auto [u, s, v] = at::linalg_svd(x, false);
  ASSERT_EQ(static_cast<int64_t>(found.singular_values.size()), s.size(0));
  const double largest = s[0].item<double>();
  for (int64_t i = 0; i < s.size(0); ++i) {
    ASSERT_NEAR(found.singular_values[static_cast<size_t>(i)], s[i].item<double>(), 1e-5 * largest);
  }
  const int64_t n = s.size(0);
  const int64_t rank = std::min<int64_t>(10, n);
  const at::Tensor rest = x - at::mm(u.slice(1, 0, rank) * s.slice(0, 0, rank), v.slice(0, 0, rank));
  EXPECT_NEAR(found.group_error[static_cast<size_t>(rank)], norm(rest) / norm(x), 1e-5);
  EXPECT_EQ(found.group_error[0], 1);
  EXPECT_NEAR(found.group_error.back(), 0, 1e-5);
  const int64_t d = rows.front().size(1);
  for (int64_t i = 0; i < found.num_layers; ++i) {
    const double error = norm(rest.slice(1, i * d, (i + 1) * d)) / norm(group[static_cast<size_t>(i)]);
    EXPECT_NEAR(found.layer_error[static_cast<size_t>(i * (n + 1) + rank)], error, 1e-5);
  }
}

TEST(LayerAnalysis, EverySpectrumIsExactWhateverTheShapes) {
  // 7 layers: uneven last groups; 300 and 100 tokens: Gram of features and of tokens in one analysis.
  for (const int64_t tokens : {300, 100}) {
    const LayerRows rows =
        test::syntheticRows({.seq_len = tokens, .kv_dim = 48, .num_layers = 7, .bias = 20});
    const Found found = analysed(rows);
    ASSERT_EQ(found.spectra.size(), 7u + 4u + 2u + 1u);
    for (const SpectrumRecord& spectrum : found.spectra) expectSpectrum(spectrum, rows);
  }
}

TEST(LayerAnalysis, CkaEqualsItsDefinitionUnderALargeBias) {
  const LayerRows rows = test::syntheticRows(
      {.seq_len = 400, .kv_dim = 40, .num_layers = 5, .noise = 0.5, .bias = 300});
  const CkaRecord cka = analysed(rows).cka;
  EXPECT_EQ(cka.num_layers_done, 5);
  for (size_t i = 0; i < 5; ++i) {
    for (size_t j = 0; j < 5; ++j) {
      EXPECT_NEAR(cka.cka[i * 5 + j], linearCka(rows[i], rows[j]), 1e-4);
    }
  }
}

TEST(LayerAnalysis, WideLayersKeepTheirDigitsInFp32Products) {
  const LayerRows rows = test::syntheticRows(
      {.seq_len = 700, .kv_dim = 300, .num_layers = 2, .shared_rank = 200, .bias = 1000});
  const Found found = analysed(rows);
  EXPECT_NEAR(found.cka.cka[1], linearCka(rows[0], rows[1]), 1e-4);
  for (const SpectrumRecord& spectrum : found.spectra) {
    if (spectrum.num_layers != 2) continue;
    const double optimum = test::optimalError(rows, 40);
    EXPECT_NEAR(spectrum.group_error[40], optimum, 0.01 * optimum);
  }
}

TEST(LayerAnalysis, GroupsOfThePlanHaveTheirSpectraToo) {
  const LayerRows rows = test::syntheticRows({});
  const auto num_layers = static_cast<int64_t>(rows.size());
  ASSERT_GE(num_layers, 4);
  const std::vector<PlannedGroup> plan{{.first_layer = 0, .num_layers = 2},   // regular
                                       {.first_layer = 1, .num_layers = 3}};  // its own
  const Found found = analysed(rows, plan);
  EXPECT_EQ(found.spectra.size(), analysed(rows).spectra.size() + 1);
  const SpectrumRecord& own = found.spectra.back();
  EXPECT_EQ(own.first_layer, 1);
  EXPECT_EQ(own.num_layers, 3);
  const double optimum = test::optimalError(LayerRows(rows.begin() + 1, rows.begin() + 4), 5);
  EXPECT_NEAR(own.group_error[5], optimum, 1e-3 * optimum);
}

TEST(LayerAnalysis, StopIsHeard) {
  std::stop_source stop;
  stop.request_stop();
  const Status done = analyseLayers(
      test::syntheticRows({}), Stream::key, {}, [](const Record&) -> Status { return {}; },
      stop.get_token());
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().kind, ErrorKind::interrupted);
}

}  // namespace
}  // namespace xkv
