// SPDX-License-Identifier: GPL-3.0-or-later
/// How the two streams of a cache are called and drawn.
#include "views/stream_look.h"

#include "profiling/records/stream_names.h"
#include "views/theme.h"

namespace xkv::views {

QString streamName(Stream stream) { return QString::fromLatin1(pluralName(stream)); }

QString streamTitle(Stream stream) {
  const QString name = streamName(stream);
  return name.left(1).toUpper() + name.mid(1);
}

QString streamOfToken(Stream stream) { return streamName(stream).chopped(1); }

QString streamLetter(Stream stream) { return badgeLetter(streamBadge(stream)); }

QColor streamColour(Stream stream) { return isFirst(stream) ? roles().keys : roles().values; }

Badge streamBadge(Stream stream) {
  switch (stream) {
    case Stream::key:
      return Badge::keys;
    case Stream::value:
      return Badge::values;
    case Stream::latent:
      return Badge::latents;
    case Stream::rope_key:
      break;
  }
  return Badge::rope_keys;
}

std::array<Stream, 2> streamsOf(const Run* run) {
  return run == nullptr ? ModelShape{}.streams() : run->started.model.streams();
}

QString bothStreams(const Run* run) {
  const auto [first, second] = streamsOf(run);
  return QStringLiteral("%1 and %2").arg(streamName(first), streamName(second));
}

Stream likeIn(const Run* run, Stream stream) { return streamsOf(run)[isFirst(stream) ? 0 : 1]; }

int64_t rankIn(const Ranks& ranks, Stream stream) {
  return isFirst(stream) ? ranks.rank_k : ranks.rank_v;
}

int64_t& rankIn(Ranks& ranks, Stream stream) {
  return isFirst(stream) ? ranks.rank_k : ranks.rank_v;
}

}  // namespace xkv::views
