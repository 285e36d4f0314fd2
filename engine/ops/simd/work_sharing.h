// SPDX-License-Identifier: Apache-2.0
/// Shares a range of work among the threads of LibTorch's pool, so that there is one pool.
#pragma once

#include <cstdint>
#include <functional>

namespace xkv::simd {

/// Calls work(begin, end) for parts of [0, count), each at least `least` long but the last; at once where there are
/// threads for them. Within another such call it runs on the calling thread.
void shareWork(int64_t count, int64_t least,
               const std::function<void(int64_t begin, int64_t end)>& work);

/// Threads that shareWork() may use.
int64_t numWorkers();

}  // namespace xkv::simd
