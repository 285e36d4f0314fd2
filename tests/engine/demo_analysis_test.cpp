// SPDX-License-Identifier: Apache-2.0
/// The demo model's run and analysis against definitions in float64 (data/demo).
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/engine/golden.h"
#include "tests/engine/tiny_model.h"

namespace xkv {
namespace {

using nlohmann::json;

class DemoAnalysis : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    reference_ = json::parse(std::ifstream(test::dataPath("demo/analysis.json")))[GetParam()];
    RunSpec spec;
    spec.model_dir = test::demoModelDir();
    spec.prompt = reference_["prompt"].get<std::string>();
    spec.dtype = Dtype::fp32;
    spec.max_new_tokens = 12;
    const Status done = test::runSpec(spec, run_);
    ASSERT_TRUE(done) << done.error().message;
  }

  /// The singular values of a reference group, in fp64.
  static std::vector<double> energies(const json& group) {
    std::vector<double> sums;
    double sum = 0;
    for (const double s : group["singular_values"].get<std::vector<double>>()) {
      sums.push_back(sum += s * s);
    }
    return sums;
  }

  /// Exact but where two cumulative energies lie closer than 1e-6 of the total.
  static void expectRank(int64_t got, const json& group, const char* share) {
    const int64_t want = group["rank_for_energy"][share].get<int64_t>();
    if (got == want) return;
    const std::vector<double> sums = energies(group);
    const auto at = static_cast<size_t>(std::min(got, want)) - 1;
    EXPECT_EQ(std::abs(got - want), 1);
    EXPECT_LT(std::abs(sums[at] / sums.back() - std::stod(share)), 1e-6);
  }

  json reference_;
  test::RecordList run_;
};

TEST_P(DemoAnalysis, GreedyIdsOfTheDenseCache) {
  std::vector<int64_t> ids;
  for (const TokenRecord& token : run_.all<TokenRecord>()) {
    if (token.method == Method::dense) ids.push_back(token.choice.id);
  }
  EXPECT_EQ(ids, reference_["greedy_ids"].get<std::vector<int64_t>>());
  EXPECT_EQ(run_.all<RunStarted>().front().prompt_ids,
            reference_["input_ids"].get<std::vector<int64_t>>());
}

TEST_P(DemoAnalysis, CkaAndTokenCosine) {
  int whole = 0;
  for (const CkaRecord& cka : run_.all<CkaRecord>()) {
    if (cka.num_layers_done < cka.num_layers) continue;  // on the way
    ++whole;
    const json& stream = reference_[cka.stream == Stream::key ? "key" : "value"];
    for (size_t i = 0; i < 8; ++i) {
      for (size_t j = 0; j < 8; ++j) {
        EXPECT_NEAR(cka.cka[i * 8 + j], stream["cka"][i][j].get<double>(), 1e-4);
        EXPECT_NEAR(cka.token_cosine[i * 8 + j], stream["token_cosine"][i][j].get<double>(), 1e-4);
      }
    }
  }
  EXPECT_EQ(whole, 2);
}

TEST_P(DemoAnalysis, SpectraErrorsAndEnergyRanksOfEveryGroup) {
  int found = 0;
  for (const SpectrumRecord& spectrum : run_.all<SpectrumRecord>()) {
    const json& stream = reference_[spectrum.stream == Stream::key ? "key" : "value"];
    for (const json& group : stream["groups"]) {
      if (group["layers"].size() != static_cast<size_t>(spectrum.num_layers) ||
          group["layers"][0] != spectrum.first_layer) {
        continue;
      }
      ++found;
      const auto values = group["singular_values"].get<std::vector<double>>();
      ASSERT_EQ(values.size(), spectrum.singular_values.size());
      for (size_t i = 0; i < values.size(); ++i) {
        ASSERT_NEAR(spectrum.singular_values[i], values[i], 1e-5 * values[0]);
      }
      for (const auto& [rank, error] : group["error_at_rank"].items()) {
        const size_t r = std::stoul(rank);
        EXPECT_NEAR(spectrum.group_error[r], error.get<double>(), 1e-4);
        for (size_t l = 0; l < group["layers"].size(); ++l) {
          EXPECT_NEAR(spectrum.layer_error[l * (values.size() + 1) + r],
                      group["layer_error_at_rank"][rank][l].get<double>(), 1e-4);
        }
      }
      expectRank(spectrum.rank_90, group, "0.9");
      expectRank(spectrum.rank_95, group, "0.95");
      expectRank(spectrum.rank_99, group, "0.99");
    }
  }
  EXPECT_EQ(found, 30);
}

INSTANTIATE_TEST_SUITE_P(Prompts, DemoAnalysis, testing::Values("short", "long"));

}  // namespace
}  // namespace xkv
