// SPDX-License-Identifier: Apache-2.0
/// The compression that flags and a YAML file ask for together.
#include "app/cli/compression_plan.h"

#include <algorithm>

#include "app/plan/plan_file.h"
#include "profiling/layer_groups.h"
#include "profiling/records/printable.h"
#include "profiling/records/words.h"

namespace xkv::cli {
namespace {

const std::vector<std::string> kSlerpFlags{"--slerp-t", "--slerp-gamma", "--slerp-keep"};
const std::vector<std::string> kXkvFlags{
    "--rank-k",           "--rank-v",         "--factor-backend",
    "--token-basis-bits", "--layer-factor-bits", "--target-error",
    "--target-energy",    "--recompress-after",  "--recompress-residual"};
const std::vector<std::string> kSelectiveFlags{"--budget",         "--chunk",     "--local-chunks",
                                               "--outlier-chunks", "--landmarks", "--share-selection"};

bool isOneOf(const std::vector<std::string>& flags, const std::string& flag) {
  return std::ranges::find(flags, flag) != flags.end();
}

/// A target on the command line stands above the ranks of a file.
void dropRanks(CompressionConfig& config) {
  config.rank_k.reset();
  config.rank_v.reset();
  for (LayerGroup& group : config.layer_groups) {
    group.rank_k.reset();
    group.rank_v.reset();
  }
}

}  // namespace

Result<CompressionConfig> compressionFor(const CompressionOptions& options,
                                         const ModelFolder& folder, const Services& services) {
  const bool streams_given = options.merge_key_given || options.merge_value_given;
  const auto model = services.describe(folder);
  if (!options.config_file) {
    CompressionConfig config = options.config;
    if (model && !streams_given) takeDefaultStreams(config, *model);
    return config;  // what is wrong with the model, loading it says
  }
  if (!model) return Failure(model.error());
  auto config = readPlanFile(*options.config_file, *model);
  if (!config) return config;
  const CompressionConfig& flags = options.config;
  const bool may_differ = isFactored(flags.method) && isFactored(config->method);  // svd is how, not what is read
  if (options.given("--method") && may_differ) config->method = flags.method;
  if (options.given("--method") && flags.method != config->method)
    return failure(ErrorKind::bad_input,
                   printable(*options.config_file, 400) + ": layer_merge_impl is " +
                       (config->method == Method::minicache ? "slerp" : "svd") + ", --method is " +
                       std::string(word(flags.method)));
  if (flags.rank_k) config->rank_k = flags.rank_k;
  if (flags.rank_v) config->rank_v = flags.rank_v;
  if (streams_given) {
    config->merge_key = flags.merge_key;
    config->merge_value = flags.merge_value;
  }
  if (options.given("--slerp-t")) config->slerp_t = flags.slerp_t;
  if (options.given("--slerp-gamma")) config->slerp_gamma = flags.slerp_gamma;
  config->slerp_keep = flags.slerp_keep;
  config->factor_backend = flags.factor_backend;
  config->factor_dtype = flags.factor_dtype;
  config->target_error = flags.target_error;
  config->target_energy = flags.target_energy;
  if (flags.target_error || flags.target_energy) dropRanks(*config);
  config->token_basis_bits = flags.token_basis_bits;
  config->layer_factor_bits = flags.layer_factor_bits;
  config->selective = flags.selective;
  config->recompress_after = flags.recompress_after;
  config->recompress_residual = flags.recompress_residual;
  return config;
}

void noticeUnusedFlags(const CompressionOptions& options, const CompressionConfig& config,
                       const Console& console) {
  const auto unused = [&](const std::string& flag) {
    if (flag == "--method") return false;
    if (config.method == Method::dense) return true;
    if (isOneOf(kSelectiveFlags, flag)) return !isSelective(config.method);
    return isOneOf(isFactored(config.method) ? kSlerpFlags : kXkvFlags, flag);
  };
  for (const std::string& flag : options.flags_given)
    if (unused(flag))
      notice(console, "the " + std::string(word(config.method)) + " method does not use " + flag);
}

}  // namespace xkv::cli
