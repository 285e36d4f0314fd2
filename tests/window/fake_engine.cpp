// SPDX-License-Identifier: Apache-2.0
/// An engine that misbehaves on purpose: fake_engine MODE [MARKER]. No model, no torch.
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <thread>

#include "app/serve/frames.h"

namespace {

using namespace xkv;
using namespace std::chrono_literals;

void writeBytes(const uint8_t* bytes, size_t size) {
  while (size > 0) {
    const ssize_t written = ::write(STDOUT_FILENO, bytes, size);
    if (written <= 0) std::_Exit(0);
    bytes += written;
    size -= static_cast<size_t>(written);
  }
}

void send(const Message& message) {
  const auto frame = encodeFrame(message);
  writeBytes(frame.data(), frame.size());
}

/// The requests that have come; waits at most `time` for the first one.
class Requests {
 public:
  std::optional<Message> next(std::chrono::milliseconds time) {
    for (;;) {
      auto message = reader_.next();
      if (!message) std::_Exit(6);
      if (*message) return std::move(**message);
      pollfd ready{STDIN_FILENO, POLLIN, 0};
      if (::poll(&ready, 1, static_cast<int>(time.count())) <= 0) return std::nullopt;
      std::array<uint8_t, 4096> chunk;
      const ssize_t count = ::read(STDIN_FILENO, chunk.data(), chunk.size());
      if (count <= 0) std::_Exit(0);
      reader_.feed(std::span(chunk).first(static_cast<size_t>(count)));
    }
  }

 private:
  FrameReader reader_;
};

ModelShape smallModel() {
  ModelShape model;
  model.name = "small";
  model.model_type = "llama";
  model.num_layers = 2;
  model.num_heads = 4;
  model.num_kv_heads = 2;
  model.head_dim = 4;
  model.hidden_size = 16;
  model.vocab_size = 32;
  model.max_position_embeddings = 128;
  return model;
}

RunStarted started(const RunSpec& spec) {
  RunStarted record;
  record.spec = spec;
  record.model = smallModel();
  record.plan = {{0, 2, 4, 6}};
  record.prompt_ids = {1, 2, 3};
  record.prompt_tokens = {"a", " b", " c"};
  record.device_name = "fake, 1 thread";
  record.program_version = "test";
  record.started_at = "2026-01-02T03:04:05Z";
  return record;
}

CkaRecord cka(Stream stream) {
  CkaRecord record;
  record.stream = stream;
  record.num_layers = 2;
  record.num_layers_done = 2;
  record.seq_len = 3;
  record.cka = {1.0F, 0.5F, 0.5F, 1.0F};
  record.token_cosine = {1.0F, 0.25F, 0.25F, 1.0F};
  return record;
}

TokenRecord token(int64_t step) {
  TokenRecord record;
  record.step = step;
  record.choice = {step, " t", 0.5F};
  record.text_piece = " t";
  record.duration_ns = 1000000;
  return record;
}

/// What every run gives before its mode decides: it has started, CKA is measured, two tokens are
/// there.
void beginRun(const RunRequest& request) {
  const auto reply = [&](Record record) { send(RecordReply{request.id, std::move(record)}); };
  reply(ProgressRecord{"load", 0, 0});
  reply(started(request.spec));
  reply(cka(Stream::key));
  reply(cka(Stream::value));
  reply(token(0));
  reply(token(1));
  reply(ProgressRecord{"factor group 0", 1, 2});
}

void finishRun(const RunRequest& request) {
  send(RecordReply{request.id, token(2)});
  send(RecordReply{request.id,
                   GenerationRecord{Method::xkv, 0, " t t t", 3, StopReason::max_new_tokens}});
  send(RecordReply{request.id, RunFinished{RunStatus::finished, {}, "", "2026-01-02T03:04:06Z"}});
  send(DoneReply{request.id});
}

void untilCancelled(const RunRequest& request, Requests& requests) {
  for (int64_t done = 0;; ++done) {
    send(RecordReply{request.id, ProgressRecord{"decode", done, 0}});
    const auto message = requests.next(20ms);
    if (!message) continue;
    if (std::holds_alternative<CancelRequest>(*message)) break;
    if (std::holds_alternative<Shutdown>(*message)) std::_Exit(0);
  }
  send(RecordReply{request.id, RunFinished{RunStatus::cancelled, ErrorKind::interrupted, "", ""}});
  send(ErrorReply{request.id, {ErrorKind::interrupted, "the run was cancelled"}});
}

/// Many tokens and one large result, as fast as the pipe takes them.
void flood(const RunRequest& request) {
  for (int64_t step = 2; step < 2000; ++step) send(RecordReply{request.id, token(step)});
  ReconstructionRecord large;
  large.num_layers = 2;
  large.seq_len = 1000000;
  large.token_error.assign(2000000, 0.25F);
  large.layer_error = {0.25F, 0.25F};
  send(RecordReply{request.id, large});
  TimelineRecord timeline;
  for (int64_t i = 0; i < 20000; ++i) {
    timeline.spans.push_back(
        {PhaseKind::decode_step, i * 10, i * 10 + 9, -1, -1, static_cast<int32_t>(i), 0, ""});
  }
  send(RecordReply{request.id, timeline});
}

[[noreturn]] void hang() {
  for (;;) std::this_thread::sleep_for(1h);
}

void run(const std::string& mode, const RunRequest& request, Requests& requests) {
  if (mode == "refuses") {
    send(ErrorReply{request.id,
                    {ErrorKind::bad_input, "rank_k 999 is above the widest group's width 16"}});
    return;
  }
  beginRun(request);
  if (mode == "slow") return untilCancelled(request, requests);
  if (mode == "deaf") hang();
  if (mode == "exit5") {
    std::fprintf(stderr, "layer 1: 1.50 GiB asked, 0.31 GiB free\n");
    std::_Exit(5);
  }
  if (mode == "killed") ::raise(SIGKILL);
  if (mode == "crash") std::abort();
  if (mode == "garbage") {
    const std::string text = "Killed by a careless printf\n";
    writeBytes(reinterpret_cast<const uint8_t*>(text.data()), text.size());
    hang();
  }
  if (mode == "half") {
    const auto frame = encodeFrame(RecordReply{request.id, cka(Stream::key)});
    writeBytes(frame.data(), frame.size() / 2);
    std::_Exit(1);
  }
  if (mode == "early") {  // a run that is done without its last record
    send(DoneReply{request.id});
    return;
  }
  if (mode == "flood") flood(request);
  finishRun(request);
}

bool firstTime(const char* marker) {
  if (std::ifstream(marker)) return false;
  std::ofstream(marker) << "was here\n";
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  std::string mode = argc > 1 ? argv[1] : "good";
  if (mode == "killed_once" && argc > 2) mode = firstTime(argv[2]) ? "killed" : "good";
  if (mode == "silent") hang();
  if (mode == "dead_on_arrival") {
    std::fprintf(stderr, "libtorch_cpu.so: cannot open shared object file\n");
    return 127;
  }
  send(
      Hello{mode == "other_version" ? kFrameVersion + 1 : kFrameVersion, "test", "fake, 1 thread"});
  Requests requests;
  for (;;) {
    const auto message = requests.next(1h);
    if (!message || std::holds_alternative<Shutdown>(*message)) return 0;
    if (const auto* request = std::get_if<RunRequest>(&*message)) run(mode, *request, requests);
    if (const auto* info = std::get_if<InfoRequest>(&*message))
      send(InfoReply{info->id, smallModel()});
  }
}
