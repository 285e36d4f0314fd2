// SPDX-License-Identifier: Apache-2.0
/// Where exceptions stop: whatever LibTorch throws becomes one sentence.
#pragma once

#include <c10/core/InferenceMode.h>
#include <c10/util/Exception.h>

#include <new>
#include <string>

#include "profiling/records/result.h"

namespace xkv {

/// out_of_memory when an allocator gave up, else failure; the first line of what LibTorch says.
Error errorFromTorch(const std::string& doing, const std::string& what);

/// Runs `work` in inference mode; `doing` begins the sentence: "prefill".
template <class Work>
auto guarded(const std::string& doing, Work&& work) -> decltype(work()) {
  try {
    const c10::InferenceMode inference;
    return work();
  } catch (const c10::Error& error) {
    return Failure(errorFromTorch(doing, error.what_without_backtrace()));
  } catch (const std::bad_alloc&) {
    return failure(ErrorKind::out_of_memory, doing + ": the system has no memory left");
  } catch (const std::exception& error) {
    return Failure(errorFromTorch(doing, error.what()));
  }
}

}  // namespace xkv
