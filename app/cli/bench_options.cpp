// SPDX-License-Identifier: Apache-2.0
/// The options of `xkv bench`, and which subject takes which.
#include "app/cli/bench_options.h"

#include <algorithm>
#include <array>
#include <optional>

#include "app/cli/option_kinds.h"
#include "profiling/records/sentence.h"

namespace xkv::cli {
namespace {

using enum BenchSubject;

constexpr std::array kSubjects{factor, analysis, prefill, decode, attention, what_if};

/// A size, and the subjects that take it.
struct SizeOption {
  const char* name;
  std::optional<int64_t> BenchRequest::*target;
  const char* help;
  std::vector<BenchSubject> subjects;
};

const std::vector<SizeOption>& sizeOptions() {
  static const std::vector<SizeOption> kSizes{
      {"tokens", &BenchRequest::tokens,
       "Tokens of the prompt or rows of the cache; default: factor 4096, analysis, prefill and "
       "decode 1024, attention 65536, what-if 16384",
       {kSubjects.begin(), kSubjects.end()}},
      {"layers", &BenchRequest::num_layers,
       "factor: layers of the group, default 2; what-if: of the model, default 32",
       {factor, what_if}},
      {"kv-dim", &BenchRequest::kv_dim, "factor, what-if: width of one layer; default 1024",
       {factor, what_if}},
      {"rank", &BenchRequest::rank, "factor: the rank; default 256", {factor}},
      {"rank-k", &BenchRequest::rank_k,
       "Rank of the keys; default: attention 384, prefill and decode as in xkv run",
       {prefill, decode, attention}},
      {"rank-v", &BenchRequest::rank_v,
       "Rank of the values; default: attention 576, prefill and decode as in xkv run",
       {prefill, decode, attention}},
      {"num-heads", &BenchRequest::num_heads, "attention: query heads; default 32", {attention}},
      {"num-kv-heads", &BenchRequest::num_kv_heads, "attention: KV heads; default 8", {attention}},
      {"head-dim", &BenchRequest::head_dim, "attention: width of a head; default 128",
       {attention}},
      {"max-new-tokens", &BenchRequest::max_new_tokens,
       "decode: tokens of each round; default 32", {decode}}};
  return kSizes;
}

const std::vector<BenchSubject> kOfAModel{analysis, prefill, decode};

std::string wordsOfSubjects(const std::string& gap) {
  std::string words;
  for (const BenchSubject subject : kSubjects)
    words += (words.empty() ? "" : gap) + std::string(word(subject));
  return words;
}

void addSubjects(CLI::App& app, std::vector<BenchSubject>& subjects) {
  const auto take = [&subjects](const std::vector<std::string>& words) {
    for (const std::string& text : words) {
      const auto found = std::ranges::find_if(
          kSubjects, [&](BenchSubject subject) { return word(subject) == text; });
      if (found == kSubjects.end()) refuseValue("subject", text, "one of " + wordsOfSubjects(", "));
      subjects.push_back(*found);
    }
  };
  app.add_option_function<std::vector<std::string>>("subject", take, "What to measure")
      ->type_name(wordsOfSubjects("|"))
      ->required();
}

bool anyTakes(const BenchOptions& options, const std::vector<BenchSubject>& takers) {
  return std::ranges::any_of(options.subjects, [&](BenchSubject subject) {
    return std::ranges::find(takers, subject) != takers.end();
  });
}

Failure takenByNone(const std::string& flag, const std::vector<BenchSubject>& takers) {
  std::string words;
  for (const BenchSubject taker : takers)
    words += (words.empty() ? "" : ", ") + std::string(word(taker));
  return failure(ErrorKind::usage, sentence("{} is a size of {}", flag, words));
}

Status checkSizes(const BenchOptions& options) {
  for (const std::string& flag : options.sizes_given) {
    if (flag == "--model") {
      if (!anyTakes(options, kOfAModel)) return takenByNone(flag, kOfAModel);
      continue;
    }
    const auto size = std::ranges::find_if(
        sizeOptions(), [&](const SizeOption& one) { return "--" + std::string(one.name) == flag; });
    if (size != sizeOptions().end() && !anyTakes(options, size->subjects))
      return takenByNone(flag, size->subjects);
  }
  return {};
}

}  // namespace

void addBenchOptions(CLI::App& app, BenchOptions& options) {
  addSubjects(app, options.subjects);
  constexpr int64_t kLargest = 1 << 24;  // products of any three stay far inside an int64
  for (const SizeOption& size : sizeOptions()) {
    addNumber<int64_t>(app, spellings(size.name), options.sizes.*size.target, 1, size.help,
                       kLargest)
        ->group(kBenchSizes);
  }
  app.add_option("--model", options.sizes.model_dir,
                 "analysis, prefill, decode: this model's folder instead of random weights")
      ->type_name("DIR")
      ->group(kBenchSizes);
  addNumber<int64_t>(app, "--repeat", options.sizes.repeat, 1,
                     "Rounds that count; default: factor and analysis 3, decode 4, prefill 5, "
                     "attention 10, what-if 100",
                     1'000'000);
  app.add_option("--scheme", options.sizes.schemes,
                 "Measure only this row of the table; may be given several times")
      ->type_name("NAME")
      ->type_size(1)
      ->expected(1)
      ->allow_extra_args(false)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  addNumber<int64_t>(app, "--threads", options.sizes.num_threads, 0, "Threads; 0 = all cores", 4096)
      ->default_str("0");
}

Status settle(const BenchOptions& options) {
  std::vector<BenchSubject> subjects = options.subjects;
  std::ranges::sort(subjects);
  const auto twice = std::ranges::adjacent_find(subjects);
  if (twice != subjects.end())
    return failure(ErrorKind::usage, sentence("{} is named twice", word(*twice)));
  if (!options.sizes.schemes.empty() && subjects.size() > 1)
    return failure(ErrorKind::usage, "--scheme needs a single subject");
  return checkSizes(options);
}

}  // namespace xkv::cli
