// SPDX-License-Identifier: GPL-3.0-or-later
/// Starting, feeding, hearing and burying the engine's process.
#include "app/window/engine_process.h"

#include <QCoreApplication>
#include <QDir>
#include <algorithm>

namespace xkv::window {
namespace {

QString seconds(int milliseconds) {
  return QString::number(milliseconds / 1000.0, 'g', 3) + QStringLiteral(" s");
}

std::span<const uint8_t> bytesOf(const QByteArray& bytes) {
  return {reinterpret_cast<const uint8_t*>(bytes.constData()), static_cast<size_t>(bytes.size())};
}

}  // namespace

EngineCommand engineCommand(const QString& setting) {
  const QString line = qEnvironmentVariable("XKV_ENGINE", setting);
  QStringList words = QProcess::splitCommand(line);
  if (words.isEmpty()) {
    return {QDir(QCoreApplication::applicationDirPath()).filePath(QStringLiteral("xkv")),
            {QStringLiteral("serve")}};
  }
  const QString program = words.takeFirst();
  return {program, words};
}

EngineProcess::EngineProcess(EngineCommand command, EnginePatience patience)
    : command_(std::move(command)), patience_(patience), hello_timer_(this), cancel_timer_(this) {
  hello_timer_.setSingleShot(true);
  cancel_timer_.setSingleShot(true);
  connect(&hello_timer_, &QTimer::timeout, this, [this] {
    giveUp(ErrorKind::try_again,
           QStringLiteral("The engine did not answer within %1").arg(seconds(patience_.hello_ms)));
  });
  connect(&cancel_timer_, &QTimer::timeout, this, [this] {
    giveUp(ErrorKind::interrupted, QStringLiteral("The engine did not stop within %1 and was ended")
                                       .arg(seconds(patience_.cancel_ms)));
  });
}

EngineProcess::~EngineProcess() { forgetProcess(); }

void EngineProcess::start() {
  if (process_) return;
  reader_ = FrameReader();
  log_.clear();
  greeted_ = false;
  verdict_.reset();
  doing_.clear();
  process_ = new QProcess(this);
  connect(process_, &QProcess::readyReadStandardOutput, this, &EngineProcess::readFrames);
  connect(process_, &QProcess::readyReadStandardError, this, &EngineProcess::readLog);
  connect(process_, &QProcess::finished, this, &EngineProcess::onFinished);
  connect(process_, &QProcess::errorOccurred, this, &EngineProcess::onProcessError);
  hello_timer_.start(patience_.hello_ms);
  Q_EMIT starting();
  process_->start(command_.program, command_.arguments);
}

void EngineProcess::run(quint64 id, const RunSpec& spec) {
  running_ = id;
  send(RunRequest{id, spec});
}

void EngineProcess::cancel(quint64 id) {
  if (running_ != id) return;
  send(CancelRequest{id});
  cancel_timer_.start(patience_.cancel_ms);
}

void EngineProcess::describe(quint64 id, const QString& model_dir) {
  described_.push_back(id);
  send(InfoRequest{id, model_dir.toStdString()});
}

void EngineProcess::restart() {
  if (process_ && (running_ || !described_.empty())) {
    report({ErrorKind::interrupted, "The engine was restarted"});
  }
  forgetProcess();
  start();
}

void EngineProcess::setCommand(const EngineCommand& command) {
  command_ = command;
  restart();
}

void EngineProcess::shutdown() {
  if (process_ && process_->state() == QProcess::Running) {
    process_->disconnect(this);
    send(Shutdown{});
    process_->closeWriteChannel();
    process_->waitForFinished(patience_.shutdown_ms);
  }
  forgetProcess();
}

void EngineProcess::send(const Message& message) {
  start();
  if (!greeted_ && !std::holds_alternative<Shutdown>(message)) {
    waiting_.push_back(message);
    return;
  }
  if (!process_) return;
  const auto frame = encodeFrame(message);
  process_->write(reinterpret_cast<const char*>(frame.data()), static_cast<qint64>(frame.size()));
}

void EngineProcess::readLog() { log_.feed(process_->readAllStandardError()); }

void EngineProcess::readFrames() {
  if (verdict_) return;
  reader_.feed(bytesOf(process_->readAllStandardOutput()));
  decodeAll();
}

void EngineProcess::decodeAll() {
  while (!verdict_) {
    auto next = reader_.next();
    if (!next) {
      return giveUp(ErrorKind::bad_input, QStringLiteral("The engine's answer cannot be read: ") +
                                              QString::fromStdString(next.error().message));
    }
    if (!*next) return;
    handle(std::move(**next));
  }
}

void EngineProcess::handle(Message message) {
  if (const auto* hello = std::get_if<Hello>(&message)) return greet(*hello);
  if (!greeted_) {
    return giveUp(ErrorKind::bad_input,
                  QStringLiteral("The engine's first frame does not say its version"));
  }
  if (auto* reply = std::get_if<RecordReply>(&message)) {
    if (const auto* progress = std::get_if<ProgressRecord>(&reply->record))
      doing_ = QString::fromStdString(progress->phase);
    Q_EMIT recordReceived(reply->id, std::make_shared<const Record>(std::move(reply->record)));
  } else if (const auto* model = std::get_if<InfoReply>(&message)) {
    std::erase(described_, model->id);
    Q_EMIT modelDescribed(model->id, model->model);
  } else if (const auto* done = std::get_if<DoneReply>(&message)) {
    if (running_ == done->id) running_.reset();
    cancel_timer_.stop();
    Q_EMIT runEnded(done->id, std::nullopt);
  } else if (const auto* error = std::get_if<ErrorReply>(&message)) {
    if (std::erase(described_, error->id) > 0) {
      Q_EMIT describeFailed(error->id, error->error);
    } else if (running_ == error->id) {
      running_.reset();
      cancel_timer_.stop();
      Q_EMIT runEnded(error->id, error->error);
    }
  }
}

void EngineProcess::greet(const Hello& hello) {
  if (hello.version != kFrameVersion) {
    return giveUp(
        ErrorKind::bad_input,
        QStringLiteral("The engine speaks version %1 of the frames, this window version %2")
            .arg(hello.version)
            .arg(kFrameVersion));
  }
  hello_timer_.stop();
  greeted_ = true;
  Q_EMIT helloReceived(hello);
  for (const Message& message : std::exchange(waiting_, {})) send(message);
}

void EngineProcess::onFinished(int code, QProcess::ExitStatus status) {
  readLog();
  if (!verdict_) {
    reader_.feed(bytesOf(process_->readAllStandardOutput()));
    decodeAll();
  }
  if (verdict_) return report(*verdict_);
  Error error = errorOfExit(status, code, running_ ? doing_ : QString());
  if (reader_.pendingBytes() > 0) {
    error.message +=
        "; its last result was cut after " + std::to_string(reader_.pendingBytes()) + " bytes";
  }
  report(std::move(error));
}

void EngineProcess::onProcessError(QProcess::ProcessError error) {
  if (error != QProcess::FailedToStart) return;
  report({ErrorKind::failure, QStringLiteral("The engine cannot be started: %1: %2")
                                  .arg(command_.program, process_->errorString())
                                  .toStdString()});
}

void EngineProcess::giveUp(ErrorKind kind, const QString& sentence) {
  if (!process_ || verdict_) return;
  verdict_ = Error{kind, sentence.toStdString()};
  process_->kill();
}

void EngineProcess::report(Error error) {
  EngineDeath death{std::move(error), log_.lines()};
  forgetProcess();
  running_.reset();
  described_.clear();
  waiting_.clear();
  Q_EMIT died(death);
}

void EngineProcess::forgetProcess() {
  hello_timer_.stop();
  cancel_timer_.stop();
  if (!process_) return;
  process_->disconnect(this);
  if (process_->state() != QProcess::NotRunning) {
    process_->kill();
    process_->waitForFinished(1000);
  }
  process_->deleteLater();
  process_.clear();
}

}  // namespace xkv::window
