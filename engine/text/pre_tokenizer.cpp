// SPDX-License-Identifier: Apache-2.0
/// Each step maps one piece to its pieces; the steps run over the growing list one after the other.
#include "engine/text/pre_tokenizer.h"

#include <iterator>

#include "engine/text/byte_alphabet.h"
#include "engine/text/growth_limit.h"
#include "engine/text/unicode_classes.h"
#include "engine/text/utf8.h"

namespace xkv::text {
namespace {

constexpr std::string_view kGpt2Pattern =
    R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";
constexpr std::string_view kWhitespacePattern = R"([\w\x{200C}\x{200D}]+|[^\w\s\x{200C}\x{200D}]+)";

void append(const Piece& piece, const std::vector<Match>& parts, std::vector<Piece>& pieces) {
  for (const Match& part : parts) {
    pieces.push_back(
        {piece.text.substr(part.begin, part.end - part.begin), piece.at_start && part.begin == 0});
  }
}

std::vector<Match> charactersIn(const CodePointSet& set, std::string_view text) {
  std::vector<Match> matches;
  for (std::size_t offset = 0; offset < text.size();) {
    const CodePoint next = codePointAt(text, offset);
    if (set.contains(next.value)) matches.push_back({offset, offset + next.length});
    offset += next.length;
  }
  return matches;
}

void replaceSpaces(std::string& text, const std::string& replacement) {
  std::string replaced;
  for (const char c : text) {
    if (c == ' ') {
      replaced += replacement;
    } else {
      replaced += c;
    }
  }
  text = std::move(replaced);
}

}  // namespace

Result<PreTokenizer> PreTokenizer::fromJson(const JsonNode& node) {
  PreTokenizer pre_tokenizer;
  if (node.value().is_null()) return pre_tokenizer;
  if (Status done = pre_tokenizer.read(node); !done) return Failure(done.error());
  return pre_tokenizer;
}

Status PreTokenizer::add(const JsonNode& node, Step step, std::size_t growth) {
  growth_ *= growth;
  if (growth_ > kMaxGrowth || steps_.size() >= kMaxSteps)
    return node.bad("makes the text grow too much");
  steps_.push_back(std::move(step));
  return {};
}

Status PreTokenizer::read(const JsonNode& node) {
  auto type = node.at("type").text();
  if (!type) return Failure(type.error());
  if (*type == "Sequence") {
    auto parts = node.at("pretokenizers").elements(kMaxSteps);
    if (!parts) return Failure(parts.error());
    for (const JsonNode& part : *parts) {
      if (Status done = read(part); !done) return done;
    }
    return {};
  }
  if (*type == "Split") return readSplit(node);
  if (*type == "ByteLevel") return readByteLevel(node);
  if (*type == "Metaspace") return readMetaspace(node);
  if (*type == "WhitespaceSplit") return add(node, WhitespaceSplit{});
  if (*type == "Digits") {
    auto individual = node.at("individual_digits").flagOr(false);
    if (!individual) return Failure(individual.error());
    return add(node, Digits{*individual});
  }
  if (*type == "Whitespace") {
    auto regex = Regex::compile(kWhitespacePattern);
    if (!regex) return Failure(regex.error());
    return add(node, Split{Pattern(*std::move(regex)), SplitBehavior::removed, true});
  }
  return node.at("type").wrong(
      "a supported pre-tokenizer (Split, ByteLevel, Metaspace, Digits, "
      "Whitespace, WhitespaceSplit, Sequence)");
}

Status PreTokenizer::readSplit(const JsonNode& node) {
  auto pattern = Pattern::fromJson(node.at("pattern"));
  if (!pattern) return Failure(pattern.error());
  auto behavior = splitBehaviorFromJson(node.at("behavior"));
  if (!behavior) return Failure(behavior.error());
  auto inverted = node.at("invert").flagOr(false);
  if (!inverted) return Failure(inverted.error());
  return add(node, Split{*std::move(pattern), *behavior, *inverted});
}

Status PreTokenizer::readByteLevel(const JsonNode& node) {
  auto prefix_space = node.at("add_prefix_space").flag();
  if (!prefix_space) return Failure(prefix_space.error());
  auto use_regex = node.at("use_regex").flagOr(true);  // files from before the key always split
  if (!use_regex) return Failure(use_regex.error());
  Status done;
  if (*prefix_space) done = add(node, PrefixSpace{});
  if (done && *use_regex) {
    auto regex = Regex::compile(kGpt2Pattern);
    if (!regex) return Failure(regex.error());
    done = add(node, Split{Pattern(*std::move(regex)), SplitBehavior::isolated, false});
  }
  return done ? add(node, ByteAlphabet{}, 2) : done;
}

Status PreTokenizer::readMetaspace(const JsonNode& node) {
  auto replacement = node.at("replacement").text();
  if (!replacement) return Failure(replacement.error());
  if (replacement->empty() || codePointAt(*replacement, 0).length != replacement->size()) {
    return node.at("replacement").wrong("one character");
  }
  // Older files have add_prefix_space instead of the scheme.
  auto prefix_space = node.at("add_prefix_space").flagOr(true);
  if (!prefix_space) return Failure(prefix_space.error());
  auto scheme = node.at("prepend_scheme").textOr(*prefix_space ? "always" : "never");
  if (!scheme) return Failure(scheme.error());
  auto split = node.at("split").flagOr(true);
  if (!split) return Failure(split.error());
  PrependScheme prepend = PrependScheme::always;
  if (*scheme == "first") {
    prepend = PrependScheme::first;
  } else if (*scheme == "never") {
    prepend = PrependScheme::never;
  } else if (*scheme != "always") {
    return node.at("prepend_scheme").wrong("always, first or never");
  }
  return add(node, Metaspace{*replacement, prepend, *split}, replacement->size());
}

Result<std::vector<Piece>> PreTokenizer::split(Piece whole) const {
  std::vector<Piece> pieces;
  pieces.push_back(std::move(whole));
  for (const Step& step : steps_) {
    std::vector<Piece> next;
    next.reserve(pieces.size());
    for (Piece& piece : pieces) {
      Status done =
          std::visit([&](const auto& one) { return run(one, std::move(piece), next); }, step);
      if (!done) return Failure(done.error());
    }
    pieces = std::move(next);
  }
  return pieces;
}

Status PreTokenizer::run(const Split& step, Piece piece, std::vector<Piece>& pieces) {
  auto matches = step.pattern.findAll(piece.text);
  if (!matches) return Failure(matches.error());
  append(piece, splitAt(*matches, piece.text.size(), step.inverted, step.behavior), pieces);
  return {};
}

Status PreTokenizer::run(const ByteAlphabet&, Piece piece, std::vector<Piece>& pieces) {
  pieces.push_back({toByteAlphabet(piece.text), piece.at_start});
  return {};
}

Status PreTokenizer::run(const PrefixSpace&, Piece piece, std::vector<Piece>& pieces) {
  if (!piece.text.starts_with(' ')) piece.text.insert(0, 1, ' ');
  pieces.push_back(std::move(piece));
  return {};
}

Status PreTokenizer::run(const Digits& step, Piece piece, std::vector<Piece>& pieces) {
  const SplitBehavior behavior =
      step.individual ? SplitBehavior::isolated : SplitBehavior::contiguous;
  append(piece, splitAt(charactersIn(numeric(), piece.text), piece.text.size(), false, behavior),
         pieces);
  return {};
}

Status PreTokenizer::run(const WhitespaceSplit&, Piece piece, std::vector<Piece>& pieces) {
  const auto spaces = charactersIn(whiteSpace(), piece.text);
  append(piece, splitAt(spaces, piece.text.size(), false, SplitBehavior::removed), pieces);
  return {};
}

Status PreTokenizer::run(const Metaspace& step, Piece piece, std::vector<Piece>& pieces) {
  replaceSpaces(piece.text, step.replacement);
  const bool wanted = step.prepend == PrependScheme::always ||
                      (step.prepend == PrependScheme::first && piece.at_start);
  if (wanted && !piece.text.starts_with(step.replacement)) piece.text.insert(0, step.replacement);
  if (!step.split) {
    pieces.push_back(std::move(piece));
    return {};
  }
  std::vector<Match> marks;
  for (auto at = piece.text.find(step.replacement); at != std::string::npos;
       at = piece.text.find(step.replacement, at + step.replacement.size())) {
    marks.push_back({at, at + step.replacement.size()});
  }
  append(piece, splitAt(marks, piece.text.size(), false, SplitBehavior::merged_with_next), pieces);
  return {};
}

}  // namespace xkv::text
