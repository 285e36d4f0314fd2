// SPDX-License-Identifier: GPL-3.0-or-later
/// One unit for bytes that stand beside each other.
#include "views/byte_scale.h"

#include <cmath>

#include "views/number_format.h"

namespace xkv::views {

QString ByteScale::number(double bytes) const { return fixed(bytes / divisor, decimals); }

QString ByteScale::withUnit(double bytes) const { return number(bytes) + QChar(0x00A0) + unit; }

ByteScale byteScaleOf(double bytes) {
  constexpr double kStep = 1024;
  const double size = std::abs(bytes);
  if (size < kStep) return {1, 0, QStringLiteral("B")};
  if (size < kStep * kStep) return {kStep, 1, QStringLiteral("KiB")};
  if (size < kStep * kStep * kStep) return {kStep * kStep, 1, QStringLiteral("MiB")};
  return {kStep * kStep * kStep, 2, QStringLiteral("GiB")};
}

}  // namespace xkv::views
