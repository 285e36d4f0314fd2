// SPDX-License-Identifier: Apache-2.0
/// Ctrl-C and SIGTERM: the first asks a run to stop at its next safe point, the second ends xkv.
#pragma once

#include <functional>
#include <memory>
#include <stop_token>

namespace xkv::cli {

/// At most one lives in a process; the signals' earlier handlers return with its end.
class Interrupt {
 public:
  /// `on_first` is called once, from a thread of its own, after stop was asked.
  explicit Interrupt(std::function<void()> on_first);
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  std::stop_token token() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace xkv::cli
