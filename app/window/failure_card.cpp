// SPDX-License-Identifier: GPL-3.0-or-later
/// The words of the error card and the choice of its buttons.
#include "app/window/failure_card.h"

namespace xkv::window {
namespace {

QString textOf(FailureAction action) {
  switch (action) {
    case FailureAction::retry:
      return QStringLiteral("Retry as it was");
    case FailureAction::retry_without_analysis:
      return QStringLiteral("Retry without analysis");
    case FailureAction::change_run:
      return QStringLiteral("Change the run…");
    case FailureAction::restart_engine:
      return QStringLiteral("Restart the engine");
  }
  return {};
}

/// The one that is most likely to work stands first.
std::vector<FailureAction> actionsOf(const RunFailure& failure) {
  using enum FailureAction;
  if (!failure.spec)
    return failure.engine_died ? std::vector{restart_engine} : std::vector<FailureAction>{};
  const bool memory = failure.error.kind == ErrorKind::out_of_memory;
  if (memory && failure.spec->analysis != AnalysisScope::none)
    return {retry_without_analysis, retry, change_run};
  if (failure.error.kind == ErrorKind::bad_input || failure.error.kind == ErrorKind::no_device)
    return {change_run, retry};
  return {retry, change_run};
}

QString titleOf(const RunFailure& failure) {
  const QString sentence = QString::fromStdString(failure.error.message);
  if (failure.engine_died) return sentence;
  if (failure.run_id != 0) return QStringLiteral("Run %1 stopped").arg(failure.run_id);
  return failure.spec ? QStringLiteral("The run could not start")
                      : QStringLiteral("The session file reports a problem");
}

QString keptOf(const RunFailure& failure) {
  if (!failure.spec) return {};
  if (failure.run_id == 0)
    return QStringLiteral("Nothing was measured yet; the session file is unchanged.");
  if (failure.kept.isEmpty())
    return QStringLiteral("Run %1 is in the file with its settings; nothing was measured yet.")
        .arg(failure.run_id);
  return QStringLiteral("%1 of run %2 are saved and shown below. What was being computed is lost.")
      .arg(failure.kept)
      .arg(failure.run_id);
}

QString causeOf(const RunFailure& failure) {
  if (!failure.engine_died) return QString::fromStdString(failure.error.message);
  if (failure.error.kind == ErrorKind::out_of_memory)
    return QStringLiteral(
        "Nearly always the machine had no memory left. The window and the session file are not "
        "touched by it.");
  return failure.log.isEmpty() ? QString() : failure.log.last();
}

}  // namespace

FailureCard failureCard(const RunFailure& failure, const QString& when) {
  FailureCard card;
  card.actions = actionsOf(failure);
  card.text.title = titleOf(failure);
  card.text.when = when;
  card.text.cause = causeOf(failure);
  card.text.kept = keptOf(failure);
  if (failure.engine_died)
    card.text.next_step = QStringLiteral("The engine starts again with the next run.");
  for (const FailureAction action : card.actions) card.text.buttons.append(textOf(action));
  card.text.log = failure.log.join(u'\n');
  return card;
}

}  // namespace xkv::window
