// SPDX-License-Identifier: Apache-2.0
/// The device that tensors live on; opens the CUDA side of LibTorch at run time.
#pragma once

#include <c10/core/Device.h>

#include <string>

#include "profiling/records/result.h"
#include "profiling/records/run_spec.h"

namespace xkv {

/// no_device with the reason when CUDA is asked and its libraries or a device are missing. The engine links
/// only c10 and torch_cpu; libtorch_cuda is opened by name here.
Result<c10::Device> openDevice(Device device);

/// Hands `num_threads` to LibTorch, 0 = all cores; "CPU, 2 threads", "CUDA device 0".
std::string setUpThreads(c10::Device device, int64_t num_threads);

}  // namespace xkv
