// SPDX-License-Identifier: GPL-3.0-or-later
/// Map, legend, steps and prompt of the chunks that were chosen.
#include <QPainter>
#include <algorithm>
#include <cmath>

#include "views/number_format.h"
#include "views/theme.h"
#include "views/xray_canvas.h"

namespace xkv::views {
using namespace Qt::StringLiterals;
namespace {

constexpr int kSwatch = 10;
constexpr int kGapFrom = 6;  // px of a cell from which cells stand apart
constexpr int kLabelRow = 16;
constexpr int kTextRoom = 64;  // px that a piece of the prompt needs
constexpr int kStepRoom = 16;
constexpr qsizetype kMostLetters = 200;

int64_t everyNth(double cell, int room) {
  return std::max<int64_t>(1, static_cast<int64_t>(std::ceil(px(room) / std::max(cell, 1e-6))));
}

}  // namespace

void XrayCanvas::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  painter.fillRect(rect(), roles().panel);
  const QRect box = area();
  if (map_.states.empty()) {
    if (record_ == nullptr) return;
    painter.setFont(textFont(12));
    painter.setPen(roles().text2);
    painter.drawText(rect().adjusted(px(16), px(8), -px(16), -px(8)),
                     Qt::AlignCenter | Qt::TextWordWrap,
                     u"Which chunks each step chose was not kept; hit rate and recall stand under "
                     u"Steps and Budget where they were measured."_s);
    return;
  }
  if (image_.isNull()) image_ = xrayImage(map_, first_, count_, box.size());
  painter.drawImage(box.topLeft(), image_);
  paintGaps(painter);
  painter.setPen(QPen(roles().control, 1));
  painter.drawRect(box.adjusted(-1, -1, 0, 0));
  paintLegend(painter);
  paintSteps(painter);
  paintPrompt(painter);
  paintFrame(painter);
  if (!hasFocus()) return;
  painter.setPen(QPen(roles().accent, 2));
  painter.drawRect(rect().adjusted(1, 1, -1, -1));
}

void XrayCanvas::paintLegend(QPainter& painter) const {
  const std::pair<ChunkState, QString> entries[] = {{ChunkState::rebuilt, u"chosen, rebuilt"_s},
                                                    {ChunkState::hit, u"chosen, there before"_s},
                                                    {ChunkState::outlier, u"outlier"_s},
                                                    {ChunkState::local, u"local"_s},
                                                    {ChunkState::unread, u"not read"_s}};
  painter.setFont(textFont(11));
  int x = area().left();
  for (const auto& [state, words] : entries) {
    const int wide = painter.fontMetrics().horizontalAdvance(words);
    if (x + px(kSwatch + 4) + wide > width() - px(4)) return;  // the tooltip says it
    const QRect swatch(x, px(9), px(kSwatch), px(kSwatch));
    painter.fillRect(swatch, chunkColour(state));
    painter.setPen(QPen(roles().control, 1));
    painter.drawRect(swatch.adjusted(0, 0, -1, -1));
    painter.setPen(roles().text2);
    painter.drawText(QRect(x + px(kSwatch + 4), px(6), wide + px(2), px(kLabelRow)),
                     Qt::AlignVCenter, words);
    x += px(kSwatch + 4 + 12) + wide;
  }
}

/// Lines between cells that are large enough to be told apart.
void XrayCanvas::paintGaps(QPainter& painter) const {
  const QRect box = area();
  if (box.width() >= count_ * px(kGapFrom)) {
    for (int64_t chunk = first_ + 1; chunk < first_ + count_; ++chunk)
      painter.fillRect(xOfChunk(chunk), box.top(), 1, box.height(), roles().panel);
  }
  if (box.height() >= map_.num_steps * px(kGapFrom)) {
    for (int64_t step = 1; step < map_.num_steps; ++step)
      painter.fillRect(box.left(), yOfStep(step), box.width(), 1, roles().panel);
  }
}

void XrayCanvas::paintSteps(QPainter& painter) const {
  const QRect box = area();
  const double cell = static_cast<double>(box.height()) / static_cast<double>(map_.num_steps);
  painter.setFont(textFont(11));
  for (int64_t step = 0; step < map_.num_steps; step += everyNth(cell, kStepRoom)) {
    const bool chosen = cell_ && cell_->step == step;
    painter.setPen(chosen ? roles().accent : roles().text2);
    const int middle = yOfStep(step) + static_cast<int>(cell / 2);
    painter.drawText(QRect(0, middle - px(8), box.left() - px(6), px(kLabelRow)),
                     Qt::AlignVCenter | Qt::AlignRight, count(step));
  }
  painter.save();
  painter.translate(px(10), box.center().y());
  painter.rotate(-90);
  painter.setPen(roles().text3);
  painter.drawText(QRect(-px(60), -px(8), px(120), px(kLabelRow)), Qt::AlignCenter,
                   u"decode step"_s);
  painter.restore();
}

/// Below the map: where a chunk begins and the prompt's text from there on, as many as have room.
void XrayCanvas::paintPrompt(QPainter& painter) const {
  const QRect box = area();
  const double cell = static_cast<double>(box.width()) / static_cast<double>(count_);
  const int64_t every = everyNth(cell, kTextRoom);
  for (int64_t chunk = first_; chunk < first_ + count_; chunk += every) {
    const int64_t next = std::min(chunk + every, first_ + count_);
    const int x = xOfChunk(chunk);
    const QRect line(x, box.bottom() + px(5), xOfChunk(next) - x - px(4), px(kLabelRow));
    const int64_t first = tokensOfChunk(*record_, chunk).first;
    painter.fillRect(x, box.bottom() + 1, 1, px(4), roles().control);
    painter.setFont(textFont(11));
    painter.setPen(roles().text2);
    painter.drawText(line, Qt::AlignVCenter, count(first));
    const QString text =
        promptText(*run_, first, tokensOfChunk(*record_, next - 1).second, kMostLetters);
    painter.setFont(monoFont(11));
    painter.drawText(line.translated(0, px(kLabelRow)), Qt::AlignVCenter,
                     painter.fontMetrics().elidedText(text, Qt::ElideRight, line.width()));
  }
  painter.setFont(textFont(11));
  painter.setPen(roles().text3);
  painter.drawText(QRect(0, box.bottom() + px(5), box.left() - px(6), px(kLabelRow)),
                   Qt::AlignVCenter | Qt::AlignRight, u"token"_s);
}

void XrayCanvas::paintFrame(QPainter& painter) const {
  if (!cell_ || cell_->step >= map_.num_steps || cell_->chunk < first_ ||
      cell_->chunk >= first_ + count_)
    return;
  const QRect cell = cellRect(*cell_).adjusted(-1, -1, 1, 1);
  painter.setPen(QPen(Qt::black, 4));
  painter.drawRect(cell);
  painter.setPen(QPen(Qt::white, 2));
  painter.drawRect(cell);
}

}  // namespace xkv::views
