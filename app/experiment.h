// SPDX-License-Identifier: Apache-2.0
/// The whole flow of a run: load, prefill, analyse, generate, compare, account.
#pragma once

#include <stop_token>

#include "engine/engine.h"
#include "profiling/run_observer.h"

namespace xkv {

/// A RunSpec goes in, records come out. With a cache_file the rows come from that file and no model is loaded:
/// everything but tokens, texts, KL and latency, at the file's own dtype. The first record is RunStarted, the last RunFinished, also when
/// the run fails or is cancelled after it started. A spec that cannot start (a missing model, a rank that
/// cannot be) returns its failure and emits nothing but ProgressRecords.
/// interrupted: stop was asked; what was finished has been emitted.
Status runExperiment(Engine& engine, const RunSpec& spec, RunObserver& observer, std::stop_token stop);

}  // namespace xkv
