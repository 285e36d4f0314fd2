// SPDX-License-Identifier: GPL-3.0-or-later
/// Numbers as people read them (WINDOW.md 5): U+2212 minus, U+00A0 before units, comma for
/// thousands, a decimal point in every locale, a dash for what is missing. All take measured
/// values, never rounded ones.
#pragma once

#include <QString>
#include <cstdint>

namespace xkv::views {

/// "–": the value does not exist. Also what every function here gives for NaN.
QString missing();

/// 0.0962 → "9.62 %"; above 0 and below 0.0001 "< 0.01 %".
QString percent(double ratio);
/// 0.456 → "45.6 %": shares of a whole.
QString share(double ratio);
/// −0.1473 → "−14.73 pp": difference of two percentages.
QString percentPoints(double difference);
/// −0.605 → "−60.5 %": relative difference.
QString relativeChange(double ratio);

/// 0.828 → "0.828"; in cells ".83", "1", "−.05".
QString cka(double value);
QString ckaCell(double value);

/// 5.813 → "5.81×"; with sign "+1.16×".
QString ratio(double value);
QString ratioChange(double difference);

/// "512 B", "188.2 KiB", "1,020.0 MiB", "11.20 GiB".
QString bytes(double count);
/// The number alone, "188.2", for a column that carries its unit in the head.
QString kib(double bytes);
QString kibChange(double difference_bytes);
/// "131,072"
QString count(int64_t value);
QString countChange(int64_t difference);

/// "902 µs", "36.40 ms", "6.42 s", "2 min 05 s".
QString duration(int64_t ns);
/// "12.400 ms": a position on the timeline.
QString timelinePosition(int64_t ns);
/// "0.74" of ms, for "0.74 ms/token".
QString milliseconds(double ns);

/// 24.53, 0.0126, 1.2e-05: any number with `digits` significant digits.
QString significant(double value, int digits = 4);
/// With sign, thousands comma and exactly `decimals` decimals.
QString fixed(double value, int decimals);
QString signedFixed(double value, int decimals);

/// What Copy gives: ASCII, full precision, no unit.
QString copyable(double value);

}  // namespace xkv::views
