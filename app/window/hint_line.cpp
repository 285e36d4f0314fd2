// SPDX-License-Identifier: GPL-3.0-or-later
/// The words of the hints, and when each is over.
#include "app/window/hint_line.h"

#include <QEvent>
#include <QHBoxLayout>
#include <QLabel>
#include <QToolButton>
#include <array>

#include "views/icons.h"
#include "views/theme.h"

namespace xkv::window {
namespace {

const std::array<QString, 4>& hints() {
  static const std::array<QString, 4> kHints{
      QStringLiteral("Move a rank in What-if: error and bytes follow at once, without the engine"),
      QStringLiteral("Click a cell of the CKA map: both layers are marked in every panel"),
      QStringLiteral("Press B to pin the selected run as baseline A"),
      QStringLiteral("Measure runs the real compressed cache and turns predicted into measured"),
  };
  return kHints;
}

}  // namespace

HintLine::HintLine(int done, QWidget* parent)
    : QWidget(parent), done_(done), label_(new QLabel(this)), close_(new QToolButton(this)) {
  setObjectName(QStringLiteral("hint_line"));
  setAutoFillBackground(true);
  setFixedHeight(views::px(28));
  auto* row = new QHBoxLayout(this);
  row->setContentsMargins(views::px(12), 0, views::px(6), 0);
  row->addWidget(label_, 1);
  row->addWidget(close_);
  label_->setMinimumWidth(0);
  close_->setAccessibleName(tr("Close the hints"));
  connect(close_, &QToolButton::clicked, this, &HintLine::dismiss);
  restyle();
  showHint();
}

int HintLine::count() { return static_cast<int>(hints().size()); }

void HintLine::completed(int index) {
  if (index != done_) return;
  ++done_;
  showHint();
  Q_EMIT advanced(done_);
}

void HintLine::dismiss() {
  done_ = count();
  showHint();
  Q_EMIT advanced(done_);
}

void HintLine::showHint() {
  // Never shown from here: without a parent that would be a window of its own.
  if (done_ >= count()) return hide();
  label_->setText(tr("<b>%1 of %2</b>&nbsp;&nbsp;%3")
                      .arg(done_ + 1)
                      .arg(count())
                      .arg(hints()[static_cast<size_t>(done_)]));
}

void HintLine::restyle() {
  label_->setFont(views::textFont(12));
  close_->setIcon(views::icon(QStringLiteral("close")));
  QPalette tint = palette();
  tint.setColor(QPalette::Window, views::roles().tint);
  setPalette(tint);
}

void HintLine::changeEvent(QEvent* event) {
  QWidget::changeEvent(event);
  if (event->type() == QEvent::StyleChange) restyle();
}

}  // namespace xkv::window
