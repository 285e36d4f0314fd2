// SPDX-License-Identifier: GPL-3.0-or-later
/// The runs of a session as rows; they come and go one by one, the list is never reset.
#include "views/run_list_model.h"

#include <algorithm>
#include <utility>

#include "views/number_format.h"
#include "views/run_naming.h"
#include "views/stream_look.h"

namespace xkv::views {
using namespace Qt::StringLiterals;
namespace {

QString spokenStatus(RunStatus status) {
  switch (status) {
    case RunStatus::running:
      return u"running"_s;
    case RunStatus::finished:
      return u"finished"_s;
    case RunStatus::cancelled:
      return u"cancelled"_s;
    case RunStatus::failed:
      return u"failed"_s;
  }
  return {};
}

QString filterText(const RunSummary& run) {
  QString text = QStringLiteral("run %1 ").arg(run.run_id) + runTitle(run) + u' ' +
                 promptName(run.spec) + u' ' + weightsMark(run.model) + u' ' +
                 QString::fromStdString(run.notes) + u' ' + spokenStatus(run.status);
  for (const std::string& tag : run.tags) text += u' ' + QString::fromStdString(tag);
  return text;
}

QString spokenText(const RunSummary& run) {
  QString text = QStringLiteral("run %1, ").arg(run.run_id) + runTitle(run) + u", "_s +
                 spokenStatus(run.status);
  const auto [first, second] = run.model.streams();
  if (run.error_k) text += u", error "_s + streamName(first) + u' ' + percent(*run.error_k);
  if (run.error_v) text += u", error "_s + streamName(second) + u' ' + percent(*run.error_v);
  if (run.published_ratio) text += u", "_s + ratio(*run.published_ratio);
  if (run.model.random_weights) text += u", "_s + weightsMark(run.model);
  return text;
}

}  // namespace

void RunListModel::setRuns(std::vector<RunSummary> runs) {
  std::sort(runs.begin(), runs.end(),
            [](const RunSummary& a, const RunSummary& b) { return a.run_id < b.run_id; });
  const auto has = [&](int64_t id) {
    return std::any_of(runs.begin(), runs.end(),
                       [&](const RunSummary& r) { return r.run_id == id; });
  };
  for (int row = static_cast<int>(runs_.size()) - 1; row >= 0; --row) {
    if (has(at(row).run_id)) continue;
    beginRemoveRows({}, row, row);
    runs_.erase(runs_.begin() + row);
    endRemoveRows();
  }
  for (int row = 0; row < static_cast<int>(runs.size()); ++row) {
    RunSummary& incoming = runs[static_cast<size_t>(row)];
    const bool known = row < static_cast<int>(runs_.size()) && at(row).run_id == incoming.run_id;
    if (!known) {
      beginInsertRows({}, row, row);
      runs_.insert(runs_.begin() + row, std::move(incoming));
      endInsertRows();
    } else if (at(row) != incoming) {
      runs_[static_cast<size_t>(row)] = std::move(incoming);
      Q_EMIT dataChanged(index(row), index(row));
    }
  }
}

int RunListModel::rowOf(int64_t run_id) const {
  const auto found = std::find_if(runs_.begin(), runs_.end(),
                                  [&](const RunSummary& run) { return run.run_id == run_id; });
  return found == runs_.end() ? -1 : static_cast<int>(found - runs_.begin());
}

const RunSummary* RunListModel::run(int64_t run_id) const {
  const int row = rowOf(run_id);
  return row < 0 ? nullptr : &at(row);
}

int RunListModel::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(runs_.size());
}

QVariant RunListModel::data(const QModelIndex& index, int role) const {
  if (!index.isValid()) return {};
  const RunSummary& run = at(index.row());
  switch (role) {
    case Qt::DisplayRole:
      return filterText(run);
    case Qt::EditRole:
      return runTitle(run);
    case Qt::AccessibleTextRole:
      return spokenText(run);
    case Qt::ToolTipRole:
      return run.message.empty() ? spokenText(run)
                                 : spokenText(run) + u": "_s + QString::fromStdString(run.message);
    case kRunIdRole:
      return QVariant::fromValue<qint64>(run.run_id);
    default:
      return {};
  }
}

bool RunListModel::setData(const QModelIndex& index, const QVariant& value, int role) {
  if (!index.isValid() || role != Qt::EditRole) return false;
  const QString title = value.toString().trimmed();
  if (title == runTitle(at(index.row()))) return false;
  // The session answers with the new summary; until then the row keeps what is stored.
  Q_EMIT titleEdited(at(index.row()).run_id, title);
  return true;
}

Qt::ItemFlags RunListModel::flags(const QModelIndex& index) const {
  return index.isValid() ? Qt::ItemIsEnabled | Qt::ItemIsSelectable | Qt::ItemIsEditable
                         : Qt::NoItemFlags;
}

}  // namespace xkv::views
