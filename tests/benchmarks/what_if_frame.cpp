// SPDX-License-Identifier: GPL-3.0-or-later
/// One frame of the what-if: a slider moves, and panel, spectra and errors are computed and painted
/// anew. The budget is 16 ms. Runs offscreen, without the engine.
#include <benchmark/benchmark.h>

#include <QApplication>
#include <cmath>

#include "profiling/layer_groups.h"
#include "views/error_view.h"
#include "views/panel.h"
#include "views/plot.h"
#include "views/rank_slider.h"
#include "views/spectrum_view.h"
#include "views/theme.h"
#include "views/what_if_panel.h"

namespace xkv::views {
namespace {

constexpr Stream kStreams[] = {Stream::key, Stream::value};

SpectrumRecord spectrum(Stream stream, int64_t first, int64_t layers, int64_t kv_dim,
                        int64_t seq_len) {
  SpectrumRecord s;
  s.stream = stream;
  s.first_layer = first;
  s.num_layers = layers;
  s.seq_len = seq_len;
  s.width = layers * kv_dim;
  const int64_t n = std::min(seq_len, s.width);
  double left = 0;
  for (int64_t i = 0; i < n; ++i) {
    s.singular_values.push_back(
        static_cast<float>(100 / std::pow(1.0 + static_cast<double>(i), 0.8)));
    left += std::pow(static_cast<double>(s.singular_values.back()), 2);
  }
  s.total_energy = left;
  for (int64_t r = 0; r <= n; ++r) {
    s.group_error.push_back(static_cast<float>(std::sqrt(std::max(0.0, left) / s.total_energy)));
    if (r < n) left -= std::pow(static_cast<double>(s.singular_values[static_cast<size_t>(r)]), 2);
  }
  for (int64_t l = 0; l < layers; ++l) {
    s.layer_energy.push_back(s.total_energy / static_cast<double>(layers));
    s.layer_error.insert(s.layer_error.end(), s.group_error.begin(), s.group_error.end());
  }
  return s;
}

ReconstructionRecord reconstruction(Stream stream, int64_t group, const PlannedGroup& planned,
                                    int64_t seq_len) {
  ReconstructionRecord r;
  r.stream = stream;
  r.group = group;
  r.first_layer = planned.first_layer;
  r.num_layers = planned.num_layers;
  r.seq_len = seq_len;
  r.error = 0.1;
  r.layer_error.assign(static_cast<size_t>(planned.num_layers), 0.1f);
  r.token_error.assign(static_cast<size_t>(planned.num_layers * seq_len), 0.1f);
  return r;
}

/// A run of num_layers layers with all spectra of groups of 1, 2, 4 and 8.
Run runOf(int64_t num_layers, int64_t kv_dim, int64_t seq_len) {
  Run run;
  run.run_id = 1;
  run.started.model.num_layers = num_layers;
  run.started.model.num_kv_heads = 1;
  run.started.model.head_dim = kv_dim;
  run.started.prompt_ids.assign(static_cast<size_t>(seq_len), 1);
  run.started.plan = planGroups(run.started.spec.compression, {num_layers, kv_dim, kv_dim}, seq_len)->groups;
  for (const Stream stream : kStreams) {
    for (const int64_t size : {1, 2, 4, 8}) {
      for (int64_t first = 0; first + size <= num_layers; first += size) {
        run.spectra.push_back(spectrum(stream, first, size, kv_dim, seq_len));
      }
    }
    for (size_t g = 0; g < run.started.plan.size(); ++g) {
      run.reconstructions.push_back(
          reconstruction(stream, static_cast<int64_t>(g), run.started.plan[g], seq_len));
    }
  }
  return run;
}

/// The three panels as the window connects them, at their sizes of 1600 x 1000.
void whatIfFrame(benchmark::State& state) {
  const Run run = runOf(state.range(0), state.range(1), state.range(2));
  WhatIfPanel what_if;
  SpectrumView spectra;
  ErrorView error;
  what_if.resize(296, 684);
  spectra.resize(526, 308);
  error.resize(526, 308);
  what_if.setRun(&run);
  spectra.setRun(&run);
  error.setRun(&run);
  spectra.setGroups(what_if.plan()->groups);
  for (QWidget* widget : {static_cast<QWidget*>(&what_if), static_cast<QWidget*>(&spectra),
                          static_cast<QWidget*>(&error)})
    widget->show();
  QApplication::processEvents();
  QImage screen(1600, 1000, QImage::Format_ARGB32_Premultiplied);
  RankSlider* slider = what_if.findChild<RankSlider*>();
  int rank = 2;
  for (auto _ : state) {
    rank = rank >= slider->maximum() ? 2 : rank + 1;
    slider->setValue(rank);
    spectra.setRanks({*what_if.config().rank_k, *what_if.config().rank_v});
    error.setWhatIf(what_if.plan());
    for (Plot* plot : what_if.findChildren<Plot*>()) plot->replot();
    QPainter painter(&screen);
    what_if.render(&painter, QPoint(1300, 76));
    spectra.render(&painter, QPoint(240, 452));
    error.render(&painter, QPoint(770, 452));
  }
  state.SetLabel(std::to_string(run.started.model.num_layers) + " layers, kv_dim " +
                 std::to_string(run.started.model.kvDim()) + ", " + std::to_string(state.range(2)) +
                 " tokens");
}

BENCHMARK(whatIfFrame)->Args({8, 64, 547})->Args({32, 1024, 16384})->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace xkv::views

int main(int argc, char** argv) {
  qputenv("QT_QPA_PLATFORM", "offscreen");
  QApplication app(argc, argv);
  xkv::views::applyTheme(app, xkv::views::ThemeKind::light);
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
