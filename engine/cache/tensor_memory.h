// SPDX-License-Identifier: Apache-2.0
/// Counts the bytes that LibTorch's CPU tensors really hold, now and at the peak.
#pragma once

#include <cstdint>

namespace xkv {

/// One counter for the process, because LibTorch has one CPU allocator. `watch` puts the counting
/// allocator in place; tensors made before it are not counted.
class TensorMemory {
 public:
  static void watch();
  static int64_t currentBytes();
  static int64_t peakBytes();
  /// The peak starts again from what is held now.
  static void resetPeak();
  /// Hands freed heap pages and MKL's scratch buffers back to the system.
  static void trim();
  /// Resident bytes of the process's own (anonymous) memory after a trim; mapped weights and code are not in
  /// it. 0 = unknown.
  static int64_t processResidentBytes();
};

}  // namespace xkv
