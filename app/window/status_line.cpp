// SPDX-License-Identifier: GPL-3.0-or-later
/// The words of the status line.
#include "app/window/status_line.h"

#include <QEvent>
#include <QHBoxLayout>
#include <QPainter>

#include "profiling/records/words.h"
#include "views/number_format.h"
#include "views/stream_look.h"
#include "views/theme.h"

namespace xkv::window {
namespace {

using views::px;
using views::roles;

constexpr int kNotice_ms = 8000;

QString layersText(const views::LayerPair& pair) {
  if (pair.row == pair.column) return QStringLiteral("layer %1").arg(pair.row);
  return QStringLiteral("layers %1 × %2").arg(pair.row).arg(pair.column);
}

QString streamText(const std::optional<Stream>& stream, const Run* run) {
  return stream ? views::streamName(views::likeIn(run, *stream)) : views::bothStreams(run);
}

QString spanText(const Run& run, int64_t index) {
  const auto& spans = run.timeline.spans;
  if (index < 0 || index >= static_cast<int64_t>(spans.size())) return {};
  const Span& span = spans[static_cast<size_t>(index)];
  const auto kind = word(span.kind);
  QString text =
      QString::fromUtf8(kind.data(), static_cast<qsizetype>(kind.size())).replace(u'_', u' ');
  if (span.layer >= 0) text = QStringLiteral("layer %1, %2").arg(span.layer).arg(text);
  return text + QStringLiteral(", ") + views::duration(span.end_ns - span.start_ns);
}

}  // namespace

QString selectionText(const views::Selection& selection, const Run* run) {
  QStringList parts;
  if (selection.layers)
    parts.append(layersText(*selection.layers) + QStringLiteral(", ") +
                 streamText(selection.stream, run));
  if (selection.group && run && *selection.group < static_cast<int64_t>(run->started.plan.size())) {
    const PlannedGroup& group = run->started.plan[static_cast<size_t>(*selection.group)];
    parts.append(QStringLiteral("g%1 %2–%3")
                     .arg(*selection.group)
                     .arg(group.first_layer)
                     .arg(group.first_layer + group.num_layers - 1));
  }
  if (selection.token) parts.append(QStringLiteral("token %1").arg(*selection.token));
  if (selection.step) parts.append(QStringLiteral("step %1").arg(*selection.step));
  if (selection.span && run) parts.append(spanText(*run, *selection.span));
  if (selection.range) {
    parts.append(QStringLiteral("range %1 – %2")
                     .arg(views::timelinePosition(selection.range->start_ns),
                          views::timelinePosition(selection.range->end_ns)));
  }
  return parts.isEmpty() ? QStringLiteral("none") : parts.join(QStringLiteral("   "));
}

QString provenanceText(const Run& run) {
  const auto dtype = word(run.started.spec.dtype);
  return QStringLiteral("run %1: seed %2, %3, n = 1 prompt")
      .arg(run.run_id)
      .arg(run.started.spec.sampling.seed)
      .arg(QString::fromUtf8(dtype.data(), static_cast<qsizetype>(dtype.size())));
}

StatusLine::StatusLine(QWidget* parent)
    : QWidget(parent),
      left_(new QLabel(this)),
      run_(new QLabel(this)),
      saved_(new QLabel(this)),
      shortcuts_(new QLabel(this)) {
  auto* row = new QHBoxLayout(this);
  row->setContentsMargins(px(16), 1, px(16), 0);
  row->setSpacing(px(24));
  left_->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
  left_->setTextFormat(Qt::PlainText);
  row->addWidget(left_, 1);
  for (QLabel* label : {run_, saved_, shortcuts_}) row->addWidget(label);
  shortcuts_->setTextFormat(Qt::RichText);
  connect(shortcuts_, &QLabel::linkActivated, this, &StatusLine::shortcutsRequested);
  notice_timer_.setSingleShot(true);
  connect(&notice_timer_, &QTimer::timeout, this, [this] {
    notice_.clear();
    showLeft();
  });
  restyle();
  showLeft();
}

void StatusLine::setSelection(const QString& text) {
  selection_ = text;
  showLeft();
}

void StatusLine::setRun(const QString& text) { run_->setText(text); }

void StatusLine::setSaved(const QString& file_name, const QString& time) {
  saved_->setText(time.isEmpty() ? file_name : tr("%1 saved %2").arg(file_name, time));
}

void StatusLine::notice(const QString& text) {
  notice_ = text;
  notice_timer_.start(kNotice_ms);
  showLeft();
}

void StatusLine::showLeft() {
  left_->setText(notice_.isEmpty()
                     ? tr("Selection: %1").arg(selection_.isEmpty() ? tr("none") : selection_)
                     : notice_);
}

void StatusLine::restyle() {
  setFixedHeight(px(24));
  for (QLabel* label : {left_, run_, saved_, shortcuts_}) label->setFont(views::textFont(12));
  shortcuts_->setText(
      QStringLiteral("<a href=\"#\" style=\"color:%1;text-decoration:none\">? shortcuts</a>")
          .arg(roles().text2.name()));
}

void StatusLine::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  painter.fillRect(rect(), roles().header);
  painter.fillRect(0, 0, width(), 1, roles().border);
}

void StatusLine::changeEvent(QEvent* event) {
  QWidget::changeEvent(event);
  if (event->type() == QEvent::StyleChange) restyle();
}

}  // namespace xkv::window
