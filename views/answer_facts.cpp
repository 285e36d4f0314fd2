// SPDX-License-Identifier: GPL-3.0-or-later
/// What the answer strip says of a run, as plain numbers.
#include "views/answer_facts.h"

#include <algorithm>
#include <cmath>

namespace xkv::views {
namespace {

const LatencyRecord* latencyOf(const Run& run, Method method) {
  const auto found = std::find_if(run.latencies.begin(), run.latencies.end(),
                                  [&](const LatencyRecord& l) { return l.method == method; });
  return found == run.latencies.end() ? nullptr : &*found;
}

double quantile(const std::vector<int64_t>& sorted, double share) {
  const double place = share * static_cast<double>(sorted.size() - 1);
  const auto low = static_cast<size_t>(place);
  const size_t high = std::min(low + 1, sorted.size() - 1);
  const double between = place - static_cast<double>(low);
  return (1 - between) * static_cast<double>(sorted[low]) +
         between * static_cast<double>(sorted[high]);
}

}  // namespace

std::optional<DecodeTime> decodeTime(const Run& run, Method method) {
  const LatencyRecord* latency = latencyOf(run, method);
  if (latency == nullptr || latency->decode_step_ns.empty()) return std::nullopt;
  std::vector<int64_t> sorted = latency->decode_step_ns;
  std::sort(sorted.begin(), sorted.end());
  return DecodeTime{quantile(sorted, 0.5), (quantile(sorted, 0.9) - quantile(sorted, 0.1)) / 2,
                    static_cast<int64_t>(sorted.size())};
}

std::optional<int64_t> ttftNs(const Run& run, Method method) {
  const LatencyRecord* latency = latencyOf(run, method);
  if (latency == nullptr || latency->ttft_ns == 0) return std::nullopt;
  return latency->ttft_ns;
}

std::optional<int64_t> cacheBytes(const Run& run) {
  if (!run.memory) return std::nullopt;
  return run.memory->factor_bytes;
}

std::vector<TokenRecord> tokensOf(const Run& run, Method method) {
  std::vector<TokenRecord> tokens;
  for (const TokenRecord& token : run.tokens)
    if (token.method == method) tokens.push_back(token);
  return tokens;
}

}  // namespace xkv::views
