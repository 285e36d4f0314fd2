// SPDX-License-Identifier: Apache-2.0
/// Sessions that strangers or a bad disk made: refused or shown, never a crash.
#include <gmock/gmock.h>

#include <random>

#include "storage/session_store.h"
#include "tests/records/sample_records.h"
#include "tests/storage/raw_sql.h"
#include "tests/storage/scratch_folder.h"

namespace xkv::storage {
namespace {

using ::testing::HasSubstr;
using testing::RawSql;
using testing::ScratchFolder;

class Damage : public ::testing::Test {
 protected:
  Damage() {
    SessionStore session = SessionStore::create(path_).value();
    for (const Record& record : testing::allSamples()) {
      if (const auto* started = std::get_if<RunStarted>(&record)) {
        run_id_ = session.beginRun(*started).value();
      } else {
        EXPECT_TRUE(session.append(run_id_, record));
      }
    }
  }

  /// The first sentence that opening, listing or loading ends with; empty if all goes well.
  std::string problem() const {
    const auto session = SessionStore::openReadOnly(path_);
    if (!session) return session.error().message;
    const auto listed = session->list();
    if (!listed) return listed.error().message;
    const auto run = session->load(run_id_);
    if (!run) return run.error().message;
    const auto buckets = session->spanBuckets(run_id_, 0, 1000000, 10);
    return buckets ? "" : buckets.error().message;
  }

  /// What another program's SQL makes of the sentence.
  std::string problemAfter(const std::string& sql) {
    const std::string good = ScratchFolder::read(path_);
    RawSql(path_).run("PRAGMA synchronous = OFF; " + sql);
    const std::string found = problem();
    ScratchFolder::write(path_, good);
    return found;
  }

