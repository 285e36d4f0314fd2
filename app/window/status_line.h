// SPDX-License-Identifier: GPL-3.0-or-later
/// The lowest line: what is selected, which run, when the file was saved, and short notices.
#pragma once

#include <QLabel>
#include <QTimer>
#include <QWidget>

#include "profiling/records/session.h"
#include "views/selection.h"

namespace xkv::window {

/// "layers 3 × 5, keys and values  ·  g0 0–3, g1 4–7"
QString selectionText(const views::Selection& selection, const Run* run);
/// "run 3: seed 0, fp32, n = 1 prompt"
QString provenanceText(const Run& run);

class StatusLine : public QWidget {
  Q_OBJECT

 public:
  explicit StatusLine(QWidget* parent = nullptr);
  void setSelection(const QString& text);
  void setRun(const QString& text);
  /// `time` is shown as it is.
  void setSaved(const QString& file_name, const QString& time);
  /// Stands over the selection for some seconds.
  void notice(const QString& text);

 Q_SIGNALS:
  void shortcutsRequested();

 protected:
  void paintEvent(QPaintEvent* event) override;
  void changeEvent(QEvent* event) override;

 private:
  void showLeft();
  void restyle();

  QLabel* left_;
  QLabel* run_;
  QLabel* saved_;
  QLabel* shortcuts_;
  QString selection_;
  QString notice_;
  QTimer notice_timer_;
};

}  // namespace xkv::window
