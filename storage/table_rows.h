// SPDX-License-Identifier: Apache-2.0
/// Records in and out of tables that all begin with run_id, with the SQL made from the field lists.
#pragma once

#include <initializer_list>
#include <string>
#include <vector>

#include "storage/columns.h"

namespace xkv::storage {

/// `INSERT INTO table (<names>) VALUES (?, ...)`; with `key`, a row of the same key is
/// overwritten in its place. Every name is quoted: "group" is one of them.
std::string insertSql(const std::string& table, const std::vector<std::string>& names,
                      const std::vector<std::string>& key = {});
/// `SELECT <names> FROM table WHERE run_id = ? ORDER BY <order>`.
std::string selectSql(const std::string& table, const std::vector<std::string>& names,
                      const std::string& order);

template <class R>
std::vector<std::string> columnsOf(std::vector<std::string> names = {}) {
  ColumnNames collector;
  const R record{};
  fields(collector, record);
  names.insert(names.end(), collector.names.begin(), collector.names.end());
  return names;
}

/// One row; what it supersedes (same key) is overwritten.
template <class R>
void saveRow(const Database& database, const std::string& table, int64_t run_id, const R& record,
             const std::vector<std::string>& key) {
  Statement statement(database, insertSql(table, columnsOf<R>({"run_id"}), key));
  ColumnBinder binder(statement.bind(run_id));
  fields(binder, record);
  statement.run();
}

/// A list as rows (run_id, position, ...), positions counted from `first`.
template <class R>
void saveList(const Database& database, const std::string& table, int64_t run_id,
              const std::vector<R>& list, int64_t first = 0) {
  if (list.empty()) return;
  Statement statement(database, insertSql(table, columnsOf<R>({"run_id", "position"})));
  for (const R& record : list) {
    ColumnBinder binder(statement.bind(run_id).bind(first++));
    fields(binder, record);
    statement.run();
  }
}

template <class R>
std::vector<R> loadRows(const Database& database, const std::string& table, int64_t run_id,
                        const std::string& order) {
  Statement statement(database, selectSql(table, columnsOf<R>(), order));
  statement.bind(run_id);
  std::vector<R> rows;
  while (statement.step()) {
    ColumnReader reader(statement);
    fields(reader, rows.emplace_back());
  }
  return rows;
}

template <class R>
std::vector<R> loadList(const Database& database, const std::string& table, int64_t run_id) {
  return loadRows<R>(database, table, run_id, "position");
}

/// The position behind a list's last row.
int64_t nextPosition(const Database& database, const std::string& table, int64_t run_id);

}  // namespace xkv::storage
