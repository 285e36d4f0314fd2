// SPDX-License-Identifier: GPL-3.0-or-later
/// How the what-if panel is put together.
#include <QApplication>
#include <QClipboard>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QRadioButton>
#include <QScrollArea>
#include <QSpinBox>

#include "views/badge.h"
#include "views/command_line.h"
#include "views/icons.h"
#include "views/provenance.h"
#include "views/rank_slider.h"
#include "views/segmented_switch.h"
#include "views/selective_fields.h"
#include "views/stream_look.h"
#include "views/theme.h"
#include "views/trade_off_plot.h"
#include "views/what_if_panel.h"
#include "views/what_if_table.h"

namespace xkv::views {
namespace {

constexpr int kPadding = 12;
constexpr int kCurveHeight = 190;
constexpr int kNumberWidth = 56;

QHBoxLayout* rowIn(QWidget* row) {
  auto* layout = new QHBoxLayout(row);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->setSpacing(px(8));
  return layout;
}

QFrame* rule() {
  auto* line = new QFrame;
  line->setProperty("rule", true);
  line->setFixedHeight(1);
  return line;
}

QLabel* label(const QString& text, const char* role) {
  auto* result = new QLabel(text);
  result->setProperty("textRole", QLatin1String(role));
  return result;
}

}  // namespace

WhatIfPanel::WhatIfPanel(QWidget* parent) : QWidget(parent) {
  auto* body = new QWidget;
  auto* rows = new QVBoxLayout(body);
  rows->setContentsMargins(px(kPadding), px(8), px(kPadding), 0);
  rows->setSpacing(px(4));
  rows->addWidget(makeGroupRow());
  rows->addWidget(makeKeepRow());
  for (size_t place = 0; place < rows_.size(); ++place) rows->addWidget(makeRankRow(place));
  rows->addWidget(marks_note_ = label(QString(), "hint"));
  rows->addWidget(selective_ = new SelectiveFields);
  rows->addWidget(warning_ = label(QString(), "warning"));
  warning_->setWordWrap(true);
  rows->addWidget(rule());
  rows->addWidget(table_ = new WhatIfTable);
  rows->addWidget(rule());
  auto* head = new QWidget;
  QHBoxLayout* head_row = rowIn(head);
  head_row->addWidget(label(QStringLiteral("Error against bytes"), "strong"));
  head_row->addStretch();
  head_row->addWidget(curve_title_ = label(QString(), "hint"));
  rows->addWidget(head);
  rows->addWidget(curve_ = new TradeOffPlot);
  rows->addStretch();

  auto* scroll = new QScrollArea;
  scroll->setWidgetResizable(true);
  scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  scroll->setFrameShape(QFrame::NoFrame);
  scroll->setWidget(body);
  // Both would fill themselves with the window's colour.
  body->setAutoFillBackground(false);
  scroll->viewport()->setAutoFillBackground(false);
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->setSpacing(0);
  layout->addWidget(scroll);
  // Below what scrolls: Measure is always in sight.
  auto* foot = new QVBoxLayout;
  foot->setContentsMargins(px(kPadding), px(4), px(kPadding), px(kPadding));
  foot->setSpacing(px(4));
  foot->addWidget(makeFoot());
  foot->addWidget(why_not_ = label(QString(), "hint"));
  why_not_->setWordWrap(true);
  layout->addLayout(foot);
  provenance_ = new ProvenanceLabel(Provenance::predicted, this);
  provenance_->hide();  // until a title takes it

  connect(selective_, &SelectiveFields::changed, this, [this](const SelectiveConfig& selective) {
    CompressionConfig next = config_;
    next.selective = selective;
    applyConfig(next, true);
  });
  connect(curve_, &TradeOffPlot::configurationChosen, this,
          [this](int64_t size, const Ranks& ranks) {
            CompressionConfig next = config_;
            if (size > 0) {
              next.layer_groups.clear();
              next.layer_group_size = size;
            }
            next.rank_k = ranks.rank_k;
            next.rank_v = ranks.rank_v;
            applyConfig(next, true);
          });
  nameStreams();
  restyle();
  showPlan();
}

QWidget* WhatIfPanel::makeGroupRow() {
  auto* row = new QWidget;
  QHBoxLayout* layout = rowIn(row);
  layout->addWidget(label(QStringLiteral("Group size"), "body"));
  layout->addStretch();
  sizes_ = new SegmentedSwitch(QStringLiteral("Group size"), {});
  layout->addWidget(sizes_);
  connect(sizes_, &SegmentedSwitch::currentChanged, this, &WhatIfPanel::chooseGroupSize);
  return row;
}

QWidget* WhatIfPanel::makeKeepRow() {
  auto* row = new QWidget;
  QHBoxLayout* layout = rowIn(row);
  layout->addWidget(label(QStringLiteral("keep"), "label"));
  const QString names[] = {QStringLiteral("rank/layer"), QStringLiteral("bytes"),
                           QStringLiteral("error")};
  for (int i = 0; i < 3; ++i) {
    layout->addWidget(keep_[i] = new QRadioButton(names[i]));
    keep_[i]->setAccessibleName(QStringLiteral("Another group size keeps ") + names[i]);
    keep_[i]->setToolTip(QStringLiteral("Another group size keeps the ") + names[i]);
  }
  keep_[kRankPerLayer]->setChecked(true);
  layout->addStretch();
  return row;
}

QWidget* WhatIfPanel::makeRankRow(size_t place) {
  RankRow& row = rows_[place];
  const Stream stream = streamsOf(nullptr)[place];  // the place counts; nameStreams() says which
  auto* box = new QWidget;
  auto* lines = new QVBoxLayout(box);
  lines->setContentsMargins(0, px(4), 0, 0);
  lines->setSpacing(0);
  auto* head = new QWidget;
  QHBoxLayout* layout = rowIn(head);
  layout->addWidget(row.badge = new BadgeLabel(streamBadge(stream)));
  layout->addWidget(row.name = label(QString(), "body"));
  layout->addStretch();
  layout->addWidget(row.per_layer = label(QString(), "label"));
  row.number = new QSpinBox;
  row.number->setProperty("compact", true);
  row.number->setProperty("predicted", true);
  row.number->setAlignment(Qt::AlignRight);
  row.number->setKeyboardTracking(false);
  layout->addWidget(row.number);
  lines->addWidget(head);
  lines->addWidget(row.slider = new RankSlider);
  connect(row.slider, &QAbstractSlider::valueChanged, this,
          [this, stream](int rank) { rankMoved(stream, rank); });
  connect(row.number, &QSpinBox::valueChanged, this,
          [this, stream](int rank) { rankMoved(stream, rank); });
  return box;
}

QWidget* WhatIfPanel::makeFoot() {
  auto* row = new QWidget;
  QHBoxLayout* layout = rowIn(row);
  copy_ = new QPushButton(QStringLiteral("Copy as CLI"));
  copy_->setToolTip(QStringLiteral("Copies the command that measures this configuration"));
  measure_ = new QPushButton(QStringLiteral("Measure"));
  measure_->setProperty("primary", true);
  measure_->setToolTip(QStringLiteral("Runs the real compressed cache (Ctrl+M)"));
  layout->addWidget(copy_);
  layout->addStretch();
  layout->addWidget(measure_);
  connect(copy_, &QPushButton::clicked, this, [this] {
    RunSpec spec = run_->started.spec;
    spec.compression = config_;
    QApplication::clipboard()->setText(commandLineOf(spec));
  });
  connect(measure_, &QPushButton::clicked, this, [this] { Q_EMIT measureRequested(config_); });
  return row;
}

void WhatIfPanel::restyle() {
  curve_->setFixedHeight(px(kCurveHeight));
  for (const RankRow& row : rows_) row.number->setFixedWidth(px(kNumberWidth));
  measure_->setIcon(icon(QStringLiteral("run"), roles().on_accent));
  measure_->setIconSize({px(14), px(14)});
}

}  // namespace xkv::views
