// SPDX-License-Identifier: GPL-3.0-or-later
/// Two columns of keys and what they do.
#include "app/window/shortcut_sheet.h"

#include <QGridLayout>
#include <QLabel>

#include "views/theme.h"

namespace xkv::window {

using views::px;

ShortcutSheet::ShortcutSheet(const std::vector<ShortcutLine>& lines, QWidget* parent)
    : QDialog(parent) {
  setWindowTitle(tr("Shortcuts"));
  auto* grid = new QGridLayout(this);
  grid->setContentsMargins(px(16), px(16), px(16), px(16));
  grid->setHorizontalSpacing(px(12));
  grid->setVerticalSpacing(px(4));
  const int rows = static_cast<int>((lines.size() + 1) / 2);
  for (int i = 0; i < static_cast<int>(lines.size()); ++i) {
    auto* keys = new QLabel(lines[static_cast<size_t>(i)].keys, this);
    keys->setFont(views::monoFont(12));
    auto* does = new QLabel(lines[static_cast<size_t>(i)].does, this);
    does->setFont(views::textFont(12));
    grid->addWidget(keys, i % rows, i / rows * 3);
    grid->addWidget(does, i % rows, i / rows * 3 + 1);
  }
  grid->setColumnMinimumWidth(2, px(24));
}

}  // namespace xkv::window
