// SPDX-License-Identifier: GPL-3.0-or-later
/// Storage calls as slots, their answers as signals.
#include "app/window/session_keeper.h"

#include <QFileInfo>

namespace xkv::window {
namespace {

using storage::SessionStore;

bool canWriteBeside(const QString& path) {
  const QFileInfo file(path);
  return (!file.exists() || file.isWritable()) && QFileInfo(file.absolutePath()).isWritable();
}

}  // namespace

void SessionKeeper::open(const QString& path) {
  const bool read_only = !canWriteBeside(path);
  auto opened_store = read_only ? SessionStore::openReadOnly(path.toStdString())
                                : SessionStore::openOrCreate(path.toStdString());
  if (!opened_store) {
    Q_EMIT openFailed(path, opened_store.error());
    return;
  }
  auto runs = opened_store->list();
  if (!runs) {
    Q_EMIT openFailed(path, runs.error());
    return;
  }
  run_ids_.clear();
  store_ = std::make_unique<SessionStore>(std::move(*opened_store));
  Q_EMIT opened(path, read_only, *runs);
}

void SessionKeeper::close() {
  run_ids_.clear();
  store_.reset();
}

bool SessionKeeper::settle(const Status& status) {
  if (!status) {
    Q_EMIT failed(status.error());
    return false;
  }
  Q_EMIT saved();
  return true;
}

void SessionKeeper::list() {
  if (auto runs = store_->list()) {
    Q_EMIT listed(*runs);
  } else {
    Q_EMIT failed(runs.error());
  }
}

void SessionKeeper::begin(quint64 request, std::shared_ptr<const Record> started) {
  if (!store_) return;
  const auto run_id = store_->beginRun(std::get<RunStarted>(*started));
  if (!run_id) {
    Q_EMIT failed(run_id.error());
    Q_EMIT begun(request, 0);
    return;
  }
  run_ids_[request] = *run_id;
  Q_EMIT saved();
  Q_EMIT begun(request, *run_id);
  list();
}

void SessionKeeper::append(quint64 request, std::shared_ptr<const Record> record) {
  const auto found = run_ids_.find(request);
  if (!store_ || found == run_ids_.end()) return;
  const bool last = std::holds_alternative<RunFinished>(*record);
  const bool kept = settle(store_->append(found->second, *record));
  if (last || !kept) run_ids_.erase(found);
  if (last) list();
}

void SessionKeeper::load(qint64 run_id) {
  if (!store_) return;
  auto run = store_->load(run_id);
  if (run) {
    Q_EMIT loaded(run_id, std::make_shared<const Run>(std::move(*run)));
  } else {
    Q_EMIT failed(run.error());
  }
}

void SessionKeeper::remove(qint64 run_id) {
  if (store_ && settle(store_->remove(run_id))) list();
}

void SessionKeeper::setTitle(qint64 run_id, const QString& title) {
  if (store_ && settle(store_->setTitle(run_id, title.toStdString()))) list();
}

void SessionKeeper::setNotes(qint64 run_id, const QString& notes) {
  if (store_ && settle(store_->setNotes(run_id, notes.toStdString()))) list();
}

void SessionKeeper::setTags(qint64 run_id, const QStringList& tags) {
  std::vector<std::string> words;
  for (const QString& tag : tags) words.push_back(tag.toStdString());
  if (store_ && settle(store_->setTags(run_id, words))) list();
}

void SessionKeeper::copyTo(const QString& path) {
  if (!store_) return;
  const auto status = store_->copyTo(path.toStdString());
  if (status) {
    Q_EMIT copied(path);
  } else {
    Q_EMIT failed(status.error());
  }
}

}  // namespace xkv::window
