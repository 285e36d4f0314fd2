// SPDX-License-Identifier: GPL-3.0-or-later
/// One unit for bytes that stand beside each other.
#pragma once

#include <QString>

namespace xkv::views {

struct ByteScale {
  double divisor = 1;
  int decimals = 0;
  QString unit;  ///< "KiB"

  QString number(double bytes) const;    ///< "188.2"
  QString withUnit(double bytes) const;  ///< "188.2 KiB"
};

/// The unit in which `bytes` reads best; others beside it take the same.
ByteScale byteScaleOf(double bytes);

}  // namespace xkv::views
