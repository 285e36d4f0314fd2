// SPDX-License-Identifier: Apache-2.0
/// Frames: every message comes back equal however the bytes are cut, and garbage is one sentence.
#include "app/serve/frames.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

namespace xkv {
namespace {

using testing::HasSubstr;

RunSpec exampleSpec() {
  RunSpec spec;
  spec.model_dir = "/models/demo";
  spec.prompt_name = "needle-river";
  spec.prompt = "the pass key of apple is 90351 ; naïve café";
  spec.compression.rank_k = 24;
  spec.compression.layer_groups = {{0, 2, 8, std::nullopt}, {2, 6, std::nullopt, 40}};
  spec.stop = {"\n", "."};
  return spec;
}

std::vector<Message> oneOfEach() {
  RunStarted started;
  started.spec = exampleSpec();
  started.model.num_layers = 8;
  started.plan = {{0, 4, 24, 36}};
  started.prompt_ids = {5, 7, 9};
  CkaRecord cka;
  cka.num_layers = 2;
  cka.cka = {1.0F, 0.5F, 0.5F, 1.0F};
  TokenRecord token;
  token.choice = {42, " 9", 0.75F};
  return {
      Hello{kFrameVersion, "0.1.0", "CPU, 2 threads"},
      RunRequest{7, exampleSpec()},
      CancelRequest{7},
      InfoRequest{8, "/models/demo"},
      Shutdown{},
      RecordReply{7, started},
      RecordReply{7, cka},
      RecordReply{7, token},
      RecordReply{7, ProgressRecord{"prefill layer 3 of 8", 3, 8}},
      RecordReply{7, RunFinished{RunStatus::failed, ErrorKind::out_of_memory, "no room", "then"}},
      InfoReply{8, started.model},
      DoneReply{7},
      ErrorReply{
          9, {ErrorKind::bad_input, "config.json: num_hidden_layers is 0, at least 1 is needed"}}};
}

std::vector<uint8_t> streamOf(const std::vector<Message>& messages) {
  std::vector<uint8_t> bytes;
  for (const Message& message : messages) {
    const auto frame = encodeFrame(message);
    bytes.insert(bytes.end(), frame.begin(), frame.end());
  }
  return bytes;
}

std::vector<Message> readInPieces(std::span<const uint8_t> bytes, size_t piece) {
  FrameReader reader;
  std::vector<Message> messages;
  for (size_t at = 0; at < bytes.size(); at += piece) {
    reader.feed(bytes.subspan(at, std::min(piece, bytes.size() - at)));
    for (;;) {
      auto next = reader.next();
      if (!next) ADD_FAILURE() << next.error().message;
      if (!next || !*next) break;
      messages.push_back(std::move(**next));
    }
  }
  EXPECT_EQ(reader.pendingBytes(), 0U);
  return messages;
}

TEST(Frames, EveryMessageComesBackHoweverTheBytesAreCut) {
  const auto sent = oneOfEach();
  const auto bytes = streamOf(sent);
  for (const size_t piece :
       {size_t{1}, size_t{3}, size_t{4}, size_t{5}, size_t{100}, bytes.size()}) {
    EXPECT_EQ(readInPieces(bytes, piece), sent) << "pieces of " << piece;
  }
}

TEST(Frames, BeginWithTheirLengthLittleEndian) {
  const auto frame = encodeFrame(Shutdown{});
  EXPECT_EQ(frame, (std::vector<uint8_t>{15, 0, 0, 0, 0xA1, 0x64, 't', 'y', 'p', 'e', 0x68, 's',
                                         'h', 'u', 't', 'd', 'o', 'w', 'n'}));
}

TEST(Frames, ACutFrameIsNoMessageYetAndCanBeSeen) {
  const auto frame = encodeFrame(DoneReply{7});
  FrameReader reader;
  reader.feed(std::span(frame).first(frame.size() - 1));
  const auto next = reader.next();
  ASSERT_TRUE(next);
  EXPECT_FALSE(*next);
  EXPECT_EQ(reader.pendingBytes(), frame.size() - 1);
}

TEST(Frames, AShellsGreetingIsOneSentenceForEver) {
  FrameReader reader;
  const std::string greeting = "Welcome to Debian\n";
  reader.feed(std::span(reinterpret_cast<const uint8_t*>(greeting.data()), greeting.size()));
  const auto first = reader.next();
  ASSERT_FALSE(first);
  EXPECT_EQ(first.error().kind, ErrorKind::bad_input);
  EXPECT_EQ(first.error().message,
            "the stream is no frames: one claims 1668048215 bytes, at most 268435456 are allowed; "
            "it begins "
            "with \"Welcome to Debian.\"");
  reader.feed(encodeFrame(Shutdown{}));
  EXPECT_EQ(reader.next().error(), first.error());
}

TEST(Frames, AClaimedLengthAloneHoldsNoMemory) {
  FrameReader reader;
  reader.feed(std::vector<uint8_t>{0xFF, 0xFF, 0xFF, 0x0F, 0xA1});  // 256 MiB less one byte
  const auto next = reader.next();
  ASSERT_TRUE(next);
  EXPECT_FALSE(*next);
  EXPECT_EQ(reader.pendingBytes(), 5U);
}

TEST(Frames, AFrameAboveTheLimitOfTheReaderIsRefused) {
  FrameReader reader(16);
  reader.feed(encodeFrame(ErrorReply{1, {ErrorKind::failure, "a long sentence"}}));
  EXPECT_THAT(reader.next().error().message, HasSubstr("at most 16 are allowed"));
}

TEST(Frames, UnknownTypesAndBadContentsAreNamed) {
  const auto sentence = [](std::vector<uint8_t> body) {
    FrameReader reader;
    std::vector<uint8_t> frame{static_cast<uint8_t>(body.size()), 0, 0, 0};
    frame.insert(frame.end(), body.begin(), body.end());
    reader.feed(frame);
    const auto next = reader.next();
    return next ? std::string("accepted") : next.error().message;
  };
  EXPECT_EQ(sentence({0xA1, 0x64, 't', 'y', 'p', 'e', 0x62, 'n', 'o'}),
            "a frame of 9 bytes cannot be read: key \"id\" is missing or is no number");
  EXPECT_EQ(sentence({0xA2, 0x62, 'i', 'd', 0x01, 0x64, 't', 'y', 'p', 'e', 0x62, 'n', 'o'}),
            "a frame of 13 bytes cannot be read: type \"no\" is not known");
  EXPECT_EQ(sentence({}), "a frame of 0 bytes cannot be read: is no CBOR map");
  EXPECT_THAT(sentence({0xA3, 0x62, 'i', 'd',  0x01, 0x64, 't', 'y', 'p', 'e', 0x66, 'r',  'e', 'c',
                        'o',  'r',  'd', 0x66, 'r',  'e',  'c', 'o', 'r', 'd', 0x42, 0xA1, 0x00}),
              HasSubstr("a frame of 27 bytes cannot be read: "));
}

TEST(Frames, AnotherVersionIsReadByItsNumberAlone) {
  FrameReader reader;
  reader.feed(encodeFrame(Hello{99, "9.0", "CPU"}));
  const auto next = reader.next();
  ASSERT_TRUE(next && *next);
  EXPECT_EQ(std::get<Hello>(**next).version, 99U);
}

TEST(Frames, ChangedBytesNeverDoMoreThanFail) {
  const auto good = streamOf(oneOfEach());
  std::mt19937 random(7);
  for (int round = 0; round < 3000; ++round) {
    auto bytes = good;
    for (int change = 0; change < 3; ++change)
      bytes[random() % bytes.size()] = static_cast<uint8_t>(random());
    FrameReader reader;
    reader.feed(bytes);
    while (true) {
      const auto next = reader.next();
      if (!next || !*next) break;
    }
  }
}

}  // namespace
}  // namespace xkv
