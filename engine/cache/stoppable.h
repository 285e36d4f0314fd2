// SPDX-License-Identifier: Apache-2.0
/// Work of LAPACK, which cannot be interrupted, so that who waits for it can be.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <vector>

namespace xkv {

/// What `work` gives; nothing where a stop was asked first. Then it goes on by itself, on a thread of its own that the
/// process waits for at its end, so `work` holds what it reads by value. Of matrices up to this size it runs at once.
constexpr int64_t kQuickSize = 640;
std::optional<std::vector<at::Tensor>> unlessStopped(
    int64_t size, std::function<std::vector<at::Tensor>()> work, const std::stop_token& stop);

/// Eigenvalues, ascending, and vectors of a symmetric matrix.
struct Eigen {
  at::Tensor values;   // (n)
  at::Tensor vectors;  // (n, n), columns; undefined where only values were asked
};
std::optional<Eigen> eigenOf(const at::Tensor& symmetric, const std::stop_token& stop);
std::optional<at::Tensor> eigenvaluesOf(const at::Tensor& symmetric, const std::stop_token& stop);

}  // namespace xkv
