// SPDX-License-Identifier: Apache-2.0
/// What `xkv make-model` and `xkv bench` are asked, as plain values.
#pragma once

#include <string>
#include <vector>

#include "app/bench/bench_request.h"
#include "engine/checkpoint/random_model.h"

namespace xkv::cli {

struct MakeModelOptions {
  RandomModelSpec spec;
  std::vector<std::string> sizes_given;  ///< flags of --like custom that were used
  bool quiet = false;
};

struct BenchOptions {
  std::vector<BenchSubject> subjects;
  BenchRequest sizes;                    ///< for each of the subjects
  std::vector<std::string> sizes_given;  ///< flags of sizes that were used
  bool json = false;
  bool quiet = false;
};

}  // namespace xkv::cli
