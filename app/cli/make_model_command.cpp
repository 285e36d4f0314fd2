// SPDX-License-Identifier: Apache-2.0
/// `xkv make-model`: a model folder with random weights.
#include "app/cli/commands.h"
#include "app/cli/interrupt.h"
#include "app/cli/progress_line.h"
#include "app/cli/text_table.h"
#include "profiling/records/printable.h"
#include "profiling/records/words.h"

namespace xkv::cli {
namespace {

std::string writtenSentence(const RandomModelSpec& spec, const ModelShape& shape) {
  const std::string layers =
      std::to_string(shape.num_layers) + (shape.num_layers == 1 ? " layer" : " layers");
  return "wrote " + printable(spec.out, 400) + ": " + layers + " like " +
         std::string(word(spec.like)) + ", " + std::to_string(shape.num_parameters) +
         " random weights, " + bytesText(shape.weight_bytes) + " " +
         std::string(word(shape.weight_dtype)) +
         "; it has no tokenizer, so prompts are given by --prompt-ids";
}

}  // namespace

Status makeModelCommand(const MakeModelOptions& options, const Console& console,
                        const Services& services) {
  ProgressLine line(console, options.quiet);
  Interrupt interrupt([] {});
  const WriteProgress progress = [&](int64_t done, int64_t total) {
    line.show({.phase = bytesText(done) + " of " + bytesText(total), .done = done, .total = total});
  };
  const auto shape = services.make_model(options.spec, progress, interrupt.token());
  line.clear();
  if (!shape) return Failure(shape.error());
  if (!options.quiet) notice(console, writtenSentence(options.spec, *shape));
  return {};
}

}  // namespace xkv::cli
