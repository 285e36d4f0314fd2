// SPDX-License-Identifier: GPL-3.0-or-later
/// Error of every token and layer of one stream, as one picture over the prompt.
#include "views/token_lens.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace xkv::views {

float TokenErrors::at(int64_t layer, int64_t token) const {
  return errors[static_cast<size_t>(layer * seq_len + token)];
}

double TokenErrors::quantile(double share) const {
  std::vector<float> known;
  known.reserve(errors.size());
  std::copy_if(errors.begin(), errors.end(), std::back_inserter(known),
               [](float e) { return !std::isnan(e); });
  if (known.empty()) return 0;
  const auto index = static_cast<std::ptrdiff_t>(share * static_cast<double>(known.size() - 1));
  std::nth_element(known.begin(), known.begin() + index, known.end());
  return static_cast<double>(known[static_cast<size_t>(index)]);
}

TokenErrors tokenErrors(const Run& run, Stream stream) {
  TokenErrors result;
  for (const ReconstructionRecord& r : run.reconstructions) {
    const auto cells = static_cast<size_t>(r.num_layers * r.seq_len);
    const int64_t layers = run.started.model.num_layers;
    if (r.stream != stream || r.token_error.size() != cells ||
        r.first_layer + r.num_layers > layers)
      continue;
    if (result.errors.empty()) {
      result.num_layers = layers;
      result.seq_len = r.seq_len;
      result.errors.assign(static_cast<size_t>(layers * r.seq_len),
                           std::numeric_limits<float>::quiet_NaN());
    }
    if (r.seq_len != result.seq_len) continue;
    std::copy(r.token_error.begin(), r.token_error.end(),
              result.errors.begin() + r.first_layer * r.seq_len);
  }
  return result;
}

TokenErrors partOf(const TokenErrors& errors, int64_t first, int64_t count) {
  TokenErrors part{errors.num_layers, count, {}};
  for (int64_t layer = 0; layer < errors.num_layers; ++layer) {
    const auto row = errors.errors.begin() + layer * errors.seq_len + first;
    part.errors.insert(part.errors.end(), row, row + count);
  }
  return part;
}

QImage tokenLensImage(const TokenErrors& errors, int width, ColourMap map, double top) {
  if (errors.errors.empty() || width < 1) return {};
  QImage image(width, static_cast<int>(errors.num_layers), QImage::Format_ARGB32);
  image.fill(Qt::transparent);
  for (int row = 0; row < image.height(); ++row) {
    auto* pixels = reinterpret_cast<QRgb*>(image.scanLine(row));
    for (int64_t x = 0; x < width; ++x) {
      const int64_t first = x * errors.seq_len / width;
      const int64_t end = std::max(first + 1, (x + 1) * errors.seq_len / width);
      float largest = std::numeric_limits<float>::quiet_NaN();
      for (int64_t token = first; token < end; ++token) {
        const float error = errors.at(row, token);
        if (!(largest >= error)) largest = std::isnan(error) ? largest : error;
      }
      if (!std::isnan(largest))
        pixels[x] = mapColour(map, top > 0 ? static_cast<double>(largest) / top : 0);
    }
  }
  return image;
}

}  // namespace xkv::views
