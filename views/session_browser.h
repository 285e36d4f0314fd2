// SPDX-License-Identifier: GPL-3.0-or-later
/// Which runs exist, which is B (selected) and which is A (pinned). Very narrow it is a rail:
/// glyph, number and badge of each run.
#pragma once

#include <QSortFilterProxyModel>
#include <QWidget>
#include <cstdint>
#include <memory>
#include <vector>

#include "profiling/records/session.h"

class QAction;
class QLabel;
class QLineEdit;
class QListView;
class QStackedWidget;

namespace xkv::views {

class EmptyPanel;
class RunDelegate;
class RunDetails;
class RunListModel;

class SessionBrowser : public QWidget {
  Q_OBJECT
 public:
  explicit SessionBrowser(QWidget* parent = nullptr);

  void setRuns(std::vector<RunSummary> runs);
  /// 0 = none. Neither emits anything.
  void setBaseline(int64_t run_id);
  void setSelected(int64_t run_id);
  /// The selected run with all its records, for the details.
  void setRun(std::shared_ptr<const Run> run);

  int64_t baseline() const { return baseline_; }
  int64_t selected() const { return selected_; }
  const RunListModel& model() const { return *model_; }
  QListView* list() { return list_; }

 public Q_SLOTS:
  void focusFilter();

 Q_SIGNALS:
  void runSelected(qint64 run_id);        ///< becomes B
  void baselineRequested(qint64 run_id);  ///< becomes A; 0 = unpin
  void titleChanged(qint64 run_id, const QString& title);
  void notesChanged(qint64 run_id, const QString& text);
  void tagsChanged(qint64 run_id, const QStringList& tags);
  void removeRequested(qint64 run_id);
  void emptyButtonClicked();  ///< "New run…"

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;
  void changeEvent(QEvent* event) override;
  void showEvent(QShowEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;

 private:
  void buildList();
  void setRail(bool rail);
  void showSelected();
  void showHead();
  void openMenu(const QPoint& position);
  void pin(int64_t run_id);
  int64_t currentRun() const;

  RunListModel* model_;
  QSortFilterProxyModel* filtered_;
  RunDelegate* delegate_;
  QLineEdit* filter_;
  QAction* filter_icon_ = nullptr;
  QLabel* prompt_;
  QLabel* number_;
  QListView* list_;
  QWidget* rule_ = nullptr;
  RunDetails* details_;
  EmptyPanel* empty_;
  QStackedWidget* stack_;
  bool rail_ = false;
  int64_t baseline_ = 0;
  int64_t selected_ = 0;
};

}  // namespace xkv::views
