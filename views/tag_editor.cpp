// SPDX-License-Identifier: GPL-3.0-or-later
/// Tags of a run as chips, with a place to type another one.
#include "views/tag_editor.h"

#include <QLineEdit>
#include <QPushButton>
#include <algorithm>

#include "views/theme.h"

namespace xkv::views {
namespace {
constexpr int kGap = 4;
constexpr int kChipHeight = 24;
constexpr int kFieldWidth = 64;
}  // namespace

TagEditor::TagEditor(QWidget* parent) : QWidget(parent), field_(new QLineEdit(this)) {
  field_->setPlaceholderText(QStringLiteral("+ tag"));
  field_->setAccessibleName(QStringLiteral("New tag"));
  field_->setProperty("compact", true);
  QSizePolicy policy(QSizePolicy::Preferred, QSizePolicy::Fixed);
  policy.setHeightForWidth(true);
  setSizePolicy(policy);
  connect(field_, &QLineEdit::returnPressed, this, &TagEditor::addTyped);
  rebuild();
}

void TagEditor::setTags(const QStringList& tags) {
  if (tags == tags_) return;
  tags_ = tags;
  rebuild();
}

void TagEditor::addTyped() {
  const QString tag = field_->text().simplified();
  field_->clear();
  if (tag.isEmpty() || tags_.contains(tag)) return;
  tags_ << tag;
  rebuild();
  Q_EMIT tagsEdited(tags_);
}

void TagEditor::rebuild() {
  for (QWidget* chip : chips_) chip->deleteLater();
  chips_.clear();
  for (const QString& tag : tags_) {
    auto* chip = new QPushButton(tag + QStringLiteral("  ×"), this);
    chip->setProperty("compact", true);
    chip->setAccessibleName(QStringLiteral("Remove tag ") + tag);
    chip->setToolTip(QStringLiteral("Remove the tag “%1”").arg(tag));
    connect(chip, &QPushButton::clicked, this, [this, tag] {
      tags_.removeAll(tag);
      rebuild();
      Q_EMIT tagsEdited(tags_);
    });
    chip->show();
    chips_ << chip;
  }
  updateGeometry();
  arrange(width(), true);
}

/// Places chips left to right, top to bottom; returns the height they take.
int TagEditor::arrange(int width, bool move) const {
  int x = 0;
  int y = 0;
  const auto place = [&](QWidget* widget, int wide) {
    wide = std::min(wide, std::max(width, px(kFieldWidth)));
    if (x > 0 && x + wide > width) {
      x = 0;
      y += px(kChipHeight + kGap);
    }
    if (move) widget->setGeometry(x, y, wide, px(kChipHeight));
    x += wide + px(kGap);
  };
  for (QWidget* chip : chips_) place(chip, chip->sizeHint().width());
  place(field_, px(kFieldWidth));
  return y + px(kChipHeight);
}

int TagEditor::heightForWidth(int width) const { return arrange(width, false); }
QSize TagEditor::sizeHint() const { return {px(120), arrange(std::max(width(), px(120)), false)}; }
void TagEditor::resizeEvent(QResizeEvent*) { arrange(width(), true); }

}  // namespace xkv::views
