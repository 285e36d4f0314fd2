// SPDX-License-Identifier: GPL-3.0-or-later
/// A run of a model with latent attention (MLA): every view speaks of latents and RoPE keys.
#include <gtest/gtest.h>

#include <QLabel>
#include <QSignalSpy>
#include <QTest>

#include "tests/views/demo_run.h"
#include "tests/views/golden.h"
#include "views/cka_view.h"
#include "views/error_view.h"
#include "views/memory_view.h"
#include "views/panel.h"
#include "views/rank_slider.h"
#include "views/segmented_switch.h"
#include "views/spectrum_view.h"
#include "views/stream_look.h"
#include "views/table_twin.h"
#include "views/what_if_panel.h"

namespace xkv::views {
namespace {

using namespace Qt::StringLiterals;
using Recorded = ::xkv::Run;

Recorded latentRun() { return demoRun({.latent = true}); }

/// The chosen word of the switch that is about this.
QString choiceOf(const QWidget& parent, const QString& about) {
  for (const SegmentedSwitch* found : parent.findChildren<SegmentedSwitch*>())
    if (found->accessibleName() == about) return found->accessibleDescription();
  return {};
}

TEST(StreamLook, SpeaksOfWhatTheModelCaches) {
  const Recorded latent = latentRun();
  EXPECT_EQ(bothStreams(&latent), u"latents and RoPE keys"_s);
  EXPECT_EQ(bothStreams(nullptr), u"keys and values"_s);
  EXPECT_EQ(streamTitle(Stream::latent), u"Latents"_s);
  EXPECT_EQ(streamOfToken(Stream::rope_key), u"RoPE key"_s);
  EXPECT_EQ(streamLetter(Stream::rope_key), u"R"_s);
  EXPECT_EQ(likeIn(&latent, Stream::value), Stream::rope_key);
}

TEST(LatentRun, CkaOffersLatentsAndRopeKeys) {
  const Recorded run = latentRun();
  auto* view = new CkaView;
  Panel panel(u"CKA"_s, view);
  view->setRun(&run);
  view->setGroups(run.started.plan, false);
  view->setSelection({.layers = LayerPair{3, 5}});
  for (QWidget* widget : view->titleWidgets()) panel.title()->addWidget(widget);
  panel.title()->setSubtitle(view->subtitle());
  EXPECT_TRUE(view->subtitle().endsWith(u"RoPE keys before RoPE"_s));
  EXPECT_TRUE(matchesGoldens(panel, {1056, 372}, u"cka_latent"_s));
  view->setStream(Stream::key);  // the place is what the other runs' selection says
  EXPECT_EQ(choiceOf(panel, u"Streams shown"_s), u"Latents"_s);
  view->setStream(std::nullopt);
  EXPECT_EQ(choiceOf(panel, u"Streams shown"_s), u"Both"_s);
}

TEST(LatentRun, AStreamWithoutCkaHasNoTab) {
  Recorded run = latentRun();
  run.cka.pop_back();
  CkaView view;
  view.setRun(&run);
  EXPECT_EQ(choiceOf(view, u"Streams shown"_s), u"Latents"_s) << "the only one";
}

TEST(LatentRun, SpectraHaveNoCursorForWhatStaysDense) {
  const Recorded run = latentRun();
  auto* view = new SpectrumView;
  Panel panel(u"Spectra"_s, view);
  view->setRun(&run);
  view->setGroups(run.started.plan);
  view->setRanks({20, 0});
  view->setMeasuredRanks(Ranks{24, 0});
  for (QWidget* widget : view->titleWidgets()) panel.title()->addWidget(widget);
  EXPECT_TRUE(matchesGoldens(panel, {526, 336}, u"spectrum_latent"_s));
}

TEST(LatentRun, ErrorShowsTheCompressedStreamAlone) {
  const Recorded run = latentRun();
  auto* view = new ErrorView;
  Panel panel(u"Error"_s, view);
  view->setRun(&run);
  for (QWidget* widget : view->titleWidgets()) panel.title()->addWidget(widget);
  panel.title()->setSubtitle(view->subtitle());
  EXPECT_TRUE(matchesGoldens(panel, {526, 336}, u"error_latent"_s));
  view->setSelection({.stream = Stream::rope_key});  // not measured: the lens stays
  view->setFocus();
  QTest::keyClick(view, Qt::Key_Right);
  EXPECT_TRUE(view->accessibleDescription().contains(u"latents"_s))
      << view->accessibleDescription().toStdString();
  EXPECT_FALSE(view->accessibleDescription().contains(u"RoPE"_s));
}

TEST(LatentRun, WhatIfMovesLatentsAndLeavesRopeKeysDense) {
  const Recorded run = latentRun();
  auto* view = new WhatIfPanel;
  Panel panel(u"What-if"_s, view);
  view->setRun(&run);
  ASSERT_TRUE(view->plan());
  EXPECT_EQ(view->config().rank_k, 24);
  EXPECT_FALSE(view->config().rank_v) << "a rank would ask for RoPE keys too";
  const auto sliders = view->findChildren<RankSlider*>();
  EXPECT_EQ(sliders.at(0)->accessibleName(), u"Rank of latents"_s);
  EXPECT_TRUE(sliders.at(0)->isEnabled());
  EXPECT_FALSE(sliders.at(1)->isEnabled());
  EXPECT_EQ(sliders.at(1)->maximum(), 4 * 16) << "the width of a group's RoPE keys";
  sliders.at(0)->setValue(40);
  EXPECT_EQ(view->plan()->groups.front().rank_k, 40);
  EXPECT_EQ(view->plan()->groups.front().rank_v, 0);
  EXPECT_TRUE(matchesGoldens(panel, {296, 712}, u"what_if_latent"_s));
}

TEST(LatentRun, TheLedgerHasDenseRopeKeys) {
  MemoryView view;
  view.setRuns(std::make_shared<Recorded>(latentRun()), nullptr);
  EXPECT_TRUE(matchesGoldens(view, {526, 360}, u"memory_latent"_s));
}

TEST(LatentRun, TablesNameTheStreams) {
  const auto run = std::make_shared<const Recorded>(latentRun());
  const TableTwin twin = errorTable(run, nullptr, std::nullopt);
  EXPECT_EQ(twin.columns.at(1), u"latents"_s);
  EXPECT_EQ(twin.columns.at(2), u"RoPE keys"_s);
  EXPECT_TRUE(twin.cell(3, 1).endsWith(u'%'));
  EXPECT_EQ(twin.cell(3, 2), u"–"_s);
  EXPECT_EQ(ckaTable(run).cell(0, 0), u"latent"_s);
}

}  // namespace
}  // namespace xkv::views
