// SPDX-License-Identifier: GPL-3.0-or-later
/// Joins the engine, the session file and the window: one run at a time, kept as it grows.
#pragma once

#include <QElapsedTimer>
#include <QObject>
#include <QThread>
#include <QTimer>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "app/window/engine_process.h"
#include "app/window/session_keeper.h"

namespace xkv::window {

enum class EngineState { off, starting, idle, running, stopping, dead };

/// What the error card tells.
struct RunFailure {
  Error error;
  QString kept;                 ///< "CKA, 14 spectra, 12 tokens"; empty = nothing was measured yet
  QStringList log;              ///< the engine's last lines
  std::optional<RunSpec> spec;  ///< what a retry would run
  qint64 run_id = 0;            ///< 0 = the run had not started
  bool engine_died = false;
};

/// What a run has kept so far, in words.
QString keptSentence(const Run& run);

/// Lives in the window's thread; the engine and the session file have threads of their own, so no
/// call here waits.
class RunController : public QObject {
  Q_OBJECT

 public:
  RunController(EngineCommand command, EnginePatience patience);
  ~RunController() override;

  const QString& sessionPath() const { return session_path_; }
  bool readOnly() const { return read_only_; }
  const std::vector<RunSummary>& summaries() const { return summaries_; }
  /// The run as far as it is here; none = not loaded yet, runChanged() will tell.
  std::shared_ptr<const Run> run(qint64 run_id) const;
  EngineState engineState() const { return engine_state_; }
  const QString& deviceName() const { return device_name_; }
  bool isRunning() const { return live_.has_value(); }
  qint64 liveRunId() const { return live_ ? live_->run_id : 0; }
  const std::optional<RunSpec>& lastSpec() const { return last_spec_; }

 public Q_SLOTS:
  void openSession(const QString& path);
  void saveCopy(const QString& path);
  /// Starts the engine's process now, so that the first run need not wait for it.
  void warmUp();
  void startRun(const xkv::RunSpec& spec);
  void cancelRun();
  void restartEngine();
  void setEngineCommand(const xkv::window::EngineCommand& command);
  void describeModel(const QString& model_dir);
  void loadRun(qint64 run_id);
  void removeRun(qint64 run_id);
  void setTitle(qint64 run_id, const QString& title);
  void setNotes(qint64 run_id, const QString& notes);
  void setTags(qint64 run_id, const QStringList& tags);

 Q_SIGNALS:
  void sessionOpened();
  void sessionFailed(const QString& path, const xkv::Error& error);
  void summariesChanged();
  void runStarted(qint64 run_id);
  void runChanged(qint64 run_id);
  void runEnded(qint64 run_id, xkv::RunStatus status);
  void progressed(const xkv::ProgressRecord& progress);
  void runFailed(const xkv::window::RunFailure& failure);
  void engineChanged();
  void modelDescribed(const QString& model_dir, const xkv::ModelShape& model);
  void describeFailed(const QString& model_dir, const xkv::Error& error);
  void saved();
  void copied(const QString& path);
  void storageFailed(const xkv::Error& error);

 private:
  struct LiveRun {
    quint64 request = 0;
    qint64 run_id = 0;  ///< 0 until the session file has given one
    bool started = false;
    bool begun = false;  ///< the session file has answered; run_id is still 0 when it could not
    bool finished = false;
    RunSpec spec;
    std::shared_ptr<Run> run;
    std::function<void()>
        ending;  ///< a run that ended before the file gave it an id ends when it does
  };

  void connectEngine();
  void connectKeeper();
  void onRecord(quint64 request, const std::shared_ptr<const Record>& record);
  void append(quint64 request, const std::shared_ptr<const Record>& record);
  void onRunEnded(quint64 request, const std::optional<Error>& error);
  void onDied(const EngineDeath& death);
  void onBegun(quint64 request, qint64 run_id);
  void setSummaries(const std::vector<RunSummary>& summaries);
  void endLive(const std::optional<Error>& error, const QStringList& log, bool engine_died);
  void announceChange();
  void setEngineState(EngineState state);

  QThread engine_thread_;
  QThread keeper_thread_;
  EngineProcess* engine_;  ///< lives in engine_thread_, which deletes it
  SessionKeeper* keeper_;  ///< lives in keeper_thread_, which deletes it

  QString session_path_;
  bool read_only_ = false;
  std::vector<RunSummary> summaries_;
  std::map<qint64, std::shared_ptr<const Run>> runs_;
  std::optional<LiveRun> live_;
  std::optional<RunSpec> last_spec_;
  quint64 last_request_ = 0;
  std::optional<quint64> describe_request_;  ///< only the latest one is answered
  QString described_dir_;
  EngineState engine_state_ = EngineState::off;
  QString device_name_;
  QTimer change_timer_;  ///< a growing run is shown a few times a second, not at every token
};

}  // namespace xkv::window
