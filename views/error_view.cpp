// SPDX-License-Identifier: GPL-3.0-or-later
/// What the error panel gathers and says. Mouse and keys are in error_input.cpp, painting in
/// error_paint.cpp.
#include "views/error_view.h"

#include <QEvent>
#include <algorithm>
#include <cmath>
#include <limits>

#include "views/layer_facts.h"
#include "views/number_format.h"
#include "views/segmented_switch.h"
#include "views/stream_look.h"
#include "views/theme.h"
#include "views/tooltip.h"

namespace xkv::views {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

bool measures(const Run* run, Stream stream) {
  return run != nullptr &&
         std::any_of(run->reconstructions.begin(), run->reconstructions.end(),
                     [&](const ReconstructionRecord& r) { return isLike(r.stream, stream); });
}

bool compresses(const std::vector<PlannedGroup>& groups, Stream stream) {
  return std::any_of(groups.begin(), groups.end(),
                     [&](const PlannedGroup& group) { return group.compresses(stream); });
}

}  // namespace

ErrorView::ErrorView(QWidget* parent)
    : QWidget(parent),
      mode_(new SegmentedSwitch(QStringLiteral("Errors by"), {"Layers", "Groups", "Tokens"}, this)),
      tooltip_(new Tooltip(this)) {
  mode_->hide();  // until a title takes it
  setFocusPolicy(Qt::StrongFocus);
  setMouseTracking(true);
  setAccessibleName(QStringLiteral("Error per layer and per token"));
  connect(mode_, &SegmentedSwitch::currentChanged, this, &ErrorView::gather);
}

void ErrorView::setRun(const Run* run) {
  run_ = run;
  gather();
}

void ErrorView::setBaseline(const Run* run) {
  baseline_ = run;
  gather();
}

void ErrorView::setWhatIf(std::optional<RankPlan> plan) {
  what_if_ = std::move(plan);
  // Only the bars move with a slider: the tokens' errors stay.
  predicted_ = predictedBars();
  relayout();
  update();
}

void ErrorView::setSelection(const Selection& selection) {
  const bool other_stream = selection.stream != selection_.stream;
  selection_ = selection;
  if (other_stream) gather();
  update();
}

std::optional<EmptyText> ErrorView::emptyReason() const {
  EmptyText text{
      .what = QStringLiteral("Error per layer, ") + bothStreams(run_), .why = {}, .button = {}};
  if (run_ == nullptr) {
    text.why = QStringLiteral("No run is selected.");
  } else if (measured_.empty() && predicted_.empty()) {
    text.why = run_->started.plan.empty() ? QStringLiteral("A dense cache has no error.")
                                          : QStringLiteral("No group of this run is measured yet.");
  } else {
    return std::nullopt;
  }
  return text;
}

QString ErrorView::subtitle() const { return QStringLiteral("relative Frobenius"); }

std::vector<QWidget*> ErrorView::titleWidgets() const { return {mode_}; }

QSize ErrorView::minimumSizeHint() const { return {px(360), px(172)}; }

ErrorView::Mode ErrorView::mode() const { return static_cast<Mode>(mode_->currentIndex()); }

ErrorView::Bars ErrorView::measuredBars(const Run* run) const {
  Bars bars;
  if (run == nullptr || run->reconstructions.empty()) return bars;
  const size_t count = mode() == kGroups ? run->started.plan.size()
                                         : static_cast<size_t>(run->started.model.num_layers);
  bars.first.assign(count, kNan);
  bars.second.assign(count, kNan);
  for (const ReconstructionRecord& r : run->reconstructions) {
    std::vector<double>& own = bars.of(r.stream);
    if (mode() == kGroups) {
      if (r.group >= 0 && static_cast<size_t>(r.group) < count)
        own[static_cast<size_t>(r.group)] = r.error;
      continue;
    }
    for (size_t l = 0; l < r.layer_error.size(); ++l) {
      const size_t layer = static_cast<size_t>(r.first_layer) + l;
      if (layer < count) own[layer] = static_cast<double>(r.layer_error[l]);
    }
  }
  return bars;
}

ErrorView::Bars ErrorView::predictedBars() const {
  if (!what_if_) return {};
  if (mode() == kGroups) return {what_if_->keys.group_error, what_if_->values.group_error};
  return {what_if_->keys.layer_error, what_if_->values.layer_error};
}

std::vector<Stream> ErrorView::streams() const {
  std::vector<Stream> shown;
  for (const Stream stream : streamsOf(run_)) {
    const bool planned = what_if_ && compresses(what_if_->groups, stream);
    if (planned || measures(run_, stream) || measures(baseline_, stream)) shown.push_back(stream);
  }
  return shown;
}

/// The selected stream, the second where none is; the other where that one was not measured.
Stream ErrorView::lensStream() const {
  const auto [first, second] = streamsOf(run_);
  const Stream wanted = selection_.stream ? likeIn(run_, *selection_.stream) : second;
  return measures(run_, wanted) ? wanted : isFirst(wanted) ? second : first;
}

