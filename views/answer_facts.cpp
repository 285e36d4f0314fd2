// SPDX-License-Identifier: GPL-3.0-or-later
/// What the answer strip says of a run, as plain numbers.
#include "views/answer_facts.h"

#include <algorithm>
#include <cmath>

namespace xkv::views {
namespace {

struct Loss {
  double lost = 0;    ///< squared
  double energy = 0;  ///< squared norm of the originals
};

std::optional<double> energyOf(const Run& run, Stream stream, const PlannedGroup& group) {
  for (const SpectrumRecord& s : run.spectra)
    if (s.stream == stream && s.first_layer == group.first_layer &&
        s.num_layers == group.num_layers)
      return s.total_energy;
  return std::nullopt;
}

/// Adds all groups of a stream; false where one of them cannot be said.
bool addStream(const Run& run, Stream stream, Loss& loss) {
  for (size_t g = 0; g < run.started.plan.size(); ++g) {
    const PlannedGroup& group = run.started.plan[g];
    if ((stream == Stream::key ? group.rank_k : group.rank_v) == 0) continue;
    const auto energy = energyOf(run, stream, group);
    const auto measured = std::find_if(
        run.reconstructions.begin(), run.reconstructions.end(), [&](const ReconstructionRecord& r) {
          return r.stream == stream && r.group == static_cast<int64_t>(g);
        });
    if (!energy || measured == run.reconstructions.end()) return false;
    loss.lost += measured->error * measured->error * *energy;
    loss.energy += *energy;
  }
  return true;
}

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

std::optional<double> totalError(const Run& run) {
  Loss loss;
  if (!addStream(run, Stream::key, loss) || !addStream(run, Stream::value, loss))
    return std::nullopt;
  if (loss.energy <= 0) return std::nullopt;
  return std::sqrt(loss.lost / loss.energy);
}

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
