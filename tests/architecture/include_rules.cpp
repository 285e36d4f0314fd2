// SPDX-License-Identifier: Apache-2.0
/// The table, and the check of one file against it.
#include "tests/architecture/include_rules.h"

#include <algorithm>
#include <array>
#include <utility>

namespace xkv::architecture {
namespace {

/// A header belongs to the first entry that is its name or (ending in '/') its start.
constexpr std::array<std::pair<std::string_view, Vendor>, 27> kVendors{{
    {"tl/", Vendor::expected},
    {"nlohmann/", Vendor::json},
    {"ATen/", Vendor::torch},
    {"c10/", Vendor::torch},
    {"torch/", Vendor::torch},
    {"hwy/", Vendor::highway},
    {"immintrin.h", Vendor::intrinsics},
    {"pcre2.h", Vendor::pcre2},
    {"unicode/", Vendor::icu},
    {"sqlite3.h", Vendor::sqlite},
    {"qcustomplot.h", Vendor::qcustomplot},
    {"CLI/", Vendor::cli11},
    {"yaml-cpp/", Vendor::yaml},
    {"sys/", Vendor::system},
    {"dlfcn.h", Vendor::system},
    {"errno.h", Vendor::system},
    {"fcntl.h", Vendor::system},
    {"malloc.h", Vendor::system},
    {"poll.h", Vendor::system},
    {"pthread.h", Vendor::system},
    {"pwd.h", Vendor::system},
    {"sched.h", Vendor::system},
    {"signal.h", Vendor::system},
    {"termios.h", Vendor::system},
    {"time.h", Vendor::system},
    {"unistd.h", Vendor::system},
    {"omp.h", Vendor::system},
}};

bool matches(std::string_view name, std::string_view pattern) {
  return pattern.ends_with('/') ? name.starts_with(pattern) : name == pattern;
}

bool anyMatches(const std::vector<std::string_view>& patterns, std::string_view name) {
  return std::ranges::any_of(patterns,
                             [&](std::string_view pattern) { return matches(name, pattern); });
}

bool isLower(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; }
bool isUpper(char c) { return c >= 'A' && c <= 'Z'; }

const IncludeRule* ruleFor(std::string_view path) {
  const IncludeRule* best = nullptr;
  for (const IncludeRule& rule : includeRules()) {
    if (matches(path, rule.scope) && (!best || rule.scope.size() > best->scope.size())) {
      best = &rule;
    }
  }
  return best;
}

bool contains(const std::vector<Vendor>& vendors, Vendor vendor) {
  return std::ranges::find(vendors, vendor) != vendors.end();
}

bool vendorAllowed(const IncludeRule& rule, Vendor vendor, bool is_header) {
  if (vendor == Vendor::standard || vendor == Vendor::system) return true;
  if (contains(rule.vendors, vendor)) return true;
  return !is_header && contains(rule.vendors_in_sources, vendor);
}

}  // namespace

std::optional<Vendor> vendorOf(std::string_view header) {
  for (const auto& [pattern, vendor] : kVendors) {
    if (matches(header, pattern)) return vendor;
  }
  if (std::ranges::all_of(header, isLower)) return Vendor::standard;
  if (header.size() > 1 && header[0] == 'Q' && isUpper(header[1])) return Vendor::qt;
  return std::nullopt;
}

const std::vector<IncludeRule>& includeRules() {
  using enum Vendor;
  static const std::vector<IncludeRule> kRules{
      {"profiling/records/", {"profiling/records/"}, {expected}, {json}},
      {"profiling/", {"profiling/"}, {}, {}},
      {"engine/text/",
       {"engine/checkpoint/model_folder.h", "engine/text/", "profiling/records/"},
       {json},
       {pcre2, icu}},
      {"engine/checkpoint/", {"engine/checkpoint/", "profiling/records/"}, {json}, {torch}},
      {"engine/engine.h",
       {"engine/checkpoint/model_folder.h", "engine/text/tokenizer.h", "profiling/layer_groups.h", "profiling/phase_sink.h",
        "profiling/records/"},
       {},
       {}},
      {"engine/bench.h", {"profiling/bench_rounds.h"}, {}, {}},
      {"engine/",
       {"engine/", "profiling/bench_rounds.h", "profiling/layer_groups.h",
        "profiling/no_phases.h", "profiling/phase_sink.h", "profiling/records/",
        "profiling/selective_plan.h"},
       {torch},
       {json}},
      {"engine/ops/simd/", {"engine/ops/cache_ops.h", "engine/ops/simd/", "profiling/records/"}, {}, {highway, torch}},
      {"engine/ops/simd/attention_inl.h", {"engine/ops/simd/"}, {highway}, {}},
      {"engine/ops/simd/bf16_tile.cpp", {"engine/ops/simd/"}, {}, {intrinsics}},
      {"engine/ops/simd/lanes_inl.h", {"profiling/records/"}, {highway}, {}},
      {"engine/ops/simd/rebuild_inl.h", {"engine/ops/simd/"}, {highway}, {}},
      {"engine/ops/simd/rotate_inl.h", {"engine/ops/simd/"}, {highway}, {}},
      {"engine/ops/simd/scores_inl.h", {"engine/ops/simd/"}, {highway}, {}},
      {"engine/ops/simd/tile_inl.h", {"engine/ops/simd/"}, {highway}, {}},
      {"storage/", {"storage/", "profiling/records/"}, {}, {sqlite}},
      {"views/qcustomplot.h", {}, {qt, qcustomplot}, {}},
      {"views/", {"views/", "profiling/"}, {qt}, {}},
      {"app/window/",
       {"app/export/", "app/serve/frames.h", "app/version.h", "app/window/", "profiling/",
        "storage/session_store.h", "views/"},
       {qt},
       {}},
      {"app/bench/",
       {"app/bench/", "engine/bench.h", "engine/checkpoint/random_model.h", "engine/engine.h",
        "profiling/"},
       {},
       {}},
      {"app/cli/",
       {"app/", "engine/checkpoint/random_model.h", "engine/engine.h",
        "engine/text/chat_template.h", "engine/text/tokenizer.h", "profiling/",
        "storage/session_store.h"},
       {cli11},
       {yaml, json},
       {"app/window/"}},
      {"app/",
       {"app/", "engine/engine.h", "engine/text/chat_template.h", "engine/text/tokenizer.h",
        "profiling/", "storage/session_store.h"},
       {},
       {yaml, json},
       {"app/cli/", "app/window/"}},
  };
  return kRules;
}

std::vector<std::string> includeViolations(const SourceFile& file) {
  std::vector<std::string> violations;
  const IncludeRule* rule = ruleFor(file.path);
  if (!rule) return {file.path + ": no rule of the table holds for this folder"};
  const auto complain = [&](const Include& include, std::string_view why) {
    violations.push_back(file.path + ":" + std::to_string(include.line) + ": " + include.name +
                         std::string(why));
  };
  for (const Include& include : file.includes) {
    if (include.quoted) {
      const bool allowed =
          anyMatches(rule->project, include.name) && !anyMatches(rule->never, include.name);
      if (!allowed) complain(include, " is not among what this folder may include");
      continue;
    }
    const std::optional<Vendor> vendor = vendorOf(include.name);
    if (!vendor) {
      complain(include, " belongs to no library of the table");
    } else if (!vendorAllowed(*rule, *vendor, file.isHeader())) {
      complain(include, " belongs to a library that this file may not include");
    }
  }
  return violations;
}

}  // namespace xkv::architecture
