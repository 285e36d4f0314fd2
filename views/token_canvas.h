// SPDX-License-Identifier: GPL-3.0-or-later
/// Draws answers as rows of token tiles, or as running text where they are long.
#pragma once

#include <QWidget>
#include <vector>

#include "views/generation_view.h"

namespace xkv::views {

/// Answers up to this many tokens are drawn as tiles.
constexpr size_t kMostTiles = 24;

class TokenCanvas : public QWidget {
  Q_OBJECT
 public:
  explicit TokenCanvas(QWidget* parent = nullptr);
  /// `prompt_end`: last words of the prompt, above the answers.
  void setAnswers(std::vector<AnswerRow> rows, const QString& prompt_end, const QString& sentence);
  void setStep(int64_t turn, std::optional<int64_t> step);
  QRect tokenRect(size_t row, size_t token) const;

  bool hasHeightForWidth() const override { return true; }
  int heightForWidth(int width) const override;
  QSize sizeHint() const override;

 Q_SIGNALS:
  void stepClicked(qint64 turn, qint64 step);

 protected:
  void paintEvent(QPaintEvent* event) override;
  void mousePressEvent(QMouseEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;
  void changeEvent(QEvent* event) override;
  bool event(QEvent* event) override;

 private:
  struct PlacedRow {
    int top = 0;
    int height = 0;
    std::optional<int> said;  ///< top of the line of what the user says before the turn
    std::vector<QRect> tokens;
  };
  std::vector<PlacedRow> place(int width) const;
  void paintToken(QPainter& painter, const AnswerRow& row, size_t token, const QRect& box) const;
  void paintPromptEnd(QPainter& painter) const;
  void paintSaid(QPainter& painter, const AnswerRow& row, int top) const;
  void paintRowHead(QPainter& painter, const AnswerRow& row, const PlacedRow& placed) const;

  std::vector<AnswerRow> rows_;
  QString prompt_end_;
  QString sentence_;
  int64_t turn_ = 0;
  std::optional<int64_t> step_;
  bool tiles_ = true;
  std::vector<PlacedRow> placed_;
};

}  // namespace xkv::views
