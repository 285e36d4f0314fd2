// SPDX-License-Identifier: GPL-3.0-or-later
/// Counting what a run that goes on, or that stopped, has measured.
#include "app/window/panel_state.h"

#include <algorithm>

namespace xkv::window {
namespace {

QString partial(int64_t done, int64_t all, const char* what) {
  if (done >= all || done == 0) return {};
  return QStringLiteral("partial: %1 of %2 %3").arg(done).arg(all).arg(QLatin1String(what));
}

/// Planned groups for which `isThere` holds in every stream that the plan factors.
template <class IsThere>
int64_t groupsThere(const Run& run, IsThere isThere) {
  int64_t there = 0;
  for (size_t g = 0; g < run.started.plan.size(); ++g) {
    const PlannedGroup& group = run.started.plan[g];
    bool all = true;
    for (const Stream stream : run.started.model.streams())
      all = all && (group.rank(stream) == 0 || isThere(stream, g));
    there += all ? 1 : 0;
  }
  return there;
}

}  // namespace

QString partialCka(const Run& run) {
  if (run.cka.empty()) return {};
  int64_t done = run.started.model.num_layers;
  for (const CkaRecord& record : run.cka) done = std::min(done, record.num_layers_done);
  return partial(done, run.started.model.num_layers, "layers");
}

QString partialSpectra(const Run& run) {
  const int64_t there = groupsThere(run, [&](Stream stream, size_t g) {
    const PlannedGroup& group = run.started.plan[g];
    return std::any_of(run.spectra.begin(), run.spectra.end(), [&](const SpectrumRecord& s) {
      return s.stream == stream && s.first_layer == group.first_layer &&
             s.num_layers == group.num_layers;
    });
  });
  return partial(there, static_cast<int64_t>(run.started.plan.size()), "groups");
}

QString partialErrors(const Run& run) {
  const int64_t there = groupsThere(run, [&](Stream stream, size_t g) {
    return std::any_of(run.reconstructions.begin(), run.reconstructions.end(),
                       [&](const ReconstructionRecord& r) {
                         return r.stream == stream && r.group == static_cast<int64_t>(g);
                       });
  });
  return partial(there, static_cast<int64_t>(run.started.plan.size()), "groups");
}

QString partialSelections(const Run& run) {
  return partial(static_cast<int64_t>(run.selections.size()), run.started.model.num_layers,
                 "layers");
}

}  // namespace xkv::window
