// SPDX-License-Identifier: GPL-3.0-or-later
/// Only the timeline that is shown gets the run: a layout of a million spans is not made twice.
#include "app/window/timeline_page.h"

#include <QHBoxLayout>

#include "views/theme.h"

namespace xkv::window {

using views::TimelineView;

namespace {
constexpr int kAllTracksFrom = 220;  // of the panel's content
}  // namespace

TimelinePage::TimelinePage(QWidget* parent)
    : QStackedWidget(parent),
      low_(new TimelineView(views::TrackSet::compact)),
      full_(new TimelineView(views::TrackSet::full)),
      range_(new views::RangePanel) {
  auto* page = new QWidget;
  auto* row = new QHBoxLayout(page);
  row->setContentsMargins(0, 0, 0, 0);
  row->setSpacing(0);
  row->addWidget(full_, 1);
  range_->setFixedWidth(views::px(376));
  row->addWidget(range_);
  addWidget(low_);
  addWidget(page);
  for (TimelineView* view : {low_, full_}) {
    connect(view, &TimelineView::selectionChanged, this, &TimelinePage::selectionChanged);
    connect(view, &TimelineView::emptyButtonClicked, this, &TimelinePage::emptyButtonClicked);
  }
  connect(range_, &views::RangePanel::searchRequested, full_, &TimelineView::setSearch);
  connect(range_, &views::RangePanel::spanRequested, this, [this](int span) {
    views::Selection selection = selection_;
    selection.span = span;
    Q_EMIT selectionChanged(selection);
  });
}

TimelineView* TimelinePage::shown() const { return currentIndex() == 0 ? low_ : full_; }

void TimelinePage::setRun(std::shared_ptr<const Run> run) {
  run_ = std::move(run);
  shown()->setRun(run_);
  shown()->setSelection(selection_);
  if (shown() == full_) range_->setTimeline(full_->layoutOfRun());
}

void TimelinePage::setSelection(const views::Selection& selection) {
  selection_ = selection;
  shown()->setSelection(selection);
  if (shown() == full_) range_->setSelection(selection);
}

void TimelinePage::setFull(bool full) {
  is_full_ = full;
  choose();
}

void TimelinePage::resizeEvent(QResizeEvent* event) {
  QStackedWidget::resizeEvent(event);
  choose();
}

void TimelinePage::choose() {
  range_->setVisible(is_full_);
  const int page = is_full_ || height() >= views::px(kAllTracksFrom) ? 1 : 0;
  if (page == currentIndex()) return;
  setCurrentIndex(page);
  setRun(run_);
  setSelection(selection_);
}

QSize TimelinePage::minimumSizeHint() const {
  return is_full_ ? currentWidget()->minimumSizeHint() : low_->minimumSizeHint();
}

bool TimelinePage::focusSearch() {
  if (shown() != full_) return false;
  full_->focusSearch();
  return true;
}

QString TimelinePage::subtitle() const { return shown()->subtitle(); }

}  // namespace xkv::window
