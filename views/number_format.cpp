// SPDX-License-Identifier: GPL-3.0-or-later
/// Numbers as people read them (WINDOW.md 5).
#include "views/number_format.h"

#include <QLocale>
#include <cmath>

namespace xkv::views {
namespace {

using namespace Qt::StringLiterals;

constexpr QChar kMinus(0x2212);
constexpr QChar kSpace(0x00A0);
constexpr double kKib = 1024;

QString withUnit(const QString& number, const QString& unit) { return number + kSpace + unit; }

/// −0.001 at two decimals is "0.00", not "−0.00".
bool roundsToZero(double value, int decimals) {
  return std::abs(value) < 0.5 * std::pow(10.0, -decimals);
}

}  // namespace

QString missing() { return QString(QChar(0x2013)); }

QString fixed(double value, int decimals) {
  if (!std::isfinite(value)) return missing();
  const QString size =
      QLocale(QLocale::English, QLocale::UnitedStates).toString(std::abs(value), 'f', decimals);
  return value < 0 && !roundsToZero(value, decimals) ? kMinus + size : size;
}

QString signedFixed(double value, int decimals) {
  if (!std::isfinite(value)) return missing();
  const QString number = fixed(value, decimals);
  return value > 0 && !roundsToZero(value, decimals) ? u'+' + number : number;
}

QString percent(double ratio) {
  if (!std::isfinite(ratio)) return missing();
  if (ratio > 0 && ratio < 1e-4) return QStringLiteral("<") + kSpace + withUnit("0.01", "%");
  return withUnit(fixed(100 * ratio, 2), "%");
}

QString share(double ratio) {
  return std::isfinite(ratio) ? withUnit(fixed(100 * ratio, 1), "%") : missing();
}

QString percentPoints(double difference) {
  return std::isfinite(difference) ? withUnit(signedFixed(100 * difference, 2), "pp") : missing();
}

QString relativeChange(double ratio) {
  return std::isfinite(ratio) ? withUnit(signedFixed(100 * ratio, 1), "%") : missing();
}

QString cka(double value) { return fixed(value, 3); }

QString ckaCell(double value) {
  QString text = fixed(value, 2);
  if (text == u"1.00") return QStringLiteral("1");
  if (text.startsWith(u"0.")) return text.mid(1);
  if (text.startsWith(QString(kMinus) + u"0."_s)) text.remove(1, 1);
  return text;
}

QString ratio(double value) {
  return std::isfinite(value) ? fixed(value, 2) + QChar(0x00D7) : missing();
}

QString ratioChange(double difference) {
  return std::isfinite(difference) ? signedFixed(difference, 2) + QChar(0x00D7) : missing();
}

QString bytes(double count) {
  if (!std::isfinite(count)) return missing();
  const double size = std::abs(count);
  if (size < kKib) return withUnit(fixed(count, 0), "B");
  if (size < kKib * kKib) return withUnit(fixed(count / kKib, 1), "KiB");
  if (size < kKib * kKib * kKib) return withUnit(fixed(count / (kKib * kKib), 1), "MiB");
  return withUnit(fixed(count / (kKib * kKib * kKib), 2), "GiB");
}

QString kib(double bytes) { return fixed(bytes / kKib, 1); }

QString kibChange(double difference_bytes) { return signedFixed(difference_bytes / kKib, 1); }

QString count(int64_t value) { return fixed(static_cast<double>(value), 0); }

QString countChange(int64_t difference) { return signedFixed(static_cast<double>(difference), 0); }

QString duration(int64_t ns) {
  const double time = static_cast<double>(ns);
  if (std::abs(time) < 1e3) return withUnit(fixed(time, 0), "ns");
  if (std::abs(time) < 1e6) return withUnit(fixed(time / 1e3, 0), QStringLiteral("µs"));
  if (std::abs(time) < 1e9) return withUnit(fixed(time / 1e6, 2), "ms");
  if (std::abs(time) < 100e9) return withUnit(fixed(time / 1e9, 2), "s");
  const int64_t seconds = ns / 1'000'000'000;
  return withUnit(fixed(static_cast<double>(seconds / 60), 0), "min") + kSpace +
         withUnit(QStringLiteral("%1").arg(seconds % 60, 2, 10, QChar(u'0')), "s");
}

QString timelinePosition(int64_t ns) {
  return withUnit(fixed(static_cast<double>(ns) / 1e6, 3), "ms");
}

QString milliseconds(double ns) { return fixed(ns / 1e6, 2); }

QString significant(double value, int digits) {
  if (!std::isfinite(value)) return missing();
  if (value == 0) return QStringLiteral("0");
  const int exponent = static_cast<int>(std::floor(std::log10(std::abs(value))));
  if (exponent < -4 || exponent > 8) {
    return QLocale::c().toString(value, 'e', digits - 1).replace(u'-', kMinus);
  }
  return fixed(value, std::max(0, digits - 1 - exponent));
}

QString copyable(double value) {
  return std::isfinite(value) ? QLocale::c().toString(value, 'g', 17) : QString();
}

}  // namespace xkv::views
