// SPDX-License-Identifier: Apache-2.0
/// A predicted error equals the measured one (METHOD.md 3), on the demo model's own cache.
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

#include "profiling/records/words.h"
#include "tests/engine/golden.h"
#include "tests/engine/tiny_model.h"

namespace xkv {
namespace {

struct Setting {
  int64_t group_size;
  int64_t rank_k;
  int64_t rank_v;
  Dtype dtype;
};

class Prediction : public testing::TestWithParam<Setting> {};

TEST_P(Prediction, EqualsTheMeasuredErrorOfEveryGroupAndLayer) {
  const auto demo = nlohmann::json::parse(std::ifstream(test::dataPath("demo/analysis.json")));
  RunSpec spec;
  spec.model_dir = test::demoModelDir();
  spec.prompt = demo["long"]["prompt"].get<std::string>();
  spec.dtype = Dtype::fp32;
  spec.max_new_tokens = 1;
  spec.compression.layer_group_size = GetParam().group_size;
  spec.compression.rank_k = GetParam().rank_k;
  spec.compression.rank_v = GetParam().rank_v;
  spec.compression.factor_dtype = GetParam().dtype;
  test::RecordList run;
  ASSERT_TRUE(test::runSpec(spec, run));

  const bool bf16 = GetParam().dtype == Dtype::bf16;
  const auto expectEqual = [&](double measured, double exact, double rounding) {
    const double predicted = bf16 ? std::hypot(exact, rounding) : exact;
    const double fp32_tolerance = predicted >= 1e-3 ? 0.01 * predicted : 1e-5;
    EXPECT_NEAR(measured, predicted, bf16 ? 0.03 * predicted : fp32_tolerance);
  };
  int compared = 0;
  for (const ReconstructionRecord& real : run.all<ReconstructionRecord>()) {
    for (const SpectrumRecord& spectrum : run.all<SpectrumRecord>()) {
      if (spectrum.stream != real.stream || spectrum.first_layer != real.first_layer ||
          spectrum.num_layers != real.num_layers) {
        continue;
      }
      ++compared;
      SCOPED_TRACE(std::string(word(real.stream)) + "s of layer " + std::to_string(real.first_layer));
      const auto rank = static_cast<size_t>(real.rank);
      expectEqual(real.error, spectrum.group_error[rank], spectrum.group_rounding[rank]);
      const size_t row = spectrum.singular_values.size() + 1;
      for (size_t l = 0; l < real.layer_error.size(); ++l) {
        expectEqual(real.layer_error[l], spectrum.layer_error[l * row + rank],
                    spectrum.layer_rounding[l * row + rank]);
      }
    }
  }
  EXPECT_EQ(compared, 2 * (8 / GetParam().group_size));
}

INSTANTIATE_TEST_SUITE_P(Ranks, Prediction,
                         testing::Values(Setting{4, 24, 36, Dtype::fp32},
                                         Setting{1, 8, 12, Dtype::fp32},
                                         Setting{2, 120, 127, Dtype::fp32},
                                         Setting{8, 511, 512, Dtype::fp32},
                                         Setting{4, 24, 36, Dtype::bf16},
                                         Setting{2, 60, 90, Dtype::bf16},
                                         Setting{1, 64, 64, Dtype::bf16},
                                         Setting{2, 120, 127, Dtype::bf16},
                                         Setting{8, 511, 512, Dtype::bf16}));

}  // namespace
}  // namespace xkv
