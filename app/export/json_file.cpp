// SPDX-License-Identifier: Apache-2.0
/// One run as a JSON file.
#include "app/export/json_file.h"

#include "app/export/written_file.h"
#include "profiling/records/json.h"

namespace xkv {

Result<std::vector<std::string>> exportJson(const Run& run, const std::string& path) {
  const Status written = writeWholeFile(path, toJson(run, 2) + "\n");
  if (!written) return Failure(written.error());
  return std::vector<std::string>{path};
}

}  // namespace xkv
