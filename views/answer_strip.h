// SPDX-License-Identifier: GPL-3.0-or-later
/// Error, memory, latency and answer of the selected run with Δ to the baseline; never leaves the
/// screen.
#pragma once

#include <QString>
#include <QWidget>
#include <array>
#include <memory>
#include <optional>

#include "profiling/records/session.h"
#include "views/provenance.h"

class QLabel;
class QProgressBar;
class QPushButton;

namespace xkv::views {

/// What a what-if would cost, from spectra and formulas; none where it is not known.
struct PredictedAnswer {
  QString name;  ///< "20/30"
  std::optional<double> error_k, error_v, error;
  int64_t factor_bytes = 0;
  double published_ratio = 1;
  double with_landmarks_ratio = 1;
  double true_resident_ratio = 1;
};

enum class AnswerCell { error, memory, latency, answer };

/// One coloured stretch of a cell's small lines.
struct AnswerPart {
  enum class Tone { plain, strong, quiet, good, bad, badge_a };
  QString text;
  Tone tone = Tone::plain;
  bool italic = false;
  bool only_wide = false;  ///< left to the tooltip where the strip is narrow
};

struct AnswerText {
  QString label;
  std::optional<Provenance> provenance;
  QString number;  ///< 22 px
  QString unit;
  std::array<std::vector<AnswerPart>, 2> lines;
  QString formula = {};  ///< how the number is made, in one line
  QString plain() const;
};

/// Four cells of fixed share 344 : 496 : 408 : 352, 64 px high.
class AnswerStrip : public QWidget {
  Q_OBJECT
 public:
  explicit AnswerStrip(QWidget* parent = nullptr);

  /// B and the baseline; either may be null.
  void setRuns(std::shared_ptr<const Run> run, std::shared_ptr<const Run> baseline);
  /// Error and memory speak of the what-if while there is one.
  void setPrediction(std::optional<PredictedAnswer> prediction);
  /// While a run is going: the last cell holds progress, time left and Cancel.
  void setProgress(std::optional<ProgressRecord> progress, int64_t elapsed_ns = 0);

  const AnswerText& text(AnswerCell cell) const { return texts_[static_cast<size_t>(cell)]; }
  QSize sizeHint() const override;
  QSize minimumSizeHint() const override;

 Q_SIGNALS:
  void cancelRequested();

 protected:
  void paintEvent(QPaintEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;
  void changeEvent(QEvent* event) override;
  bool event(QEvent* event) override;

 private:
  void compose();
  QString provenanceOf(int cell) const;
  QRect cellRect(int cell) const;
  void paintCell(QPainter& painter, int cell);
  void placeProgress();

  std::shared_ptr<const Run> run_;
  std::shared_ptr<const Run> baseline_;
  std::optional<PredictedAnswer> prediction_;
  std::optional<ProgressRecord> progress_;
  std::array<AnswerText, 4> texts_;
  QString time_left_;
  QLabel* phase_;
  QProgressBar* bar_;
  QPushButton* cancel_;
};

}  // namespace xkv::views
