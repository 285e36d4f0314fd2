// SPDX-License-Identifier: Apache-2.0
/// One run as CSV files, one per noun; columns are METHOD's words with their units.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "profiling/records/session.h"

namespace xkv {

struct CsvFile {
  std::string name;  ///< "cka.csv"
  std::string content;
};

/// All files of a run, those without rows too: an export replaces everything of an earlier one.
std::vector<CsvFile> csvFilesOf(const Run& run);

/// Writes them into a folder, which is made if it is not there. The paths that were written.
Result<std::vector<std::string>> exportCsv(const Run& run, const std::string& dir);

}  // namespace xkv
