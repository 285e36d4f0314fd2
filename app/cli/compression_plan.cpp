// SPDX-License-Identifier: Apache-2.0
/// The compression that flags and a YAML file ask for together.
#include "app/cli/compression_plan.h"

#include "app/plan/plan_file.h"
#include "profiling/layer_groups.h"

namespace xkv::cli {

Result<CompressionConfig> compressionFor(const CompressionOptions& options,
                                         const std::string& model_dir, const Services& services) {
  const bool streams_given = options.merge_key_given || options.merge_value_given;
  const auto model = services.describe(model_dir);
  if (!options.config_file) {
    CompressionConfig config = options.config;
    if (model && !streams_given) takeDefaultStreams(config, *model);
    return config;  // what is wrong with the model, loading it says
  }
  if (!model) return Failure(model.error());
  auto config = readPlanFile(*options.config_file, *model);
  if (!config) return config;
  const CompressionConfig& flags = options.config;
  if (flags.rank_k) config->rank_k = flags.rank_k;
  if (flags.rank_v) config->rank_v = flags.rank_v;
  if (streams_given) {
    config->merge_key = flags.merge_key;
    config->merge_value = flags.merge_value;
  }
  config->factor_backend = flags.factor_backend;
  config->factor_dtype = flags.factor_dtype;
  return config;
}

void noticeUnusedFlags(const CompressionOptions& options, const Console& console) {
  if (options.config.method != Method::dense) return;
  for (const std::string& flag : options.flags_given)
    if (flag != "--method") notice(console, "the dense method does not use " + flag);
}

}  // namespace xkv::cli
