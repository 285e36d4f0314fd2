// SPDX-License-Identifier: Apache-2.0
/// `xkv serve`: requests come in as frames, runs go out as frames; the engine behind the window.
#pragma once

#include <chrono>
#include <functional>
#include <stop_token>
#include <string>

#include "app/serve/frames.h"
#include "profiling/run_observer.h"

namespace xkv {

/// What the server can do; a test gives functions of its own.
struct Service {
  std::function<Status(const RunSpec&, RunObserver&, std::stop_token)> run;
  std::function<Result<ModelShape>(const std::string& model_dir)> describe;
};

struct ServeOptions {
  Hello hello;
  int input_fd = 0;
  int output_fd = 1;
  /// How long a run may take to stop once the other side has gone; then `abandon` is called.
  std::chrono::milliseconds grace{5000};
  /// Ends the process at once; a test may only note it.
  std::function<void()> abandon;
};

/// Keeps standard output for frames alone: whatever else writes to it goes to standard error from
/// now on. Returns the descriptor that frames are to be written to.
Result<int> claimStandardOutput();

/// Says hello, then answers until Shutdown or the end of the input, which also stops what is
/// running. Runs are done one after another in the order they came; info is answered beside them. A
/// failure of a run is an ErrorReply, not a failure of the server. bad_input: the input is no
/// frames.
Status serve(const Service& service, ServeOptions options);

}  // namespace xkv
