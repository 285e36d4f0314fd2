// SPDX-License-Identifier: Apache-2.0
/// The real xkv as a child: its words, its streams, its end.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <string>
#include <vector>

namespace xkv::testing {

struct Finished {
  int exit_code = -1;  ///< -signal if a signal ended it
  std::string out;
  std::string err;
};

struct Streams {
  std::string in = "/dev/null";
  std::string out = {};  ///< empty = a file in the child's folder
  int out_fd = -1;       ///< used instead of `out` if it is not -1
};

/// Streams go through files in `dir`, so that a child that is killed leaves what it had written.
class ChildProcess {
 public:
  ChildProcess(const std::string& dir, const std::vector<std::string>& words, Streams streams = {});
  ~ChildProcess();  ///< kills it if it still runs
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  void send(int signal) const;
  /// What it has written to standard output so far.
  std::string outSoFar() const;
  /// Waits for its end; after `patience` it is killed.
  Finished wait(std::chrono::seconds patience = std::chrono::seconds(120));

 private:
  std::string out_path_;
  std::string err_path_;
  pid_t pid_ = -1;
};

/// `xkv words...` from start to end.
Finished xkv(const std::string& dir, const std::vector<std::string>& words, Streams streams = {});

std::string contentOf(const std::string& path);

}  // namespace xkv::testing
