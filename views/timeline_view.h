// SPDX-License-Identifier: GPL-3.0-or-later
/// The timeline of one run: low for Explore, high with search and legend for the Timeline page.
#pragma once

#include <QWidget>
#include <memory>
#include <optional>
#include <vector>

#include "profiling/records/session.h"
#include "views/selection.h"
#include "views/timeline_canvas.h"

class QAction;
class QLabel;
class QLineEdit;
class QPushButton;
class QScrollBar;
class QStackedWidget;
class QToolButton;

namespace xkv::views {

class EmptyPanel;

/// compact: phases, layers with SVD, cache in 84 px or more. full: a row for each layer.
class TimelineView : public QWidget {
  Q_OBJECT
 public:
  explicit TimelineView(TrackSet track_set, QWidget* parent = nullptr);

  /// Shows a run's timeline; null shows why there is none.
  void setRun(std::shared_ptr<const Run> run);
  /// Takes the span and the range; emits nothing.
  void setSelection(const Selection& selection);
  void setSearch(const QString& text);

  std::shared_ptr<const TimelineLayout> layoutOfRun() const { return layout_; }
  TimelineCanvas* canvas() { return canvas_; }
  /// "run 3 · 40.1 ms · 220 CPU spans, 0 dropped", for the panel's title.
  QString subtitle() const;

 public Q_SLOTS:
  void selectNext(bool forward);
  void focusSearch();

 Q_SIGNALS:
  void selectionChanged(const xkv::views::Selection& selection);
  void subtitleChanged(const QString& subtitle);
  void emptyButtonClicked();

 protected:
  void changeEvent(QEvent* event) override;
  void showEvent(QShowEvent* event) override;

 private:
  void restyle();
  void buildHeader();
  void buildBody();
  void search();
  void showCount();
  void updateScrollBar();
  void emitSelection();

  TrackSet track_set_;
  std::shared_ptr<const Run> run_;
  std::shared_ptr<const TimelineLayout> layout_;
  Selection selection_;
  std::vector<int32_t> matches_;
  QWidget* header_ = nullptr;
  QLineEdit* search_ = nullptr;
  QLabel* count_ = nullptr;
  QAction* search_icon_ = nullptr;
  QPushButton* previous_ = nullptr;
  QPushButton* next_ = nullptr;
  QPushButton* fit_ = nullptr;
  QPushButton* before_ = nullptr;
  QStackedWidget* stack_;
  EmptyPanel* empty_;
  TimelineCanvas* canvas_;
  QScrollBar* scroll_bar_;
};

/// Why a run has no GPU rows, in one or two sentences.
QString gpuSentenceOf(const Run& run);

}  // namespace xkv::views
