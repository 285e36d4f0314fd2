// SPDX-License-Identifier: GPL-3.0-or-later
/// The one writer of the session file, in a thread of its own: a slow disk never holds up the
/// window.
#pragma once

#include <QObject>
#include <QString>
#include <map>
#include <memory>
#include <vector>

#include "profiling/records/session.h"
#include "storage/session_store.h"

namespace xkv::window {

class SessionKeeper : public QObject {
  Q_OBJECT

 public Q_SLOTS:
  /// Closes the session that is open. A path that does not exist becomes a new session; one that
  /// cannot be written is opened for reading only.
  void open(const QString& path);
  void close();
  /// The first record of a run; answered by begun().
  void begin(quint64 request, std::shared_ptr<const xkv::Record> started);
  void append(quint64 request, std::shared_ptr<const xkv::Record> record);
  void load(qint64 run_id);
  void remove(qint64 run_id);
  void setTitle(qint64 run_id, const QString& title);
  void setNotes(qint64 run_id, const QString& notes);
  void setTags(qint64 run_id, const QStringList& tags);
  void copyTo(const QString& path);

 Q_SIGNALS:
  void opened(const QString& path, bool read_only, const std::vector<xkv::RunSummary>& runs);
  void openFailed(const QString& path, const xkv::Error& error);
  void begun(quint64 request, qint64 run_id);  ///< 0 = it could not be written; failed() said why
  void listed(const std::vector<xkv::RunSummary>& runs);
  void loaded(qint64 run_id, std::shared_ptr<const xkv::Run> run);
  void saved();  ///< something has reached the file
  void copied(const QString& path);
  void failed(const xkv::Error& error);

 private:
  bool settle(const Status& status);
  void list();

  std::unique_ptr<storage::SessionStore> store_;
  std::map<quint64, qint64> run_ids_;  ///< of the runs that are being written, by request
};

}  // namespace xkv::window
