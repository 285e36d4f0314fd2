// SPDX-License-Identifier: Apache-2.0
/// PCRE2 with JIT and a match limit, walked the way the reference library walks its engine.
#include "engine/text/regex.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "engine/text/printable.h"
#include "engine/text/regex_translation.h"
#include "engine/text/utf8.h"

namespace xkv::text {
namespace {

constexpr uint32_t kMatchLimit = 2'000'000;
constexpr uint32_t kHeapLimitKib = 64 * 1024;
constexpr std::size_t kJitStackBytes = 8 << 20;

template <auto close>
struct Closer {
  template <class T>
  void operator()(T* handle) const {
    close(handle);
  }
};
using CompileContext = std::unique_ptr<pcre2_compile_context, Closer<pcre2_compile_context_free>>;
using MatchContext = std::unique_ptr<pcre2_match_context, Closer<pcre2_match_context_free>>;
using MatchData = std::unique_ptr<pcre2_match_data, Closer<pcre2_match_data_free>>;
using JitStack = std::unique_ptr<pcre2_jit_stack, Closer<pcre2_jit_stack_free>>;

/// What one thread needs to match; made once, since patterns run over very many short pieces.
struct Workspace {
  JitStack stack{pcre2_jit_stack_create(32 << 10, kJitStackBytes, nullptr)};
  MatchContext context{pcre2_match_context_create(nullptr)};
  MatchData data{pcre2_match_data_create(1, nullptr)};

  Workspace() {
    pcre2_set_match_limit(context.get(), kMatchLimit);
    pcre2_set_heap_limit(context.get(), kHeapLimitKib);
    pcre2_jit_stack_assign(context.get(), nullptr, stack.get());
  }
};

std::string messageOf(int code) {
  PCRE2_UCHAR buffer[200];
  pcre2_get_error_message(code, buffer, sizeof buffer);
  return reinterpret_cast<const char*>(buffer);
}

}  // namespace

Result<Regex> Regex::compile(std::string_view pattern) {
  const std::string quoted = "the pattern \"" + printable(pattern) + "\" ";
  auto translated = translateRegex(pattern);
  if (!translated) {
    return failure(ErrorKind::bad_input,
                   quoted + "is not supported: " + translated.error().message);
  }
  const CompileContext context(pcre2_compile_context_create(nullptr));
  pcre2_set_newline(context.get(), PCRE2_NEWLINE_LF);
  int error = 0;
  PCRE2_SIZE position = 0;
  pcre2_code* code = pcre2_compile(
      reinterpret_cast<PCRE2_SPTR>(translated->pattern.data()), translated->pattern.size(),
      PCRE2_UTF | PCRE2_UCP | PCRE2_MULTILINE, &error, &position, context.get());
  if (code == nullptr) {
    return failure(ErrorKind::bad_input, quoted + "is no regular expression: " + messageOf(error) +
                                             " at position " +
                                             std::to_string(translated->sourcePosition(position)));
  }
  pcre2_jit_compile(code, PCRE2_JIT_COMPLETE);  // without JIT it is slower, nothing else
  return Regex({code, [](pcre2_code* handle) { pcre2_code_free(handle); }});
}

Result<std::vector<Match>> Regex::findAll(std::string_view text) const {
  thread_local const Workspace workspace;
  const auto* code = static_cast<const pcre2_code*>(code_.get());
  const PCRE2_SIZE* bounds = pcre2_get_ovector_pointer(workspace.data.get());
  std::vector<Match> matches;
  for (std::size_t from = 0; from <= text.size();) {
    const int found =
        pcre2_match(code, reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(), from,
                    PCRE2_NO_UTF_CHECK, workspace.data.get(), workspace.context.get());
    if (found == PCRE2_ERROR_NOMATCH) break;
    if (found < 0) {
      return failure(ErrorKind::bad_input, "a pattern of the tokenizer gave up on a text of " +
                                               std::to_string(text.size()) +
                                               " bytes: " + messageOf(found));
    }
    const Match match{bounds[0], bounds[1]};
    const bool is_empty = match.begin == match.end;
    // An empty match right behind the last match is passed over.
    if (!is_empty || matches.empty() || matches.back().end != match.end) matches.push_back(match);
    from = match.end;
    if (is_empty) from += from < text.size() ? codePointAt(text, from).length : 1;
  }
  return matches;
}

}  // namespace xkv::text
