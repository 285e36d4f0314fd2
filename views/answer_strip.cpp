// SPDX-License-Identifier: GPL-3.0-or-later
/// Draws the four cells of the answer strip and holds the progress of a run.
#include "views/answer_strip.h"

#include <QHelpEvent>
#include <QLabel>
#include <QMouseEvent>
#include <QPainter>
#include <QProgressBar>
#include <QPushButton>
#include <QToolTip>
#include <utility>

#include "views/answer_text.h"
#include "views/badge.h"
#include "views/number_format.h"
#include "views/theme.h"

namespace xkv::views {
using namespace Qt::StringLiterals;
namespace {

constexpr int kHeight = 64;
constexpr std::array<int, 4> kShares = {344, 496, 408, 352};
constexpr int kAllShares = 1600;
constexpr int kPad = 16;
constexpr int kWideFrom = 1400;
constexpr int kFormulaShown_ms = 15000;

QColor toneColour(AnswerPart::Tone tone) {
  switch (tone) {
    case AnswerPart::Tone::good:
      return roles().good;
    case AnswerPart::Tone::bad:
      return roles().bad;
    case AnswerPart::Tone::quiet:
      return roles().text2;
    default:
      return roles().text;
  }
}

/// Draws the parts of one line until the next would not fit.
void paintLine(QPainter& painter, const std::vector<AnswerPart>& parts, QRect line, bool wide) {
  for (const AnswerPart& part : parts) {
    if (part.only_wide && !wide) continue;
    if (part.tone == AnswerPart::Tone::badge_a) {
      if (line.width() < badgeSize().width()) return;
      paintBadge(painter,
                 QPointF(line.left(), line.center().y() - badgeSize().height() / 2.0 + 0.5),
                 Badge::a);
      line.setLeft(line.left() + badgeSize().width() + px(4));
      continue;
    }
    const bool strong = part.tone == AnswerPart::Tone::strong;
    painter.setFont(textFont(12, strong ? QFont::Medium : QFont::Normal, part.italic));
    const int width = painter.fontMetrics().horizontalAdvance(part.text);
    const bool fits = width <= line.width();
    painter.setPen(toneColour(part.tone));
    painter.drawText(
        line, Qt::AlignVCenter | Qt::AlignLeft,
        fits ? part.text
             : painter.fontMetrics().elidedText(part.text, Qt::ElideRight, line.width()));
    if (!fits) return;
    line.setLeft(line.left() + width + px(4));
  }
}

QString timeLeft(const ProgressRecord& progress, int64_t elapsed_ns) {
  if (progress.total <= 0 || progress.done <= 0 || elapsed_ns <= 0) return {};
  const double left = static_cast<double>(elapsed_ns) *
                      static_cast<double>(progress.total - progress.done) /
                      static_cast<double>(progress.done);
  return u"about "_s + duration(static_cast<int64_t>(left)) + u" left"_s;
}

}  // namespace

AnswerStrip::AnswerStrip(QWidget* parent)
    : QWidget(parent),
      phase_(new QLabel(this)),
      bar_(new QProgressBar(this)),
      cancel_(new QPushButton(u"Cancel"_s, this)) {
  setSizePolicy(QSizePolicy::Preferred, QSizePolicy::Fixed);
  bar_->setTextVisible(false);
  bar_->setAccessibleName(u"Progress of the run"_s);
  cancel_->setProperty("compact", true);
  cancel_->setToolTip(u"Cancel the run (Ctrl+.)"_s);
  connect(cancel_, &QPushButton::clicked, this, &AnswerStrip::cancelRequested);
  compose();
  setProgress({});
}

QSize AnswerStrip::sizeHint() const { return {px(kAllShares), px(kHeight)}; }
QSize AnswerStrip::minimumSizeHint() const { return {px(640), px(kHeight)}; }

void AnswerStrip::setRuns(std::shared_ptr<const Run> run, std::shared_ptr<const Run> baseline) {
  run_ = std::move(run);
  baseline_ = std::move(baseline);
  if (run_ && baseline_ && run_->run_id == baseline_->run_id) baseline_ = run_;
  compose();
}

void AnswerStrip::setPrediction(std::optional<PredictedAnswer> prediction) {
  prediction_ = std::move(prediction);
  compose();
}

void AnswerStrip::setProgress(std::optional<ProgressRecord> progress, int64_t elapsed_ns) {
  progress_ = std::move(progress);
  for (QWidget* part : std::initializer_list<QWidget*>{phase_, bar_, cancel_})
    part->setVisible(progress_.has_value());
  if (progress_) {
    time_left_ = timeLeft(*progress_, elapsed_ns);
    phase_->setToolTip(QString::fromStdString(progress_->phase));
    const bool known = progress_->total > 0;
    bar_->setRange(0, known ? 1000 : 0);
    if (known)
      bar_->setValue(static_cast<int>(1000.0 * static_cast<double>(progress_->done) /
                                      static_cast<double>(progress_->total)));
    placeProgress();
  }
  update();
}

void AnswerStrip::compose() {
  const PredictedAnswer* prediction = prediction_ ? &*prediction_ : nullptr;
  texts_ = {errorText(run_.get(), baseline_.get(), prediction),
            memoryText(run_.get(), baseline_.get(), prediction),
            latencyText(run_.get(), baseline_.get()),
            answerText(run_.get(), baseline_.get(), prediction)};
  QStringList spoken;
  for (const AnswerText& text : texts_) spoken << text.plain();
  setAccessibleName(u"Answer strip"_s);
  setAccessibleDescription(spoken.join(u". "_s));
  update();
}

QRect AnswerStrip::cellRect(int cell) const {
  int before = 0;
  for (int i = 0; i < cell; ++i) before += kShares[static_cast<size_t>(i)];
  const int left = width() * before / kAllShares;
  const int right = width() * (before + kShares[static_cast<size_t>(cell)]) / kAllShares;
  return {left, 0, right - left, height()};
}

void AnswerStrip::placeProgress() {
  const QRect cell = cellRect(3).adjusted(px(kPad), px(8), -px(12), -px(8));
  const int button = cancel_->sizeHint().width();
  const int room = cell.width() - button - px(8);
  phase_->setGeometry(cell.left(), cell.top() + px(16), room, px(18));
  phase_->setText(phase_->fontMetrics().elidedText(phase_->toolTip(), Qt::ElideRight, room));
  bar_->setGeometry(cell.left(), cell.top() + px(38), cell.width() - button - px(8), px(8));
  cancel_->setGeometry(cell.right() - button, cell.top() + px(18), button, px(24));
}

void AnswerStrip::resizeEvent(QResizeEvent*) { placeProgress(); }

void AnswerStrip::changeEvent(QEvent* event) {
  if (event->type() == QEvent::StyleChange) placeProgress();
  QWidget::changeEvent(event);
}

void AnswerStrip::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  painter.fillRect(rect(), roles().panel);
  painter.fillRect(0, 0, width(), 1, roles().control);
  for (int cell = 0; cell < 4; ++cell) paintCell(painter, cell);
}

