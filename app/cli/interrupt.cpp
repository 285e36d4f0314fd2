// SPDX-License-Identifier: Apache-2.0
/// Ctrl-C and SIGTERM: the first asks a run to stop at its next safe point, the second ends xkv.
#include "app/cli/interrupt.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <thread>

namespace xkv::cli {
namespace {

constexpr int kInterrupted = 130;
constexpr std::array kSignals = {SIGINT, SIGTERM};

// A handler may only touch lock-free atomics and descriptors.
std::atomic<int> signals_seen{0};
std::atomic<int> wake_fd{-1};
static_assert(std::atomic<int>::is_always_lock_free);

void onSignal(int) {
  const int earlier_errno = errno;
  if (signals_seen.fetch_add(1) > 0) _exit(kInterrupted);
  const char byte = 's';
  (void)!write(wake_fd.load(), &byte, 1);
  errno = earlier_errno;
}

}  // namespace

struct Interrupt::Impl {
  std::stop_source stop;
  std::array<int, 2> pipe_fds{-1, -1};
  std::array<struct sigaction, kSignals.size()> earlier{};
  std::jthread waiter;
};

Interrupt::Interrupt(std::function<void()> on_first) : impl_(std::make_unique<Impl>()) {
  // Without a pipe (no free descriptors) Ctrl-C keeps its usual effect.
  if (pipe2(impl_->pipe_fds.data(), O_CLOEXEC) != 0) return;
  signals_seen = 0;
  wake_fd = impl_->pipe_fds[1];
  impl_->waiter = std::jthread([this, on_first = std::move(on_first)] {
    char byte = 0;
    while (read(impl_->pipe_fds[0], &byte, 1) < 0 && errno == EINTR) {
    }
    if (byte != 's') return;
    impl_->stop.request_stop();
    if (on_first) on_first();
  });
  struct sigaction action {};
  action.sa_handler = onSignal;
  sigemptyset(&action.sa_mask);
  action.sa_flags = SA_RESTART;
  for (size_t i = 0; i < kSignals.size(); ++i) sigaction(kSignals[i], &action, &impl_->earlier[i]);
}

Interrupt::~Interrupt() {
  if (!impl_->waiter.joinable()) return;
  for (size_t i = 0; i < kSignals.size(); ++i) sigaction(kSignals[i], &impl_->earlier[i], nullptr);
  wake_fd = -1;
  close(impl_->pipe_fds[1]);  // ends the waiter's read
  impl_->waiter.join();
  close(impl_->pipe_fds[0]);
}

std::stop_token Interrupt::token() const { return impl_->stop.get_token(); }

}  // namespace xkv::cli
