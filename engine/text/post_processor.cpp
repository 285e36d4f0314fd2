// SPDX-License-Identifier: Apache-2.0
/// Whatever the file says comes down to ids before and ids behind.
#include "engine/text/post_processor.h"

#include <algorithm>

#include "engine/text/growth_limit.h"

namespace xkv::text {
namespace {

constexpr std::size_t kMaxAddedIds = 1000;

Status appendIds(const JsonNode& node, std::vector<int64_t>& ids) {
  auto elements = node.elements(kMaxAddedIds);
  if (!elements) return Failure(elements.error());
  for (const JsonNode& element : *elements) {
    auto id = element.natural();
    if (!id) return Failure(id.error());
    ids.push_back(*id);
  }
  return {};
}

}  // namespace

Result<PostProcessor> PostProcessor::fromJson(const JsonNode& node) {
  PostProcessor processor;
  if (node.value().is_null()) return processor;
  if (Status done = processor.read(node); !done) return Failure(done.error());
  return processor;
}

Status PostProcessor::read(const JsonNode& node) {
  auto type = node.at("type").text();
  if (!type) return Failure(type.error());
  if (*type == "Sequence") {
    auto parts = node.at("processors").elements(kMaxSteps);
    if (!parts) return Failure(parts.error());
    for (const JsonNode& part : *parts) {
      if (Status done = read(part); !done) return done;
    }
    return {};
  }
  if (*type == "ByteLevel") return {};  // it moves offsets only
  if (*type == "TemplateProcessing") return readTemplate(node);
  if (*type == "RobertaProcessing" || *type == "BertProcessing") return readPair(node);
  return node.at("type").wrong(
      "a supported post-processor (TemplateProcessing, ByteLevel, "
      "RobertaProcessing, BertProcessing, Sequence)");
}

Status PostProcessor::readTemplate(const JsonNode& node) {
  auto pieces = node.at("single").elements(kMaxSteps);
  if (!pieces) return Failure(pieces.error());
  std::vector<int64_t> before, after;
  int texts = 0;
  for (const JsonNode& piece : *pieces) {
    if (piece.has("Sequence")) {
      auto name = piece.at("Sequence").at("id").text();
      if (!name) return Failure(name.error());
      if (*name != "A" || ++texts > 1) return piece.wrong("the sequence A, once");
      continue;
    }
    auto name = piece.at("SpecialToken").at("id").text();
    if (!name) return Failure(name.error());
    const JsonNode ids = node.at("special_tokens").at(*name).at("ids");
    if (Status done = appendIds(ids, texts == 0 ? before : after); !done) return done;
  }
  if (texts == 0) return node.at("single").bad("does not hold the sequence A");
  // An outer processor wraps what an inner one has added.
  before_.insert(before_.begin(), before.begin(), before.end());
  after_.insert(after_.end(), after.begin(), after.end());
  return {};
}

Status PostProcessor::readPair(const JsonNode& node) {
  for (const char* key : {"cls", "sep"}) {
    auto parts = node.at(key).elements(2);
    if (!parts) return Failure(parts.error());
    if (parts->size() != 2) return node.at(key).wrong("[token, id]");
    auto id = (*parts)[1].natural();
    if (!id) return Failure(id.error());
    if (*key == 'c') {
      addBefore(*id);
    } else {
      addAfter(*id);
    }
  }
  return {};
}

std::vector<int64_t> PostProcessor::apply(const std::vector<int64_t>& ids) const {
  std::vector<int64_t> all = before_;
  all.insert(all.end(), ids.begin(), ids.end());
  all.insert(all.end(), after_.begin(), after_.end());
  return all;
}

int64_t PostProcessor::idLimit() const {
  int64_t limit = 0;
  for (const auto* ids : {&before_, &after_}) {
    for (const int64_t id : *ids) limit = std::max(limit, id + 1);
  }
  return limit;
}

}  // namespace xkv::text
