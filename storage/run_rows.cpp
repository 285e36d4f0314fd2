// SPDX-License-Identifier: Apache-2.0
/// Which table a record goes to and what of a run comes from which. Columns are the record's
/// fields.
#include "storage/run_rows.h"

#include "profiling/records/json.h"
#include "profiling/records/shapes.h"
#include "storage/span_rows.h"
#include "storage/storage_error.h"
#include "storage/table_rows.h"

namespace xkv::storage {
namespace {

void saveTexts(const Database& database, const std::string& table, const std::string& column,
               int64_t run_id, const std::vector<std::string>& texts) {
  Statement row(database, insertSql(table, {"run_id", "position", column}));
  int64_t position = 0;
  for (const std::string& text : texts) row.bind(run_id).bind(position++).bind(text).run();
}

std::vector<std::string> loadTexts(const Database& database, const std::string& table,
                                   const std::string& column, int64_t run_id) {
  Statement row(database, selectSql(table, {column}, "position"));
  row.bind(run_id);
  std::vector<std::string> texts;
  while (row.step()) texts.push_back(row.text(0));
  return texts;
}

void savePrompt(const Database& database, int64_t run_id, const RunStarted& started) {
  Statement row(database, insertSql("prompt_token", {"run_id", "position", "id", "text"}));
  for (size_t i = 0; i < started.prompt_ids.size(); ++i) {
    row.bind(run_id).bind(static_cast<int64_t>(i)).bind(started.prompt_ids[i]);
    if (started.prompt_tokens.empty()) {
      row.bindNull();
    } else {
      row.bind(started.prompt_tokens[i]);
    }
    row.run();
  }
}

void loadPrompt(const Database& database, int64_t run_id, RunStarted& started) {
  Statement row(database, selectSql("prompt_token", {"id", "text"}, "position"));
  row.bind(run_id);
  while (row.step()) {
    started.prompt_ids.push_back(row.integer(0));
    if (!row.isNull(1)) started.prompt_tokens.push_back(row.text(1));
  }
}

int64_t insertRunRow(const Database& database, const RunStarted& started) {
  const std::string spec = toJson(started.spec);
  const std::string model = toJson(started.model);
  Statement row(database,
                insertSql("run", {"seq_len", "device_name", "program_version", "started_at", "spec",
                                  "model", "method", "layer_group_size", "rank_k", "rank_v",
                                  "dtype", "analysis", "model_name", "num_layers"}));
  const CompressionConfig& compression = started.spec.compression;
  ColumnBinder binder(row);
  binder("seq_len", static_cast<int64_t>(started.prompt_ids.size()));
  binder("device_name", started.device_name);
  binder("program_version", started.program_version);
  binder("started_at", started.started_at);
  binder("spec", spec);
  binder("model", model);
  binder("method", compression.method);
  binder("layer_group_size", compression.layer_group_size);
  binder("rank_k", compression.rank_k);
  binder("rank_v", compression.rank_v);
  binder("dtype", started.spec.dtype);
  binder("analysis", started.spec.analysis);
  binder("model_name", started.model.name);
  binder("num_layers", started.model.num_layers);
  row.run();
  return database.lastRowId();
}

void deleteRows(const Database& database, const std::string& table, int64_t run_id) {
  Statement(database, "DELETE FROM " + table + " WHERE run_id = ?").bind(run_id).run();
}

/// The table of each kind of record, and what makes two records the same.
struct Appender {
  const Database& database;
  int64_t run_id;

