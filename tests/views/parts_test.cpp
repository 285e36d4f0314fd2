// SPDX-License-Identifier: GPL-3.0-or-later
/// The small parts that every panel is made of: how they look, what they say, what keys do.
#include <gtest/gtest.h>

#include <QLabel>
#include <QPushButton>
#include <QSignalSpy>
#include <QTest>
#include <QVBoxLayout>

#include "tests/views/golden.h"
#include "views/badge.h"
#include "views/icons.h"
#include "views/panel.h"
#include "views/segmented_switch.h"
#include "views/table_twin.h"
#include "views/tooltip.h"

namespace xkv::views {
namespace {

QWidget* partsPage() {
  auto* page = new QWidget;
  auto* rows = new QVBoxLayout(page);
  auto* badges = new QHBoxLayout;
  for (const Badge badge : {Badge::a, Badge::b, Badge::keys, Badge::values})
    badges->addWidget(new BadgeLabel(badge));
  for (const Provenance p : {Provenance::measured, Provenance::predicted, Provenance::quoted}) {
    badges->addWidget(new ProvenanceLabel(p));
  }
  badges->addStretch();
  rows->addLayout(badges);
  auto* icons = new QHBoxLayout;
  for (const char* name :
       {"run", "stop", "pin", "maximise", "restore", "close", "plus", "search", "chevron_down",
        "info", "warning", "copy", "note", "folder", "save", "open_file", "restart", "check"}) {
    auto* label = new QLabel;
    label->setPixmap(iconPixmap(QLatin1String(name), rolesOf(ThemeKind::light).control, 1));
    icons->addWidget(label);
  }
  icons->addStretch();
  rows->addLayout(icons);
  return page;
}

TEST(Panel, Looks) {
  Panel panel(QStringLiteral("CKA"), partsPage());
  panel.title()->setSubtitle(
      QStringLiteral("linear, columns centred over 547 tokens, keys before RoPE"));
  auto* streams = new SegmentedSwitch(QStringLiteral("Streams"), {"Keys", "Values", "Both"});
  streams->setCurrentIndex(2);
  panel.title()->addWidget(streams);
  EXPECT_TRUE(matchesGoldens(panel, {640, 160}, QStringLiteral("panel")));
}

TEST(Panel, SaysWhyItIsEmpty) {
  Panel panel(QStringLiteral("Error"), new QWidget);
  panel.showEmpty({QStringLiteral("Error per layer, keys and values"),
                   QStringLiteral("It needs the spectra of all 8 groups; 5 are there."),
                   QStringLiteral("Show groups 0\u20134")});
  QSignalSpy clicked(&panel, &Panel::emptyButtonClicked);
  EXPECT_TRUE(matchesGoldens(panel, {480, 240}, QStringLiteral("empty_panel")));
  QTest::mouseClick(panel.findChild<QPushButton*>(), Qt::LeftButton);
  EXPECT_EQ(clicked.count(), 1);
}

TEST(SegmentedSwitch, ArrowsAndClicksChoose) {
  SegmentedSwitch streams(QStringLiteral("Streams"), {"Keys", "Values", "Both"});
  streams.resize(streams.sizeHint());
  QSignalSpy changed(&streams, &SegmentedSwitch::currentChanged);
  QTest::keyClick(&streams, Qt::Key_Left);
  EXPECT_EQ(changed.count(), 0);
  QTest::keyClick(&streams, Qt::Key_Right);
  EXPECT_EQ(streams.currentIndex(), 1);
  QTest::mouseClick(&streams, Qt::LeftButton, {}, {streams.width() - 6, 10});
  EXPECT_EQ(streams.currentIndex(), 2);
  EXPECT_EQ(changed.count(), 2);
  EXPECT_EQ(streams.accessibleDescription(), QStringLiteral("Both"));
  streams.setCurrentIndex(9);
  EXPECT_EQ(streams.currentIndex(), 2);
}

TEST(Tooltip, PlainTextIsAscii) {
  TooltipText text{QStringLiteral("g0 keys, rank 48"),
                   {{{QStringLiteral("change"), QStringLiteral("\u22123.26\u00A0pp")}}},
                   Provenance::predicted,
                   QStringLiteral("run 3")};
  EXPECT_EQ(text.plain(), QStringLiteral("g0 keys, rank 48, change -3.26 pp, predicted run 3"));
}

TEST(Panel, SaysInAChipThatItsContentIsPartialOrStale) {
  Panel panel(QStringLiteral("CKA"), new QWidget);
  panel.title()->setSubtitle(QStringLiteral("linear"));
  panel.title()->setChip(QStringLiteral("from run 3"));
  EXPECT_EQ(panel.title()->accessibleDescription(), QStringLiteral("from run 3; linear"));
  panel.title()->setChip({});
  EXPECT_EQ(panel.title()->accessibleDescription(), QStringLiteral("linear"));
}

TEST(Panel, ATableStandsInForTheContent) {
  auto* content = new QWidget;
  Panel panel(QStringLiteral("CKA"), content);
  auto* table = new TableTwinView(QStringLiteral("CKA as a table"));
  panel.resize(400, 300);
  panel.show();
  panel.setTable(table);
  EXPECT_TRUE(table->isVisible());
  EXPECT_FALSE(content->isVisible());
  panel.showContent();  // a new run: the table stays
  EXPECT_TRUE(table->isVisible());
  panel.setTable(nullptr);
  EXPECT_TRUE(content->isVisible());
}

}  // namespace
}  // namespace xkv::views
