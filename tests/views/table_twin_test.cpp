// SPDX-License-Identifier: GPL-3.0-or-later
/// Tables beside the plots hold the same numbers as the records.
#include "views/table_twin.h"

#include <gtest/gtest.h>

#include <QApplication>
#include <QClipboard>
#include <QTest>

#include "tests/views/demo_run.h"
#include "views/layer_facts.h"
#include "views/number_format.h"

namespace xkv::views {
namespace {

class TableTwinTest : public ::testing::Test {
 protected:
  std::shared_ptr<const ::xkv::Run> run = std::make_shared<const ::xkv::Run>(demoRun());
};

TEST_F(TableTwinTest, CkaHasEveryPairOfBothStreams) {
  const TableTwin twin = ckaTable(run);
  ASSERT_EQ(twin.rows, 2 * 8 * 8);
  const int row = 64 + 3 * 8 + 5;
  EXPECT_EQ(twin.cell(row, 1), QStringLiteral("3"));
  EXPECT_EQ(twin.cell(row, 2), QStringLiteral("5"));
  const CkaRecord& second = run->cka.at(1);
  EXPECT_EQ(twin.cell(row, 3), significant(static_cast<double>(ckaAt(second, 3, 5)), 6));
}

TEST_F(TableTwinTest, ErrorsStandBesideThoseOfTheBaseline) {
  const auto other =
      std::make_shared<const ::xkv::Run>(demoRun({.run_id = 2, .rank_k = 16, .rank_v = 24}));
  const TableTwin twin = errorTable(run, other, std::nullopt);
  ASSERT_EQ(twin.rows, 8);
  for (int column : {1, 2, 5, 6}) EXPECT_TRUE(twin.cell(3, column).endsWith(u'%')) << column;
  EXPECT_EQ(twin.cell(3, 3), missing()) << "no what-if";
  EXPECT_NE(twin.cell(3, 1), twin.cell(3, 5));
}

TEST_F(TableTwinTest, EveryCellOfEveryTableHasWords) {
  for (const TableTwin& twin : {ckaTable(run), spectraTable(run), errorTable(run, nullptr, {}),
                                memoryTable(run), textsTable(run), timelineTable(run)}) {
    ASSERT_GT(twin.rows, 0) << twin.columns.join(u' ').toStdString();
    for (int column = 0; column < twin.columns.size(); ++column) {
      twin.cell(0, column);
      twin.cell(twin.rows - 1, column);
    }
  }
}

TEST_F(TableTwinTest, CopyGivesTabsAndLines) {
  TableTwinView view(QStringLiteral("CKA as a table"));
  view.setTwin(ckaTable(run));
  view.setCurrentIndex(view.model()->index(0, 1));
  view.selectionModel()->select({view.model()->index(0, 1), view.model()->index(1, 2)},
                                QItemSelectionModel::ClearAndSelect);
  QTest::keyClick(&view, Qt::Key_C, Qt::ControlModifier);
  EXPECT_EQ(QApplication::clipboard()->text(), QStringLiteral("0\t0\n0\t1"));
}

}  // namespace
}  // namespace xkv::views