void AnswerStrip::paintCell(QPainter& painter, int cell) {
  const QRect box = cellRect(cell);
  const AnswerText& text = texts_[static_cast<size_t>(cell)];
  if (cell > 0) painter.fillRect(box.left(), 0, 1, box.height(), roles().border);
  const bool going = cell == 3 && progress_;
  const QRect label(box.left() + px(kPad), px(6), box.width() - px(kPad), px(16));
  painter.setFont(textFont(11));
  painter.setPen(roles().text2);
  const QString name = !going                 ? text.label
                       : time_left_.isEmpty() ? u"RUNNING"_s
                                              : u"RUNNING, "_s + time_left_;
  painter.drawText(label, Qt::AlignVCenter, name);
  if (going) return;
  if (text.provenance) {
    const int x = label.left() + painter.fontMetrics().horizontalAdvance(name) + px(14);
    paintProvenanceGlyph(painter, QPointF(x, label.center().y() + 0.5), *text.provenance,
                         roles().text2);
    painter.drawText(label.adjusted(x - label.left() + px(8), 0, 0, 0), Qt::AlignVCenter,
                     provenanceWord(*text.provenance));
  }
  const bool predicted = text.provenance == Provenance::predicted;
  QFont big = cell == 3 ? monoFont(15) : textFont(22, QFont::Medium, predicted);
  painter.setFont(big);
  painter.setPen(roles().text);
  QRect line(box.left() + px(kPad), px(22), box.width() - px(kPad), px(34));
  painter.drawText(line, Qt::AlignVCenter, text.number);
  int x = line.left() + painter.fontMetrics().horizontalAdvance(text.number) + px(4);
  painter.setFont(textFont(14));
  painter.setPen(roles().text2);
  painter.drawText(QRect(x, line.top() + px(3), box.right() - x, line.height() - px(3)),
                   Qt::AlignVCenter, text.unit);
  x += painter.fontMetrics().horizontalAdvance(text.unit) + px(16);
  const bool wide = width() >= px(kWideFrom);
  paintLine(painter, text.lines[0], {x, px(20), box.right() - px(8) - x, px(18)}, wide);
  paintLine(painter, text.lines[1], {x, px(38), box.right() - px(8) - x, px(18)}, wide);
}

void AnswerStrip::mousePressEvent(QMouseEvent* event) {
  for (int cell = 0; cell < 4; ++cell) {
    if (cellRect(cell).contains(event->position().toPoint()))
      QToolTip::showText(event->globalPosition().toPoint(), provenanceOf(cell), this, {},
                         kFormulaShown_ms);
  }
}

/// Formula, run, n and seed of a cell's number.
QString AnswerStrip::provenanceOf(int cell) const {
  const AnswerText& text = texts_[static_cast<size_t>(cell)];
  QStringList lines{text.plain()};
  if (!text.formula.isEmpty()) lines << text.formula;
  if (run_) {
    lines << QStringLiteral("run %1, n = 1 prompt of %2 tokens, seed %3, %4")
                 .arg(run_->run_id)
                 .arg(run_->started.prompt_ids.size())
                 .arg(run_->started.spec.sampling.seed)
                 .arg(QString::fromStdString(run_->started.device_name));
  }
  return lines.join(u'\n');
}

bool AnswerStrip::event(QEvent* event) {
  if (event->type() != QEvent::ToolTip) return QWidget::event(event);
  const auto* help = static_cast<QHelpEvent*>(event);
  for (int cell = 0; cell < 4; ++cell)
    if (cellRect(cell).contains(help->pos()))
      QToolTip::showText(help->globalPos(), provenanceOf(cell), this);
  return true;
}

}  // namespace xkv::views
