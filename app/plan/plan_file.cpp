// SPDX-License-Identifier: Apache-2.0
/// Reads a plan from a small regular file, holds it against the model, and writes plans.
#include "app/plan/plan_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>

#include "app/plan/plan_reader.h"
#include "app/plan/yaml_tree.h"
#include "profiling/layer_groups.h"
#include "profiling/records/printable.h"
#include "profiling/records/sentence.h"

namespace xkv {
namespace {

constexpr std::size_t kMaxPlanBytes = 1 << 20;

Failure refused(const std::string& label, const std::string& why) {
  return failure(ErrorKind::bad_input, printable(label, 400) + ": " + why);
}

struct Descriptor {
  int number;
  ~Descriptor() {
    if (number >= 0) ::close(number);
  }
};

/// Reads at most one byte more than a plan may have, whatever the file claims to be.
Result<std::string> readSmallFile(const std::string& path) {
  const Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  struct stat status {};
  if (file.number < 0 || ::fstat(file.number, &status) != 0) {
    return refused(path, sentence("cannot be opened: {}", std::strerror(errno)));
  }
  if (!S_ISREG(status.st_mode)) return refused(path, "not a regular file");
  std::string text(kMaxPlanBytes + 1, '\0');
  std::size_t size = 0;
  while (size < text.size()) {
    const ssize_t got = ::read(file.number, text.data() + size, text.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return refused(path, sentence("cannot be read: {}", std::strerror(errno)));
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  text.resize(size);
  return text;
}

Status fitsModel(const std::string& label, const ReadPlan& plan, const ModelShape& model) {
  if (plan.num_layers != model.num_layers) {
    return refused(label, sentence("num_layers is {}, the model {} has {}", plan.num_layers,
                                   printable(model.name, 60), model.num_layers));
  }
  constexpr int64_t kAnyLength = std::numeric_limits<int64_t>::max();
  const auto planned = planGroups(plan.config, cacheShapeOf(model), kAnyLength);
  if (!planned) return refused(label, planned.error().message);
  return {};
}

template <class Number>
std::string optionalLine(const char* indent, const char* key, const std::optional<Number>& value) {
  return value ? sentence("{}{}: {}\n", indent, key, *value) : "";
}

/// The groups that a config means, in the order in which it names them.
std::vector<LayerGroup> groupsOf(const CompressionConfig& config, int64_t num_layers) {
  if (!config.layer_groups.empty()) return config.layer_groups;
  const bool pairs = config.method == Method::minicache;
  std::vector<LayerGroup> groups;
  const int64_t size = pairs ? 2 : std::max<int64_t>(1, config.layer_group_size);
  const int64_t end =
      config.end_layer < 0 ? num_layers : std::min(num_layers, config.end_layer + 1);
  const int64_t start =
      config.start_layer < 0 ? (pairs ? num_layers / 2 : 0) : config.start_layer;
  for (int64_t first = start; first < end; first += size) {
    if (pairs && first + 2 > end) break;  // a layer without a partner stays dense
    groups.push_back({first, std::min(size, end - first), std::nullopt, std::nullopt});
  }
  return groups;
}

}  // namespace

Result<CompressionConfig> readPlanFile(const std::string& path,
                                       const std::optional<ModelShape>& model) {
  const Result<std::string> text = readSmallFile(path);
  if (!text) return tl::unexpected(text.error());
  return parsePlan(*text, path, model);
}

Result<CompressionConfig> parsePlan(std::string_view text, const std::string& label,
                                    const std::optional<ModelShape>& model) {
  if (text.size() > kMaxPlanBytes) {
    return refused(label, sentence("a plan has at most {} bytes", kMaxPlanBytes));
  }
  const Result<YamlValue> tree = parseYamlTree(text);
  if (!tree) return refused(label, tree.error().message);
  const Result<ReadPlan> plan = readPlanTree(*tree);
  if (!plan) return refused(label, plan.error().message);
  if (model) {
    if (Status fits = fitsModel(label, *plan, *model); !fits) return tl::unexpected(fits.error());
  }
  return plan->config;
}

std::string writePlan(const CompressionConfig& config, int64_t num_layers) {
  const bool slerp = config.method == Method::minicache;
  std::string out = sentence("xKV_config:\n  num_layers: {}\n  layer_merge_impl: {}\n", num_layers,
                             slerp ? "slerp" : "svd");
  out += slerp ? sentence("  slerp_t: {}\n  slerp_gamma: {}\n", config.slerp_t, config.slerp_gamma)
               : optionalLine("  ", "rank_k", config.rank_k) +
                     optionalLine("  ", "rank_v", config.rank_v);
  out += sentence("  merge_key: {}\n  merge_value: {}\n  layer_groups:\n",
                  config.merge_key ? "true" : "false", config.merge_value ? "true" : "false");
  for (const LayerGroup& group : groupsOf(config, num_layers)) {
    std::string layers;
    for (int64_t i = 0; i < group.num_layers; ++i) {
      layers += (i > 0 ? ", " : "") + std::to_string(group.first_layer + i);
    }
    out += sentence("    - layers: [{}]\n", layers);
    if (slerp) {
      out += optionalLine("      ", "slerp_t", group.slerp_t);
      out += optionalLine("      ", "slerp_gamma", group.slerp_gamma);
      continue;
    }
    out += optionalLine("      ", "rank_k", group.rank_k);
    out += optionalLine("      ", "rank_v", group.rank_v);
  }
  return out;
}

}  // namespace xkv
