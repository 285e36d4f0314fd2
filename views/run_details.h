// SPDX-License-Identifier: GPL-3.0-or-later
/// The selected run below the session list: settings, what was kept, tags and notes.
#pragma once

#include <QWidget>
#include <cstdint>
#include <memory>

#include "profiling/records/session.h"

class QLabel;
class QPlainTextEdit;

namespace xkv::views {

class BadgeLabel;
class FactTable;
class TagEditor;

class RunDetails : public QWidget {
  Q_OBJECT
 public:
  explicit RunDetails(QWidget* parent = nullptr);
  void setSummary(const RunSummary& summary);
  /// The whole run, for decode time and for what a stopped run kept; may come later or never.
  void setRun(std::shared_ptr<const Run> run);

 Q_SIGNALS:
  void notesChanged(qint64 run_id, const QString& text);
  void tagsChanged(qint64 run_id, const QStringList& tags);

 protected:
  bool eventFilter(QObject* watched, QEvent* event) override;
  void changeEvent(QEvent* event) override;
  void showEvent(QShowEvent* event) override;

 private:
  void fill();
  void commitNotes();

  RunSummary summary_;
  std::shared_ptr<const Run> run_;
  QLabel* title_;
  QLabel* started_;
  QLabel* message_;
  FactTable* facts_;
  QLabel* kept_title_;
  FactTable* kept_;
  TagEditor* tags_;
  QPlainTextEdit* notes_;
};

}  // namespace xkv::views
