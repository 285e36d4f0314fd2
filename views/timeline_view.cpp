// SPDX-License-Identifier: GPL-3.0-or-later
/// The timeline of one run: search, legend, scroll bar and the empty state around the canvas.
#include "views/timeline_view.h"

#include <QAction>
#include <QEvent>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QScrollBar>
#include <QStackedWidget>
#include <QVBoxLayout>
#include <algorithm>
#include <utility>

#include "views/empty_panel.h"
#include "views/icons.h"
#include "views/number_format.h"
#include "views/theme.h"
#include "views/timeline_legend.h"

namespace xkv::views {

using namespace Qt::StringLiterals;
namespace {

QPushButton* compactButton(const QString& text, const QString& spoken, QWidget* parent) {
  auto* button = new QPushButton(text, parent);
  button->setProperty("compact", true);
  button->setAccessibleName(spoken);
  button->setToolTip(spoken);
  button->setFocusPolicy(Qt::TabFocus);
  return button;
}

EmptyText emptyTextOf(const Run* run) {
  const QString what = QStringLiteral("Phases, layers and cache size over time");
  if (run == nullptr) return {what, QStringLiteral("No run is selected."), {}};
  if (run->finished.status == RunStatus::running)
    return {what, QStringLiteral("The run has started; spans appear as its phases end."), {}};
  if (run->finished.status == RunStatus::failed)
    return {what, QStringLiteral("The run stopped before its first phase ended."), {}};
  return {what, QStringLiteral("The session holds no spans of this run."), {}};
}

}  // namespace

TimelineView::TimelineView(TrackSet track_set, QWidget* parent)
    : QWidget(parent),
      track_set_(track_set),
      layout_(std::make_shared<TimelineLayout>()),
      stack_(new QStackedWidget(this)),
      empty_(new EmptyPanel(this)),
      canvas_(new TimelineCanvas(track_set, this)),
      scroll_bar_(new QScrollBar(Qt::Vertical, this)) {
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(0);
  if (track_set == TrackSet::full) buildHeader();
  buildBody();
  column->addWidget(stack_);
  setMinimumSize(px(480), px(56));
  setFocusProxy(canvas_);

  connect(canvas_, &TimelineCanvas::spanClicked, this, [this](int span) {
    selection_.span.reset();
    if (span >= 0) selection_.span = span;
    showCount();
    emitSelection();
  });
  connect(canvas_, &TimelineCanvas::rangeChanged, this, [this](std::optional<TimeRange> range) {
    selection_.range = range;
    emitSelection();
  });
  connect(canvas_, &TimelineCanvas::nextRequested, this, &TimelineView::selectNext);
  connect(canvas_, &TimelineCanvas::geometryChanged, this, &TimelineView::updateScrollBar);
  connect(canvas_, &TimelineCanvas::windowChanged, this, [this] {
    if (before_ != nullptr) before_->setEnabled(canvas_->hasWindowBefore());
  });
  connect(scroll_bar_, &QScrollBar::valueChanged, canvas_, &TimelineCanvas::setScroll);
  connect(empty_, &EmptyPanel::requested, this, &TimelineView::emptyButtonClicked);
  setRun(nullptr);
}

void TimelineView::buildHeader() {
  header_ = new QWidget(this);
  auto* row = new QHBoxLayout(header_);
  row->setContentsMargins(px(12), px(8), px(12), px(8));
  row->setSpacing(px(8));
  search_ = new QLineEdit(header_);
  search_->setProperty("compact", true);
  search_->setPlaceholderText(QStringLiteral("Search spans"));
  search_->setAccessibleName(
      QStringLiteral("Search spans by operation, layer, group, step or label"));
  search_icon_ = search_->addAction(QIcon(), QLineEdit::LeadingPosition);
  search_->setFixedWidth(px(200));
  count_ = new QLabel(header_);
  count_->setMinimumWidth(px(72));
  previous_ = compactButton({}, QStringLiteral("Previous match (,)"), header_);
  next_ = compactButton({}, QStringLiteral("Next match (.)"), header_);
  fit_ = compactButton(QStringLiteral("Zoom to range  F"),
                       QStringLiteral("Zoom to the range, the selected span or the whole run (F)"),
                       header_);
  before_ = compactButton(QStringLiteral("Back  Backspace"),
                          QStringLiteral("View before this one (Backspace)"), header_);
  before_->setEnabled(false);
  row->addWidget(search_);
  row->addWidget(count_);
  row->addWidget(previous_);
  row->addWidget(next_);
  row->addWidget(fit_);
  row->addWidget(before_);
  row->addStretch(1);
  row->addWidget(new TimelineLegend(header_), 0);
  connect(search_, &QLineEdit::textChanged, this, &TimelineView::search);
  connect(search_, &QLineEdit::returnPressed, this, [this] { selectNext(true); });
  connect(previous_, &QPushButton::clicked, this, [this] { selectNext(false); });
  connect(next_, &QPushButton::clicked, this, [this] { selectNext(true); });
  connect(fit_, &QPushButton::clicked, canvas_, &TimelineCanvas::fitSelection);
  connect(before_, &QPushButton::clicked, canvas_, &TimelineCanvas::showWindowBefore);
  restyle();
}

void TimelineView::restyle() {
  if (header_ == nullptr || next_ == nullptr) return;
  search_icon_->setIcon(icon(QStringLiteral("search"), roles().text3));
  previous_->setIcon(icon(QStringLiteral("chevron_up")));
  next_->setIcon(icon(QStringLiteral("chevron_down")));
}

void TimelineView::showEvent(QShowEvent* event) {
  restyle();  // the theme may have changed before there was anything to see
  QWidget::showEvent(event);
}

void TimelineView::changeEvent(QEvent* event) {
  if (event->type() == QEvent::StyleChange) restyle();
  QWidget::changeEvent(event);
}

void TimelineView::buildBody() {
  auto* body = new QWidget(this);
  auto* column = new QVBoxLayout(body);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(0);
  if (header_ != nullptr) column->addWidget(header_);
  auto* row = new QHBoxLayout;
  row->setSpacing(0);
  row->addWidget(canvas_, 1);
  row->addWidget(scroll_bar_);
  column->addLayout(row, 1);
  scroll_bar_->setAccessibleName(QStringLiteral("Rows of the timeline"));
  stack_->addWidget(body);
  stack_->addWidget(empty_);
}

void TimelineView::setRun(std::shared_ptr<const Run> run) {
  const bool other = run == nullptr || run_ == nullptr || run->run_id != run_->run_id;
  run_ = std::move(run);
  auto layout = run_ ? std::make_shared<TimelineLayout>(run_->timeline, track_set_)
                     : std::make_shared<TimelineLayout>();
  if (run_) layout->setGroups(run_->started.plan);
  layout_ = std::move(layout);
  if (other) {
    selection_.span.reset();
    selection_.range.reset();
    canvas_->setSelectedSpan(-1);
    canvas_->setRange({});
  }
  canvas_->setGpuSentence(run_ && track_set_ == TrackSet::full ? gpuSentenceOf(*run_) : QString());
  canvas_->setLayout(layout_);
  const bool has_spans = !layout_->timeline().spans.empty();
  if (!has_spans) empty_->setText(emptyTextOf(run_.get()));
  stack_->setCurrentIndex(has_spans ? 0 : 1);
  if (search_ != nullptr) search();
  Q_EMIT subtitleChanged(subtitle());
}

void TimelineView::setSelection(const Selection& selection) {
  selection_ = selection;
  const auto spans = static_cast<int64_t>(layout_->timeline().spans.size());
  const bool known = selection.span && *selection.span >= 0 && *selection.span < spans;
  canvas_->setSelectedSpan(known ? static_cast<int32_t>(*selection.span) : -1);
  canvas_->setRange(selection.range);
  showCount();
}

void TimelineView::setSearch(const QString& text) {
  if (search_ != nullptr) search_->setText(text);
}

void TimelineView::focusSearch() {
  if (search_ != nullptr) search_->setFocus(Qt::ShortcutFocusReason);
}

void TimelineView::search() {
  matches_ = layout_->matching(search_->text().toStdString());
  showCount();
}

void TimelineView::showCount() {
  if (count_ == nullptr) return;
  const auto found = std::find(matches_.begin(), matches_.end(), canvas_->selectedSpan());
  const QString of = count(static_cast<int64_t>(matches_.size()));
  if (matches_.empty()) return count_->setText(QStringLiteral("no match"));
  count_->setText(found == matches_.end() ? of + u" spans"_s
                                          : count(found - matches_.begin() + 1) + u" of "_s + of);
}

void TimelineView::selectNext(bool forward) {
  const std::vector<int32_t> all =
      search_ == nullptr ? layout_->matching("") : std::vector<int32_t>();
  const int32_t next =
      nextMatch(*layout_, search_ == nullptr ? all : matches_, canvas_->selectedSpan(), forward);
  if (next < 0) return;
  canvas_->setSelectedSpan(next);
  canvas_->showSpan(next);
  selection_.span = next;
  showCount();
  emitSelection();
}

void TimelineView::updateScrollBar() {
  const int hidden = canvas_->contentHeight() - canvas_->visibleHeight();
  scroll_bar_->setRange(0, std::max(0, hidden));
  scroll_bar_->setPageStep(canvas_->visibleHeight());
  scroll_bar_->setSingleStep(px(36));
  scroll_bar_->setVisible(track_set_ == TrackSet::full && hidden > 0);
}

void TimelineView::emitSelection() {
  if (selection_.span) {
    const Span& span = layout_->span(static_cast<int32_t>(*selection_.span));
    if (span.layer >= 0) selection_.layers = LayerPair{span.layer, span.layer};
    if (span.step >= 0) selection_.step = span.step;
  }
  Q_EMIT selectionChanged(selection_);
}

QString TimelineView::subtitle() const {
  if (!run_ || layout_->timeline().spans.empty()) return {};
  QString text = QStringLiteral("run %1 · %2 · %3 CPU spans")
                     .arg(QString::number(run_->run_id),
                          duration(static_cast<int64_t>(layout_->bounds().length())),
                          count(static_cast<int64_t>(layout_->timeline().spans.size())));
  if (track_set_ == TrackSet::full || layout_->timeline().dropped_spans > 0)
    text += QStringLiteral(", %1 dropped").arg(count(layout_->timeline().dropped_spans));
  return text;
}

QString gpuSentenceOf(const Run& run) {
  if (run.started.spec.device == Device::cpu)
    return QStringLiteral(
        "This run used the CPU, so there are no GPU rows. The CPU spans above are complete.");
  return QStringLiteral(
      "The device's own kernels were not recorded. The spans above are the CPU's clock.");
}

}  // namespace xkv::views
