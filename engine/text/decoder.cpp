// SPDX-License-Identifier: Apache-2.0
/// Reads the decoder and moves token parts through its stages; the stages are in
/// decoder_stages.cpp.
#include "engine/text/decoder.h"

#include <algorithm>

#include "engine/text/growth_limit.h"
#include "engine/text/pattern.h"
#include "engine/text/utf8.h"

namespace xkv::text {
namespace {

Result<std::string> oneCharacter(const JsonNode& node) {
  auto text = node.text();
  if (!text) return text;
  if (text->empty() || codePointAt(*text, 0).length != text->size())
    return node.wrong("one character");
  return text;
}

Result<DecoderStage> readReplace(const JsonNode& node) {
  auto pattern = Pattern::fromJson(node.at("pattern"));
  if (!pattern) return Failure(pattern.error());
  // A regular expression could give up in the middle of a text, which decoding has no way to say.
  if (pattern->literal() == nullptr || pattern->literal()->empty()) {
    return node.at("pattern").bad("is not supported in a decoder: {\"String\": ..} is needed");
  }
  auto content = node.at("content").text();
  if (!content) return Failure(content.error());
  return ReplaceStage{*pattern->literal(), *std::move(content), {}};
}

Result<DecoderStage> readStrip(const JsonNode& node) {
  auto content = oneCharacter(node.at("content"));
  if (!content) return Failure(content.error());
  auto start = node.at("start").natural(), stop = node.at("stop").natural();
  if (!start || !stop) return Failure((start ? stop : start).error());
  return StripStage{*std::move(content), *start, *stop};
}

Result<DecoderStage> readMetaspace(const JsonNode& node) {
  auto replacement = oneCharacter(node.at("replacement"));
  if (!replacement) return Failure(replacement.error());
  auto prefix_space = node.at("add_prefix_space").flagOr(true);
  if (!prefix_space) return Failure(prefix_space.error());
  auto scheme = node.at("prepend_scheme").textOr(*prefix_space ? "always" : "never");
  if (!scheme) return Failure(scheme.error());
  return MetaspaceStage{*std::move(replacement), *scheme != "never", true, {}};
}

}  // namespace

Result<Decoder> Decoder::fromJson(const JsonNode& node) {
  Decoder decoder;
  if (node.value().is_null()) {
    decoder.stages_.emplace_back(JoinStage{});
    return decoder;
  }
  if (Status done = decoder.read(node); !done) return Failure(done.error());
  std::size_t growth = 1;
  for (const DecoderStage& stage : decoder.stages_) {
    if (const auto* replace = std::get_if<ReplaceStage>(&stage)) {
      growth *= std::max<std::size_t>(
          1, (replace->content.size() + replace->pattern.size() - 1) / replace->pattern.size());
    }
    if (growth > kMaxGrowth) return node.bad("makes the text grow too much");
  }
  return decoder;
}

Status Decoder::read(const JsonNode& node) {
  auto type = node.at("type").text();
  if (!type) return Failure(type.error());
  if (*type == "Sequence") {
    auto parts = node.at("decoders").elements(kMaxSteps);
    if (!parts) return Failure(parts.error());
    for (const JsonNode& part : *parts) {
      if (Status done = read(part); !done) return done;
    }
    return {};
  }
  auto stage = readStage(node, *type);
  if (!stage) return Failure(stage.error());
  if (stages_.size() >= kMaxSteps) return node.bad("is one step too many");
  stages_.push_back(*std::move(stage));
  return {};
}

Result<DecoderStage> Decoder::readStage(const JsonNode& node, const std::string& type) {
  if (type == "ByteLevel") return ByteLevelStage{};
  if (type == "ByteFallback") return ByteFallbackStage{};
  if (type == "Fuse") return FuseStage{};
  if (type == "Replace") return readReplace(node);
  if (type == "Strip") return readStrip(node);
  if (type == "Metaspace") return readMetaspace(node);
  return node.at("type").wrong(
      "a supported decoder (ByteLevel, ByteFallback, Fuse, Replace, Strip, Metaspace, Sequence)");
}

std::string DecodeStream::push(const std::string& token) {
  TokenParts parts{{token, true, true}};
  for (DecoderStage& stage : stages_) {
    TokenParts next;
    for (const TokenPart& part : parts) {
      std::visit([&](auto& one) { one.push(part, next); }, stage);
    }
    parts = std::move(next);
  }
  std::string text;
  for (const TokenPart& part : parts) text += part.text;
  return text;
}

std::string DecodeStream::finish() {
  TokenParts parts;
  for (DecoderStage& stage : stages_) {
    TokenParts next;
    for (const TokenPart& part : parts) {
      std::visit([&](auto& one) { one.push(part, next); }, stage);
    }
    std::visit([&](auto& one) { one.finish(next); }, stage);
    parts = std::move(next);
  }
  std::string text;
  for (const TokenPart& part : parts) text += part.text;
  return text;
}

}  // namespace xkv::text
