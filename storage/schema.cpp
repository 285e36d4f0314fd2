// SPDX-License-Identifier: Apache-2.0
/// The tables as SQL. Columns have the words of METHOD.md; "group" is quoted because SQL has it
/// too.
#include "storage/schema.h"

#include <string>
#include <vector>

#include "profiling/records/printable.h"
#include "storage/statement.h"
#include "storage/storage_error.h"

namespace xkv::storage {
namespace {

// Blobs stand last in their tables: what is read without them then never touches their pages.
// spec and model are JSON and hold everything; method to num_layers repeat what queries by hand ask
// for. They are no generated columns: with an untrusted schema, SQLite 3.40 refuses json_extract in
// them.
constexpr const char* kRunTables = R"sql(
CREATE TABLE run (
  run_id INTEGER PRIMARY KEY AUTOINCREMENT,
  title TEXT NOT NULL DEFAULT '',
  notes TEXT NOT NULL DEFAULT '',
  seq_len INTEGER NOT NULL,
  device_name TEXT NOT NULL,
  program_version TEXT NOT NULL,
  started_at TEXT NOT NULL,
  status TEXT NOT NULL DEFAULT 'running',
  error_kind TEXT,
  message TEXT NOT NULL DEFAULT '',
  finished_at TEXT NOT NULL DEFAULT '',
  dropped_spans INTEGER NOT NULL DEFAULT 0,
  method TEXT NOT NULL,
  layer_group_size INTEGER NOT NULL,
  rank_k INTEGER,
  rank_v INTEGER,
  dtype TEXT NOT NULL,
  analysis TEXT NOT NULL,
  model_name TEXT NOT NULL,
  num_layers INTEGER NOT NULL,
  spec TEXT NOT NULL,
  model TEXT NOT NULL
) STRICT;
CREATE TABLE run_tag (
  run_id INTEGER NOT NULL REFERENCES run ON DELETE CASCADE,
  position INTEGER NOT NULL,
  tag TEXT NOT NULL,
  PRIMARY KEY (run_id, position)
) STRICT, WITHOUT ROWID;
CREATE TABLE run_notice (
  run_id INTEGER NOT NULL REFERENCES run ON DELETE CASCADE,
  position INTEGER NOT NULL,
  notice TEXT NOT NULL,
  PRIMARY KEY (run_id, position)
) STRICT, WITHOUT ROWID;
CREATE TABLE planned_group (
  run_id INTEGER NOT NULL REFERENCES run ON DELETE CASCADE,
  position INTEGER NOT NULL,
  first_layer INTEGER NOT NULL,
  num_layers INTEGER NOT NULL,
  rank_k INTEGER NOT NULL,
  rank_v INTEGER NOT NULL,
  slerp_k INTEGER NOT NULL,
  slerp_v INTEGER NOT NULL,
  slerp_t REAL,
  slerp_gamma REAL,
  PRIMARY KEY (run_id, position)
) STRICT, WITHOUT ROWID;
CREATE TABLE prompt_token (
  run_id INTEGER NOT NULL REFERENCES run ON DELETE CASCADE,
  position INTEGER NOT NULL,
  id INTEGER NOT NULL,
  text TEXT,
  PRIMARY KEY (run_id, position)
) STRICT, WITHOUT ROWID;
)sql";

constexpr const char* kAnalysisTables = R"sql(
CREATE TABLE cka (
  run_id INTEGER NOT NULL REFERENCES run ON DELETE CASCADE,
  stream TEXT NOT NULL,
  num_layers INTEGER NOT NULL,
  num_layers_done INTEGER NOT NULL,
  seq_len INTEGER NOT NULL,
  cka BLOB NOT NULL,
  token_cosine BLOB NOT NULL,
  PRIMARY KEY (run_id, stream)
) STRICT;
CREATE TABLE spectrum (
  run_id INTEGER NOT NULL REFERENCES run ON DELETE CASCADE,
  stream TEXT NOT NULL,
  first_layer INTEGER NOT NULL,
  num_layers INTEGER NOT NULL,
  seq_len INTEGER NOT NULL,
  width INTEGER NOT NULL,
  leading_only INTEGER NOT NULL,
  total_energy REAL,
  rank_90 INTEGER NOT NULL,
  rank_95 INTEGER NOT NULL,
  rank_99 INTEGER NOT NULL,
  layer_energy BLOB NOT NULL,
  singular_values BLOB NOT NULL,
  group_error BLOB NOT NULL,
  layer_error BLOB NOT NULL,
  group_rounding BLOB NOT NULL,
  layer_rounding BLOB NOT NULL,
  PRIMARY KEY (run_id, stream, first_layer, num_layers)
) STRICT;
CREATE TABLE reconstruction (
  run_id INTEGER NOT NULL REFERENCES run ON DELETE CASCADE,
  stream TEXT NOT NULL,
  "group" INTEGER NOT NULL,
  first_layer INTEGER NOT NULL,
  num_layers INTEGER NOT NULL,
  seq_len INTEGER NOT NULL,
  num_kv_heads INTEGER NOT NULL,
  rank INTEGER NOT NULL,
  factor_backend TEXT NOT NULL,
  factor_dtype TEXT NOT NULL,
  token_basis_bits INTEGER NOT NULL,
  layer_factor_bits INTEGER NOT NULL,
  error REAL,
  energy REAL,
  layer_error BLOB NOT NULL,
  head_error BLOB NOT NULL,
  token_error BLOB NOT NULL,
  PRIMARY KEY (run_id, stream, "group")
) STRICT;
CREATE TABLE recompression (
  run_id INTEGER NOT NULL REFERENCES run ON DELETE CASCADE,
  position INTEGER NOT NULL,
  stream TEXT NOT NULL,
  "group" INTEGER NOT NULL,
  first_token INTEGER NOT NULL,
  num_tokens INTEGER NOT NULL,
  residual REAL,
  error REAL,
  rank_before INTEGER NOT NULL,
  rank_after INTEGER NOT NULL,
  resident_bytes INTEGER NOT NULL,
  PRIMARY KEY (run_id, position)
) STRICT, WITHOUT ROWID;
CREATE TABLE selection (
  run_id INTEGER NOT NULL REFERENCES run ON DELETE CASCADE,
  layer INTEGER NOT NULL,
  seq_len INTEGER NOT NULL,
  num_heads INTEGER NOT NULL,
  num_kv_heads INTEGER NOT NULL,
  chunk INTEGER NOT NULL,
  landmark_chunks INTEGER NOT NULL,
  outlier_chunks INTEGER NOT NULL,
  chosen_chunks INTEGER NOT NULL,
  num_steps INTEGER NOT NULL,
  teacher_forced INTEGER NOT NULL,
  outliers BLOB NOT NULL,
  chosen BLOB NOT NULL,
  hit_rate BLOB NOT NULL,
  recall BLOB NOT NULL,
  recall_of_chunks BLOB NOT NULL,
  PRIMARY KEY (run_id, layer)
) STRICT;
CREATE TABLE memory (
  run_id INTEGER PRIMARY KEY REFERENCES run ON DELETE CASCADE,
  seq_len INTEGER NOT NULL,
  generated_tokens INTEGER NOT NULL,
  dense_bytes INTEGER NOT NULL,
  factor_bytes INTEGER NOT NULL,
  resident_bytes INTEGER NOT NULL,
  dense_resident_bytes INTEGER NOT NULL,
  published_ratio REAL,
  with_landmarks_ratio REAL,
  true_resident_ratio REAL,
  peak_factor_bytes INTEGER NOT NULL,
  peak_dense_row_bytes INTEGER NOT NULL,
  peak_workspace_bytes INTEGER NOT NULL,
  peak_activation_bytes INTEGER NOT NULL,
  process_resident_bytes INTEGER NOT NULL,
  weight_bytes INTEGER NOT NULL
) STRICT;
CREATE TABLE memory_part (
  run_id INTEGER NOT NULL REFERENCES run ON DELETE CASCADE,
  position INTEGER NOT NULL,
  kind TEXT NOT NULL,
  stream TEXT,
  shape TEXT NOT NULL,
  dtype TEXT NOT NULL,
  bytes INTEGER NOT NULL,
  bits INTEGER NOT NULL,
  PRIMARY KEY (run_id, position)
) STRICT, WITHOUT ROWID;
)sql";

