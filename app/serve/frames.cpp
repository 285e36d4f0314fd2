// SPDX-License-Identifier: Apache-2.0
/// Messages to CBOR maps and back; records travel as the byte strings of profiling/records/json.h.
#include "app/serve/frames.h"

#include <algorithm>

#include "app/serve/flat_map.h"
#include "profiling/records/json.h"
#include "profiling/records/words.h"

namespace xkv {
namespace {

constexpr size_t kLengthBytes = 4;

struct ToMap {
  FlatMap map;

  void tag(std::string_view type) { map.set("type", std::string(type)); }
  void tag(std::string_view type, uint64_t id) {
    tag(type);
    map.set("id", id);
  }

  void operator()(const Hello& hello) {
    tag("hello");
    map.set("version", uint64_t{hello.version});
    map.set("program_version", hello.program_version);
    map.set("device_name", hello.device_name);
  }
  void operator()(const RunRequest& request) {
    tag("run", request.id);
    map.set("spec", toCbor(request.spec));
  }
  void operator()(const CancelRequest& request) { tag("cancel", request.id); }
  void operator()(const InfoRequest& request) {
    tag("info", request.id);
    map.set("model_dir", request.model_dir);
  }
  void operator()(const Shutdown&) { tag("shutdown"); }
  void operator()(const RecordReply& reply) {
    tag("record", reply.id);
    map.set("record", toCbor(reply.record));
  }
  void operator()(const InfoReply& reply) {
    tag("model", reply.id);
    map.set("model", toCbor(reply.model));
  }
  void operator()(const DoneReply& reply) { tag("done", reply.id); }
  void operator()(const ErrorReply& reply) {
    tag("error", reply.id);
    map.set("kind", std::string(word(reply.error.kind)));
    map.set("message", reply.error.message);
  }
};

Result<Message> helloFrom(const FlatMap& map) {
  const auto version = map.number("version");
  if (!version) return Failure(version.error());
  // Another version may have other keys: the number alone is read, and the caller refuses it.
  if (*version != kFrameVersion) {
    return Message(Hello{static_cast<uint32_t>(std::min<uint64_t>(*version, UINT32_MAX)), {}, {}});
  }
  auto program = map.text("program_version");
  if (!program) return Failure(program.error());
  auto device = map.text("device_name");
  if (!device) return Failure(device.error());
  return Message(Hello{kFrameVersion, std::move(*program), std::move(*device)});
}

Result<Message> runFrom(const FlatMap& map, uint64_t id) {
  const auto bytes = map.bytes("spec");
  if (!bytes) return Failure(bytes.error());
  auto spec = runSpecFromCbor(*bytes);
  if (!spec) return Failure(spec.error());
  return Result<Message>(tl::in_place, std::in_place_type<RunRequest>, id, std::move(*spec));
}

Result<Message> infoFrom(const FlatMap& map, uint64_t id) {
  auto model_dir = map.text("model_dir");
  if (!model_dir) return Failure(model_dir.error());
  return Message(InfoRequest{id, std::move(*model_dir)});
}

Result<Message> recordFrom(const FlatMap& map, uint64_t id) {
  const auto bytes = map.bytes("record");
  if (!bytes) return Failure(bytes.error());
  auto record = recordFromCbor(*bytes);
  if (!record) return Failure(record.error());
  return Message(RecordReply{id, std::move(*record)});
}

Result<Message> modelFrom(const FlatMap& map, uint64_t id) {
  const auto bytes = map.bytes("model");
  if (!bytes) return Failure(bytes.error());
  auto model = modelShapeFromCbor(*bytes);
  if (!model) return Failure(model.error());
  return Message(InfoReply{id, std::move(*model)});
}

Result<Message> errorFrom(const FlatMap& map, uint64_t id) {
  const auto kind_word = map.text("kind");
  if (!kind_word) return Failure(kind_word.error());
  const auto kind = fromWord<ErrorKind>(*kind_word);
  if (!kind) return failure(ErrorKind::bad_input, "kind \"" + *kind_word + "\" is not known");
  auto message = map.text("message");
  if (!message) return Failure(message.error());
  return Message(ErrorReply{id, Error{*kind, std::move(*message)}});
}

Result<Message> messageFrom(const FlatMap& map) {
  const auto type = map.text("type");
  if (!type) return Failure(type.error());
  if (*type == "hello") return helloFrom(map);
  if (*type == "shutdown") return Message(Shutdown{});
  const auto id = map.number("id");
  if (!id) return Failure(id.error());
  if (*type == "run") return runFrom(map, *id);
  if (*type == "cancel") return Message(CancelRequest{*id});
  if (*type == "info") return infoFrom(map, *id);
  if (*type == "record") return recordFrom(map, *id);
  if (*type == "model") return modelFrom(map, *id);
  if (*type == "done") return Message(DoneReply{*id});
  if (*type == "error") return errorFrom(map, *id);
  return failure(ErrorKind::bad_input, "type \"" + *type + "\" is not known");
}

/// The first bytes as people read them, so that a shell's greeting in the stream is recognised at
/// once.
std::string excerpt(std::span<const uint8_t> bytes) {
  std::string text;
  for (const uint8_t byte : bytes.first(std::min<size_t>(bytes.size(), 40))) {
    text += byte >= 0x20 && byte < 0x7F ? static_cast<char>(byte) : '.';
  }
  return text;
}

}  // namespace

std::vector<uint8_t> encodeFrame(const Message& message) {
  ToMap writer;
  std::visit(writer, message);
  const Bytes body = writer.map.toCbor();
  std::vector<uint8_t> frame;
  frame.reserve(kLengthBytes + body.size());
  for (size_t i = 0; i < kLengthBytes; ++i)
    frame.push_back(static_cast<uint8_t>(body.size() >> (8 * i)));
  frame.insert(frame.end(), body.begin(), body.end());
  return frame;
}

void FrameReader::feed(std::span<const uint8_t> bytes) {
  if (error_) return;
  if (read_ > 0 && read_ >= buffer_.size() / 2) {
    buffer_.erase(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(read_));
    read_ = 0;
  }
  buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
}

Failure FrameReader::refuse(std::string sentence) {
  error_ = Error{ErrorKind::bad_input, std::move(sentence)};
  buffer_ = {};
  read_ = 0;
  return Failure(*error_);
}

Result<std::optional<Message>> FrameReader::next() {
  if (error_) return Failure(*error_);
  const auto rest = std::span<const uint8_t>(buffer_).subspan(read_);
  if (rest.size() < kLengthBytes) return std::optional<Message>();
  size_t length = 0;
  for (size_t i = 0; i < kLengthBytes; ++i) length |= size_t{rest[i]} << (8 * i);
  if (length > max_frame_bytes_) {
    return refuse("the stream is no frames: one claims " + std::to_string(length) +
                  " bytes, at most " + std::to_string(max_frame_bytes_) +
                  " are allowed; it begins with \"" + excerpt(rest) + "\"");
  }
  if (rest.size() < kLengthBytes + length) return std::optional<Message>();
  const auto map = FlatMap::fromCbor(rest.subspan(kLengthBytes, length));
  auto message = map ? messageFrom(*map) : Result<Message>(Failure(map.error()));
  if (!message) {
    return refuse("a frame of " + std::to_string(length) +
                  " bytes cannot be read: " + message.error().message);
  }
  read_ += kLengthBytes + length;
  return std::optional<Message>(std::move(*message));
}

}  // namespace xkv
