// SPDX-License-Identifier: Apache-2.0
/// The real xkv as a child: its words, its streams, its end.
#include "tests/cli/child_process.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <sstream>
#include <thread>

namespace xkv::testing {
namespace {

[[noreturn]] void becomeXkv(const std::vector<std::string>& words, int in, int out, int err) {
  dup2(in, STDIN_FILENO);
  dup2(out, STDOUT_FILENO);
  dup2(err, STDERR_FILENO);
  std::vector<char*> arguments;
  std::string program = XKV_PROGRAM;
  arguments.push_back(program.data());
  std::vector<std::string> copies = words;
  for (std::string& word : copies) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  execv(arguments[0], arguments.data());
  _exit(127);
}

}  // namespace

ChildProcess::ChildProcess(const std::string& dir, const std::vector<std::string>& words,
                           Streams streams)
    : out_path_(streams.out.empty() ? dir + "/stdout" : "/dev/null"), err_path_(dir + "/stderr") {
  constexpr int kNew = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC;
  // A given target is not read back: /dev/full has no end.
  const std::string file = streams.out.empty() ? out_path_ : streams.out;
  const int in = open(streams.in.c_str(), O_RDONLY | O_CLOEXEC);
  const int out = streams.out_fd >= 0 ? dup(streams.out_fd) : open(file.c_str(), kNew, 0600);
  const int err = open(err_path_.c_str(), kNew, 0600);
  pid_ = fork();
  if (pid_ == 0) becomeXkv(words, in, out, err);
  for (const int fd : {in, out, err}) close(fd);
}

ChildProcess::~ChildProcess() {
  if (pid_ <= 0) return;
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
}

void ChildProcess::send(int signal) const {
  // -1, a fork that failed, would mean every process there is.
  if (pid_ > 0) kill(pid_, signal);
}

std::string ChildProcess::outSoFar() const { return contentOf(out_path_); }

Finished ChildProcess::wait(std::chrono::seconds patience) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  int status = -1;
  while (pid_ > 0 && waitpid(pid_, &status, WNOHANG) == 0) {
    if (std::chrono::steady_clock::now() > deadline) kill(pid_, SIGKILL);
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  pid_ = -1;
  return {.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status),
          .out = contentOf(out_path_),
          .err = contentOf(err_path_)};
}

Finished xkv(const std::string& dir, const std::vector<std::string>& words, Streams streams) {
  return ChildProcess(dir, words, std::move(streams)).wait();
}

std::string contentOf(const std::string& path) {
  std::ostringstream content;
  content << std::ifstream(path, std::ios::binary).rdbuf();
  return content.str();
}

}  // namespace xkv::testing
