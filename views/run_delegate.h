// SPDX-License-Identifier: GPL-3.0-or-later
/// One run in the session list: status glyph, number, title, badges, error and ratio on 40 px.
#pragma once

#include <QStyledItemDelegate>

#include "views/run_list_model.h"

namespace xkv::views {

class RunDelegate : public QStyledItemDelegate {
  Q_OBJECT
 public:
  explicit RunDelegate(QObject* parent = nullptr) : QStyledItemDelegate(parent) {}
  /// 0 = no run.
  void setRoles(int64_t baseline, int64_t selected);

  void paint(QPainter* painter, const QStyleOptionViewItem& option,
             const QModelIndex& index) const override;
  QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override;
  void updateEditorGeometry(QWidget* editor, const QStyleOptionViewItem& option,
                            const QModelIndex& index) const override;
  bool editorEvent(QEvent* event, QAbstractItemModel* model, const QStyleOptionViewItem& option,
                   const QModelIndex& index) override;

 Q_SIGNALS:
  void pinClicked(qint64 run_id);

 private:
  void paintRail(QPainter& painter, const QRect& row, const RunSummary& run) const;
  int paintBadges(QPainter& painter, const QRect& row, const RunSummary& run, bool hovered) const;

  int64_t baseline_ = 0;
  int64_t selected_ = 0;
};

}  // namespace xkv::views
