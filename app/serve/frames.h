// SPDX-License-Identifier: Apache-2.0
/// What the window and `xkv serve` say to each other: 4 bytes of length (little-endian), then one
/// CBOR map.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "profiling/records/record.h"

namespace xkv {

/// Raised when an older reader could no longer understand the frames.
inline constexpr uint32_t kFrameVersion = 1;
inline constexpr size_t kMaxFrameBytes = size_t{256} << 20;

/// First frame of the engine.
struct Hello {
  uint32_t version = kFrameVersion;
  std::string program_version;
  std::string device_name;  ///< "CPU, 2 threads"
  friend bool operator==(const Hello&, const Hello&) = default;
};

// To the engine. Ids are the window's own; an answer carries the id of its request.
struct RunRequest {
  uint64_t id = 0;
  RunSpec spec;
  friend bool operator==(const RunRequest&, const RunRequest&) = default;
};
struct CancelRequest {
  uint64_t id = 0;
  friend bool operator==(const CancelRequest&, const CancelRequest&) = default;
};
struct InfoRequest {
  uint64_t id = 0;
  std::string model_dir;
  friend bool operator==(const InfoRequest&, const InfoRequest&) = default;
};
struct Shutdown {
  friend bool operator==(const Shutdown&, const Shutdown&) = default;
};

// From the engine. A run answers with records, then one DoneReply or ErrorReply.
struct RecordReply {
  uint64_t id = 0;
  Record record;
  friend bool operator==(const RecordReply&, const RecordReply&) = default;
};
struct InfoReply {
  uint64_t id = 0;
  ModelShape model;
  friend bool operator==(const InfoReply&, const InfoReply&) = default;
};
struct DoneReply {
  uint64_t id = 0;
  friend bool operator==(const DoneReply&, const DoneReply&) = default;
};
struct ErrorReply {
  uint64_t id = 0;  ///< 0 = about no request, such as a frame that could not be read
  Error error;
  friend bool operator==(const ErrorReply&, const ErrorReply&) = default;
};

using Message = std::variant<Hello, RunRequest, CancelRequest, InfoRequest, Shutdown, RecordReply,
                             InfoReply, DoneReply, ErrorReply>;

std::vector<uint8_t> encodeFrame(const Message& message);

/// Cuts a stream of bytes into messages. Holds what was fed and not yet read, never more than that:
/// a claimed length alone allocates nothing.
class FrameReader {
 public:
  explicit FrameReader(size_t max_frame_bytes = kMaxFrameBytes)
      : max_frame_bytes_(max_frame_bytes) {}

  void feed(std::span<const uint8_t> bytes);
  /// The next whole message; none = more bytes are needed. bad_input: these bytes are no frames;
  /// every later call says the same, because nobody knows where the next frame begins.
  Result<std::optional<Message>> next();
  /// Bytes of a frame that has begun and is not whole: not 0 at the end of a stream = it was cut.
  size_t pendingBytes() const { return buffer_.size() - read_; }

 private:
  Failure refuse(std::string sentence);

  size_t max_frame_bytes_;
  std::vector<uint8_t> buffer_;
  size_t read_ = 0;  ///< bytes of buffer_ that are consumed
  std::optional<Error> error_;
};

}  // namespace xkv
