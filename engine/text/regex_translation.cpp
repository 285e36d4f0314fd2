// SPDX-License-Identifier: Apache-2.0
/// One pass over the pattern; remembers where the last atom began, for the quantifiers that must be
/// wrapped.
#include "engine/text/regex_translation.h"

#include <algorithm>

#include "engine/text/regex_sets.h"
#include "engine/text/unicode_classes.h"
#include "engine/text/utf8.h"

namespace xkv::text {
namespace {

constexpr std::size_t kMaxClassDepth = 16;
// Expanded classes are long: many of them in one pattern would be a trap for memory.
constexpr std::size_t kMaxLength = 1 << 20;

bool isLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool isDigit(char c) { return c >= '0' && c <= '9'; }
bool isHexDigit(char c) { return isDigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

class Translation {
 public:
  explicit Translation(std::string_view source) : source_(source) {}

  Result<TranslatedPattern> run() {
    Status done;
    while (done && at_ < source_.size())
      done = tooLong() ? Status(bad("too many classes")) : atom();
    if (!done) return Failure(done.error());
    return std::move(out_);
  }

 private:
  bool next(std::string_view text) const { return source_.substr(at_).starts_with(text); }
  bool tooLong() const { return out_.pattern.size() > kMaxLength || at_ > kMaxLength; }
  char peek(std::size_t ahead) const {
    return at_ + ahead < source_.size() ? source_[at_ + ahead] : '\0';
  }

  Failure bad(std::string_view what) const {
    return failure(ErrorKind::bad_input, std::string(what) + " at position " + std::to_string(at_));
  }

  void emit(std::string_view text, std::size_t taken) {
    out_.positions.emplace_back(out_.pattern.size(), at_);
    out_.pattern += text;
    at_ += taken;
  }
  void emitAtom(std::string_view text, std::size_t taken) {
    atom_ = out_.pattern.size();
    emit(text, taken);
  }
  void wrapAtom() {
    out_.pattern.insert(atom_, "(?:");
    for (auto& [position, source] : out_.positions) position += position > atom_ ? 3 : 0;
    out_.pattern += ')';
  }

  Status atom() {
    switch (source_[at_]) {
      case '\\':
        return escape();
      case '[':
        return classAtom();
      case '(':
        return group();
      case ')':
        emit(")", 1);
        if (!groups_.empty()) {
          atom_ = groups_.back();
          groups_.pop_back();
        }
        return {};
      case '{':
        return interval();
      case '*':
      case '+':
      case '?':
      case '|':
        emit(source_.substr(at_, 1), 1);
        return {};
      default: {
        const std::size_t length = codePointAt(source_, at_).length;
        emitAtom(source_.substr(at_, length), length);
        return {};
      }
    }
  }

  Status group() {
    if (peek(1) == '*') return bad("a verb");
    groups_.push_back(out_.pattern.size());
    if (peek(1) != '?') return emit("(", 1), Status{};
    if (next("(?#")) return comment();
    if (peek(2) == '~' || peek(2) == 'C' || peek(2) == 'R' || peek(2) == '&' || peek(2) == '|' ||
        peek(2) == 'P' || isDigit(peek(2))) {
      return bad("a group that is not supported");
    }
    if (isLetter(peek(2)) || peek(2) == '-') return options();
    emit(source_.substr(at_, 3), std::min<std::size_t>(3, source_.size() - at_));
    return {};
  }

  Status comment() {
    groups_.pop_back();
    const std::size_t end = source_.find(')', at_);
    if (end == std::string_view::npos) return bad("a comment without an end");
    at_ = end + 1;
    return {};
  }

  Status options() {
    std::string text = "(?";
    std::size_t length = 2;
    for (; isLetter(peek(length)) || peek(length) == '-'; ++length) {
      const char option = peek(length);
      if (option != 'i' && option != 'm' && option != 'x' && option != '-') {
        return bad("an unknown group option");
      }
      text += option == 'm' ? 's' : option;
    }
    if (peek(length) == ')') groups_.pop_back();  // (?i) opens no group
    if (peek(length) != ')' && peek(length) != ':') return bad("a group that is not supported");
    emit(text + peek(length), length + 1);
    return {};
  }

  // {n}, {n,}, {n,m} and {,m}; other braces stand for themselves.
  Status interval() {
    std::size_t length = 1;
    while (isDigit(peek(length))) ++length;
    const std::size_t first = length;
    if (peek(length) == ',') ++length;
    const bool has_comma = length > first;
    while (isDigit(peek(length))) ++length;
    const bool empty = first == 1 && length <= first + 1;
    if (empty || peek(length) != '}') return emitAtom("\\{", 1), Status{};
    std::string text(source_.substr(at_, ++length));
    if (first == 1) text.insert(1, "0");
    if (out_.pattern.empty()) return bad("a quantifier without an atom");
    emit(text, length);
    const char after = peek(0);
    if (after == '+' || (after == '?' && !has_comma)) {
      wrapAtom();
      emit(std::string_view(&source_[at_], 1), 1);
    }
    return {};
  }

  Status escape() {
    auto set = escapedSet(source_.substr(at_));

    if (!set) return bad(set.error().message);
    if (*set) {
      emitAtom("[" + (*set)->text + "]", (*set)->taken);
      return {};
    }
    if (next("\\b") || next("\\B")) {
      const std::string word = "[" + classRanges(regexWordCharacters()) + "]";
      const bool at_edge = next("\\b");
      emitAtom(at_edge ? "(?:(?<=" + word + ")(?!" + word + ")|(?<!" + word + ")(?=" + word + "))"
                       : "(?:(?<=" + word + ")(?=" + word + ")|(?<!" + word + ")(?!" + word + "))",
               2);
      return {};
    }
    if (next("\\Z")) return emitAtom("(?=\\n?\\z)", 2), Status{};
    if (next("\\A") || next("\\z") || next("\\G"))
      return emitAtom(source_.substr(at_, 2), 2), Status{};
    if (peek(1) >= '1' && peek(1) <= '9') return emitAtom(source_.substr(at_, 2), 2), Status{};
    return character(false);
  }

  /// An escape for one character, in or out of a class.
  Status character(bool in_class) {
    const char c = peek(1);
    if (c == '\0') return bad("a backslash at the end");
    if (in_class && c == 'b') return emit("\\x{8}", 2), Status{};
    if (c == 'u' || c == 'x') return numbered();
    if (c == 'v') return emitAtom("\\x{B}", 2), Status{};
    if (std::string_view("tnrfae").find(c) != std::string_view::npos) {
      return emitAtom(source_.substr(at_, 2), 2), Status{};
    }
    if (isDigit(c) || std::string_view("CMcKRXNOyYkgpP").find(c) != std::string_view::npos) {
      return bad("an escape that is not supported");
    }
    const std::size_t length = codePointAt(source_, at_ + 1).length;
    const bool plain = isLetter(c) || length > 1;  // \Q and the like are plain letters
    emitAtom(source_.substr(plain ? at_ + 1 : at_, plain ? length : 2), 1 + length);
    return {};
  }

  /// \uHHHH, \xHH and \x{H..}.
  Status numbered() {
    const bool braces = next("\\x{");
    const std::size_t from = braces ? 3 : 2;
    const std::size_t most = braces ? 6 : peek(1) == 'u' ? 4 : 2;
    std::size_t digits = 0;
    while (digits < most && isHexDigit(peek(from + digits))) ++digits;
    const bool whole = braces ? digits > 0 && peek(from + digits) == '}' : digits == most;
    if (!whole) return bad("a code point that is no hexadecimal number");
    const std::string number(source_.substr(at_ + from, digits));
    if (!braces && most == 2 && number[0] >= '8') return bad("a byte that is no ASCII character");
    emitAtom("\\x{" + number + "}", from + digits + (braces ? 1 : 0));
    return {};
  }

  Status classAtom() {
    const std::size_t begin = out_.pattern.size();
    Status done = characterClass(0);
    atom_ = begin;
    return done;
  }

  Status characterClass(std::size_t depth) {
    if (depth > kMaxClassDepth) return bad("classes nested too deeply");
    if (depth > 0 && peek(1) == '^') return bad("a negated class inside a class");
    const bool negated = peek(1) == '^';
    // A class inside a class is a union: its members simply follow.
    emit(depth > 0 ? "" : negated ? "[^" : "[", negated ? 2 : 1);
    if (peek(0) == ']') emit("\\]", 1);
    while (at_ < source_.size()) {
      if (peek(0) == ']') return emit(depth > 0 ? "" : "]", 1), Status{};
      if (Status done = classMember(depth); !done) return done;
    }
    return bad("a class without an end");
  }

  Status classMember(std::size_t depth) {
    if (tooLong()) return bad("too many classes");
    if (next("&&")) return bad("an intersection of classes");
    if (isPosixClass()) return bad("a POSIX class");
    if (peek(0) == '[') return characterClass(depth + 1);
    if (peek(0) == '\\') {
      auto set = escapedSet(source_.substr(at_));

      if (!set) return bad(set.error().message);
      if (!*set) return character(true);
      emit((*set)->text, (*set)->taken);
      // A hyphen here stands for itself; PCRE2 could take it for a range.
      if (peek(0) == '-') emit("\\-", 1);
      return {};
    }
    const bool before_set =
        next("-\\") && std::string_view("sSwWdDhHpP").find(peek(2)) != std::string_view::npos;
    if (before_set) return emit("\\-", 1), Status{};
    const std::size_t length = codePointAt(source_, at_).length;
    emit(source_.substr(at_, length), length);
    return {};
  }

  // Their sets differ between the engines; no tokenizer of a model family has them.
  bool isPosixClass() const {
    const std::size_t end = source_.find(":]", at_);
    if (!next("[:") || end == std::string_view::npos) return false;
    const std::string_view name = source_.substr(at_ + 2, end - at_ - 2);
    return std::all_of(name.begin(), name.end(), [](char c) { return isLetter(c) || c == '^'; });
  }

  std::string_view source_;
  std::size_t at_ = 0;
  TranslatedPattern out_;
  std::size_t atom_ = 0;             // where the last atom begins in the output
  std::vector<std::size_t> groups_;  // where the open groups begin in the output
};

}  // namespace

std::size_t TranslatedPattern::sourcePosition(std::size_t position) const {
  const auto after =
      std::upper_bound(positions.begin(), positions.end(), position,
                       [](std::size_t p, const auto& entry) { return p < entry.first; });
  return after == positions.begin() ? 0 : std::prev(after)->second;
}

Result<TranslatedPattern> translateRegex(std::string_view source) {
  return Translation(source).run();
}

}  // namespace xkv::text
