// SPDX-License-Identifier: GPL-3.0-or-later
/// The engine as the window sees it: a child process (or one behind ssh) that speaks frames.
#pragma once

#include <QObject>
#include <QPointer>
#include <QProcess>
#include <QTimer>
#include <memory>
#include <optional>
#include <vector>

#include "app/serve/frames.h"
#include "app/window/engine_death.h"

namespace xkv::window {

/// What is started: `xkv serve`, or `ssh host xkv serve`.
struct EngineCommand {
  QString program;
  QStringList arguments;
};

/// The engine of this installation: XKV_ENGINE if set (a command line), else `setting` if it is not
/// empty, else `xkv serve` beside this program.
EngineCommand engineCommand(const QString& setting);

/// How long silence is accepted where an answer is due. A run itself may take as long as it needs.
struct EnginePatience {
  int hello_ms = 20000;
  int cancel_ms = 8000;
  int shutdown_ms = 1500;
};

/// Lives in a thread of its own, so that decoding a large result never holds up the window. All
/// slots return at once. Starts the process at the first request, and again at the first one after
/// a death.
class EngineProcess : public QObject {
  Q_OBJECT

 public:
  EngineProcess(EngineCommand command, EnginePatience patience);
  ~EngineProcess() override;

 public Q_SLOTS:
  void start();
  void run(quint64 id, const xkv::RunSpec& spec);
  void cancel(quint64 id);
  void describe(quint64 id, const QString& model_dir);
  /// Ends the process, whatever it does, and starts a new one.
  void restart();
  void setCommand(const xkv::window::EngineCommand& command);
  /// Asks it to end, then ends it. The last call.
  void shutdown();

 Q_SIGNALS:
  void starting();
  void helloReceived(const xkv::Hello& hello);
  void recordReceived(quint64 id, std::shared_ptr<const xkv::Record> record);
  void runEnded(quint64 id, std::optional<xkv::Error> error);
  void modelDescribed(quint64 id, const xkv::ModelShape& model);
  void describeFailed(quint64 id, const xkv::Error& error);
  /// The process has gone; every request that was open is lost.
  void died(const xkv::window::EngineDeath& death);

 private:
  void send(const Message& message);
  void readFrames();
  void readLog();
  void decodeAll();
  void handle(Message message);
  void greet(const Hello& hello);
  void onFinished(int code, QProcess::ExitStatus status);
  void onProcessError(QProcess::ProcessError error);
  void giveUp(ErrorKind kind, const QString& sentence);
  void report(Error error);
  void forgetProcess();

  EngineCommand command_;
  EnginePatience patience_;
  QPointer<QProcess> process_;
  FrameReader reader_;
  LogTail log_;
  bool greeted_ = false;
  std::vector<Message> waiting_;    ///< requests made before the engine has said hello
  std::vector<quint64> described_;  ///< ids of info requests that are open
  std::optional<quint64> running_;
  QString doing_;                 ///< the phase that the engine told last
  std::optional<Error> verdict_;  ///< why we ended it ourselves
  QTimer hello_timer_;
  QTimer cancel_timer_;
};

}  // namespace xkv::window

Q_DECLARE_METATYPE(xkv::window::EngineDeath)