constexpr const char* kGenerationTables = R"sql(
CREATE TABLE token (
  run_id INTEGER NOT NULL REFERENCES run ON DELETE CASCADE,
  position INTEGER NOT NULL,
  method TEXT NOT NULL,
  turn INTEGER NOT NULL,
  step INTEGER NOT NULL,
  choice_id INTEGER NOT NULL,
  choice_text TEXT NOT NULL,
  choice_probability REAL,
  text_piece TEXT NOT NULL,
  duration_ns INTEGER NOT NULL,
  PRIMARY KEY (run_id, position)
) STRICT, WITHOUT ROWID;
CREATE TABLE token_alternative (
  run_id INTEGER NOT NULL REFERENCES run ON DELETE CASCADE,
  token_position INTEGER NOT NULL,
  position INTEGER NOT NULL,
  id INTEGER NOT NULL,
  text TEXT NOT NULL,
  probability REAL,
  PRIMARY KEY (run_id, token_position, position)
) STRICT, WITHOUT ROWID;
CREATE TABLE generation (
  run_id INTEGER NOT NULL REFERENCES run ON DELETE CASCADE,
  method TEXT NOT NULL,
  turn INTEGER NOT NULL,
  text TEXT NOT NULL,
  num_tokens INTEGER NOT NULL,
  stop_reason TEXT NOT NULL,
  PRIMARY KEY (run_id, method, turn)
) STRICT;
CREATE TABLE divergence (
  run_id INTEGER PRIMARY KEY REFERENCES run ON DELETE CASCADE,
  first_divergent_token INTEGER NOT NULL,
  tokens_equal INTEGER NOT NULL,
  tokens_compared INTEGER NOT NULL,
  kl BLOB NOT NULL,
  top1_agrees BLOB NOT NULL
) STRICT;
CREATE TABLE latency (
  run_id INTEGER NOT NULL REFERENCES run ON DELETE CASCADE,
  method TEXT NOT NULL,
  load_ns INTEGER NOT NULL,
  prefill_ns INTEGER NOT NULL,
  gram_ns INTEGER NOT NULL,
  factor_ns INTEGER NOT NULL,
  analysis_ns INTEGER NOT NULL,
  ttft_ns INTEGER NOT NULL,
  decode_step_ns BLOB NOT NULL,
  PRIMARY KEY (run_id, method)
) STRICT;
)sql";

