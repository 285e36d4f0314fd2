// SPDX-License-Identifier: GPL-3.0-or-later
/// The made-up run keeps the laws of a real one, so that tests built on it mean something.
#include "tests/views/demo_run.h"

#include <gtest/gtest.h>

#include <cmath>

namespace xkv::views {
namespace {

TEST(DemoRun, GroupErrorFollowsFromTheSingularValues) {
  for (const SpectrumRecord& s : demoRun().spectra) {
    double rest = s.total_energy;
    for (size_t r = 0; r < s.singular_values.size(); ++r) {
      ASSERT_NEAR(s.group_error[r], std::sqrt(std::max(0.0, rest) / s.total_energy), 2e-4)
          << s.first_layer << "+" << s.num_layers << " rank " << r;
      rest -= static_cast<double>(s.singular_values[r]) * s.singular_values[r];
    }
    EXPECT_EQ(s.group_error.back(), 0);
  }
}

TEST(DemoRun, LayerErrorsAddUpToTheGroupError) {
  for (const SpectrumRecord& s : demoRun().spectra) {
    const size_t n = s.group_error.size();
    for (size_t r = 0; r < n; r += 7) {
      double left = 0;
      for (size_t l = 0; l < static_cast<size_t>(s.num_layers); ++l) {
        left += std::pow(s.layer_error[l * n + r], 2) * s.layer_energy[l];
      }
      ASSERT_NEAR(left / s.total_energy, std::pow(s.group_error[r], 2), 1e-5);
    }
  }
}

TEST(DemoRun, LargerGroupsShareTheirBasis) {
  const auto run = demoRun();
  const auto errorOf = [&](int64_t layers) {
    for (const SpectrumRecord& s : run.spectra) {
      if (s.stream == Stream::key && s.num_layers == layers)
        return s.group_error[static_cast<size_t>(5 * layers)];
    }
    return -1.0f;
  };
  EXPECT_GT(errorOf(1), errorOf(2));
  EXPECT_GT(errorOf(2), errorOf(4));
  EXPECT_GT(errorOf(4), errorOf(8));
}

TEST(DemoRun, SpansNestAndEndInOrder) {
  int64_t last_end = 0;
  for (const Span& span : demoRun().timeline.spans) {
    EXPECT_LE(span.start_ns, span.end_ns);
    EXPECT_GE(span.end_ns, last_end);
    last_end = span.end_ns;
  }
  EXPECT_GT(last_end, 0);
}

}  // namespace
}  // namespace xkv::views