  void operator()(const RunStarted&) const {
    throwBadFile("run_started begins a run, it cannot be appended to one");
  }
  void operator()(const CkaRecord& r) const { save("cka", r, {"run_id", "stream"}); }
  void operator()(const SpectrumRecord& r) const {
    save("spectrum", r, {"run_id", "stream", "first_layer", "num_layers"});
  }
  void operator()(const ReconstructionRecord& r) const {
    save("reconstruction", r, {"run_id", "stream", "group"});
  }
  void operator()(const MemoryRecord& r) const {
    save("memory", r, {"run_id"});
    deleteRows(database, "memory_part", run_id);
    saveList(database, "memory_part", run_id, r.parts);
  }
  void operator()(const TokenRecord& r) const { appendToken(r); }
  void operator()(const GenerationRecord& r) const {
    save("generation", r, {"run_id", "method", "turn"});
  }
  void operator()(const RecompressionRecord& r) const {
    saveList(database, "recompression", run_id, std::vector{r},
             nextPosition(database, "recompression", run_id));
  }
  void operator()(const SelectionRecord& r) const { save("selection", r, {"run_id", "layer"}); }
  void operator()(const DivergenceRecord& r) const { save("divergence", r, {"run_id"}); }
  void operator()(const LatencyRecord& r) const { save("latency", r, {"run_id", "method"}); }
  void operator()(const TimelineRecord& r) const { appendTimeline(database, run_id, r); }
  void operator()(const ProgressRecord&) const {}
  void operator()(const RunFinished& r) const {
    Statement row(database,
                  "UPDATE run SET status = ?, error_kind = ?, message = ?, finished_at = ? "
                  "WHERE run_id = ?");
    ColumnBinder binder(row);
    fields(binder, r);
    row.bind(run_id).run();
    rebuildSpanBuckets(database, run_id);
  }

