// SPDX-License-Identifier: Apache-2.0
/// CSV by RFC 4180 with every digit, one file per noun, and files that are whole or not there.
#include "app/export/csv.h"

#include <gmock/gmock.h>

#include <cmath>
#include <filesystem>
#include <limits>

#include "app/export/csv_table.h"
#include "tests/app/cli/program_under_test.h"

namespace xkv {
namespace {

using ::testing::HasSubstr;

std::string fileOf(const Run& run, const std::string& name) {
  for (const CsvFile& file : csvFilesOf(run))
    if (file.name == name) return file.content;
  ADD_FAILURE() << name << " is missing";
  return "";
}

Run fakeRun() {
  xkv::Run run;
  RunSpec spec;
  spec.prompt_name = "a,b";
  for (const Record& record : cli::recordsOf(spec)) run.add(record);
  return run;
}

TEST(CsvTable, QuotesOnlyWhatNeedsIt) {
  CsvTable table({"plain", "comma,", "quote\"", "line\nbreak", ""});
  EXPECT_EQ(table.text(), "plain,\"comma,\",\"quote\"\"\",\"line\nbreak\",\r\n");
}

TEST(CsvTable, NumbersKeepEveryDigit) {
  CsvTable table({0.1F, 0.1, 1.0 / 3.0, int64_t{-5}, std::numeric_limits<uint64_t>::max(), true});
  EXPECT_EQ(table.text(), "0.1,0.1,0.3333333333333333,-5,18446744073709551615,1\r\n");
  EXPECT_EQ(CsvTable({NAN, INFINITY, std::optional<int64_t>{}}).text(), ",,\r\n");
}

TEST(Csv, CkaIsOneRowPerPair) {
  xkv::Run run;
  run.add(CkaRecord{.stream = Stream::value,
                    .num_layers = 2,
                    .num_layers_done = 2,
                    .seq_len = 7,
                    .cka = {1, 0.5F, 0.5F, 1},
                    .token_cosine = {1, 0.25F, 0.25F, NAN}});
  EXPECT_EQ(fileOf(run, "cka.csv"),
            "stream,layer_a,layer_b,cka,token_cosine,seq_len\r\nvalue,0,0,1,1,7\r\nvalue,0,1,0.5,0."
            "25,7\r\n"
            "value,1,0,0.5,0.25,7\r\nvalue,1,1,1,,7\r\n");
}

TEST(Csv, SpectrumIsOneRowPerRank) {
  SpectrumRecord spectrum;
  spectrum.first_layer = 2;
  spectrum.num_layers = 2;
  spectrum.seq_len = 5;
  spectrum.width = 8;
  spectrum.singular_values = {4, 3};
  spectrum.group_error = {1, 0.6F, 0};
  spectrum.layer_error = {1, 0.5F, 0, 1, 0.75F, 0};
  xkv::Run run;
  run.add(spectrum);
  EXPECT_EQ(fileOf(run, "spectrum.csv"),
            "stream,first_layer,num_layers,seq_len,width,rank,singular_value,group_error\r\n"
            "key,2,2,5,8,0,,1\r\nkey,2,2,5,8,1,4,0.6\r\nkey,2,2,5,8,2,3,0\r\n");
  EXPECT_THAT(fileOf(run, "layer_error.csv"), HasSubstr("key,2,2,3,1,0.75\r\n"));
}

TEST(Csv, ReconstructionHasGroupLayersHeadsAndTokens) {
  const std::string csv = fileOf(fakeRun(), "reconstruction.csv");
  EXPECT_EQ(std::count(csv.begin(), csv.end(), '\n'), 1 + 1 + 2 + 2 + 6);
  EXPECT_THAT(csv, HasSubstr("key,0,0,2,3,gram-subspace,fp32,token,1,,2,0.6\r\n"));
}

TEST(Csv, RecompressionIsOneRowPerSegment) {
  xkv::Run run;
  run.add(RecompressionRecord{.stream = Stream::value,
                              .group = 1,
                              .first_token = 96,
                              .num_tokens = 32,
                              .residual = 0.25,
                              .error = 0.125,
                              .rank_before = 8,
                              .rank_after = 12,
                              .resident_bytes = 4096});
  EXPECT_EQ(fileOf(run, "recompression.csv"),
            "stream,group,first_token,num_tokens,residual,error,rank_before,rank_after,"
            "resident_bytes\r\nvalue,1,96,32,0.25,0.125,8,12,4096\r\n");
}

SelectionRecord twoSteps() {
  SelectionRecord selection;
  selection.layer = 3;
  selection.seq_len = 64;
  selection.num_heads = 2;
  selection.num_kv_heads = 1;
  selection.chunk = 8;
  selection.landmark_chunks = 5;
  selection.outlier_chunks = 1;
  selection.chosen_chunks = 2;
  selection.num_steps = 2;
  selection.teacher_forced = true;
  selection.hit_rate = {NAN, 0.5F};
  selection.recall = {0.5F, 1, 0.25F, 0.75F};
  return selection;
}

TEST(Csv, SelectionIsOneRowPerLayerAndStep) {
  xkv::Run run;
  run.add(twoSteps());
  EXPECT_EQ(fileOf(run, "selection.csv"),
            "layer,step,seq_len,num_kv_heads,chunk,landmark_chunks,outlier_chunks,chosen_chunks,"
            "teacher_forced,hit_rate,mean_recall\r\n"
            "3,0,64,1,8,5,1,2,1,,0.75\r\n3,1,64,1,8,5,1,2,1,0.5,0.5\r\n");
}

TEST(Csv, SelectionWithoutRecallHasEmptyCells) {
  SelectionRecord selection = twoSteps();
  selection.recall.clear();
  xkv::Run run;
  run.add(selection);
  EXPECT_THAT(fileOf(run, "selection.csv"), HasSubstr("3,1,64,1,8,5,1,2,1,0.5,\r\n"));
}

TEST(Csv, RunHasItsRatiosAndQuotedName) {
  const std::string csv = fileOf(fakeRun(), "run.csv");
  EXPECT_THAT(csv, HasSubstr("\"a,b\""));
  EXPECT_THAT(csv, HasSubstr(",5.25,"));
}

TEST(Csv, ARunWithoutResultsHasHeadersOnly) {
  for (const CsvFile& file : csvFilesOf(xkv::Run{})) {
    const auto lines = std::count(file.content.begin(), file.content.end(), '\n');
    EXPECT_EQ(lines, file.name == "run.csv" ? 2 : 1) << file.name;
  }
}

TEST(Csv, RowsOfARecordThatIsTooShortAreEmptyCells) {
  xkv::Run run;
  run.add(CkaRecord{.num_layers = 2, .cka = {1}, .token_cosine = {}});
  EXPECT_THAT(fileOf(run, "cka.csv"), HasSubstr("key,1,1,,,0\r\n"));
}

class ExportedFiles : public cli::ProgramTest {};

TEST_F(ExportedFiles, ReplaceTheirOwnNamesAndLeaveOthersAlone) {
  write("cka.csv", "old");
  write("mine.csv", "mine");
  ASSERT_TRUE(exportCsv(fakeRun(), dir));
  EXPECT_THAT(read(path("cka.csv")), HasSubstr("layer_a"));
  EXPECT_EQ(read(path("mine.csv")), "mine");
  for (const auto& entry : std::filesystem::directory_iterator(dir))
    EXPECT_EQ(entry.path().extension(), ".csv") << entry.path();
}

TEST_F(ExportedFiles, AFolderInTheWayIsLeftAlone) {
  std::filesystem::create_directory(path("cka.csv"));
  const auto written = exportCsv(fakeRun(), dir);
  ASSERT_FALSE(written);
  EXPECT_THAT(written.error().message, HasSubstr("cka.csv is no regular file"));
}

TEST_F(ExportedFiles, AFullDiskIsSaidAndLeavesNothing) {
  std::filesystem::create_symlink("/dev/full", path("cka.csv"));
  EXPECT_FALSE(exportCsv(fakeRun(), dir));
}

}  // namespace
}  // namespace xkv
