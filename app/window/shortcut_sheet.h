// SPDX-License-Identifier: GPL-3.0-or-later
/// The sheet of keys that `?` opens.
#pragma once

#include <QDialog>
#include <QString>
#include <vector>

namespace xkv::window {

struct ShortcutLine {
  QString keys;
  QString does;
};

class ShortcutSheet : public QDialog {
  Q_OBJECT

 public:
  ShortcutSheet(const std::vector<ShortcutLine>& lines, QWidget* parent);
};

}  // namespace xkv::window