 private:
  template <class R>
  void save(const std::string& table, const R& record, const std::vector<std::string>& key) const {
    saveRow(database, table, run_id, record, key);
  }
  void appendToken(const TokenRecord& r) const {
    const int64_t position = nextPosition(database, "token", run_id);
    saveList(database, "token", run_id, std::vector{r}, position);
    Statement row(database,
                  insertSql("token_alternative",
                            columnsOf<TokenChoice>({"run_id", "token_position", "position"})));
    int64_t place = 0;
    for (const TokenChoice& choice : r.alternatives) {
      ColumnBinder binder(row.bind(run_id).bind(position).bind(place++));
      fields(binder, choice);
      row.run();
    }
  }
};

std::vector<TokenRecord> loadTokens(const Database& database, int64_t run_id) {
  std::vector<TokenRecord> tokens = loadList<TokenRecord>(database, "token", run_id);
  Statement row(database, selectSql("token_alternative", columnsOf<TokenChoice>({"token_position"}),
                                    "token_position, position"));
  row.bind(run_id);
  while (row.step()) {
    const int64_t token = row.integer(0);
    if (token < 0 || std::cmp_greater_equal(token, tokens.size())) row.refuse(0, "names no token");
    ColumnReader reader(row, 1);
    fields(reader, tokens[static_cast<size_t>(token)].alternatives.emplace_back());
  }
  return tokens;
}

template <class R>
std::optional<R> onlyRow(std::vector<R> rows) {
  if (rows.empty()) return std::nullopt;
  return std::move(rows.front());
}

std::optional<MemoryRecord> loadMemory(const Database& database, int64_t run_id) {
  auto memory = onlyRow(loadRows<MemoryRecord>(database, "memory", run_id, "run_id"));
  if (memory) memory->parts = loadList<MemoryPart>(database, "memory_part", run_id);
  return memory;
}

template <class T>
T valueOf(Result<T> result, const char* column) {
  if (!result) {
    throwBadFile(std::string("the file is damaged: column ") + column + ": " +
                 result.error().message);
  }
  return std::move(*result);
}

/// The columns of `run` that both the browser and a whole run need.
constexpr const char* kRunColumns =
    "SELECT run_id, title, notes, spec, model, device_name, program_version, started_at, "
    "status, error_kind, message, finished_at, seq_len FROM run";
constexpr int kFinishedColumn = 8;
constexpr int kSeqLenColumn = 12;

Run readRun(const Database& database, const Statement& row) {
  Run run;
  run.run_id = row.integer(0);
  run.title = row.text(1);
  run.notes = row.text(2);
  run.started.spec = valueOf(runSpecFromJson(row.text(3)), "spec");
  run.started.model = valueOf(modelShapeFromJson(row.text(4)), "model");
  run.started.device_name = row.text(5);
  run.started.program_version = row.text(6);
  run.started.started_at = row.text(7);
  ColumnReader reader(row, kFinishedColumn);
  fields(reader, run.finished);
  run.tags = loadTexts(database, "run_tag", "tag", run.run_id);
  run.started.plan = loadList<PlannedGroup>(database, "planned_group", run.run_id);
  return run;
}

/// Only what summaryOf looks at: no blob, no token.
void loadNumbers(const Database& database, Run& run) {
  Statement measured(database,
                     selectSql("reconstruction", {"stream", "group", "error", "energy"}, "rowid"));
  measured.bind(run.run_id);
  while (measured.step()) {
    ReconstructionRecord& r = run.reconstructions.emplace_back();
    ColumnReader reader(measured);
    reader("stream", r.stream);
    reader("group", r.group);
    reader("error", r.error);
    reader("energy", r.energy);
  }
  run.memory = onlyRow(loadRows<MemoryRecord>(database, "memory", run.run_id, "run_id"));
}

void loadRecords(const Database& database, Run& run) {
  const int64_t id = run.run_id;
  loadPrompt(database, id, run.started);
  run.started.notices = loadTexts(database, "run_notice", "notice", id);
  run.cka = loadRows<CkaRecord>(database, "cka", id, "rowid");
  run.spectra = loadRows<SpectrumRecord>(database, "spectrum", id, "rowid");
  run.reconstructions = loadRows<ReconstructionRecord>(database, "reconstruction", id, "rowid");
  run.memory = loadMemory(database, id);
  run.tokens = loadTokens(database, id);
  run.generations = loadRows<GenerationRecord>(database, "generation", id, "rowid");
  run.recompressions = loadList<RecompressionRecord>(database, "recompression", id);
  run.selections = loadRows<SelectionRecord>(database, "selection", id, "rowid");
  run.divergence = onlyRow(loadRows<DivergenceRecord>(database, "divergence", id, "run_id"));
  run.latencies = loadRows<LatencyRecord>(database, "latency", id, "rowid");
  run.timeline = loadTimeline(database, id);
}

void requireShapes(const Record& record) {
  if (Status fits = checkShapes(record); !fits)
    throwBadFile("the file is damaged: " + fits.error().message);
}

void requireShapes(const Run& run) {
  requireShapes(Record(run.started));
  for (const CkaRecord& r : run.cka) requireShapes(r);
  for (const SpectrumRecord& r : run.spectra) requireShapes(r);
  for (const ReconstructionRecord& r : run.reconstructions) requireShapes(r);
  for (const SelectionRecord& r : run.selections) requireShapes(r);
  if (run.divergence) requireShapes(Record(*run.divergence));
  requireShapes(Record(run.timeline));
}

[[noreturn]] void failNoRun(int64_t run_id) {
  throwBadFile("run " + std::to_string(run_id) + " is not in this session");
}

}  // namespace

void requireRun(const Database& database, int64_t run_id) {
  Statement row(database, "SELECT 1 FROM run WHERE run_id = ?");
  if (!row.bind(run_id).step()) failNoRun(run_id);
}

int64_t insertRun(const Database& database, const RunStarted& started) {
  const int64_t run_id = insertRunRow(database, started);
  saveList(database, "planned_group", run_id, started.plan);
  savePrompt(database, run_id, started);
  saveTexts(database, "run_notice", "notice", run_id, started.notices);
  return run_id;
}

void appendRecord(const Database& database, int64_t run_id, const Record& record) {
  requireRun(database, run_id);
  std::visit(Appender{database, run_id}, record);
}

void replaceTags(const Database& database, int64_t run_id, const std::vector<std::string>& tags) {
  deleteRows(database, "run_tag", run_id);
  saveTexts(database, "run_tag", "tag", run_id, tags);
}

Run loadRun(const Database& database, int64_t run_id) {
  Statement row(database, std::string(kRunColumns) + " WHERE run_id = ?");
  if (!row.bind(run_id).step()) failNoRun(run_id);
  Run run = readRun(database, row);
  loadRecords(database, run);
  requireShapes(run);
  return run;
}

std::vector<RunSummary> listRuns(const Database& database) {
  Statement row(database, std::string(kRunColumns) + " ORDER BY run_id");
  std::vector<RunSummary> runs;
  while (row.step()) {
    Run run = readRun(database, row);
    loadNumbers(database, run);
    runs.push_back(summaryOf(run));
    runs.back().seq_len = row.integer(kSeqLenColumn);
  }
  return runs;
}

}  // namespace xkv::storage
