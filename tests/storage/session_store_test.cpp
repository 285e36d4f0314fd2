// SPDX-License-Identifier: Apache-2.0
/// What is saved is what is loaded: every field of every record, over close and open, copy and
/// removal.
#include "storage/session_store.h"

#include <gmock/gmock.h>

#include <cmath>

#include "tests/records/sample_records.h"
#include "tests/storage/raw_sql.h"
#include "tests/storage/scratch_folder.h"

namespace xkv::storage {
namespace {

using ::testing::HasSubstr;
using testing::ScratchFolder;

/// Stores a run record by record; the id.
int64_t store(SessionStore& session, const std::vector<Record>& records) {
  int64_t run_id = 0;
  for (const Record& record : records) {
    if (const auto* started = std::get_if<RunStarted>(&record)) {
      run_id = session.beginRun(*started).value();
    } else {
      const Status stored = session.append(run_id, record);
      EXPECT_TRUE(stored) << stored.error().message;
    }
  }
  return run_id;
}

int64_t store(Result<SessionStore> session, const std::vector<Record>& records) {
  return store(session.value(), records);
}

/// The run that these records make.
xkv::Run gathered(int64_t run_id, const std::vector<Record>& records) {
  xkv::Run run;
  run.run_id = run_id;
  for (const Record& record : records) run.add(record);
  return run;
}

class SessionStoreTest : public ::testing::Test {
 protected:
  ScratchFolder folder_;
  std::string path_ = folder_.file("a ?#%41 ünï.xkv");  // what a URI would misread
};

TEST_F(SessionStoreTest, EveryFieldSurvives) {
  const std::vector<Record> records = testing::allSamples();
  int64_t run_id = 0;
  {
    SessionStore session = SessionStore::create(path_).value();
    run_id = store(session, records);
    EXPECT_EQ(session.load(run_id).value(), gathered(run_id, records));
  }
  EXPECT_EQ(SessionStore::open(path_)->load(run_id).value(), gathered(run_id, records));
  EXPECT_EQ(SessionStore::openReadOnly(path_)->load(run_id).value(), gathered(run_id, records));
}

TEST_F(SessionStoreTest, EveryKindSurvivesAlone) {
  SessionStore session = SessionStore::create(path_).value();
  for (const Record& record : testing::allSamples()) {
    if (std::holds_alternative<RunStarted>(record)) continue;
    const std::vector<Record> records = {RunStarted(), record};
    const int64_t run_id = store(session, records);
    EXPECT_EQ(session.load(run_id).value(), gathered(run_id, records)) << recordType(record);
  }
}

TEST_F(SessionStoreTest, DefaultsSurvive) {
  std::vector<Record> records;
  for (const Record& record : testing::allSamples()) {
    records.push_back(std::visit([](auto r) { return Record(decltype(r)()); }, record));
  }
  SessionStore session = SessionStore::create(path_).value();
  const int64_t run_id = store(session, records);
  EXPECT_EQ(session.load(run_id).value(), gathered(run_id, records));
}

TEST_F(SessionStoreTest, OrderAndReplacementAreThoseOfRunAdd) {
  std::vector<Record> records = {RunStarted()};
  for (int round = 0; round < 2; ++round) {
    for (int64_t i = 0; i < 5; ++i) {
      auto spectrum = testing::sample<SpectrumRecord>();
      spectrum.first_layer = 4 - i;
      spectrum.total_energy = static_cast<double>(10 * round + i);
      records.emplace_back(spectrum);
      auto measured = testing::sample<ReconstructionRecord>();
      measured.group = (i * 3) % 5;
      records.emplace_back(measured);
      auto token = testing::sample<TokenRecord>();
      token.step = i;
      token.alternatives.resize(static_cast<size_t>(i));
      records.emplace_back(token);
      records.emplace_back(testing::sample<TimelineRecord>());
      records.emplace_back(testing::sample<MemoryRecord>());
    }
  }
  SessionStore session = SessionStore::create(path_).value();
  const int64_t run_id = store(session, records);
  EXPECT_EQ(session.load(run_id).value(), gathered(run_id, records));
}

TEST_F(SessionStoreTest, NumbersThatAreNotFiniteSurvive) {
  CkaRecord cka;
  cka.num_layers = 2;
  cka.cka = {1, NAN, INFINITY, 0.5F};
  MemoryRecord memory;
  memory.published_ratio = NAN;
  memory.true_resident_ratio = INFINITY;
  SessionStore session = SessionStore::create(path_).value();
  const xkv::Run run = session.load(store(session, {RunStarted(), cka, memory})).value();
  EXPECT_TRUE(std::isnan(run.cka[0].cka[1]));
  EXPECT_EQ(run.cka[0].cka[2], INFINITY);
  EXPECT_TRUE(std::isnan(run.memory->published_ratio));
  EXPECT_EQ(run.memory->true_resident_ratio, INFINITY);
}

TEST_F(SessionStoreTest, BytesThatAreNoUtf8Survive) {
  RunStarted started;
  started.prompt_ids = {1, 2};
  started.prompt_tokens = {"\xe6\xb2", std::string("\0 nul", 5)};
  GenerationRecord generation;
  generation.text = std::string("\xff\0\xfe", 3);
  SessionStore session = SessionStore::create(path_).value();
  const std::vector<Record> records = {started, generation};
  const int64_t run_id = store(session, records);
  EXPECT_EQ(session.load(run_id).value(), gathered(run_id, records));
}

TEST_F(SessionStoreTest, ListIsTheSummaryOfEachRun) {
  SessionStore session = SessionStore::create(path_).value();
  std::vector<Record> records = testing::allSamples();
  auto started = testing::sample<RunStarted>();
  started.plan = {{102, 2, 8, 8}};
  records[0] = started;
  auto measured = testing::sample<ReconstructionRecord>();
  measured.group = 0;
  for (const Stream stream : started.model.streams()) {
    measured.stream = stream;
    records.emplace_back(measured);
  }
  const int64_t first = store(session, records);
  const int64_t second = store(session, {RunStarted()});
  ASSERT_TRUE(session.setTitle(first, "a title"));
  ASSERT_TRUE(session.setNotes(first, "notes\nhere"));
  ASSERT_TRUE(session.setTags(first, {"b", "a", "b"}));
  const std::vector<RunSummary> runs = session.list().value();
  ASSERT_EQ(runs.size(), 2U);
  EXPECT_EQ(runs[0], summaryOf(session.load(first).value()));
  EXPECT_EQ(runs[1], summaryOf(session.load(second).value()));
  EXPECT_EQ(runs[0].title, "a title");
  EXPECT_EQ(runs[0].notes, "notes\nhere");
  EXPECT_EQ(runs[0].tags, (std::vector<std::string>{"b", "a", "b"}));
  EXPECT_TRUE(runs[0].error_k && runs[0].error_v && runs[0].published_ratio);
  EXPECT_EQ(runs[1].status, RunStatus::running) << "a run without an end";
  EXPECT_EQ(runs[1].message, "");
}

TEST_F(SessionStoreTest, RemovedRunsAreGoneAndTheirIdsAreNotUsedAgain) {
  SessionStore session = SessionStore::create(path_).value();
  const int64_t kept = store(session, testing::allSamples());
  const int64_t removed = store(session, testing::allSamples());
  ASSERT_TRUE(session.remove(removed));
  EXPECT_EQ(session.list()->size(), 1U);
  EXPECT_EQ(session.load(removed).error().message, path_ + ": run 2 is not in this session");
  EXPECT_FALSE(session.remove(removed));
  EXPECT_FALSE(session.append(removed, TokenRecord()));
  EXPECT_FALSE(session.setTitle(removed, "x"));
  EXPECT_FALSE(session.spanBuckets(removed, 0, 1, 1));
  EXPECT_EQ(store(session, {RunStarted()}), 3);
  EXPECT_EQ(session.load(kept).value(), gathered(kept, testing::allSamples()));
}

TEST_F(SessionStoreTest, NothingOfARemovedRunStays) {
  int64_t size_before = 0;
  {
    SessionStore session = SessionStore::create(path_).value();
    SessionStore(std::move(session));
    size_before = static_cast<int64_t>(std::filesystem::file_size(path_));
  }
  {
    SessionStore session = SessionStore::open(path_).value();
    auto cka = testing::sample<CkaRecord>();
    cka.num_layers = 300;
    cka.cka.assign(90000, 0.5F);
    cka.token_cosine.clear();
    std::vector<Record> records = testing::allSamples();
    records.emplace_back(cka);
    ASSERT_TRUE(session.remove(store(session, records)));
  }
  EXPECT_EQ(static_cast<int64_t>(std::filesystem::file_size(path_)), size_before);
}

TEST_F(SessionStoreTest, AppendIsWholeOrNotAtAll) {
  SessionStore session = SessionStore::create(path_).value();
  const int64_t run_id = store(session, {RunStarted()});
  auto bad = testing::sample<CkaRecord>();
  bad.cka.pop_back();
  const Status refused = session.append(run_id, bad);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::bad_input);
  EXPECT_EQ(refused.error().message,
            path_ + ": cka of run 1 was not stored: cka: cka has 3 values, 4 are needed");
  EXPECT_FALSE(session.append(run_id, RunStarted()));
  EXPECT_TRUE(session.append(run_id, ProgressRecord()));
  EXPECT_EQ(session.load(run_id).value(), gathered(run_id, {RunStarted()}));
}

TEST_F(SessionStoreTest, CopyIsOneWholeFile) {
  SessionStore session = SessionStore::create(path_).value();
  const int64_t run_id = store(session, testing::allSamples());
  const std::string copy = folder_.file("copy.xkv");
  ASSERT_TRUE(session.copyTo(copy));
  EXPECT_EQ(SessionStore::openReadOnly(copy)->load(run_id).value(), session.load(run_id).value());
  EXPECT_EQ(session.copyTo(copy).error().kind, ErrorKind::bad_input);
  EXPECT_EQ(session.copyTo(folder_.file("no/where.xkv")).error().kind, ErrorKind::bad_input);
  EXPECT_EQ(SessionStore::open(copy)->load(run_id).value(), session.load(run_id).value());
  const std::string second = folder_.file("second.xkv");
  const Status copied = SessionStore::openReadOnly(copy)->copyTo(second);
  ASSERT_TRUE(copied) << copied.error().message;
  EXPECT_EQ(SessionStore::openReadOnly(second)->load(run_id).value(), session.load(run_id).value());
}

TEST_F(SessionStoreTest, ReadOnlyRefusesToWrite) {
  store(SessionStore::create(path_), testing::allSamples());
  const auto before = folder_.contents();
  SessionStore session = SessionStore::openReadOnly(path_).value();
  for (const Status& status :
       {session.append(1, TokenRecord()), session.remove(1), session.setTitle(1, "x"),
        session.setNotes(1, "x"), session.setTags(1, {"x"})}) {
    ASSERT_FALSE(status);
    EXPECT_EQ(status.error().kind, ErrorKind::failure);
    EXPECT_THAT(status.error().message, HasSubstr("opened for reading only"));
  }
  EXPECT_FALSE(session.beginRun(RunStarted()));
  EXPECT_EQ(folder_.contents(), before);
}

TEST_F(SessionStoreTest, OpenOrCreateDoesWhatIsNeeded) {
  EXPECT_EQ(store(SessionStore::openOrCreate(path_), {RunStarted()}), 1);
  EXPECT_EQ(store(SessionStore::openOrCreate(path_), {RunStarted()}), 2);
}

TEST_F(SessionStoreTest, TwoProgramsMayHaveItOpen) {
  SessionStore one = SessionStore::create(path_).value();
  SessionStore two = SessionStore::open(path_).value();
  EXPECT_EQ(store(one, testing::allSamples()), 1);
  EXPECT_EQ(store(two, testing::allSamples()), 2);
  EXPECT_EQ(one.list()->size(), 2U);
  EXPECT_EQ(SessionStore::openReadOnly(path_)->list()->size(), 2U);
  SessionStore(std::move(one));
  EXPECT_EQ(store(two, {RunStarted()}), 3);
  SessionStore(std::move(two));
  EXPECT_EQ(folder_.contents().size(), 1U) << "one self-contained file";
  EXPECT_EQ(SessionStore::openReadOnly(path_)->list()->size(), 3U);
}

// The window opens with it: a change of the format needs tools/make_demo_session.
TEST(ShippedSession, OpensAndHoldsFinishedRuns) {
  auto session = SessionStore::openReadOnly(XKV_SOURCE_DIR "/resources/demo-session.xkv");
  ASSERT_TRUE(session) << session.error().message;
  const auto runs = session->list();
  ASSERT_TRUE(runs) << runs.error().message;
  EXPECT_GE(runs->size(), 5U);
  for (const RunSummary& run : *runs) EXPECT_EQ(run.status, RunStatus::finished);
}

TEST_F(SessionStoreTest, ColumnsSpeakTheWordsOfTheMethod) {
  auto started = testing::sample<RunStarted>();
  started.spec.compression.rank_k = 48;
  started.model.name = "demo";
  store(SessionStore::create(path_), {started});
  testing::RawSql sql(path_);
  EXPECT_EQ(
      sql.text("SELECT method || ' ' || rank_k || ' ' || model_name || ' ' || dtype FROM run"),
      "minicache 48 demo fp16");
}

}  // namespace
}  // namespace xkv::storage
