// SPDX-License-Identifier: GPL-3.0-or-later
/// The timeline in its panel: low among the others; with every track and the range's statistics
/// when it has the window for itself.
#pragma once

#include <QStackedWidget>
#include <memory>

#include "views/range_panel.h"
#include "views/timeline_view.h"

namespace xkv::window {

class TimelinePage : public QStackedWidget {
  Q_OBJECT

 public:
  explicit TimelinePage(QWidget* parent = nullptr);

  void setRun(std::shared_ptr<const Run> run);
  void setSelection(const views::Selection& selection);
  /// Maximised: all tracks and the statistics of the range beside them. Else a panel that is high
  /// enough has all tracks too.
  void setFull(bool full);
  QString subtitle() const;
  /// False while the low timeline is shown, which has no search.
  bool focusSearch();
  /// Of the low timeline unless maximised: a stack's own would be that of its highest page.
  QSize minimumSizeHint() const override;

 Q_SIGNALS:
  void selectionChanged(const xkv::views::Selection& selection);
  void emptyButtonClicked();

 protected:
  void resizeEvent(QResizeEvent* event) override;

 private:
  views::TimelineView* shown() const;
  void choose();

  views::TimelineView* low_;
  views::TimelineView* full_;
  views::RangePanel* range_;
  std::shared_ptr<const Run> run_;
  views::Selection selection_;
  bool is_full_ = false;
};

}  // namespace xkv::window
