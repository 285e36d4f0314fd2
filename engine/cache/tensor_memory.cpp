// SPDX-License-Identifier: Apache-2.0
/// Counts the bytes that LibTorch's CPU tensors really hold, now and at the peak.
#include "engine/cache/tensor_memory.h"

#include <c10/core/Allocator.h>
#include <c10/core/impl/alloc_cpu.h>
#include <dlfcn.h>
#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <fstream>

namespace xkv {
namespace {

constexpr int kMappedFrom = 32 << 20;  // bytes; the largest that glibc takes
constexpr size_t kHugeFrom = 4 << 20;
constexpr uintptr_t kHugePage = 2 << 20;

std::atomic<int64_t> current{0};
std::atomic<int64_t> peak{0};

void countUp(int64_t bytes) {
  const int64_t now = current.fetch_add(bytes) + bytes;
  int64_t seen = peak.load();
  while (now > seen && !peak.compare_exchange_weak(seen, now)) {
  }
}

void release(void* data) {
  if (data == nullptr) return;
  current.fetch_sub(static_cast<int64_t>(malloc_usable_size(data)));
  c10::free_cpu(data);
}

/// Whole huge pages within the block: a tensor that is made, filled and freed costs one page fault for 512.
void askForHugePages(void* data, size_t bytes) {
  const auto begin = reinterpret_cast<uintptr_t>(data);
  const uintptr_t first = (begin + kHugePage - 1) / kHugePage * kHugePage;
  const uintptr_t end = (begin + bytes) / kHugePage * kHugePage;
  // A kernel without them says no, and small pages do.
  if (first < end) madvise(reinterpret_cast<void*>(first), end - first, MADV_HUGEPAGE);
}

class CountingAllocator final : public c10::Allocator {
 public:
  c10::DataPtr allocate(size_t bytes) override {
    void* data = c10::alloc_cpu(bytes);
    if (data != nullptr && bytes >= kHugeFrom) askForHugePages(data, bytes);
    if (data != nullptr) countUp(static_cast<int64_t>(malloc_usable_size(data)));
    return {data, data, &release, c10::Device(c10::DeviceType::CPU)};
  }
  c10::DeleterFnPtr raw_deleter() const override { return &release; }
  void copy_data(void* to, const void* from, size_t count) const override {
    std::memcpy(to, from, count);
  }
};

}  // namespace

void TensorMemory::watch() {
  // Large tensors leave the process when they are freed. Smaller ones stay in the heap until `trim`, so that a product's
  // result is not made of new pages each time.
  mallopt(M_MMAP_THRESHOLD, kMappedFrom);
  mallopt(M_TRIM_THRESHOLD, 2 * kMappedFrom);
  static CountingAllocator allocator;
  static const bool set = (c10::SetAllocator(c10::DeviceType::CPU, &allocator, 1), true);
  static_cast<void>(set);
}

int64_t TensorMemory::currentBytes() { return current.load(); }
int64_t TensorMemory::peakBytes() { return peak.load(); }
void TensorMemory::resetPeak() { peak.store(current.load()); }

void TensorMemory::trim() {
  // MKL is linked into libtorch_cpu and keeps its packing buffers until it is told; other builds lack it.
  using FreeBuffers = void (*)();
  static const auto free_buffers =
      reinterpret_cast<FreeBuffers>(dlsym(RTLD_DEFAULT, "mkl_serv_free_buffers"));
  if (free_buffers != nullptr) free_buffers();
  malloc_trim(0);
}

int64_t TensorMemory::processResidentBytes() {
  trim();
  std::ifstream statm("/proc/self/statm");
  int64_t total_pages = 0;
  int64_t resident_pages = 0;
  int64_t file_pages = 0;
  if (!(statm >> total_pages >> resident_pages >> file_pages)) return 0;
  return (resident_pages - file_pages) * sysconf(_SC_PAGESIZE);
}

}  // namespace xkv
