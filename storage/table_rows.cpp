// SPDX-License-Identifier: Apache-2.0
/// The SQL of inserts and selects, from names.
#include "storage/table_rows.h"

#include <algorithm>

namespace xkv::storage {
namespace {

std::string quotedList(const std::vector<std::string>& names) {
  std::string list;
  for (const std::string& name : names) list += (list.empty() ? "\"" : ", \"") + name + "\"";
  return list;
}

std::string updateClause(const std::vector<std::string>& names,
                         const std::vector<std::string>& key) {
  std::string changes;
  for (const std::string& name : names) {
    if (std::find(key.begin(), key.end(), name) != key.end()) continue;
    changes += (changes.empty() ? "\"" : ", \"") + name + "\" = excluded.\"" + name + "\"";
  }
  return " ON CONFLICT (" + quotedList(key) + ") DO UPDATE SET " + changes;
}

}  // namespace

std::string insertSql(const std::string& table, const std::vector<std::string>& names,
                      const std::vector<std::string>& key) {
  std::string places = "?";
  for (size_t i = 1; i < names.size(); ++i) places += ", ?";
  const std::string sql =
      "INSERT INTO " + table + " (" + quotedList(names) + ") VALUES (" + places + ")";
  return key.empty() ? sql : sql + updateClause(names, key);
}

std::string selectSql(const std::string& table, const std::vector<std::string>& names,
                      const std::string& order) {
  return "SELECT " + quotedList(names) + " FROM " + table + " WHERE run_id = ? ORDER BY " + order;
}

int64_t nextPosition(const Database& database, const std::string& table, int64_t run_id) {
  Statement statement(database,
                      "SELECT coalesce(max(position) + 1, 0) FROM " + table + " WHERE run_id = ?");
  statement.bind(run_id).step();
  return statement.integer(0);
}

}  // namespace xkv::storage
