// SPDX-License-Identifier: Apache-2.0
/// `xkv capture`: a prompt's cache as safetensors.
#include "app/cli/chat_prompt.h"
#include "app/cli/commands.h"
#include "app/cli/compression_plan.h"
#include "app/cli/input_file.h"
#include "app/cli/interrupt.h"

namespace xkv::cli {
namespace {

Status readInputs(const CaptureOptions& options, const Console& console, CaptureJob& job) {
  if (options.prompt.chat.messages) {
    const Console told = options.quiet ? silent(console) : console;
    auto prompt = chatPrompt(options.prompt.chat, options.engine.model,
                             /*add_generation_prompt=*/true, told);
    if (!prompt) return Failure(prompt.error());
    auto ids = chatPromptIds(*prompt, options.engine.folder());
    if (!ids) return Failure(ids.error());
    job.prompt_ids = std::move(*ids);
  } else if (options.prompt.prompt_ids) {
    auto ids = readIds("--prompt-ids", *options.prompt.prompt_ids);
    if (!ids) return Failure(ids.error());
    job.prompt_ids = std::move(*ids);
  } else {
    auto prompt = readPrompt(*options.prompt.prompt, *console.in);
    if (!prompt) return Failure(prompt.error());
    job.prompt = std::move(prompt->text);
  }
  if (!options.force_ids) return {};
  auto ids = readIds("--force-ids", *options.force_ids);
  if (!ids) return Failure(ids.error());
  job.force_ids = std::move(*ids);
  return {};
}

}  // namespace

Status captureCommand(const CaptureOptions& options, const Console& console,
                      const Services& services) {
  CaptureJob job;
  job.engine = options.engine;
  const Status inputs = readInputs(options, console, job);
  if (!inputs) return inputs;
  auto compression = compressionFor(options.compression, job.engine.folder(), services);
  if (!compression) return Failure(compression.error());
  job.compression = std::move(*compression);
  if (!options.quiet) noticeUnusedFlags(options.compression, job.compression, console);
  // A capture is of the dense cache unless an option asks for a compressed one.
  const bool asked = options.compression.config_file || !options.compression.flags_given.empty();
  if (!asked) job.compression.method = Method::dense;
  job.hidden = options.hidden;
  job.logits = options.logits;
  job.reconstructed = options.reconstructed;
  job.out = options.out;
  Interrupt interrupt(
      [&console] { notice(console, "stopping at the next safe point; Ctrl-C again stops now"); });
  const Status done = services.capture(job, interrupt.token());
  if (done && !options.quiet) notice(console, "wrote " + job.out);
  return done;
}

}  // namespace xkv::cli
