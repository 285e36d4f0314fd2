// SPDX-License-Identifier: Apache-2.0
/// Unicode forms come from ICU, held back to the Unicode version that the reference library has.
#include "engine/text/normalizer.h"

#include <unicode/normalizer2.h>
#include <unicode/uniset.h>

#include <memory>

#include "engine/text/growth_limit.h"
#include "engine/text/unicode_classes.h"
#include "engine/text/utf8.h"

namespace xkv::text {
namespace {

// Characters that are newer stay as they are.
constexpr const char16_t* kKnownCharacters = u"[:age=9.0:]";

const icu::Normalizer2* unfiltered(int form, UErrorCode& status) {
  switch (form) {
    case 0:
      return icu::Normalizer2::getNFCInstance(status);
    case 1:
      return icu::Normalizer2::getNFDInstance(status);
    case 2:
      return icu::Normalizer2::getNFKCInstance(status);
    default:
      return icu::Normalizer2::getNFKDInstance(status);
  }
}

/// Frozen: looking up in a set that could still change takes far longer.
const icu::UnicodeSet& knownCharacters() {
  UErrorCode status = U_ZERO_ERROR;
  static const icu::UnicodeSet kKnown =
      *icu::UnicodeSet(icu::UnicodeString(kKnownCharacters), status).freeze();
  return kKnown;
}

std::size_t trimmedStart(const std::string& text) {
  std::size_t begin = 0;
  while (begin < text.size()) {
    const CodePoint next = codePointAt(text, begin);
    if (!whiteSpace().contains(next.value)) break;
    begin += next.length;
  }
  return begin;
}

std::size_t trimmedEnd(const std::string& text, std::size_t begin) {
  std::size_t end = text.size();
  while (end > begin) {
    const std::size_t last = codePointBefore(text, end);
    if (!whiteSpace().contains(codePointAt(text, last).value)) break;
    end = last;
  }
  return end;
}

}  // namespace

Result<Normalizer> Normalizer::fromJson(const JsonNode& node) {
  Normalizer normalizer;
  if (node.value().is_null()) return normalizer;
  if (Status done = normalizer.read(node); !done) return Failure(done.error());
  return normalizer;
}

Status Normalizer::read(const JsonNode& node) {
  auto type = node.at("type").text();
  if (!type) return Failure(type.error());
  if (*type == "Sequence") {
    auto parts = node.at("normalizers").elements(kMaxSteps);
    if (!parts) return Failure(parts.error());
    for (const JsonNode& part : *parts) {
      if (Status done = read(part); !done) return done;
    }
    return {};
  }
  auto step = readStep(node, *type);
  if (!step) return Failure(step.error());
  if (const auto* replace = std::get_if<Replace>(&*step)) {
    growth_ *= replace->pattern.growth(replace->content);
  }
  if (growth_ > kMaxGrowth || steps_.size() >= kMaxSteps)
    return node.bad("makes the text grow too much");
  steps_.push_back(*std::move(step));
  return {};
}

Result<Normalizer::Step> Normalizer::readStep(const JsonNode& node, const std::string& type) {
  if (type == "NFC") return UnicodeForm::nfc;
  if (type == "NFD") return UnicodeForm::nfd;
  if (type == "NFKC") return UnicodeForm::nfkc;
  if (type == "NFKD") return UnicodeForm::nfkd;
  if (type == "Prepend") {
    auto text = node.at("prepend").text();
    if (!text) return Failure(text.error());
    return Prepend{*std::move(text)};
  }
  if (type == "Replace") {
    auto pattern = Pattern::fromJson(node.at("pattern"));
    if (!pattern) return Failure(pattern.error());
    auto content = node.at("content").text();
    if (!content) return Failure(content.error());
    return Replace{*std::move(pattern), *std::move(content)};
  }
  if (type == "Strip") {
    auto left = node.at("strip_left").flag(), right = node.at("strip_right").flag();
    if (!left || !right) return Failure((left ? right : left).error());
    return Strip{*left, *right};
  }
  return node.at("type").wrong(
      "a supported normalizer (NFC, NFD, NFKC, NFKD, Prepend, Replace, Strip, Sequence)");
}

Result<std::string> Normalizer::apply(std::string text) const {
  for (const Step& step : steps_) {
    auto next = std::visit([&](const auto& one) { return run(one, std::move(text)); }, step);
    if (!next) return next;
    text = *std::move(next);
  }
  return text;
}

Result<std::string> Normalizer::run(UnicodeForm form, std::string text) {
  UErrorCode status = U_ZERO_ERROR;
  const icu::Normalizer2* whole = unfiltered(static_cast<int>(form), status);
  std::string normalized;
  if (U_SUCCESS(status)) {
    const icu::FilteredNormalizer2 filtered(*whole, knownCharacters());
    icu::StringByteSink<std::string> sink(&normalized);
    filtered.normalizeUTF8(0, text, sink, nullptr, status);
  }
  if (U_FAILURE(status)) {
    return failure(ErrorKind::failure,
                   std::string("Unicode normalization failed: ") + u_errorName(status));
  }
  return normalized;
}

Result<std::string> Normalizer::run(const Prepend& step, std::string text) {
  return text.empty() ? std::move(text) : step.text + text;
}

Result<std::string> Normalizer::run(const Replace& step, std::string text) {
  return step.pattern.replaceAll(text, step.content);
}

Result<std::string> Normalizer::run(const Strip& step, std::string text) {
  const std::size_t begin = step.left ? trimmedStart(text) : 0;
  const std::size_t end = step.right ? trimmedEnd(text, begin) : text.size();
  return text.substr(begin, end - begin);
}

}  // namespace xkv::text
