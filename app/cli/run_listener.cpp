// SPDX-License-Identifier: Apache-2.0
/// What a run's results do on the command line: into the session first, then onto the terminal.
#include "app/cli/run_listener.h"

#include "app/cli/run_report.h"

namespace xkv::cli {

RunListener::RunListener(const Console& console, std::optional<storage::SessionStore> store,
                         Style style)
    : console_(console),
      store_(std::move(store)),
      style_(std::move(style)),
      progress_(console, style_.quiet) {}

Status RunListener::onRecord(const Record& record) {
  if (const auto* progress = std::get_if<ProgressRecord>(&record)) {
    progress_.show(*progress);
    return {};
  }
  const Status stored = store(record);
  if (!stored) return stored;
  run_.add(record);
  if (!has_started_ && !style_.quiet && !style_.notice_at_start.empty())
    notice(console_, style_.notice_at_start);
  has_started_ = true;
  return style_.text ? print(record) : Status{};
}

Status RunListener::store(const Record& record) {
  if (!store_) return {};
  if (const auto* started = std::get_if<RunStarted>(&record)) {
    const auto run_id = store_->beginRun(*started);
    if (!run_id) return Failure(run_id.error());
    run_.run_id = *run_id;
    return {};
  }
  const Status appended = store_->append(run_.run_id, record);
  if (appended) ++num_stored_;
  return appended;
}

Status RunListener::print(const Record& record) {
  if (const auto* token = std::get_if<TokenRecord>(&record)) return printToken(*token);
  progress_.clear();
  if (const auto* started = std::get_if<RunStarted>(&record))
    return console_.out(planText(*started));
  if (std::holds_alternative<GenerationRecord>(record)) {
    text_of_.reset();
    return console_.out("\n");
  }
  if (std::holds_alternative<RunFinished>(record)) return console_.out(resultsText(run_));
  return {};
}

Status RunListener::printToken(const TokenRecord& token) {
  progress_.clear();
  const std::string title = text_of_ == token.method ? "" : generationTitle(token.method, token.turn);
  text_of_ = token.method;
  return console_.out(title + terminalText(token.text_piece));
}

}  // namespace xkv::cli
