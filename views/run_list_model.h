// SPDX-License-Identifier: GPL-3.0-or-later
/// The runs of a session as rows; they come and go one by one, the list is never reset.
#pragma once

#include <QAbstractListModel>
#include <cstdint>
#include <vector>

#include "profiling/records/session.h"

namespace xkv::views {

class RunListModel : public QAbstractListModel {
  Q_OBJECT
 public:
  /// DisplayRole is what a filter looks at: number, title, prompt, tags, notes. EditRole is the
  /// title.
  enum Role { kRunIdRole = Qt::UserRole };

  explicit RunListModel(QObject* parent = nullptr) : QAbstractListModel(parent) {}

  /// In any order; rows stand in order of run_id. Only what changed is signalled.
  void setRuns(std::vector<RunSummary> runs);
  const RunSummary* run(int64_t run_id) const;
  const RunSummary& at(int row) const { return runs_[static_cast<size_t>(row)]; }
  const std::vector<RunSummary>& runs() const { return runs_; }
  int rowOf(int64_t run_id) const;  ///< -1 = not here

  int rowCount(const QModelIndex& parent = {}) const override;
  QVariant data(const QModelIndex& index, int role) const override;
  bool setData(const QModelIndex& index, const QVariant& value, int role) override;
  Qt::ItemFlags flags(const QModelIndex& index) const override;

 Q_SIGNALS:
  void titleEdited(qint64 run_id, const QString& title);

 private:
  std::vector<RunSummary> runs_;
};

}  // namespace xkv::views
