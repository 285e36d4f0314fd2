// SPDX-License-Identifier: Apache-2.0
/// Follows the reference library step by step, since its corners show up in the ids.
#include "engine/text/added_tokens.h"

#include <algorithm>

#include "engine/text/unicode_classes.h"
#include "engine/text/utf8.h"

namespace xkv::text {
namespace {

constexpr std::size_t kMaxTokens = 1 << 20;
// Matching takes this many steps for each byte of a text at worst.
constexpr std::size_t kMaxContentBytes = 1024;

bool isWordBefore(std::string_view text, std::size_t offset) {
  return offset > 0 &&
         wordCharacters().contains(codePointAt(text, codePointBefore(text, offset)).value);
}

bool isWordAfter(std::string_view text, std::size_t offset) {
  return offset < text.size() && wordCharacters().contains(codePointAt(text, offset).value);
}

/// Where the white space before `offset` begins, but not before `limit`.
std::size_t spaceBefore(std::string_view text, std::size_t offset, std::size_t limit) {
  while (offset > limit) {
    const std::size_t last = codePointBefore(text, offset);
    if (!whiteSpace().contains(codePointAt(text, last).value)) break;
    offset = last;
  }
  return std::max(offset, limit);
}

std::size_t spaceAfter(std::string_view text, std::size_t offset) {
  while (offset < text.size()) {
    const CodePoint next = codePointAt(text, offset);
    if (!whiteSpace().contains(next.value)) break;
    offset += next.length;
  }
  return offset;
}

}  // namespace

Result<AddedTokens> AddedTokens::fromJson(const JsonNode& node, const Vocabulary& vocabulary,
                                          const Normalizer& normalizer) {
  AddedTokens added;
  if (node.value().is_null()) return added;
  auto elements = node.elements(kMaxTokens);
  if (!elements) return Failure(elements.error());
  std::vector<Token> tokens;
  for (const JsonNode& element : *elements) {
    auto token = readToken(element);
    if (!token) return Failure(token.error());
    if (!token->content.empty()) tokens.push_back(*std::move(token));
  }
  if (Status done = added.addAll(tokens, vocabulary, normalizer); !done)
    return Failure(done.error());
  return added;
}

Result<AddedTokens::Token> AddedTokens::readToken(const JsonNode& node) {
  if (auto id = node.at("id").natural(); !id) return Failure(id.error());
  auto content = node.at("content").text();
  if (!content) return Failure(content.error());
  if (content->size() > kMaxContentBytes) {
    return node.at("content").bad("has " + std::to_string(content->size()) + " bytes, at most " +
                                  std::to_string(kMaxContentBytes) + " are supported");
  }
  Token token{.content = *std::move(content)};
  for (auto [key, option] : {std::pair("single_word", &token.single_word),
                             {"lstrip", &token.lstrip},
                             {"rstrip", &token.rstrip},
                             {"normalized", &token.normalized},
                             {"special", &token.special}}) {
    auto flag = node.at(key).flag();
    if (!flag) return Failure(flag.error());
    *option = *flag;
  }
  return token;
}

std::optional<uint32_t> AddedTokens::idFor(const std::string& content,
                                           const Vocabulary& vocabulary) const {
  if (const auto known = id(content)) return *known;
  if (const auto known = vocabulary.id(content)) return *known;
  const auto size = static_cast<uint32_t>(vocabulary.size());
  if (!largest_ || (*largest_ < size && size != 0)) return size;
  return *largest_ == UINT32_MAX ? std::nullopt : std::optional(*largest_ + 1);
}

Status AddedTokens::addAll(const std::vector<Token>& tokens, const Vocabulary& vocabulary,
                           const Normalizer& normalizer) {
  std::vector<const Token*> specials, others;
  for (const Token& token : tokens) {
    if (token.special && special_.insert(token.content).second) specials.push_back(&token);
  }
  for (const Token& token : tokens) {
    const auto free = idFor(token.content, vocabulary);
    if (!free)
      return failure(ErrorKind::bad_input, "tokenizer.json: added_tokens: no 32-bit id is left");
    const uint32_t id = *free;
    if (const auto known = tokens_.find(id); known != tokens_.end() && known->second == token)
      continue;
    ids_.insert_or_assign(token.content, id);
    tokens_.insert_or_assign(id, token);
    largest_ = std::max(largest_.value_or(0), id);
    id_limit_ = std::max(id_limit_, int64_t{id} + 1);
    if (!special_.contains(token.content)) others.push_back(&token);
  }
  specials.insert(specials.end(), others.begin(), others.end());
  for (const Token* token : specials) {
    if (Status done = addToMatcher(*token, normalizer); !done) return done;
  }
  return {};
}

Status AddedTokens::addToMatcher(const Token& token, const Normalizer& normalizer) {
  const uint32_t id = *this->id(token.content);
  Matcher& matcher = token.normalized ? normalized_ : raw_;
  std::string content = token.content;
  if (token.normalized) {
    auto normalized = normalizer.apply(std::move(content));
    if (!normalized) return Failure(normalized.error());
    content = *std::move(normalized);
  }
  matcher.trie.add(content, matcher.ids.size());
  matcher.ids.push_back(id);
  shown_.insert_or_assign(id, std::move(content));
  return {};
}

std::vector<AddedTokens::Section> AddedTokens::split(std::string_view text,
                                                     const Matcher& matcher) const {
  std::vector<Section> sections;
  std::size_t done = 0;
  std::size_t space_end = 0;  // the last white space that was walked over ends here
  for (const auto& found : matcher.trie.findAll(text)) {
    const uint32_t id = matcher.ids[found.index];
    const Token& token = tokens_.at(id);
    if (token.single_word && (isWordBefore(text, found.begin) || isWordAfter(text, found.end)))
      continue;
    std::size_t begin = found.begin, end = found.end;
    if (token.lstrip) begin = spaceBefore(text, begin, done);
    if (token.rstrip) {
      if (end >= space_end) space_end = spaceAfter(text, end);
      end = space_end;
    }
    if (done < begin) sections.push_back({done, begin, std::nullopt});
    sections.push_back({begin, end, id});
    done = end;
  }
  if (done < text.size()) sections.push_back({done, text.size(), std::nullopt});
  return sections;
}

std::optional<uint32_t> AddedTokens::id(std::string_view content) const {
  const auto found = ids_.find(content);
  return found == ids_.end() ? std::nullopt : std::optional(found->second);
}

const std::string* AddedTokens::token(int64_t id) const {
  const auto found = shown_.find(id);
  return found == shown_.end() ? nullptr : &found->second;
}

}  // namespace xkv::text
