// SPDX-License-Identifier: GPL-3.0-or-later
/// Measured, predicted, quoted: the glyph, the word and the fill that tell them apart.
#include "views/provenance.h"

#include <QPainter>
#include <QPixmap>
#include <cmath>

#include "views/theme.h"

namespace xkv::views {
namespace {

constexpr double kDiscRadius = 3.5;
constexpr double kRingRadius = 3.0;
constexpr double kHatchPitch = 4;
constexpr double kHatchLine = 1.6;
constexpr int kGlyphBox = 16;
constexpr int kLabelTextPx = 11;

void paintQuotationMark(QPainter& painter, QPointF centre, double scale, const QColor& colour) {
  painter.setPen(Qt::NoPen);
  painter.setBrush(colour);
  for (const double x : {-2.2, 1.8}) {
    const QPointF dot(centre.x() + x * scale, centre.y() + 1 * scale);
    painter.drawEllipse(dot, 1.6 * scale, 1.6 * scale);
    painter.setPen(QPen(colour, 1.2 * scale, Qt::SolidLine, Qt::RoundCap));
    painter.drawLine(dot + QPointF(-1.0, -0.3) * scale, dot + QPointF(1.0, -3.4) * scale);
    painter.setPen(Qt::NoPen);
  }
}

}  // namespace

QString provenanceWord(Provenance provenance) {
  switch (provenance) {
    case Provenance::measured:
      return QStringLiteral("measured");
    case Provenance::predicted:
      return QStringLiteral("predicted");
    case Provenance::quoted:
      return QStringLiteral("quoted");
  }
  return {};
}

void paintProvenanceGlyph(QPainter& painter, QPointF centre, Provenance provenance,
                          const QColor& colour) {
  const double scale = themeScale();
  painter.save();
  painter.setRenderHint(QPainter::Antialiasing);
  if (provenance == Provenance::measured) {
    painter.setPen(Qt::NoPen);
    painter.setBrush(colour);
    painter.drawEllipse(centre, kDiscRadius * scale, kDiscRadius * scale);
  } else if (provenance == Provenance::predicted) {
    painter.setPen(QPen(colour, 1.5 * scale));
    painter.setBrush(Qt::NoBrush);
    painter.drawEllipse(centre, kRingRadius * scale, kRingRadius * scale);
  } else {
    paintQuotationMark(painter, centre, scale, colour);
  }
  painter.restore();
}

QBrush hatchBrush(const QColor& line, const QColor& ground, double pixel_ratio) {
  // Lines at 45 degrees meet their own copies in a tile whose side is a whole number of pixels.
  const double pitch = kHatchPitch * themeScale() * std::sqrt(2.0);
  const int side = std::max(2, static_cast<int>(std::lround(pitch * pixel_ratio)));
  QPixmap tile(side, side);
  tile.fill(ground);
  QPainter painter(&tile);
  painter.setRenderHint(QPainter::Antialiasing);
  painter.setPen(QPen(line, kHatchLine * themeScale() * pixel_ratio));
  for (const int shift : {-side, 0, side})
    painter.drawLine(shift - side, 2 * side, shift + 2 * side, -side);
  painter.end();
  tile.setDevicePixelRatio(pixel_ratio);
  return QBrush(tile);
}

ProvenanceLabel::ProvenanceLabel(Provenance provenance, QWidget* parent)
    : QWidget(parent), provenance_(provenance) {
  setAccessibleName(provenanceWord(provenance));
}

void ProvenanceLabel::setProvenance(Provenance provenance) {
  provenance_ = provenance;
  setAccessibleName(provenanceWord(provenance));
  updateGeometry();
  update();
}

QSize ProvenanceLabel::sizeHint() const {
  const QFontMetrics metrics(textFont(kLabelTextPx));
  return {px(kGlyphBox) + metrics.horizontalAdvance(provenanceWord(provenance_)) + px(2),
          px(kGlyphBox)};
}

void ProvenanceLabel::paintEvent(QPaintEvent*) {
  QPainter painter(this);
  const double middle = height() / 2.0;
  paintProvenanceGlyph(painter, {px(kGlyphBox) / 2.0, middle}, provenance_, roles().text2);
  painter.setFont(textFont(kLabelTextPx));
  painter.setPen(roles().text2);
  painter.drawText(rect().adjusted(px(kGlyphBox), 0, 0, 0), Qt::AlignVCenter | Qt::AlignLeft,
                   provenanceWord(provenance_));
}

}  // namespace xkv::views