void ErrorView::gather() {
  measured_ = measuredBars(run_);
  before_ = measuredBars(baseline_);
  predicted_ = predictedBars();
  const int64_t before = tokens_.seq_len;
  tokens_ = run_ == nullptr ? TokenErrors{} : tokenErrors(*run_, lensStream());
  if (tokens_.seq_len != before) shown_ = {0, tokens_.seq_len};
  lens_top_ = roundScale(tokens_.quantile(0.98)).top;
  tooltip_->dismiss();
  lens_ = {};
  relayout();
  update();
}

int ErrorView::numColumns() const {
  size_t most = std::max(measured_.first.size(), predicted_.first.size());
  // Groups of another size stand for other layers: then the baseline has no place beside them.
  if (mode() != kGroups) most = std::max(most, before_.first.size());
  return static_cast<int>(most);
}

void ErrorView::makeLens() {
  const bool all = shown_.count == tokens_.seq_len;
  lens_ = tokenLensImage(all ? tokens_ : partOf(tokens_, shown_.first, shown_.count),
                         layout_.strip().width(), ColourMap::cividis, lens_top_);
}

void ErrorView::relayout() {
  const bool lens = !tokens_.errors.empty();
  const ErrorParts parts{.bars = mode() != kTokens || !lens, .strip = lens};
  layout_ =
      ErrorLayout(size(), parts, numColumns(), static_cast<int>(tokens_.num_layers), themeScale());
  double largest = 0;
  for (const Bars* bars : {&measured_, &before_, &predicted_}) {
    for (const Stream stream : streams()) {
      for (const double error : bars->of(stream))
        largest = std::max(largest, std::isnan(error) ? 0 : error);
    }
  }
  scale_ = roundScale(largest);
  // A slider moves no token's error, so its frames keep the picture.
  if (lens && lens_.width() != layout_.strip().width()) makeLens();
}

void ErrorView::resizeEvent(QResizeEvent*) { relayout(); }

void ErrorView::changeEvent(QEvent* event) {
  if (event->type() == QEvent::StyleChange) {
    relayout();
    update();
  }
  QWidget::changeEvent(event);
}

bool ErrorView::isSelectedColumn(int column) const {
  return mode() == kGroups ? selection_.group == column : selection_.hasLayer(column);
}

void ErrorView::selectColumn(int column) {
  if (mode() == kGroups) {
    selection_.group = column;
  } else {
    selection_.layers = LayerPair{column, column};
  }
  update();
  Q_EMIT selectionChanged(selection_);
}

void ErrorView::selectToken(int64_t token) {
  selection_.token = token;
  update();
  Q_EMIT selectionChanged(selection_);
}

void ErrorView::showColumn(int column, bool now) {
  TooltipText text;
  text.name =
      (mode() == kGroups ? QStringLiteral("group g%1") : QStringLiteral("layer %1")).arg(column);
  const auto index = static_cast<size_t>(column);
  const auto valueOf = [index](const std::vector<double>& bars) {
    return index < bars.size() ? percent(bars[index]) : missing();
  };
  const auto line = [&](const QString& who, const Bars& bars, bool predicted) {
    std::vector<TooltipPair> pairs;
    for (const Stream stream : streams())
      pairs.push_back({streamName(stream), valueOf(bars.of(stream)), predicted});
    if (!pairs.empty()) pairs.front().label.prepend(who + u' ');
    text.lines.push_back(pairs);
  };
  if (!measured_.empty()) line(QStringLiteral("run %1").arg(run_->run_id), measured_, false);
  if (!predicted_.empty()) line(QStringLiteral("what-if"), predicted_, true);
  if (!before_.empty() && mode() != kGroups) line(QStringLiteral("A"), before_, false);
  setAccessibleDescription(text.plain());
  const QPointF corner = layout_.column(column).topRight();
  now ? tooltip_->showNow(corner, text) : tooltip_->showAt(corner, text);
}

void ErrorView::showToken(int64_t token, int layer, bool now) {
  TooltipText text;
  const auto& words = run_->started.prompt_tokens;
  const QString word =
      static_cast<size_t>(token) < words.size()
          ? QStringLiteral(" “%1”").arg(
                QString::fromStdString(words[static_cast<size_t>(token)]).trimmed())
          : QString();
  text.name = QStringLiteral("token %1%2, layer %3").arg(token).arg(word).arg(layer);
  const auto error = static_cast<double>(tokens_.at(layer, token));
  const QString of = QStringLiteral("of this token's ") + streamOfToken(lensStream());
  text.lines = {{{QString(), percent(error)}, {of, QString()}}};
  text.provenance = Provenance::measured;
  text.source = QStringLiteral("run %1, %2").arg(run_->run_id).arg(streamName(lensStream()));
  setAccessibleDescription(text.plain());
  const QPointF point(xOfToken(token), layout_.stripRow(layer).top());
  now ? tooltip_->showNow(point, text) : tooltip_->showAt(point, text);
}

}  // namespace xkv::views
