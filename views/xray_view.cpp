// SPDX-License-Identifier: GPL-3.0-or-later
/// X-ray of Selective Reconstruction: which layer, KV head and picture of it are shown.
#include "views/xray_view.h"

#include <QSignalBlocker>
#include <QSpinBox>
#include <QStackedWidget>
#include <QVBoxLayout>
#include <algorithm>

#include "views/run_naming.h"
#include "views/segmented_switch.h"
#include "views/theme.h"
#include "views/xray_canvas.h"
#include "views/xray_curves.h"

namespace xkv::views {
using namespace Qt::StringLiterals;
namespace {

/// The first choice of tokens comes from the prefill: step 0 chooses token 1.
constexpr int64_t kTokensBeforeSteps = 1;

QSpinBox* titleBox(const QString& prefix, const QString& name, QWidget* parent) {
  auto* box = new QSpinBox(parent);
  box->setProperty("compact", true);
  box->setPrefix(prefix);
  box->setAccessibleName(name);
  box->setToolTip(name);
  box->hide();  // until a title takes it
  return box;
}

}  // namespace

XrayView::XrayView(QWidget* parent)
    : QWidget(parent),
      layer_box_(titleBox(u"layer "_s, u"Layer of the X-ray"_s, this)),
      head_box_(titleBox(u"head "_s, u"KV head of the X-ray"_s, this)),
      mode_(new SegmentedSwitch(u"X-ray"_s, {u"Map"_s, u"Steps"_s, u"Budget"_s}, this)),
      pages_(new QStackedWidget),
      canvas_(new XrayCanvas),
      curves_(new XrayCurves) {
  mode_->hide();
  auto* layout = new QVBoxLayout(this);
  layout->setContentsMargins(0, 0, 0, 0);
  layout->addWidget(pages_);
  pages_->addWidget(canvas_);
  pages_->addWidget(curves_);
  setFocusProxy(canvas_);
  connect(mode_, &SegmentedSwitch::currentChanged, this, &XrayView::showRecord);
  connect(layer_box_, &QSpinBox::valueChanged, this, [this](int layer) { chooseLayer(layer); });
  connect(head_box_, &QSpinBox::valueChanged, this, [this](int head) {
    kv_head_ = head;
    showRecord();
  });
  connect(canvas_, &XrayCanvas::cellChosen, this, &XrayView::chooseCell);
  connect(curves_, &XrayCurves::stepChosen, this, &XrayView::chooseStep);
  showRecord();
}

void XrayView::setRun(const Run* run) {
  run_ = run;
  showRecord();
}

void XrayView::setSelection(const Selection& selection) {
  selection_ = selection;
  if (selection.layers) layer_ = selection.layers->row;
  showRecord();
}

void XrayView::setWhatIfBudget(std::optional<int64_t> tokens) { curves_->setWhatIfBudget(tokens); }

const SelectionRecord* XrayView::record() const {
  if (run_ == nullptr) return nullptr;
  const auto found = std::ranges::find(run_->selections, layer_, &SelectionRecord::layer);
  return found == run_->selections.end() ? nullptr : &*found;
}

bool XrayView::showsBudget() const { return mode_->currentIndex() == kBudget; }

std::optional<EmptyText> XrayView::emptyReason() const {
  EmptyText text{.what = u"Which chunks of the prompt each step of Selective Reconstruction read"_s,
                 .why = {},
                 .button = {}};
  if (run_ == nullptr) {
    text.why = u"No run is selected."_s;
  } else if (!isSelective(run_->started.spec.compression.method)) {
    text.why = familyName(run_->started.spec.compression.method) +
               u" chooses nothing: each step "
               u"reads the whole cache."_s;
  } else if (run_->selections.empty()) {
    text.why = notThisFar(*run_);
  } else if (record() == nullptr) {
    text.why = QStringLiteral("Layer %1 has no X-ray; %2 of %3 layers have one.")
                   .arg(layer_)
                   .arg(run_->selections.size())
                   .arg(run_->started.model.num_layers);
  } else {
    return std::nullopt;
  }
  return text;
}

QString XrayView::subtitle() const {
  const SelectionRecord* shown = record();
  if (shown == nullptr) return {};
  QString text = QStringLiteral("%1 of %2 chunks a step")
                     .arg(shown->chosen_chunks)
                     .arg(shown->landmark_chunks - shown->outlier_chunks);
  if (shown->num_kv_heads == 1 && shown->num_heads > 1) text += u", shared by all heads"_s;
  if (shown->teacher_forced) text += u", teacher-forced"_s;
  return text;
}

std::vector<QWidget*> XrayView::titleWidgets() const { return {layer_box_, head_box_, mode_}; }

QSize XrayView::minimumSizeHint() const { return {px(320), px(172)}; }

/// Boxes, picture and focus follow what is selected.
void XrayView::showRecord() {
  const SelectionRecord* shown = record();
  const int64_t layers = run_ == nullptr ? 1 : run_->started.model.num_layers;
  const int64_t heads = shown == nullptr ? 1 : std::max<int64_t>(1, shown->num_kv_heads);
  kv_head_ = std::clamp<int64_t>(kv_head_, 0, heads - 1);
  const QSignalBlocker quiet_layer(layer_box_);
  const QSignalBlocker quiet_head(head_box_);
  layer_box_->setRange(0, static_cast<int>(std::max<int64_t>(1, layers)) - 1);
  layer_box_->setValue(static_cast<int>(layer_));
  layer_box_->setEnabled(run_ != nullptr && !run_->selections.empty());
  head_box_->setRange(0, static_cast<int>(heads) - 1);
  head_box_->setValue(static_cast<int>(kv_head_));
  head_box_->setEnabled(heads > 1);
  const auto mode = static_cast<Mode>(mode_->currentIndex());
  canvas_->setRecord(run_, shown, kv_head_);
  curves_->setAxis(mode == kBudget ? XrayCurves::Axis::budget : XrayCurves::Axis::steps);
  curves_->setRecord(run_, shown, kv_head_);
  const auto step = selectedStep();
  curves_->setStep(step);
  std::optional<XrayCell> cell;
  if (step && selection_.token && shown != nullptr && shown->chunk > 0)
    cell = XrayCell{*step, *selection_.token / shown->chunk};
  canvas_->setCell(cell);
  pages_->setCurrentIndex(mode == kMap ? 0 : 1);
  setFocusProxy(pages_->currentWidget());
  Q_EMIT shownChanged();
}

std::optional<int64_t> XrayView::selectedStep() const {
  if (!selection_.step || *selection_.step < kTokensBeforeSteps) return std::nullopt;
  return *selection_.step - kTokensBeforeSteps;
}

void XrayView::chooseLayer(int64_t layer) {
  layer_ = layer;
  selection_.layers = LayerPair{layer, layer};
  showRecord();
  Q_EMIT selectionChanged(selection_);
}

void XrayView::chooseCell(const XrayCell& cell) {
  const SelectionRecord* shown = record();
  if (shown == nullptr) return;
  selection_.token = tokensOfChunk(*shown, cell.chunk).first;
  chooseStep(cell.step);
}

void XrayView::chooseStep(int64_t step) {
  selection_.step = step + kTokensBeforeSteps;
  selection_.turn = 0;
  curves_->setStep(step);
  Q_EMIT selectionChanged(selection_);
}

}  // namespace xkv::views
