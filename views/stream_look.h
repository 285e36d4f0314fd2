// SPDX-License-Identifier: GPL-3.0-or-later
/// How the two streams of a cache are called and drawn: keys and values, or in latent attention
/// (MLA) latents and RoPE keys. The first of the two has the hue of keys, the second that of
/// values.
#pragma once

#include <QColor>
#include <QString>
#include <array>

#include "profiling/rank_plan.h"
#include "profiling/records/model_shape.h"
#include "views/badge.h"

namespace xkv::views {

QString streamName(Stream stream);     ///< "keys", "RoPE keys"
QString streamTitle(Stream stream);    ///< "Keys", "RoPE keys": for tabs and heads
QString streamOfToken(Stream stream);  ///< "key", "RoPE key": one row
QString streamLetter(Stream stream);   ///< of its badge
QColor streamColour(Stream stream);
Badge streamBadge(Stream stream);

/// The streams that the run's model caches; keys and values where there is no run.
std::array<Stream, 2> streamsOf(const Run* run);
/// "keys and values", "latents and RoPE keys"
QString bothStreams(const Run* run);
/// The run's own stream at the place of `stream`: its latents for keys.
Stream likeIn(const Run* run, Stream stream);
/// Whether both stand at the same place of their caches.
constexpr bool isLike(Stream a, Stream b) { return isFirst(a) == isFirst(b); }

int64_t rankIn(const Ranks& ranks, Stream stream);
int64_t& rankIn(Ranks& ranks, Stream stream);

}  // namespace xkv::views