  ScratchFolder folder_;
  std::string path_ = folder_.file("s.xkv");
  int64_t run_id_ = 0;
};

TEST_F(Damage, NoneIsFine) { EXPECT_EQ(problem(), ""); }

TEST_F(Damage, ForeignObjectsAreRefused) {
  EXPECT_THAT(problemAfter("CREATE VIEW v AS SELECT 1"), HasSubstr("the view v does not belong"));
  EXPECT_THAT(problemAfter("CREATE TRIGGER g AFTER INSERT ON cka BEGIN DELETE FROM run; END"),
              HasSubstr("the trigger g does not belong"));
  EXPECT_THAT(problemAfter("CREATE INDEX i ON cka (seq_len)"),
              HasSubstr("the index i does not belong"));
  EXPECT_THAT(problemAfter("DROP TABLE divergence"), HasSubstr("divergence is missing or not as"));
  EXPECT_THAT(problemAfter("ALTER TABLE cka ADD COLUMN more TEXT"),
              HasSubstr("cka is missing or not as"));
  EXPECT_THAT(problemAfter("DROP TABLE cka; CREATE VIEW cka AS SELECT 1 AS run_id"),
              HasSubstr("cka is missing or not as"));
  EXPECT_THAT(
      problemAfter(
          "PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = 'CREATE TABLE cka (x)' "
          "WHERE name = 'cka'"),
      HasSubstr(path_));
  EXPECT_THAT(problemAfter("PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = 'nonsense' "
                           "WHERE name = 'cka'"),
              HasSubstr(path_));
}

TEST_F(Damage, WrongValuesAreRefusedWithTheColumn) {
  EXPECT_THAT(problemAfter("UPDATE cka SET stream = 'keys'"),
              HasSubstr("column stream holds an unknown word"));
  EXPECT_THAT(problemAfter("UPDATE span SET kind = ''"),
              HasSubstr("column kind holds an unknown word"));
  EXPECT_THAT(problemAfter("UPDATE run SET status = 'flying'"), HasSubstr("column status"));
  EXPECT_THAT(problemAfter("UPDATE cka SET num_layers = 3"),
              HasSubstr("cka has 4 values, 9 are needed"));
  EXPECT_THAT(problemAfter("UPDATE cka SET num_layers = -1"), HasSubstr("num_layers is -1"));
  EXPECT_THAT(problemAfter("UPDATE cka SET num_layers = 4294967296"),
              HasSubstr("cka has 4 values"));
  EXPECT_THAT(problemAfter("UPDATE spectrum SET leading_only = 7"),
              HasSubstr("column leading_only is 7"));
  EXPECT_THAT(problemAfter("UPDATE span SET depth = 3000000000"),
              HasSubstr("column depth is 3000000000"));
  EXPECT_THAT(problemAfter("UPDATE span SET depth = -1"), HasSubstr("depth is -1"));
  EXPECT_THAT(problemAfter("UPDATE token_alternative SET token_position = 9 WHERE position = 0"),
              HasSubstr("column token_position names no token"));
  EXPECT_THAT(
      problemAfter(
          "DELETE FROM prompt_token WHERE position = 0; UPDATE prompt_token SET text = NULL"),
      "");
  EXPECT_THAT(problemAfter("UPDATE prompt_token SET text = NULL WHERE position = 0"),
              HasSubstr("prompt_tokens has 1 values, 2 are needed"));
}

TEST_F(Damage, WrongBlobsAreRefused) {
  EXPECT_THAT(problemAfter("UPDATE cka SET cka = x''"),
              HasSubstr("column cka is too short for its header"));
  EXPECT_THAT(problemAfter("UPDATE cka SET cka = zeroblob(24)"), HasSubstr("another version"));
  EXPECT_THAT(problemAfter("UPDATE cka SET cka = x'0102000000000000'"), HasSubstr("another type"));
  EXPECT_THAT(problemAfter("UPDATE cka SET cka = substr(cka, 1, 11)"),
              HasSubstr("middle of an element"));
  EXPECT_THAT(problemAfter("UPDATE cka SET cka = substr(cka, 1, 12)"),
              HasSubstr("cka has 1 values"));
  EXPECT_THAT(problemAfter("UPDATE latency SET decode_step_ns = x'01'"),
              HasSubstr("decode_step_ns"));
}

TEST_F(Damage, WrongJsonIsRefused) {
  EXPECT_THAT(problemAfter("UPDATE run SET spec = '{}'"),
              HasSubstr("column spec: model_dir is missing"));
  EXPECT_THAT(problemAfter("UPDATE run SET spec = 'not json'"), HasSubstr(path_));
  EXPECT_THAT(problemAfter("UPDATE run SET model = json_set(model, '$.num_layers', 'x')"),
              HasSubstr(path_));
  EXPECT_THAT(problemAfter("UPDATE run SET model = json_set(model, '$.head_dim', 'x')"),
              HasSubstr("column model: head_dim is \"x\", a whole number is needed"));
}

TEST_F(Damage, ExtremeTimesAreShown) {
  EXPECT_EQ(
      problemAfter("UPDATE span SET start_ns = -9223372036854775808, end_ns = 9223372036854775807"),
      "");
  EXPECT_EQ(problemAfter("UPDATE run SET seq_len = -5, dropped_spans = -9"), "");
}

TEST_F(Damage, ChangedBytesNeverCrash) {
  const std::string good = ScratchFolder::read(path_);
  std::mt19937 random(5);
  int refused = 0;
  for (int round = 0; round < 300; ++round) {
    std::string bad = good;
    for (uint32_t change = 0; change <= random() % 8; ++change) {
      // Half of the changes in the first pages, where the schema is.
      const size_t range = random() % 2 == 0 ? 8192 : bad.size();
      bad[random() % range] = static_cast<char>(random());
    }
    ScratchFolder::write(path_, bad);
    const std::string found = problem();
    refused += found.empty() ? 0 : 1;
    EXPECT_LT(found.size(), 600U) << found;
  }
  EXPECT_GT(refused, 20) << "the rest hit only values, or nothing";
  ScratchFolder::write(path_, good);
  EXPECT_EQ(problem(), "");
  EXPECT_EQ(folder_.contents().size(), 1U);
}

/// What a writer that was killed leaves: the file and a log, here with changed bytes in the log.
TEST_F(Damage, ChangedLogsNeverCrash) {
  const std::string left = folder_.file("left.xkv");
  {
    SessionStore writer = SessionStore::open(path_).value();
    ASSERT_TRUE(writer.setTitle(run_id_, "in the log only"));
    std::filesystem::copy_file(path_, left);
    std::filesystem::copy_file(path_ + "-wal", left + "-wal");
  }
  path_ = left;
  EXPECT_EQ(SessionStore::openReadOnly(path_)->load(run_id_)->title, "in the log only");
  const std::string good = ScratchFolder::read(path_ + "-wal");
  std::mt19937 random(7);
  for (int round = 0; round < 100; ++round) {
    std::string bad = good.substr(0, random() % 3 == 0 ? random() % good.size() : good.size());
    for (uint32_t change = 0; change < random() % 8 && !bad.empty(); ++change) {
      // Half of the changes in the header of the log and of its first frame.
      const size_t range = random() % 2 == 0 ? 56 : bad.size();
      bad[random() % std::min(range, bad.size())] = static_cast<char>(random());
    }
    ScratchFolder::write(path_ + "-wal", bad);
    EXPECT_LT(problem().size(), 600U);
    EXPECT_EQ(ScratchFolder::read(path_ + "-wal"), bad);
  }
}

TEST_F(Damage, ReplacedPagesNeverCrash) {
  const std::string good = ScratchFolder::read(path_);
  std::mt19937 random(6);
  const size_t pages = good.size() / 4096;
  for (int round = 0; round < 100; ++round) {
    std::string bad = good;
    bad.replace((1 + random() % (pages - 1)) * 4096, 4096,
                good.substr(random() % pages * 4096, 4096));
    ScratchFolder::write(path_, bad);
    problem();
  }
}

}  // namespace
}  // namespace xkv::storage