// span_bucket is the level of detail: made when the run ends, level 0 the finest. start_ns and
// end_ns are those of the spans inside, kind that of the longest.
constexpr const char* kTimelineTables = R"sql(
CREATE TABLE span (
  run_id INTEGER NOT NULL REFERENCES run ON DELETE CASCADE,
  position INTEGER NOT NULL,
  kind TEXT NOT NULL,
  start_ns INTEGER NOT NULL,
  end_ns INTEGER NOT NULL,
  layer INTEGER NOT NULL,
  "group" INTEGER NOT NULL,
  step INTEGER NOT NULL,
  depth INTEGER NOT NULL,
  label TEXT NOT NULL,
  PRIMARY KEY (run_id, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX span_by_start ON span (run_id, start_ns, end_ns);
CREATE TABLE span_bucket (
  run_id INTEGER NOT NULL REFERENCES run ON DELETE CASCADE,
  level INTEGER NOT NULL,
  start_ns INTEGER NOT NULL,
  depth INTEGER NOT NULL,
  end_ns INTEGER NOT NULL,
  busy_ns INTEGER NOT NULL,
  count INTEGER NOT NULL,
  kind TEXT NOT NULL,
  PRIMARY KEY (run_id, level, start_ns, depth)
) STRICT, WITHOUT ROWID;
CREATE TABLE cache_sample (
  run_id INTEGER NOT NULL REFERENCES run ON DELETE CASCADE,
  position INTEGER NOT NULL,
  time_ns INTEGER NOT NULL,
  cache_bytes INTEGER NOT NULL,
  PRIMARY KEY (run_id, position)
) STRICT, WITHOUT ROWID;
)sql";

void createTables(const Database& database) {
  for (const char* tables : {kRunTables, kAnalysisTables, kGenerationTables, kTimelineTables}) {
    database.run(tables);
  }
}

/// One object of a database: what it is, its name, and the SQL that made it.
struct SchemaObject {
  std::string type;
  std::string name;
  std::string sql;
  friend bool operator==(const SchemaObject&, const SchemaObject&) = default;
};

std::vector<SchemaObject> objectsOf(const Database& database) {
  Statement statement(database,
                      "SELECT type, name, tbl_name || char(10) || coalesce(sql, '') FROM "
                      "sqlite_schema ORDER BY name");
  std::vector<SchemaObject> objects;
  while (statement.step()) {
    objects.push_back({statement.text(0), statement.text(1), statement.text(2)});
  }
  return objects;
}

std::vector<SchemaObject> expectedObjects() {
  const Database memory(":memory:", Access::create);
  createTables(memory);
  return objectsOf(memory);
}

bool hasName(const std::vector<SchemaObject>& objects, const std::string& name) {
  for (const SchemaObject& object : objects) {
    if (object.name == name) return true;
  }
  return false;
}

}  // namespace

void createSchema(const Database& database) {
  database.run("PRAGMA synchronous = OFF");  // NewFile puts it on the device once, as a whole
  database.run("PRAGMA auto_vacuum = INCREMENTAL");  // before the first table, or it does nothing
  Transaction transaction(database, Transaction::Kind::write);
  createTables(database);
  database.run("PRAGMA application_id = " + std::to_string(kApplicationId));
  database.run("PRAGMA user_version = " + std::to_string(kSchemaVersion));
  transaction.commit();
}

void checkSchema(const Database& database) {
  const std::vector<SchemaObject> expected = expectedObjects();
  const std::vector<SchemaObject> found = objectsOf(database);
  if (found == expected) return;
  for (const SchemaObject& object : found) {
    if (!hasName(expected, object.name)) {
      throwBadFile("the " + printable(object.type, 20) + " " + printable(object.name, 60) +
                   " does not belong in a session");
    }
  }
  for (size_t i = 0; i < expected.size(); ++i) {
    if (i >= found.size() || found[i] != expected[i]) {
      throwBadFile("the " + expected[i].type + " " + expected[i].name +
                   " is missing or not as a session has it");
    }
  }
}

}  // namespace xkv::storage
