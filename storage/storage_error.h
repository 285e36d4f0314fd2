// SPDX-License-Identifier: Apache-2.0
/// What is thrown inside this folder; session_store.cpp turns it into an Error. Nothing outside
/// sees it.
#pragma once

#include <stdexcept>
#include <string>

#include "profiling/records/result.h"

namespace xkv::storage {

class StorageError : public std::runtime_error {
 public:
  StorageError(ErrorKind kind, const std::string& message)
      : std::runtime_error(message), kind_(kind) {}
  ErrorKind kind() const { return kind_; }

 private:
  ErrorKind kind_;
};

/// A file that is no session, or a damaged one.
[[noreturn]] inline void throwBadFile(const std::string& message) {
  throw StorageError(ErrorKind::bad_input, message);
}

}  // namespace xkv::storage
