// SPDX-License-Identifier: Apache-2.0
/// Work of LAPACK, which cannot be interrupted, so that who waits for it can be.
#include "engine/cache/stoppable.h"

#include <ATen/ops/linalg_eigh.h>
#include <ATen/ops/linalg_eigvalsh.h>
#include <c10/core/InferenceMode.h>
#include <omp.h>

#include <chrono>
#include <future>
#include <list>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>

namespace xkv {
namespace {

using Tensors = std::vector<at::Tensor>;

constexpr std::chrono::milliseconds kBetweenLooks{5};

/// Threads whose results nobody waits for any more.
class Abandoned {
 public:
  void keep(std::jthread thread, std::future<Tensors> result) {
    const std::lock_guard lock(mutex_);
    std::erase_if(left_, [](const Left& left) {
      return left.result.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
    });
    left_.push_back({std::move(thread), std::move(result)});
  }

 private:
  struct Left {
    std::jthread thread;  // joins when it goes
    std::future<Tensors> result;
  };
  std::mutex mutex_;
  std::list<Left> left_;
};

Abandoned& abandoned() {
  static Abandoned threads;
  return threads;
}

}  // namespace

std::optional<Tensors> unlessStopped(int64_t size, std::function<Tensors()> work,
                                     const std::stop_token& stop) {
  if (stop.stop_requested()) return std::nullopt;
  if (size <= kQuickSize || !stop.stop_possible()) return work();
  Abandoned& others = abandoned();  // made before the thread, so that it goes after it
  std::packaged_task<Tensors()> task(
      [inference = c10::InferenceMode::is_enabled(), work = std::move(work)] {
        const c10::InferenceMode mode(inference);
        return work();
      });
  std::future<Tensors> result = task.get_future();
  // While this thread's own team waits beside LAPACK's there are more threads than cores, and OpenMP puts both to sleep
  // at every barrier: then 640 x 640 eigenvalues take three times as long.
  omp_pause_resource_all(omp_pause_soft);
  std::jthread thread(std::move(task));
  while (result.wait_for(kBetweenLooks) != std::future_status::ready) {
    if (!stop.stop_requested()) continue;
    others.keep(std::move(thread), std::move(result));
    return std::nullopt;
  }
  return result.get();
}

std::optional<Eigen> eigenOf(const at::Tensor& symmetric, const std::stop_token& stop) {
  auto found = unlessStopped(
      symmetric.size(0),
      [symmetric] {
        auto [values, vectors] = at::linalg_eigh(symmetric, "L");
        return Tensors{std::move(values), std::move(vectors)};
      },
      stop);
  if (!found) return std::nullopt;
  return Eigen{(*found)[0], (*found)[1]};
}

std::optional<at::Tensor> eigenvaluesOf(const at::Tensor& symmetric, const std::stop_token& stop) {
  auto found = unlessStopped(
      symmetric.size(0), [symmetric] { return Tensors{at::linalg_eigvalsh(symmetric, "L")}; },
      stop);
  if (!found) return std::nullopt;
  return found->front();
}

}  // namespace xkv
