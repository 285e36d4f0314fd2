// SPDX-License-Identifier: GPL-3.0-or-later
/// The widget of a table twin.
#include <QAbstractTableModel>
#include <QApplication>
#include <QClipboard>
#include <QHeaderView>
#include <QKeyEvent>
#include <algorithm>

#include "views/table_twin.h"
#include "views/theme.h"

namespace xkv::views {
namespace {

constexpr int kRow = 20;
constexpr int kColumn = 112;

class TwinModel : public QAbstractTableModel {
 public:
  TwinModel(TableTwin twin, QObject* parent)
      : QAbstractTableModel(parent), twin_(std::move(twin)) {}
  int rowCount(const QModelIndex& parent) const override {
    return parent.isValid() ? 0 : twin_.rows;
  }
  int columnCount(const QModelIndex& parent) const override {
    return parent.isValid() ? 0 : static_cast<int>(twin_.columns.size());
  }
  QVariant data(const QModelIndex& index, int role) const override {
    if (role == Qt::TextAlignmentRole) return QVariant(Qt::AlignVCenter | Qt::AlignRight);
    return role == Qt::DisplayRole ? QVariant(twin_.cell(index.row(), index.column())) : QVariant();
  }
  QVariant headerData(int section, Qt::Orientation orientation, int role) const override {
    if (role == Qt::TextAlignmentRole) return QVariant(Qt::AlignVCenter | Qt::AlignRight);
    if (role != Qt::DisplayRole || orientation != Qt::Horizontal) return {};
    return twin_.columns.at(section);
  }

 private:
  TableTwin twin_;
};

}  // namespace

TableTwinView::TableTwinView(const QString& name, QWidget* parent) : QTableView(parent) {
  setAccessibleName(name);
  setFrameShape(QFrame::NoFrame);
  setFont(textFont(12));
  setShowGrid(false);
  verticalHeader()->hide();
  verticalHeader()->setDefaultSectionSize(px(kRow));
  verticalHeader()->setSectionResizeMode(QHeaderView::Fixed);
  horizontalHeader()->setDefaultSectionSize(px(kColumn));
}

void TableTwinView::setTwin(TableTwin twin) {
  QAbstractItemModel* before = model();
  const QModelIndex current = currentIndex();
  const int row = current.row();
  const int column = current.column();
  setModel(new TwinModel(std::move(twin), this));
  if (before != nullptr) before->deleteLater();
  if (current.isValid()) setCurrentIndex(model()->index(row, column));
}

void TableTwinView::keyPressEvent(QKeyEvent* event) {
  if (!event->matches(QKeySequence::Copy)) return QTableView::keyPressEvent(event);
  QModelIndexList cells = selectionModel()->selectedIndexes();
  std::sort(cells.begin(), cells.end());
  QString copied;
  for (qsizetype i = 0; i < cells.size(); ++i) {
    if (i > 0) copied += cells[i].row() == cells[i - 1].row() ? u'\t' : u'\n';
    copied += cells[i].data().toString();
  }
  QApplication::clipboard()->setText(copied);
}

}  // namespace xkv::views
