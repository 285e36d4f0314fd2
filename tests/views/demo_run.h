// SPDX-License-Identifier: GPL-3.0-or-later
/// A made-up but self-consistent run, the same on every machine: what the tests of views and window show.
#pragma once

#include <cstdint>

#include "profiling/records/session.h"

namespace xkv::views {

/// 8 layers, kv_dim 64, 547 tokens. Its spectra obey METHOD.md 3 (group and layer errors agree with each
/// other and with the singular values), so that arithmetic on them can be checked.
struct DemoRunOptions {
  int64_t run_id = 3;
  int64_t layer_group_size = 4;
  int64_t rank_k = 24;
  int64_t rank_v = 36;
  Dtype dtype = Dtype::fp32;
  bool latent = false;  ///< latent attention: latents compressed, RoPE keys dense
};

Run demoRun(const DemoRunOptions& options = {});

/// The dense reference of the same prompt: CKA and spectra, no factors.
Run demoDenseRun();

/// Stopped by the engine at layer 5 of 8: CKA of 5 layers, spectra of the groups below, a failure.
Run demoStoppedRun();

}  // namespace xkv::views
