// SPDX-License-Identifier: GPL-3.0-or-later
/// Budget, chunk and outliers of Selective Reconstruction, and what they come to over one prompt.
#include "views/selective_fields.h"

#include <QEvent>
#include <QHBoxLayout>
#include <QLabel>
#include <QSignalBlocker>
#include <QSpinBox>
#include <QVBoxLayout>
#include <algorithm>
#include <limits>

#include "profiling/selective_plan.h"
#include "views/number_format.h"
#include "views/theme.h"

namespace xkv::views {
using namespace Qt::StringLiterals;
namespace {

constexpr int kMost = std::numeric_limits<int>::max() / 2;
constexpr int kNumberWidth = 72;
constexpr int kByDefault = -1;  // shown as "default"

int boxValue(int64_t value) { return static_cast<int>(std::min<int64_t>(value, kMost)); }

/// The nearest multiple of the chunk, at least one chunk.
int64_t wholeChunks(int64_t budget, int64_t chunk) {
  return std::max<int64_t>(1, (budget + chunk / 2) / chunk) * chunk;
}

}  // namespace

SelectiveFields::SelectiveFields(QWidget* parent) : QWidget(parent) {
  auto* rows = new QVBoxLayout(this);
  rows->setContentsMargins(0, px(4), 0, 0);
  rows->setSpacing(px(4));
  budget_ = addField(u"Budget"_s, u"Tokens that each step chooses per KV head"_s);
  chunk_ = addField(u"Chunk"_s, u"Tokens that share a landmark"_s);
  outliers_ = addField(u"Outlier chunks"_s, u"Kept exact, per KV head"_s);
  outliers_->setMinimum(kByDefault);
  outliers_->setSpecialValueText(u"default"_s);
  rows->addWidget(sum_ = new QLabel);
  sum_->setProperty("textRole", "hint");
  sum_->setWordWrap(true);
  connect(budget_, &QSpinBox::valueChanged, this, [this](int budget) {
    SelectiveConfig next = config_;
    next.budget = budget;
    if (!next.outlier_chunks) next.outlier_chunks = planSelection(config_, seq_len_).outlier_chunks;
    take(next);
  });
  connect(chunk_, &QSpinBox::valueChanged, this, [this](int chunk) {
    SelectiveConfig next = config_;
    next.chunk = chunk;
    take(next);
  });
  connect(outliers_, &QSpinBox::valueChanged, this, [this](int chunks) {
    SelectiveConfig next = config_;
    next.outlier_chunks = chunks == kByDefault ? std::nullopt : std::optional<int64_t>(chunks);
    take(next);
  });
  restyle();
}

QSpinBox* SelectiveFields::addField(const QString& name, const QString& tip) {
  auto* row = new QHBoxLayout;
  row->setSpacing(px(8));
  auto* label = new QLabel(name);
  label->setProperty("textRole", "body");
  auto* box = new QSpinBox;
  box->setRange(1, kMost);
  box->setProperty("compact", true);
  box->setProperty("predicted", true);
  box->setAlignment(Qt::AlignRight);
  box->setKeyboardTracking(false);
  box->setAccessibleName(name);
  box->setToolTip(tip);
  row->addWidget(label);
  row->addStretch();
  row->addWidget(box);
  static_cast<QVBoxLayout*>(layout())->addLayout(row);
  return box;
}

void SelectiveFields::take(SelectiveConfig config) {
  config.budget = wholeChunks(config.budget, config.chunk);
  config_ = config;
  showConfig();
  Q_EMIT changed(config_);
}

void SelectiveFields::setConfig(const SelectiveConfig& config, int64_t seq_len) {
  config_ = config;
  seq_len_ = seq_len;
  showConfig();
}

void SelectiveFields::showConfig() {
  const QSignalBlocker quiet[] = {QSignalBlocker(budget_), QSignalBlocker(chunk_),
                                  QSignalBlocker(outliers_)};
  budget_->setSingleStep(boxValue(config_.chunk));
  budget_->setValue(boxValue(config_.budget));
  chunk_->setValue(boxValue(config_.chunk));
  outliers_->setValue(boxValue(config_.outlier_chunks.value_or(kByDefault)));
  const SelectivePlan plan = planSelection(config_, seq_len_);
  sum_->setText(QStringLiteral("%1 of %2 chunks a step; %3 outliers and %4 local tokens exact")
                    .arg(count(plan.chosen_chunks), count(plan.candidates()),
                         count(plan.outlier_chunks), count(plan.localTokens())));
}

void SelectiveFields::changeEvent(QEvent* event) {
  if (event->type() == QEvent::StyleChange) restyle();
  QWidget::changeEvent(event);
}

void SelectiveFields::restyle() {
  for (QSpinBox* box : {budget_, chunk_, outliers_}) box->setFixedWidth(px(kNumberWidth));
}

}  // namespace xkv::views
