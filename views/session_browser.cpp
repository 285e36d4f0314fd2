// SPDX-License-Identifier: GPL-3.0-or-later
/// Which runs exist, which is B (selected) and which is A (pinned).
#include "views/session_browser.h"

#include <QAction>
#include <QFrame>
#include <QHBoxLayout>
#include <QKeyEvent>
#include <QLabel>
#include <QLineEdit>
#include <QListView>
#include <QMenu>
#include <QSet>
#include <QStackedWidget>
#include <QVBoxLayout>
#include <utility>

#include "views/empty_panel.h"
#include "views/icons.h"
#include "views/number_format.h"
#include "views/run_delegate.h"
#include "views/run_details.h"
#include "views/run_list_model.h"
#include "views/run_naming.h"
#include "views/theme.h"

namespace xkv::views {
using namespace Qt::StringLiterals;
namespace {

constexpr int kRailBelow = 120;  // narrower than this, the list is a rail of numbers

QFrame* rule(QWidget* parent) {
  auto* line = new QFrame(parent);
  line->setFixedHeight(1);
  line->setFrameShape(QFrame::NoFrame);
  line->setAutoFillBackground(true);
  line->setBackgroundRole(QPalette::Mid);
  return line;
}

}  // namespace

SessionBrowser::SessionBrowser(QWidget* parent)
    : QWidget(parent),
      model_(new RunListModel(this)),
      filtered_(new QSortFilterProxyModel(this)),
      delegate_(new RunDelegate(this)),
      filter_(new QLineEdit(this)),
      prompt_(new QLabel(this)),
      number_(new QLabel(this)),
      list_(new QListView(this)),
      details_(new RunDetails(this)),
      empty_(new EmptyPanel(this)),
      stack_(new QStackedWidget(this)) {
  // As narrow as the rail; what does not fit in there is hidden.
  setMinimumSize(px(38), px(160));
  auto* outer = new QVBoxLayout(this);
  outer->setContentsMargins(0, 0, 0, 0);
  outer->addWidget(stack_);
  auto* body = new QWidget(this);
  auto* column = new QVBoxLayout(body);
  column->setContentsMargins(0, px(8), 0, 0);
  column->setSpacing(px(4));
  auto* filter_row = new QHBoxLayout;
  filter_row->setContentsMargins(px(8), 0, px(8), 0);
  filter_row->addWidget(filter_);
  column->addLayout(filter_row);
  auto* head = new QHBoxLayout;
  head->setContentsMargins(px(12), 0, px(12), 0);
  prompt_->setFont(textFont(12, QFont::Medium));
  number_->setFont(textFont(12));
  head->addWidget(prompt_, 1);
  head->addWidget(number_);
  column->addLayout(head);
  column->addWidget(list_, 1);
  column->addWidget(rule_ = rule(body));
  column->addWidget(details_);
  stack_->addWidget(body);
  stack_->addWidget(empty_);
  empty_->setText({u"Runs of this session"_s, u"No run has been started yet."_s, u"New run…"_s});
  buildList();
  connect(empty_, &EmptyPanel::requested, this, &SessionBrowser::emptyButtonClicked);
  connect(details_, &RunDetails::notesChanged, this, &SessionBrowser::notesChanged);
  connect(details_, &RunDetails::tagsChanged, this, &SessionBrowser::tagsChanged);
  connect(model_, &RunListModel::titleEdited, this, &SessionBrowser::titleChanged);
  showHead();
  showSelected();
}

void SessionBrowser::buildList() {
  filter_->setPlaceholderText(u"Filter runs, tags"_s);
  filter_->setAccessibleName(u"Filter runs by number, title, prompt, tags, notes or status"_s);
  filter_->setClearButtonEnabled(true);
  filter_icon_ = filter_->addAction(icon(u"search"_s, roles().text3), QLineEdit::LeadingPosition);
  filtered_->setSourceModel(model_);
  filtered_->setFilterCaseSensitivity(Qt::CaseInsensitive);
  list_->setModel(filtered_);
  list_->setItemDelegate(delegate_);
  list_->setAccessibleName(u"Runs"_s);
  list_->setMouseTracking(true);
  list_->setUniformItemSizes(true);
  list_->setEditTriggers(QAbstractItemView::DoubleClicked | QAbstractItemView::EditKeyPressed);
  list_->setContextMenuPolicy(Qt::CustomContextMenu);
  list_->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  list_->installEventFilter(this);
  connect(filter_, &QLineEdit::textChanged, this, [this](const QString& text) {
    {
      const QSignalBlocker quiet(list_->selectionModel());  // a hidden row stays B
      filtered_->setFilterFixedString(text);
    }
    showSelected();
  });
  connect(list_, &QListView::customContextMenuRequested, this, &SessionBrowser::openMenu);
  connect(delegate_, &RunDelegate::pinClicked, this, &SessionBrowser::pin);
  connect(list_->selectionModel(), &QItemSelectionModel::currentChanged, this,
          [this](const QModelIndex& current) {
            const int64_t run_id = current.data(RunListModel::kRunIdRole).toLongLong();
            if (!current.isValid() || run_id == selected_) return;
            selected_ = run_id;
            showSelected();
            Q_EMIT runSelected(run_id);
          });
}

void SessionBrowser::setRuns(std::vector<RunSummary> runs) {
  const QSignalBlocker quiet(
      list_->selectionModel());  // a removed row must not choose its neighbour
  model_->setRuns(std::move(runs));
  if (model_->rowOf(selected_) < 0) selected_ = 0;
  if (model_->rowOf(baseline_) < 0) baseline_ = 0;
  showHead();
  showSelected();
}

void SessionBrowser::setBaseline(int64_t run_id) {
  baseline_ = run_id;
  showSelected();
}

void SessionBrowser::setSelected(int64_t run_id) {
  selected_ = run_id;
  showSelected();
}

void SessionBrowser::setRun(std::shared_ptr<const Run> run) { details_->setRun(std::move(run)); }

void SessionBrowser::showHead() {
  QSet<QString> prompts;
  for (const RunSummary& run : model_->runs())
    prompts.insert(promptName(run.spec) + u" · "_s + count(run.seq_len) + u" tokens"_s);
  const auto runs = static_cast<int64_t>(model_->runs().size());
  const QString name =
      prompts.size() == 1 ? *prompts.begin() : QStringLiteral("%1 prompts").arg(prompts.size());
  prompt_->setText(name);
  prompt_->setToolTip(name);
  number_->setText(runs == 1 ? u"1 run"_s : count(runs) + u" runs"_s);
  stack_->setCurrentIndex(runs == 0 ? 1 : 0);
}

void SessionBrowser::showSelected() {
  delegate_->setRoles(baseline_, selected_);
  const int row = model_->rowOf(selected_);
  details_->setVisible(row >= 0 && !rail_);
  if (row >= 0) {
    details_->setSummary(model_->at(row));
    const QSignalBlocker quiet(list_->selectionModel());
    const QModelIndex index = filtered_->mapFromSource(model_->index(row));
    list_->setCurrentIndex(index);
    if (index.isValid()) list_->scrollTo(index);
  }
  list_->viewport()->update();
}

int64_t SessionBrowser::currentRun() const {
  return list_->currentIndex().data(RunListModel::kRunIdRole).toLongLong();
}

void SessionBrowser::pin(int64_t run_id) {
  if (run_id == 0) return;
  Q_EMIT baselineRequested(run_id == baseline_ ? 0 : run_id);
}

void SessionBrowser::openMenu(const QPoint& position) {
  const QModelIndex index = list_->indexAt(position);
  if (!index.isValid()) return;
  const int64_t run_id = index.data(RunListModel::kRunIdRole).toLongLong();
  auto* menu = new QMenu(this);
  menu->setAttribute(Qt::WA_DeleteOnClose);
  menu->addAction(run_id == baseline_ ? u"Unpin baseline A"_s : u"Pin as baseline A"_s, this,
                  [this, run_id] { pin(run_id); });
  menu->addAction(u"Rename"_s, this,
                  [this, index = QPersistentModelIndex(index)] { list_->edit(index); });
  menu->addSeparator();
  menu->addAction(u"Remove from the session…"_s, this,
                  [this, run_id] { Q_EMIT removeRequested(run_id); });
  menu->popup(list_->viewport()->mapToGlobal(position));
}

void SessionBrowser::setRail(bool rail) {
  if (rail == rail_) return;
  rail_ = rail;
  for (QWidget* part : std::initializer_list<QWidget*>{filter_, prompt_, number_, rule_})
    part->setVisible(!rail);
  empty_->setVisible(!rail && stack_->currentWidget() == empty_);
  list_->setEditTriggers(rail ? QAbstractItemView::NoEditTriggers
                              : QAbstractItemView::DoubleClicked |
                                    QAbstractItemView::EditKeyPressed);
  showSelected();
}

void SessionBrowser::resizeEvent(QResizeEvent* event) {
  QWidget::resizeEvent(event);
  setRail(width() < px(kRailBelow));
}

void SessionBrowser::focusFilter() {
  filter_->setFocus(Qt::ShortcutFocusReason);
  filter_->selectAll();
}

void SessionBrowser::showEvent(QShowEvent* event) {
  filter_icon_->setIcon(icon(u"search"_s, roles().text3));
  QWidget::showEvent(event);
}

void SessionBrowser::changeEvent(QEvent* event) {
  if (event->type() == QEvent::StyleChange && filter_icon_ != nullptr)
    filter_icon_->setIcon(icon(u"search"_s, roles().text3));
  QWidget::changeEvent(event);
}

bool SessionBrowser::eventFilter(QObject* watched, QEvent* event) {
  if (watched == list_ && event->type() == QEvent::KeyPress) {
    const auto* key = static_cast<QKeyEvent*>(event);
    if (key->key() == Qt::Key_B && key->modifiers() == Qt::NoModifier) {
      pin(currentRun());
      return true;
    }
    if (key->key() == Qt::Key_Delete && currentRun() != 0) {
      Q_EMIT removeRequested(currentRun());
      return true;
    }
  }
  return QWidget::eventFilter(watched, event);
}

}  // namespace xkv::views
