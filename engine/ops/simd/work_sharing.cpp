// SPDX-License-Identifier: Apache-2.0
/// Shares a range of work among the threads of LibTorch's pool.
#include "engine/ops/simd/work_sharing.h"

#include <ATen/Parallel.h>

namespace xkv::simd {

#ifndef _OPENMP
#error "at::parallel_for runs on one thread where its header is compiled without OpenMP"
#endif

void shareWork(int64_t count, int64_t least,
               const std::function<void(int64_t begin, int64_t end)>& work) {
  at::parallel_for(0, count, least, work);
}

int64_t numWorkers() { return at::get_num_threads(); }

}  // namespace xkv::simd
