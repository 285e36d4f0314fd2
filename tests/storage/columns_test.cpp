// SPDX-License-Identifier: Apache-2.0
/// Names of the columns of nested records, and the SQL that is made of them.
#include "storage/columns.h"

#include <gtest/gtest.h>

#include "storage/table_rows.h"

namespace xkv::storage {
namespace {

TEST(Columns, RecordsInsideHaveTheirKeyInFront) {
  EXPECT_EQ(columnsOf<TokenRecord>(),
            (std::vector<std::string>{"method", "turn", "step", "choice_id", "choice_text",
                                      "choice_probability", "text_piece", "duration_ns"}));
}

TEST(Columns, ListsOfNumbersAreColumnsListsOfRecordsAreNot) {
  EXPECT_EQ(columnsOf<DivergenceRecord>({"run_id"}),
            (std::vector<std::string>{"run_id", "kl", "top1_agrees", "first_divergent_token",
                                      "tokens_equal", "tokens_compared"}));
  EXPECT_EQ(columnsOf<TimelineRecord>(), std::vector<std::string>{"dropped_spans"});
}

TEST(TableRows, InsertOverwritesTheSameKey) {
  EXPECT_EQ(insertSql("t", {"run_id", "group", "x"}, {"run_id", "group"}),
            R"(INSERT INTO t ("run_id", "group", "x") VALUES (?, ?, ?))"
            R"( ON CONFLICT ("run_id", "group") DO UPDATE SET "x" = excluded."x")");
  EXPECT_EQ(insertSql("t", {"a"}), R"(INSERT INTO t ("a") VALUES (?))");
  EXPECT_EQ(selectSql("t", {"a", "group"}, "rowid"),
            R"(SELECT "a", "group" FROM t WHERE run_id = ? ORDER BY rowid)");
}

}  // namespace
}  // namespace xkv::storage
