// SPDX-License-Identifier: GPL-3.0-or-later
/// Requests go out to the two threads, their answers come back and become the state that the window
/// shows.
#include "app/window/run_controller.h"

#include <QDateTime>
#include <algorithm>

namespace xkv::window {
namespace {

constexpr int kFastestChange_ms = 100;
constexpr int kSlowestChange_ms = 2000;

std::string nowUtc() { return QDateTime::currentDateTimeUtc().toString(Qt::ISODate).toStdString(); }

void addCount(QStringList& parts, size_t count, const char* one, const char* many) {
  if (count == 0) return;
  parts.append(QStringLiteral("%1 %2").arg(count).arg(QLatin1String(count == 1 ? one : many)));
}

}  // namespace

QString keptSentence(const Run& run) {
  QStringList parts;
  if (!run.cka.empty()) parts.append(QStringLiteral("CKA"));
  addCount(parts, run.spectra.size(), "spectrum", "spectra");
  addCount(parts, run.reconstructions.size(), "group error", "group errors");
  if (run.memory) parts.append(QStringLiteral("memory"));
  addCount(parts, run.tokens.size(), "token", "tokens");
  addCount(parts, run.timeline.spans.size(), "span", "spans");
  return parts.join(QStringLiteral(", "));
}

RunController::RunController(EngineCommand command, EnginePatience patience)
    : engine_(new EngineProcess(std::move(command), patience)), keeper_(new SessionKeeper) {
  engine_thread_.setObjectName(QStringLiteral("engine"));
  keeper_thread_.setObjectName(QStringLiteral("session"));
  engine_->moveToThread(&engine_thread_);
  keeper_->moveToThread(&keeper_thread_);
  connect(&engine_thread_, &QThread::finished, engine_, &QObject::deleteLater);
  connect(&keeper_thread_, &QThread::finished, keeper_, &QObject::deleteLater);
  change_timer_.setSingleShot(true);
  change_timer_.setInterval(kFastestChange_ms);
  connect(&change_timer_, &QTimer::timeout, this, &RunController::announceChange);
  connectEngine();
  connectKeeper();
  engine_thread_.start();
  keeper_thread_.start();
}

RunController::~RunController() {
  engine_->disconnect(this);
  if (live_ && live_->started && !live_->finished) {
    RunFinished finished{RunStatus::cancelled, ErrorKind::interrupted, "The window was closed",
                         nowUtc()};
    append(live_->request, std::make_shared<const Record>(finished));
  }
  QMetaObject::invokeMethod(engine_, &EngineProcess::shutdown);
  QMetaObject::invokeMethod(keeper_, &SessionKeeper::close);
  // Both queues are worked off before their threads end.
  QMetaObject::invokeMethod(engine_, [this] { engine_thread_.quit(); });
  QMetaObject::invokeMethod(keeper_, [this] { keeper_thread_.quit(); });
  engine_thread_.wait();
  keeper_thread_.wait();
}

void RunController::connectEngine() {
  connect(engine_, &EngineProcess::starting, this,
          [this] { setEngineState(EngineState::starting); });
  connect(engine_, &EngineProcess::helloReceived, this, [this](const Hello& hello) {
    device_name_ = QString::fromStdString(hello.device_name);
    setEngineState(live_ ? EngineState::running : EngineState::idle);
  });
  connect(engine_, &EngineProcess::recordReceived, this, &RunController::onRecord);
  connect(engine_, &EngineProcess::runEnded, this, &RunController::onRunEnded);
  connect(engine_, &EngineProcess::died, this, &RunController::onDied);
  connect(engine_, &EngineProcess::modelDescribed, this,
          [this](quint64 request, const ModelShape& model) {
            if (describe_request_ == request) Q_EMIT modelDescribed(described_dir_, model);
          });
  connect(engine_, &EngineProcess::describeFailed, this,
          [this](quint64 request, const Error& error) {
            if (describe_request_ == request) Q_EMIT describeFailed(described_dir_, error);
          });
}

void RunController::connectKeeper() {
  connect(keeper_, &SessionKeeper::opened, this,
          [this](const QString& path, bool read_only, const std::vector<RunSummary>& runs) {
            session_path_ = path;
            read_only_ = read_only;
            runs_.clear();
            summaries_ = runs;
            Q_EMIT sessionOpened();
            Q_EMIT summariesChanged();
          });
  connect(keeper_, &SessionKeeper::openFailed, this, &RunController::sessionFailed);
  connect(keeper_, &SessionKeeper::begun, this, &RunController::onBegun);
  connect(keeper_, &SessionKeeper::listed, this, &RunController::setSummaries);
  connect(keeper_, &SessionKeeper::loaded, this,
          [this](qint64 run_id, const std::shared_ptr<const Run>& run) {
            if (run_id == liveRunId()) return;
            runs_[run_id] = run;
            Q_EMIT runChanged(run_id);
          });
  connect(keeper_, &SessionKeeper::saved, this, &RunController::saved);
  connect(keeper_, &SessionKeeper::copied, this, &RunController::copied);
  connect(keeper_, &SessionKeeper::failed, this, &RunController::storageFailed);
}

std::shared_ptr<const Run> RunController::run(qint64 run_id) const {
  const auto found = runs_.find(run_id);
  return found == runs_.end() ? nullptr : found->second;
}

void RunController::openSession(const QString& path) {
  if (live_) return;
  QMetaObject::invokeMethod(keeper_, [keeper = keeper_, path] { keeper->open(path); });
}

void RunController::saveCopy(const QString& path) {
  QMetaObject::invokeMethod(keeper_, [keeper = keeper_, path] { keeper->copyTo(path); });
}

void RunController::warmUp() {
  QMetaObject::invokeMethod(engine_, [engine = engine_] { engine->start(); });
}

void RunController::startRun(const RunSpec& spec) {
  if (live_ || read_only_ || session_path_.isEmpty()) return;
  last_spec_ = spec;
  live_.emplace();
  live_->request = ++last_request_;
  live_->spec = spec;
  live_->run = std::make_shared<Run>();
  live_->run->started.spec = spec;
  if (engine_state_ == EngineState::idle) setEngineState(EngineState::running);
  QMetaObject::invokeMethod(
      engine_, [engine = engine_, id = last_request_, spec] { engine->run(id, spec); });
}

void RunController::cancelRun() {
  if (!live_) return;
  setEngineState(EngineState::stopping);
  QMetaObject::invokeMethod(engine_,
                            [engine = engine_, id = live_->request] { engine->cancel(id); });
}

void RunController::restartEngine() {
  QMetaObject::invokeMethod(engine_, [engine = engine_] { engine->restart(); });
}

void RunController::setEngineCommand(const EngineCommand& command) {
  QMetaObject::invokeMethod(engine_, [engine = engine_, command] { engine->setCommand(command); });
}

void RunController::describeModel(const QString& model_dir) {
  describe_request_ = ++last_request_;
  described_dir_ = model_dir;
  QMetaObject::invokeMethod(engine_, [engine = engine_, id = last_request_, model_dir] {
    engine->describe(id, model_dir);
  });
}

void RunController::loadRun(qint64 run_id) {
  if (run_id == liveRunId() || runs_.contains(run_id)) return;
  QMetaObject::invokeMethod(keeper_, [keeper = keeper_, run_id] { keeper->load(run_id); });
}

void RunController::removeRun(qint64 run_id) {
  if (run_id == liveRunId()) return;
  runs_.erase(run_id);
  QMetaObject::invokeMethod(keeper_, [keeper = keeper_, run_id] { keeper->remove(run_id); });
}

void RunController::setTitle(qint64 run_id, const QString& title) {
  QMetaObject::invokeMethod(keeper_,
                            [keeper = keeper_, run_id, title] { keeper->setTitle(run_id, title); });
}

void RunController::setNotes(qint64 run_id, const QString& notes) {
  QMetaObject::invokeMethod(keeper_,
                            [keeper = keeper_, run_id, notes] { keeper->setNotes(run_id, notes); });
}

void RunController::setTags(qint64 run_id, const QStringList& tags) {
  QMetaObject::invokeMethod(keeper_,
                            [keeper = keeper_, run_id, tags] { keeper->setTags(run_id, tags); });
}

void RunController::onRecord(quint64 request, const std::shared_ptr<const Record>& record) {
  if (!live_ || live_->request != request) return;  // a late answer of a run that is over
  if (const auto* progress = std::get_if<ProgressRecord>(record.get())) {
    Q_EMIT progressed(*progress);
    return;
  }
  live_->run->add(*record);
  live_->finished = live_->finished || std::holds_alternative<RunFinished>(*record);
  if (std::holds_alternative<RunStarted>(*record)) {
    live_->started = true;
    QMetaObject::invokeMethod(
        keeper_, [keeper = keeper_, request, record] { keeper->begin(request, record); });
  } else {
    append(request, record);
  }
  if (!change_timer_.isActive()) change_timer_.start();
}

void RunController::append(quint64 request, const std::shared_ptr<const Record>& record) {
  QMetaObject::invokeMethod(
      keeper_, [keeper = keeper_, request, record] { keeper->append(request, record); });
}

void RunController::onBegun(quint64 request, qint64 run_id) {
  if (!live_ || live_->request != request) return;
  live_->begun = true;
  live_->run_id = run_id;
  live_->run->run_id = run_id;
  if (run_id != 0) Q_EMIT runStarted(run_id);
  if (live_ && live_->ending) std::exchange(live_->ending, {})();
}

void RunController::setSummaries(const std::vector<RunSummary>& summaries) {
  summaries_ = summaries;
  for (const RunSummary& summary : summaries_) {
    const auto found = runs_.find(summary.run_id);
    if (found == runs_.end()) continue;
    if (found->second->title == summary.title && found->second->notes == summary.notes &&
        found->second->tags == summary.tags)
      continue;
    auto renamed = std::make_shared<Run>(*found->second);
    renamed->title = summary.title;
    renamed->notes = summary.notes;
    renamed->tags = summary.tags;
    found->second = std::move(renamed);
  }
  Q_EMIT summariesChanged();
}

void RunController::announceChange() {
  if (!live_ || live_->run_id == 0) return;
  QElapsedTimer took;
  took.start();
  // A copy: whoever shows it keeps a run that does not change under its hands.
  runs_[live_->run_id] = std::make_shared<const Run>(*live_->run);
  Q_EMIT runChanged(live_->run_id);
  // A run that is slow to show is shown less often, so that the window stays quick.
  change_timer_.setInterval(
      std::clamp(static_cast<int>(took.elapsed()) * 8, kFastestChange_ms, kSlowestChange_ms));
}

void RunController::onRunEnded(quint64 request, const std::optional<Error>& error) {
  if (!live_ || live_->request != request) return;
  endLive(error, {}, false);
  setEngineState(EngineState::idle);
}

void RunController::onDied(const EngineDeath& death) {
  setEngineState(EngineState::dead);
  if (live_) {
    endLive(death.error, death.log, true);
  } else {
    Q_EMIT runFailed({death.error, {}, death.log, {}, 0, true});
  }
}

void RunController::endLive(const std::optional<Error>& error, const QStringList& log,
                            bool engine_died) {
  if (live_->started && !live_->begun) {
    live_->ending = [this, error, log, engine_died] { endLive(error, log, engine_died); };
    return;
  }
  const bool cancelled = error && error->kind == ErrorKind::interrupted && !engine_died;
  if (live_->started && !live_->finished) {
    RunFinished finished{RunStatus::failed, ErrorKind::failure,
                         "The engine ended the run without its last result", nowUtc()};
    if (cancelled) finished.status = RunStatus::cancelled;
    if (error) finished.error_kind = error->kind;
    if (error) finished.message = error->message;
    const auto record = std::make_shared<const Record>(finished);
    live_->run->add(*record);
    append(live_->request, record);
  }
  const LiveRun ended = *std::exchange(live_, std::nullopt);
  change_timer_.stop();
  change_timer_.setInterval(kFastestChange_ms);
  if (ended.run_id != 0) {
    runs_[ended.run_id] = ended.run;
    Q_EMIT runChanged(ended.run_id);
  }
  Q_EMIT runEnded(ended.run_id, ended.started ? ended.run->finished.status : RunStatus::failed);
  if (error && !cancelled)
    Q_EMIT runFailed(
        {*error, keptSentence(*ended.run), log, ended.spec, ended.run_id, engine_died});
}

void RunController::setEngineState(EngineState state) {
  if (engine_state_ == state) return;
  engine_state_ = state;
  Q_EMIT engineChanged();
}

}  // namespace xkv::window
