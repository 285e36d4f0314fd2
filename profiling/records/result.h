// SPDX-License-Identifier: Apache-2.0
/// A value or one sentence that says what went wrong.
#pragma once

#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace xkv {

/// What kind of failure it is; decides the exit code and the card in the window.
enum class ErrorKind {
  failure,        ///< exit 1
  usage,          ///< exit 2: the flags alone are wrong
  no_device,      ///< exit 4: no usable device
  out_of_memory,  ///< exit 5
  bad_input,      ///< exit 6: a file, or the request against the model
  try_again,      ///< exit 75
  interrupted,    ///< exit 130
};

/// The message is one sentence that names the thing and the numbers.
struct Error {
  ErrorKind kind = ErrorKind::failure;
  std::string message;
  friend bool operator==(const Error&, const Error&) = default;
};

/// tl::expected<T, Error> that must not be dropped.
template <class T>
class [[nodiscard]] Result : public tl::expected<T, Error> {
 public:
  using tl::expected<T, Error>::expected;
  Result(tl::expected<T, Error> other) : tl::expected<T, Error>(std::move(other)) {}
};

using Status = Result<void>;
using Failure = tl::unexpected<Error>;

/// `return failure(ErrorKind::bad_input, "config.json: num_hidden_layers is 0, at least 1 is needed");`
inline Failure failure(ErrorKind kind, std::string message) {
  return Failure(Error{kind, std::move(message)});
}

/// The process exit code of a failure (PRODUCT.md: 1, 2, 4, 5, 6, 75, 130).
constexpr int exitCode(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::failure: return 1;
    case ErrorKind::usage: return 2;
    case ErrorKind::no_device: return 4;
    case ErrorKind::out_of_memory: return 5;
    case ErrorKind::bad_input: return 6;
    case ErrorKind::try_again: return 75;
    case ErrorKind::interrupted: return 130;
  }
  return 1;
}

}  // namespace xkv
