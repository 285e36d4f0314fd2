// SPDX-License-Identifier: Apache-2.0
/// Schemes take turns: one round to warm up, then those that count.
#include "profiling/bench_rounds.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <utility>

#include "profiling/records/printable.h"
#include "profiling/records/sentence.h"

namespace xkv {
namespace {

Status checkNames(const std::vector<BenchScheme>& schemes, const BenchRounds& rounds,
                  const std::string& subject) {
  for (const std::string& name : rounds.schemes) {
    if (std::ranges::find(schemes, name, &BenchScheme::name) != schemes.end()) continue;
    std::string all;
    for (const BenchScheme& scheme : schemes) all += (all.empty() ? "" : ", ") + scheme.name;
    return failure(ErrorKind::usage, sentence("{} has no scheme '{}'; it has {}", subject,
                                              printable(name, 60), all));
  }
  return {};
}

std::vector<BenchScheme> chosen(const std::vector<BenchScheme>& schemes,
                                const BenchRounds& rounds) {
  if (rounds.schemes.empty()) return schemes;
  std::vector<BenchScheme> some;
  std::ranges::copy_if(schemes, std::back_inserter(some), [&](const BenchScheme& scheme) {
    return std::ranges::find(rounds.schemes, scheme.name) != rounds.schemes.end();
  });
  return some;
}

std::string phaseOf(const BenchTable& table, const BenchScheme& scheme, int64_t round,
                    int64_t repeat) {
  return table.subject + ": " + scheme.name +
         (round == 0 ? ", warm-up" : sentence(", round {} of {}", round, repeat));
}

}  // namespace

std::function<Result<std::vector<int64_t>>()> timed(std::function<Status()> work) {
  return [work = std::move(work)]() -> Result<std::vector<int64_t>> {
    const auto before = std::chrono::steady_clock::now();
    const Status done = work();
    if (!done) return Failure(done.error());
    const auto taken = std::chrono::steady_clock::now() - before;
    return std::vector<int64_t>{
        std::chrono::duration_cast<std::chrono::nanoseconds>(taken).count()};
  };
}

Status sampleInTurn(const std::vector<BenchScheme>& all, const BenchRounds& rounds,
                    BenchTable& table) {
  const Status known = checkNames(all, rounds, table.subject);
  if (!known) return known;
  const std::vector<BenchScheme> schemes = chosen(all, rounds);
  for (const BenchScheme& scheme : schemes) {
    table.rows.push_back(
        {.scheme = scheme.name, .is_rival = scheme.is_rival, .samples_ns = {}, .figures = {}});
  }
  const auto count = static_cast<int64_t>(schemes.size());
  for (int64_t done = 0; done < (rounds.repeat + 1) * count; ++done) {
    const int64_t round = done / count;
    const auto place = static_cast<size_t>(done % count);
    if (rounds.progress) {
      rounds.progress(phaseOf(table, schemes[place], round, rounds.repeat), done,
                      (rounds.repeat + 1) * count);
    }
    table.complete = !rounds.stop.stop_requested();
    if (!table.complete) return {};
    const auto samples = schemes[place].step();
    if (!samples && samples.error().kind == ErrorKind::interrupted) {
      table.complete = false;
      return {};
    }
    if (!samples) return Failure(samples.error());
    if (round == 0) continue;
    std::vector<int64_t>& kept = table.rows[place].samples_ns;
    kept.insert(kept.end(), samples->begin(), samples->end());
  }
  return {};
}

}  // namespace xkv
