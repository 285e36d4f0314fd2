// SPDX-License-Identifier: Apache-2.0
/// What a run's results do on the command line: into the session first, then onto the terminal.
#pragma once

#include <optional>
#include <string>

#include "app/cli/console.h"
#include "app/cli/progress_line.h"
#include "profiling/records/session.h"
#include "profiling/run_observer.h"
#include "storage/session_store.h"

namespace xkv::cli {

class RunListener : public RunObserver {
 public:
  struct Style {
    bool text = true;  ///< for people; else the caller prints the Run
    bool quiet = false;
    std::string notice_at_start = {};  ///< said once the request is not refused
  };
  RunListener(const Console& console, std::optional<storage::SessionStore> store, Style style);

  Status onRecord(const Record& record) override;

  const Run& run() const { return run_; }
  bool hasStarted() const { return has_started_; }
  int64_t numStored() const { return num_stored_; }
  ProgressLine& progress() { return progress_; }

 private:
  Status store(const Record& record);
  Status print(const Record& record);
  Status printToken(const TokenRecord& token);

  const Console& console_;
  std::optional<storage::SessionStore> store_;
  Style style_;
  ProgressLine progress_;
  Run run_;
  bool has_started_ = false;
  int64_t num_stored_ = 0;
  std::optional<Method> text_of_;  ///< the generation whose text is being written
};

}  // namespace xkv::cli
