// SPDX-License-Identifier: Apache-2.0
/// Who hears the results of a run, each the moment it exists.
#pragma once

#include "profiling/records/record.h"

namespace xkv {

/// Called from the run's worker thread. The first record is RunStarted, the last RunFinished.
/// A failure that is returned (a full disk) ends the run.
class RunObserver {
 public:
  virtual ~RunObserver() = default;
  virtual Status onRecord(const Record& record) = 0;
};

}  // namespace xkv
