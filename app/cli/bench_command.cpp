// SPDX-License-Identifier: Apache-2.0
/// `xkv bench`: fixed subjects, one table each.
#include "app/cli/bench_report.h"
#include "app/cli/commands.h"
#include "app/cli/interrupt.h"
#include "app/cli/progress_line.h"

namespace xkv::cli {
namespace {

/// Measures one subject after the other until one fails or is stopped; prints each table as it comes
/// unless JSON is asked.
Status measureAll(const BenchOptions& options, const Console& console, const Services& services,
                  const std::stop_token& stop, std::vector<BenchTable>& tables) {
  ProgressLine line(console, options.quiet);
  const BenchProgress progress = [&](const std::string& phase, int64_t done, int64_t total) {
    line.show({.phase = phase, .done = done, .total = total});
  };
  for (const BenchSubject subject : options.subjects) {
    BenchRequest request = options.sizes;
    request.subject = subject;
    auto table = services.bench(request, progress, stop);
    line.clear();
    if (!table) return Failure(table.error());
    tables.push_back(std::move(*table));
    if (!options.json) {
      const Status written =
          console.out((tables.size() > 1 ? "\n" : "") + benchText(tables.back()));
      if (!written) return written;
    }
    if (!tables.back().complete)
      return failure(ErrorKind::interrupted, "interrupted; what was finished is shown");
  }
  return {};
}

}  // namespace

Status benchCommand(const BenchOptions& options, const Console& console,
                    const Services& services) {
  Interrupt interrupt([&] {
    if (!options.quiet)
      notice(console, "stopping after what is measured now; Ctrl-C again stops now");
  });
  std::vector<BenchTable> tables;
  const Status done = measureAll(options, console, services, interrupt.token(), tables);
  if (!options.json || tables.empty()) return done;
  const Status written = console.out(benchJson(tables));
  return done ? written : done;
}

}  // namespace xkv::cli
