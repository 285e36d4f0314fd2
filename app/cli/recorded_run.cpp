// SPDX-License-Identifier: Apache-2.0
/// A run whose results go onto the terminal and into a session.
#include "app/cli/recorded_run.h"

#include <utility>

#include "app/cli/command_line.h"
#include "app/cli/interrupt.h"
#include "profiling/records/json.h"

namespace xkv::cli {
namespace {

std::string commandOf(const std::vector<std::string>& words) {
  std::string command = "xkv";
  for (const std::string& one : words) command += " " + shellQuoted(one);
  return command;
}

/// What an interrupted run has left, and how to start it again.
Failure interrupted(const RunOutput& output, const RunListener& listener,
                    const std::vector<std::string>& words) {
  std::string kept = "nothing was stored";
  if (output.session && listener.hasStarted())
    kept = std::to_string(listener.numStored()) + " results are in " + *output.session + ", run " +
           std::to_string(listener.run().run_id);
  return failure(ErrorKind::interrupted,
                 "interrupted; " + kept + "; to run it again: " + commandOf(words));
}

}  // namespace

Status recordRun(const RunSpec& spec, const RunOutput& output,
                 const std::vector<std::string>& words, const Console& console,
                 const Services& services) {
  std::optional<storage::SessionStore> store;
  if (output.session) {
    auto opened = storage::SessionStore::openOrCreate(*output.session);
    if (!opened) return Failure(opened.error());
    store.emplace(std::move(*opened));
  }
  RunListener listener(
      console, std::move(store),
      {.text = !output.json, .quiet = output.quiet, .notice_at_start = output.notice_at_start});
  Interrupt interrupt(
      [&console] { notice(console, "stopping at the next safe point; Ctrl-C again stops now"); });
  const Status done = services.run(spec, listener, interrupt.token());
  listener.progress().clear();
  if (output.json && listener.hasStarted()) {
    const Status written = console.out(toJson(listener.run()) + "\n");
    if (done && !written) return written;
  }
  if (!done && done.error().kind == ErrorKind::interrupted)
    return interrupted(output, listener, words);
  return done;
}

}  // namespace xkv::cli
