// SPDX-License-Identifier: Apache-2.0
/// The device that tensors live on; opens the CUDA side of LibTorch at run time.
#include "engine/device.h"

#include <ATen/Parallel.h>
#include <c10/core/impl/DeviceGuardImplInterface.h>
#include <dlfcn.h>

#include <thread>

namespace xkv {

Result<c10::Device> openDevice(Device device) {
  if (device == Device::cpu) return c10::Device(c10::DeviceType::CPU);
  if (dlopen("libtorch_cuda.so", RTLD_NOW | RTLD_GLOBAL) == nullptr) {
    const char* reason = dlerror();
    return failure(ErrorKind::no_device, std::string("device cuda: LibTorch's CUDA part cannot be "
                                                     "opened (") +
                                             (reason == nullptr ? "no reason given" : reason) +
                                             "); use --device cpu");
  }
  const auto* guard = c10::impl::device_guard_impl_registry[static_cast<size_t>(
                                                                c10::DeviceType::CUDA)]
                          .load();
  if (guard == nullptr || guard->deviceCount() == 0) {
    return failure(ErrorKind::no_device,
                   "device cuda: no CUDA device was found on this machine; use --device cpu");
  }
  return c10::Device(c10::DeviceType::CUDA, 0);
}

std::string setUpThreads(c10::Device device, int64_t num_threads) {
  const auto cores = static_cast<int64_t>(std::thread::hardware_concurrency());
  const int64_t threads = num_threads > 0 ? num_threads : std::max<int64_t>(1, cores);
  at::set_num_threads(static_cast<int>(threads));
  if (!device.is_cpu()) return "CUDA device " + std::to_string(int{device.index()});
  return "CPU, " + std::to_string(threads) + (threads == 1 ? " thread" : " threads");
}

}  // namespace xkv
