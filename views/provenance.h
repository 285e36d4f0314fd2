// SPDX-License-Identifier: GPL-3.0-or-later
/// Measured, predicted, quoted: the glyph, the word and the fill that tell them apart (WINDOW.md
/// 4).
#pragma once

#include <QBrush>
#include <QWidget>

class QPainter;

namespace xkv::views {

enum class Provenance { measured, predicted, quoted };

/// "measured", "predicted", "quoted"
QString provenanceWord(Provenance provenance);

/// Disc, ring or quotation mark, 8 design px, centred on `centre`.
void paintProvenanceGlyph(QPainter& painter, QPointF centre, Provenance provenance,
                          const QColor& colour);

/// 45° lines of `line` on `ground` (4 design px pitch, 1.6 px line): predicted bars; with `control`
/// on `sunken` it means not measured. Made at the pixel ratio of the screen, so it stays sharp.
QBrush hatchBrush(const QColor& line, const QColor& ground, double pixel_ratio);

/// Glyph with its word, once per panel or column.
class ProvenanceLabel : public QWidget {
  Q_OBJECT
 public:
  explicit ProvenanceLabel(Provenance provenance, QWidget* parent = nullptr);
  void setProvenance(Provenance provenance);
  QSize sizeHint() const override;
  QSize minimumSizeHint() const override { return sizeHint(); }

 protected:
  void paintEvent(QPaintEvent* event) override;

 private:
  Provenance provenance_;
};

}  // namespace xkv::views
