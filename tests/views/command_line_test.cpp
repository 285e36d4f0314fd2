// SPDX-License-Identifier: GPL-3.0-or-later
/// The command line of a RunSpec says all that differs from the defaults, and survives a real
/// shell.
#include "views/command_line.h"

#include <gtest/gtest.h>

#include <QProcess>

#include "profiling/records/words.h"

namespace xkv::views {
namespace {

RunSpec specOf(const char* model, const char* prompt) {
  RunSpec spec;
  spec.model_dir = model;
  spec.prompt = prompt;
  return spec;
}

/// The arguments as a shell hands them on, one to a line.
QStringList throughShell(const QString& command) {
  QProcess shell;
  shell.start(QStringLiteral("sh"),
              {QStringLiteral("-c"),
               QStringLiteral("xkv() { for a; do printf '%s\\001' \"$a\"; done; }; ") + command});
  shell.waitForFinished();
  QStringList arguments = QString::fromUtf8(shell.readAllStandardOutput()).split(QChar(1));
  arguments.removeLast();
  return arguments;
}

TEST(CommandLineTest, DefaultsLeaveNoTrace) {
  EXPECT_EQ(commandLineOf(specOf("demo", "hello")), "xkv run --model demo --prompt hello");
}

TEST(CommandLineTest, ACapturedCacheIsAnalysed) {
  RunSpec spec;
  spec.cache_file = "my cache.safetensors";
  spec.dtype = Dtype::fp32;  // the file's own
  spec.max_new_tokens = 0;
  EXPECT_EQ(commandLineOf(spec), "xkv analyse 'my cache.safetensors'");
  spec.compression.rank_k = 20;
  spec.analysis = AnalysisScope::group;
  EXPECT_EQ(commandLineOf(spec),
            "xkv analyse 'my cache.safetensors' --rank-k 20 --analysis group");
}

TEST(CommandLineTest, EveryFlagAppearsWhenItsValueDiffers) {
  RunSpec spec = specOf("demo", "hello");
  spec.compression.layer_group_size = 8;
  spec.compression.rank_k = 20;
  spec.compression.rank_v = 30;
  spec.compression.merge_value = false;
  spec.compression.start_layer = 1;
  spec.compression.end_layer = 6;
  spec.compression.factor_backend = FactorBackend::exact;
  spec.compression.factor_dtype = Dtype::fp16;
  spec.dtype = Dtype::fp32;
  spec.device = Device::cuda;
  spec.analysis = AnalysisScope::group;
  spec.max_new_tokens = 5;
  spec.sampling = {0.7, 40, 0.95, 18446744073709551615U};
  spec.stop = {"\n", "END"};
  spec.prefill_chunk = 64;
  spec.num_threads = 2;
  EXPECT_EQ(
      commandLineOf(spec),
      "xkv run --model demo --prompt hello --layer-group-size 8 --rank-k 20 --rank-v 30 "
      "--merge-key "
      "--start-layer 1 --end-layer 6 --factor-backend exact --factor-dtype fp16 --dtype fp32 "
      "--device cuda --analysis group --max-new-tokens 5 --temperature 0.7 --top-k 40 --top-p 0.95 "
      "--seed 18446744073709551615 --stop '\n' --stop END --prefill-chunk 64 --threads 2");
}

TEST(CommandLineTest, TargetsStandInsteadOfRanks) {
  RunSpec spec = specOf("demo", "hello");
  spec.compression.target_error = 0.05;
  EXPECT_EQ(commandLineOf(spec), "xkv run --model demo --prompt hello --target-error 0.05");
  spec.compression.target_error.reset();
  spec.compression.target_energy = 0.99;
  EXPECT_EQ(commandLineOf(spec), "xkv run --model demo --prompt hello --target-energy 0.99");
}

TEST(CommandLineTest, SelectionIsSaidForTheMethodsThatSelect) {
  RunSpec spec = specOf("demo", "hello");
  spec.compression.selective = {.budget = 256,
                                .chunk = 16,
                                .local_chunks = 2,
                                .outlier_chunks = 0,
                                .landmarks = LandmarkForm::int8,
                                .share_selection = true};
  EXPECT_EQ(commandLineOf(spec), "xkv run --model demo --prompt hello") << "xkv reads every row";
  for (const Method method : {Method::xkv_sr, Method::xk_sr}) {
    spec.compression.method = method;
    const auto name = word(method);
    EXPECT_EQ(
        commandLineOf(spec),
        QStringLiteral("xkv run --model demo --prompt hello --method %1 --budget 256 --chunk 16 "
                       "--local-chunks 2 --outlier-chunks 0 --landmarks int8 --share-selection")
            .arg(QString::fromUtf8(name.data(), static_cast<qsizetype>(name.size()))));
  }
}

TEST(CommandLineTest, TheTemplateTurnsAndLinksAreSaid) {
  RunSpec spec = specOf("demo", "hello");
  spec.chat_template = "qwen3";
  spec.date_string = "25 Nov 2026";
  spec.enable_thinking = false;
  spec.turns = {"and then ?"};
  spec.follow_symlinks = true;
  EXPECT_EQ(commandLineOf(spec),
            "xkv run --model demo --prompt hello --template qwen3 "
            "--date-string '25 Nov 2026' --enable-thinking false --turn 'and then ?' "
            "--follow-symlinks");
}

TEST(CommandLineTest, DenseRunsCarryNoCompressionFlags) {
  RunSpec spec = specOf("demo", "hello");
  spec.compression.method = Method::dense;
  spec.compression.rank_k = 20;
  EXPECT_EQ(commandLineOf(spec), "xkv run --model demo --prompt hello --method dense");
}

TEST(CommandLineTest, IdsReplaceThePrompt) {
  RunSpec spec = specOf("demo", "not used");
  spec.prompt_ids = {5, 7, 9};
  EXPECT_EQ(commandLineOf(spec), "xkv run --model demo --prompt-ids 5,7,9");
}

TEST(CommandLineTest, CustomGroupsAreOneFlag) {
  RunSpec spec = specOf("demo", "hello");
  spec.compression.layer_groups = {
      {0, 1, 8, 12}, {1, 2, std::nullopt, std::nullopt}, {3, 2, std::nullopt, 48}, {5, 1, 7, {}}};
  EXPECT_EQ(commandLineOf(spec),
            "xkv run --model demo --prompt hello --layer-groups 0:8:12,1-2,3-4::48,5:7");
}

TEST(CommandLineTest, APromptThatStartsWithAnAtSignIsNoFile) {
  EXPECT_EQ(commandLineOf(specOf("demo", "@home")), "xkv run --model demo --prompt @@home");
}

TEST(CommandLineTest, APromptThatIsADashIsPipedIn) {
  EXPECT_EQ(commandLineOf(specOf("demo", "-")),
            "printf %s - | xkv run --model demo --prompt=-");
}

TEST(CommandLineTest, AShellHandsBackWhatWasMeant) {
  const RunSpec spec = specOf("/tmp/my models/it's", "What is $HOME?\n`id` \"é\" \\ *");
  EXPECT_EQ(throughShell(commandLineOf(spec)),
            (QStringList{"run", "--model", "/tmp/my models/it's", "--prompt",
                         QString::fromUtf8("What is $HOME?\n`id` \"é\" \\ *")}));
}

TEST(CommandLineTest, AValueThatLooksLikeAFlagStaysAValue) {
  EXPECT_EQ(throughShell(commandLineOf(specOf("demo", "-n 3"))),
            (QStringList{"run", "--model", "demo", "--prompt=-n 3"}));
  EXPECT_EQ(shellQuoted(u""), "''");
}

}  // namespace
}  // namespace xkv::views
