// SPDX-License-Identifier: GPL-3.0-or-later
/// How the colour bar and the card beside the CKA maps are painted.
#include <QPainter>
#include <algorithm>
#include <cmath>

#include "profiling/rank_plan.h"
#include "views/badge.h"
#include "views/cka_view.h"
#include "views/grip.h"
#include "views/layer_facts.h"
#include "views/number_format.h"
#include "views/provenance.h"
#include "views/stream_look.h"
#include "views/theme.h"

namespace xkv::views {
namespace {

constexpr int kBins = 24;  // of the histogram

std::vector<int> histogram(const CkaRecord& record, double low) {
  std::vector<int> bins(kBins, 0);
  for (int64_t row = 0; row < record.num_layers; ++row) {
    for (int64_t column = 0; column < row; ++column) {
      const double share = (static_cast<double>(ckaAt(record, row, column)) - low) / (1 - low);
      if (!std::isnan(share)) ++bins[static_cast<size_t>(std::clamp(share, 0.0, 0.999) * kBins)];
    }
  }
  return bins;
}

/// "keys 0.612, values 0.583."
QString meansText(const OddLayer& odd) {
  QStringList means;
  for (const auto& [stream, mean] : odd.means) means << streamName(stream) + u' ' + cka(mean);
  return means.join(QStringLiteral(", ")) + u'.';
}

}  // namespace

void CkaView::paintColourBar(QPainter& painter) const {
  const QRect bar = layout_.colourBar();
  for (int y = 0; y < bar.height(); ++y) {
    const double value = lowest_ + (y + 0.5) / bar.height() * (1 - lowest_);
    painter.fillRect(bar.x(), bar.bottom() - y, bar.width(), 1, QColor(colourOf(value)));
  }
  painter.setPen(QPen(roles().control, 1));
  painter.setBrush(Qt::NoBrush);
  painter.drawRect(QRectF(bar).adjusted(0.5, 0.5, -0.5, -0.5));
  painter.setFont(textFont(11));
  const int ticks = static_cast<int>(std::lround((1 - lowest_) * 10));
  const int step = bar.height() / std::max(1, ticks) >= px(16) ? 1 : 2;
  for (int i = 0; i <= ticks; i += step) {
    const int y = bar.top() + i * (bar.height() - 1) / ticks;
    painter.setPen(QPen(roles().control, 1));
    painter.drawLine(bar.right() + 1, y, bar.right() + px(4), y);
    painter.setPen(roles().text2);
    painter.drawText(QRect(bar.right() + px(8), y - px(8), px(32), px(16)), Qt::AlignVCenter,
                     fixed(1 - i * 0.1, 1));
  }
  paintHistogram(painter);
  painter.setRenderHint(QPainter::Antialiasing);
  for (const double end : {range().low, range().high})
    paintGrip(painter, layout_.colourHandle(barShare(end)));
  painter.setRenderHint(QPainter::Antialiasing, false);
}

void CkaView::paintHistogram(QPainter& painter) const {
  const QRect bar = layout_.colourBar();
  std::vector<int> bins(kBins, 0);
  for (const Shown& shown : shown_) {
    if (shown.cosine) continue;
    const auto own = histogram(*shown.record, lowest_);
    for (size_t i = 0; i < bins.size(); ++i) bins[i] += own[i];
  }
  const int most = std::max(1, *std::max_element(bins.begin(), bins.end()));
  for (int i = 0; i < kBins; ++i) {
    const int length = bins[static_cast<size_t>(i)] * px(30) / most;
    const int top = bar.bottom() + 1 - (i + 1) * bar.height() / kBins;
    const int bottom = bar.bottom() + 1 - i * bar.height() / kBins;
    painter.fillRect(bar.left() - px(5) - length, top, length, std::max(1, bottom - top - 1),
                     mixed(roles().control, roles().panel, 0.45));
  }
}

void CkaView::paintCard(QPainter& painter) const {
  QRect room = *layout_.card();
  const LayerPair pair = selection_.layers.value_or(LayerPair{0, 0});
  if (selection_.layers && pair.row < shown_.front().record->num_layers &&
      pair.column < shown_.front().record->num_layers) {
    room.setTop(paintPairTable(painter, room, pair) + px(12));
  } else {
    painter.setFont(textFont(12));
    painter.setPen(roles().text3);
    painter.drawText(
        QRect(room.x(), room.y(), room.width(), px(40)), Qt::TextWordWrap,
        QStringLiteral("A cell is a pair of layers; a click selects it in every panel."));
    room.setTop(room.y() + px(48));
  }
  paintOddLayer(painter, room);
}

/// Returns where it ends.
int CkaView::paintPairTable(QPainter& painter, QRect room, const LayerPair& pair) const {
  const auto line = [&](int y, int height = 20) {
    return QRect(room.x(), y, room.width(), px(height));
  };
  int y = room.y();
  painter.setFont(textFont(13, QFont::Medium));
  painter.setPen(roles().text);
  const QString title = pair.row == pair.column
                            ? QStringLiteral("Layer %1").arg(pair.row)
                            : QStringLiteral("Layer %1 × %2").arg(pair.row).arg(pair.column);
  painter.drawText(line(y), Qt::AlignVCenter, title);
  painter.setFont(textFont(12));
  painter.setPen(roles().text2);
  painter.drawText(line(y += px(20)), Qt::AlignVCenter,
                   QString::fromStdString(placeOf(groups_, pair)));
  y += px(24);

  const int column = px(62);
  const auto streams = streamsOf(run_);
  const auto right = [&](int i) { return room.right() - (1 - i) * column; };
  for (int i = 0; i < 2; ++i)
    paintBadge(painter, QPointF(right(i) - px(16), y + px(2)),
               streamBadge(streams[static_cast<size_t>(i)]));
  const RankPlanner planner(*run_);
  const auto row = [&](const QString& label, auto&& textOf) {
    y += px(20);
    painter.setFont(textFont(12));
    painter.setPen(roles().text2);
    painter.drawText(line(y), Qt::AlignVCenter, label);
    painter.setPen(roles().text);
    for (int i = 0; i < 2; ++i) {
      painter.drawText(QRect(right(i) - column, y, column, px(20)),
                       Qt::AlignVCenter | Qt::AlignRight, textOf(streams[static_cast<size_t>(i)]));
    }
  };
  row(QStringLiteral("CKA"), [&](Stream s) {
    const CkaRecord* record = ckaOf(*run_, s);
    return record == nullptr ? missing()
                             : cka(static_cast<double>(ckaAt(*record, pair.row, pair.column)));
  });
  row(QStringLiteral("token cosine"), [&](Stream s) {
    const CkaRecord* record = ckaOf(*run_, s);
    if (record == nullptr || record->token_cosine.size() != record->cka.size()) return missing();
    return cka(static_cast<double>(
        record->token_cosine[static_cast<size_t>(pair.row * record->num_layers + pair.column)]));
  });
  std::vector<int64_t> layers = {pair.row};
  if (pair.column != pair.row) layers.push_back(pair.column);
  for (const int64_t layer : layers) {
    row(QStringLiteral("rank, 95 %: %1").arg(layer), [&](Stream s) {
      const SpectrumRecord* spectrum = planner.spectrum(s, layer, 1);
      return spectrum == nullptr
                 ? missing()
                 : QStringLiteral("%1 of %2").arg(spectrum->rank_95).arg(spectrum->width);
    });
  }
  y += px(26);
  paintProvenanceGlyph(painter, QPointF(room.x() + px(5), y + px(8)), Provenance::measured,
                       roles().text2);
  painter.setFont(textFont(11));
  painter.setPen(roles().text2);
  painter.drawText(line(y, 16).adjusted(px(16), 0, 0, 0), Qt::AlignVCenter,
                   QStringLiteral("measured   run %1").arg(run_->run_id));
  return y + px(16);
}

void CkaView::paintOddLayer(QPainter& painter, QRect room) const {
  odd_link_ = {};
  const auto odd = oddLayer(*run_);
  if (!odd) return;
  const bool offered = !withLayerAlone(groups_, odd->layer).empty();
  const int height = px(offered ? 90 : 72);
  if (room.height() < height) return;
  const QRectF box(room.x() + 0.5, room.y() + 0.5, room.width() - 1, height);
  painter.setRenderHint(QPainter::Antialiasing);
  painter.setPen(QPen(roles().border, 1));
  painter.setBrush(roles().sunken);
  painter.drawRoundedRect(box, px(4), px(4));
  painter.setRenderHint(QPainter::Antialiasing, false);
  const QString lines[] = {QStringLiteral("Layer %1 is the odd one out.").arg(odd->layer),
                           QStringLiteral("Mean CKA with the others:"), meansText(*odd),
                           QStringLiteral("Try a group of its own")};
  for (int i = 0; i < (offered ? 4 : 3); ++i) {
    const QRectF line(box.x() + px(8), box.y() + px(8) + i * px(18), box.width() - px(16), px(18));
    painter.setPen(i == 3 ? roles().accent : roles().text);
    painter.setFont(textFont(12, i == 0 || i == 3 ? QFont::Bold : QFont::Normal));
    painter.drawText(line, Qt::AlignVCenter, lines[i]);
    if (i == 3) odd_link_ = line.toAlignedRect();
  }
}

}  // namespace xkv::views
