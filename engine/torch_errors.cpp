// SPDX-License-Identifier: Apache-2.0
/// Where exceptions stop: whatever LibTorch throws becomes one sentence.
#include "engine/torch_errors.h"

namespace xkv {

Error errorFromTorch(const std::string& doing, const std::string& what) {
  const std::string line = what.substr(0, what.find('\n'));
  const bool memory = line.find("can't allocate memory") != std::string::npos ||
                      line.find("out of memory") != std::string::npos;
  return {memory ? ErrorKind::out_of_memory : ErrorKind::failure, doing + ": " + line};
}

}  // namespace xkv
