// SPDX-License-Identifier: GPL-3.0-or-later
/// Where the cache's bytes are, or why that is not known.
#include "views/memory_view.h"

#include <QScrollArea>
#include <QStackedWidget>
#include <QVBoxLayout>

#include "views/empty_panel.h"
#include "views/memory_bars.h"
#include "views/theme.h"

namespace xkv::views {
using namespace Qt::StringLiterals;
namespace {

EmptyText emptyText(const Run* run) {
  const QString what = u"Every byte of the cache, by part"_s;
  if (run == nullptr) return {what, u"No run is selected."_s, {}};
  if (run->finished.status == RunStatus::running)
    return {what, u"The ledger is closed after the last token of the run."_s, {}};
  return {what, u"The run stopped before its ledger was closed."_s, {}};
}

}  // namespace

MemoryView::MemoryView(QWidget* parent)
    : QWidget(parent),
      bars_(new MemoryBars),
      empty_(new EmptyPanel(this)),
      stack_(new QStackedWidget(this)) {
  setMinimumSize(px(320), px(160));
  auto* scroll = new QScrollArea(this);
  scroll->setWidget(bars_);
  scroll->setWidgetResizable(true);
  scroll->setFrameShape(QFrame::NoFrame);
  scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  stack_->addWidget(scroll);
  stack_->addWidget(empty_);
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->addWidget(stack_);
  connect(empty_, &EmptyPanel::requested, this, &MemoryView::emptyButtonClicked);
  setRuns(nullptr, nullptr);
}

void MemoryView::setRuns(std::shared_ptr<const Run> run, std::shared_ptr<const Run> baseline) {
  const bool known = run && run->memory;
  if (!known) empty_->setText(emptyText(run.get()));
  bars_->setRuns(std::move(run), std::move(baseline));
  stack_->setCurrentIndex(known ? 0 : 1);
}

}  // namespace xkv::views
