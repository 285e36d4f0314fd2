// SPDX-License-Identifier: Apache-2.0
/// Every flag lands where it belongs, upstream's spellings too, and wrong flags are named.
#include "app/cli/command_line.h"

#include <gmock/gmock.h>

namespace xkv::cli {
namespace {

using ::testing::HasSubstr;

/// "run --model m | a b" split at spaces; | stands for a space inside a word.
std::vector<std::string> wordsOf(const std::string& text) {
  std::vector<std::string> words(1);
  for (const char c : text) {
    if (c == ' ')
      words.emplace_back();
    else
      words.back() += c == '|' ? ' ' : c;
  }
  return words;
}

CommandLine parsed(const std::string& text) {
  const auto line = parseCommandLine(wordsOf(text));
  EXPECT_TRUE(line) << text << ": " << line.error().message;
  return line.value_or(CommandLine{});
}

RunOptions run(const std::string& flags) {
  const CommandLine line = parsed("run --model m --prompt p" + (flags.empty() ? "" : " " + flags));
  EXPECT_EQ(line.command, Command::run);
  return line.run;
}

std::string refusal(const std::string& text) {
  const auto line = parseCommandLine(wordsOf(text));
  EXPECT_FALSE(line) << text;
  if (line) return "";
  EXPECT_EQ(line.error().kind, ErrorKind::usage);
  EXPECT_THAT(line.error().message, HasSubstr("--help'"));
  EXPECT_EQ(line.error().message.find('\n'), std::string::npos);
  return line.error().message;
}

TEST(RunFlags, DefaultsAreThoseOfTheSpec) {
  const RunOptions options = run("");
  EXPECT_EQ(options.engine.model, "m");
  EXPECT_EQ(options.prompt.prompt, "p");
  EXPECT_EQ(options.compression.config, CompressionConfig{});
  EXPECT_EQ(options.engine.dtype, Dtype::bf16);
  EXPECT_EQ(options.engine.device, Device::cpu);
  EXPECT_EQ(options.engine.prefill_chunk, 512);
  EXPECT_EQ(options.max_new_tokens, 32);
  EXPECT_EQ(options.sampling, Sampling{});
  EXPECT_FALSE(options.analysis || options.session || options.json || options.quiet);
}

TEST(RunFlags, CompressionFlags) {
  EXPECT_EQ(run("--method dense").compression.config.method, Method::dense);
  EXPECT_EQ(run("--layer-group-size 2").compression.config.layer_group_size, 2);
  EXPECT_EQ(run("--rank-k 24").compression.config.rank_k, 24);
  EXPECT_EQ(run("--rank-v=36").compression.config.rank_v, 36);
  EXPECT_EQ(run("--start-layer 1").compression.config.start_layer, 1);
  EXPECT_EQ(run("--end-layer 6").compression.config.end_layer, 6);
  EXPECT_EQ(run("--end-layer -1").compression.config.end_layer, -1);
  EXPECT_EQ(run("--config f.yaml").compression.config_file, "f.yaml");
  EXPECT_EQ(run("--factor-backend exact").compression.config.factor_backend, FactorBackend::exact);
  EXPECT_EQ(run("--factor-backend gram-evd").compression.config.factor_backend,
            FactorBackend::gram_evd);
  EXPECT_EQ(run("--factor-dtype fp32").compression.config.factor_dtype, Dtype::fp32);
  EXPECT_EQ(run("--rank-k 24 --layer-group-size 2").compression.flags_given,
            (std::vector<std::string>{"--layer-group-size", "--rank-k"}));
}

TEST(RunFlags, MiniCache) {
  const CompressionConfig config =
      run("--method minicache --slerp-t 0.6 --slerp_gamma 0.3 --slerp-keep upstream")
          .compression.config;
  EXPECT_EQ(config.method, Method::minicache);
  EXPECT_EQ(config.slerp_t, 0.6);
  EXPECT_EQ(config.slerp_gamma, 0.3);
  EXPECT_EQ(config.slerp_keep, SlerpKeep::upstream);
  EXPECT_EQ(config.start_layer, -1) << "from the middle of the model on";
  EXPECT_EQ(run("--method minicache --start-layer 0").compression.config.start_layer, 0);
}

TEST(RunFlags, QuantisedFactorsAndTargets) {
  const CompressionConfig bits =
      run("--token-basis-bits 8 --layer_factor_bits 4").compression.config;
  EXPECT_EQ(bits.token_basis_bits, 8);
  EXPECT_EQ(bits.layer_factor_bits, 4);
  EXPECT_EQ(run("--target-error 0.1").compression.config.target_error, 0.1);
  EXPECT_EQ(run("--target-energy 0.95").compression.config.target_energy, 0.95);
  EXPECT_EQ(run("--factor-backend randomized").compression.config.factor_backend,
            FactorBackend::randomized);
}

TEST(RunFlags, TurnsAndRecompression) {
  EXPECT_EQ(run("--turn first --turn [a,b]").turns, (std::vector<std::string>{"first", "[a,b]"}));
  const CompressionConfig config =
      run("--recompress-after 128 --recompress_residual 0.2").compression.config;
  EXPECT_EQ(config.recompress_after, 128);
  EXPECT_EQ(config.recompress_residual, 0.2);
  EXPECT_EQ(run("").compression.config.recompress_after, 0);
}

TEST(RunFlags, NeitherMergeFlagMeansBothAndOneMeansOnlyThat) {
  EXPECT_TRUE(run("").compression.config.merge_key && run("").compression.config.merge_value);
  EXPECT_TRUE(run("--merge-key").compression.config.merge_key);
  EXPECT_FALSE(run("--merge-key").compression.config.merge_value);
  EXPECT_FALSE(run("--merge-value").compression.config.merge_key);
  const CompressionConfig both = run("--merge-key --merge-value").compression.config;
  EXPECT_TRUE(both.merge_key && both.merge_value);
}

TEST(RunFlags, UpstreamSpellings) {
  const RunOptions options =
      run("--layer_group_size 8 --rank_k 3 --rank_v 4 --merge_k --start_layer_idx 2 "
          "--end_layer_idx -1");
  EXPECT_EQ(options.compression.config.layer_group_size, 8);
  EXPECT_EQ(options.compression.config.rank_k, 3);
  EXPECT_EQ(options.compression.config.rank_v, 4);
  EXPECT_EQ(options.compression.config.start_layer, 2);
  EXPECT_EQ(options.compression.config.end_layer, -1);
  EXPECT_FALSE(options.compression.config.merge_value);
  EXPECT_FALSE(run("--merge_v").compression.config.merge_key);
  EXPECT_FALSE(run("--merge_key").compression.config.merge_value);
  EXPECT_FALSE(run("--merge_value").compression.config.merge_key);
  EXPECT_EQ(run("--max_new_tokens 5").max_new_tokens, 5);
  EXPECT_EQ(run("--prefill_chunk 7").engine.prefill_chunk, 7);
  EXPECT_EQ(run("--start_layer 1 --end_layer 2").compression.config.end_layer, 2);
}

TEST(RunFlags, LayerGroups) {
  const auto groups = run("--layer-groups 0-3:24:36,4-5,6::48").compression.config.layer_groups;
  const std::vector<LayerGroup> expected = {
      {.first_layer = 0, .num_layers = 4, .rank_k = 24, .rank_v = 36},
      {.first_layer = 4, .num_layers = 2, .rank_k = {}, .rank_v = {}},
      {.first_layer = 6, .num_layers = 1, .rank_k = {}, .rank_v = 48}};
  EXPECT_EQ(groups, expected);
  for (const char* wrong :
       {"3-1", "a", "0-3:x", "0-3:0", "0-3,", "0-3:1:2:3", "-1", "0--1", ",", "9999999999999999"})
    EXPECT_THAT(refusal("run --model m --prompt p --layer-groups=" + std::string(wrong)),
                HasSubstr("--layer-groups has"));
}

TEST(RunFlags, GenerationAndEngineFlags) {
  const RunOptions options =
      run("--max-new-tokens 5 --temperature 0.7 --top-k 40 --top-p 0.9 --seed 18446744073709551615 "
          "--stop a "
          "--stop b|c --dtype fp32 --device cuda --prefill-chunk 64 --threads 2 --analysis group "
          "--session f.xkv --json --quiet");
  EXPECT_EQ(options.max_new_tokens, 5);
  EXPECT_EQ(
      options.sampling,
      (Sampling{.temperature = 0.7, .top_k = 40, .top_p = 0.9, .seed = 18446744073709551615U}));
  EXPECT_EQ(options.stop, (std::vector<std::string>{"a", "b c"}));
  EXPECT_EQ(options.engine.dtype, Dtype::fp32);
  EXPECT_EQ(options.engine.device, Device::cuda);
  EXPECT_EQ(options.engine.prefill_chunk, 64);
  EXPECT_EQ(options.engine.num_threads, 2);
  EXPECT_EQ(options.analysis, AnalysisScope::group);
  EXPECT_EQ(options.session, "f.xkv");
  EXPECT_TRUE(options.json && options.quiet);
}

TEST(RunFlags, TextsArriveAsTheyAre) {
  EXPECT_EQ(parsed("run --model m --prompt -").run.prompt.prompt, "-");
  EXPECT_EQ(parsed("run --model m --prompt --x_y").run.prompt.prompt, "--x_y");
  const auto empty = parseCommandLine({"run", "--model", "m", "--prompt", ""});
  ASSERT_TRUE(empty) << empty.error().message;
  EXPECT_EQ(empty->run.prompt.prompt, "");
  EXPECT_EQ(parsed("run --model m --prompt [a,b]").run.prompt.prompt, "[a,b]");
  EXPECT_EQ(run("--stop [a,b]").stop, (std::vector<std::string>{"[a,b]"}));
  EXPECT_EQ(parsed("run --model m --prompt-ids 5,7,9").run.prompt.prompt_ids, "5,7,9");
}

TEST(RunFlags, WrongValuesAreNamed) {
  const std::string start = "run --model m --prompt p ";
  EXPECT_THAT(refusal(start + "--rank-k abc"),
              HasSubstr("--rank-k is 'abc', a whole number is needed"));
  EXPECT_THAT(refusal(start + "--rank-k 0"), HasSubstr("at least 1"));
  EXPECT_THAT(refusal(start + "--rank-k 3.5"), HasSubstr("--rank-k is '3.5'"));
  EXPECT_THAT(refusal(start + "--rank-k 99999999999999999999"), HasSubstr("--rank-k is"));
  EXPECT_THAT(refusal(start + "--end-layer -2"), HasSubstr("at least -1"));
  EXPECT_THAT(refusal(start + "--layer-group-size 0"), HasSubstr("--layer-group-size is '0'"));
  EXPECT_THAT(refusal(start + "--dtype fp8"),
              HasSubstr("--dtype is 'fp8', one of fp32|bf16|fp16 is needed"));
  EXPECT_THAT(refusal(start + "--method slerp"), HasSubstr("dense|xkv"));
  EXPECT_THAT(refusal(start + "--analysis some"), HasSubstr("none|group|all"));
  EXPECT_THAT(refusal(start + "--device tpu"), HasSubstr("cpu|cuda"));
  EXPECT_THAT(refusal(start + "--temperature -1"), HasSubstr("--temperature"));
  EXPECT_THAT(refusal(start + "--temperature nan"), HasSubstr("--temperature"));
  EXPECT_THAT(refusal(start + "--temperature inf"), HasSubstr("--temperature"));
  EXPECT_THAT(refusal(start + "--top-p 1.5"), HasSubstr("at most 1"));
  EXPECT_THAT(refusal(start + "--max-new-tokens -1"), HasSubstr("--max-new-tokens"));
  EXPECT_THAT(refusal(start + "--prefill-chunk 0"), HasSubstr("--prefill-chunk"));
  EXPECT_THAT(refusal(start + "--seed -1"), HasSubstr("--seed"));
  EXPECT_THAT(refusal(start + "--token-basis-bits 16"),
              HasSubstr("--token-basis-bits is '16', 8 or 4 is needed"));
  EXPECT_THAT(refusal(start + "--layer-factor-bits 0"), HasSubstr("8 or 4 is needed"));
  EXPECT_THAT(refusal(start + "--slerp-t 1.5"), HasSubstr("--slerp-t is '1.5'"));
  EXPECT_THAT(refusal(start + "--slerp-gamma nan"), HasSubstr("--slerp-gamma"));
  EXPECT_THAT(refusal(start + "--slerp-keep both"), HasSubstr("divergent|upstream"));
  EXPECT_THAT(refusal(start + "--target-error 0"), HasSubstr("between 0 and 1"));
  EXPECT_THAT(refusal(start + "--target-energy 1"), HasSubstr("between 0 and 1"));
  EXPECT_THAT(refusal(start + "--target-energy 1.5"), HasSubstr("--target-energy is '1.5'"));
  EXPECT_THAT(refusal(start + "--no-such-flag"), HasSubstr("--no-such-flag"));
  EXPECT_THAT(refusal(start + "--rank-k"), HasSubstr("--rank-k"));
}

TEST(RunFlags, ContradictionsAreNamed) {
  EXPECT_THAT(refusal("run --prompt p"), HasSubstr("--model"));
  EXPECT_THAT(refusal("run --model m"), HasSubstr("no prompt"));
  EXPECT_THAT(refusal("run --model m --prompt p --prompt-ids 5"), HasSubstr("--prompt-ids"));
  EXPECT_THAT(refusal("run --model m --prompt p --config f --layer-group-size 2"),
              HasSubstr("--layer-group-size"));
  EXPECT_THAT(refusal("run --model m --prompt p --config f --layer-groups 0-1"),
              HasSubstr("--config"));
  EXPECT_THAT(refusal("run --model m --prompt p --layer_groups 0-1 --start_layer_idx 1"),
              HasSubstr("--start-layer"));
  EXPECT_THAT(refusal("run --model m --prompt p --config f --method dense"), HasSubstr("dense"));
  EXPECT_THAT(refusal("run --model m --prompt p --method minicache --layer-group-size 4"),
              HasSubstr("minicache merges pairs of layers; --layer-group-size 4 cannot be"));
  EXPECT_THAT(refusal("run --model m --prompt p --recompress-residual 0.1"),
              HasSubstr("--recompress-residual needs --recompress-after"));
  EXPECT_THAT(refusal("run --model m --prompt p --target-error 0.1 --target-energy 0.5"),
              HasSubstr("both given"));
  EXPECT_THAT(refusal("run --model m --prompt p --target-error 0.1 --rank-v 5"),
              HasSubstr("--target-error chooses the ranks; --rank-v cannot stand beside it"));
}

TEST(OtherCommands, Flags) {
  const CommandLine capture = parsed(
      "capture --model m --prompt-ids @i.json --force-ids 1,2 --hidden --logits --reconstructed "
      "--dtype "
      "fp32 --rank-k 3 --out o.safetensors");
  EXPECT_EQ(capture.command, Command::capture);
  EXPECT_EQ(capture.capture.force_ids, "1,2");
  EXPECT_TRUE(capture.capture.hidden && capture.capture.logits && capture.capture.reconstructed);
  EXPECT_EQ(capture.capture.out, "o.safetensors");
  EXPECT_EQ(capture.capture.compression.config.rank_k, 3);
  const CommandLine show = parsed("show f.xkv --run 2 --json");
  EXPECT_EQ(show.command, Command::show);
  EXPECT_EQ(show.show.session, "f.xkv");
  EXPECT_EQ(show.show.run, 2);
  EXPECT_TRUE(show.show.json);
  const CommandLine info = parsed("info m --tokens 65536 --rank_k 4");
  EXPECT_EQ(info.info.tokens, 65536);
  EXPECT_EQ(info.info.compression.config.rank_k, 4);
  EXPECT_EQ(parsed("export f.xkv --csv d").export_run.csv_dir, "d");
  EXPECT_EQ(parsed("export f.xkv --json -").export_run.json_file, "-");
  EXPECT_TRUE(parsed("tokenize --model m --decode --skip-special").tokenize.skip_special);
  EXPECT_EQ(parsed("serve").command, Command::serve);
}

TEST(OtherCommands, Session) {
  EXPECT_EQ(parsed("session list f.xkv").session.action, SessionAction::list);
  EXPECT_EQ(parsed("session remove f.xkv --run 3").session.run, 3);
  EXPECT_EQ(parsed("session copy f.xkv g.xkv").session.copy_to, "g.xkv");
  EXPECT_EQ(parsed("session note f.xkv --run 1 two|words").session.text, "two words");
  EXPECT_EQ(parsed("session tag f.xkv --run 1 a b").session.tags,
            (std::vector<std::string>{"a", "b"}));
  EXPECT_TRUE(parsed("session tag f.xkv --run 1").session.tags.empty());
  EXPECT_EQ(parsed("session title f.xkv --run 1 t").command, Command::session);
}

TEST(OtherCommands, WrongUse) {
  refusal("nonsense");
  refusal("show");
  refusal("show f.xkv --run 0");
  refusal("show f.xkv g.xkv");
  refusal("session");
  refusal("session remove f.xkv");
  refusal("tokenize --model m --skip-special");
  EXPECT_THAT(refusal("export f.xkv"), HasSubstr("--csv and --json"));
  EXPECT_THAT(refusal("export f.xkv --csv d --json f"), HasSubstr("--csv and --json"));
  EXPECT_THAT(refusal("capture --model m --prompt p"), HasSubstr("--out"));
  EXPECT_FALSE(parseCommandLine({}));
  EXPECT_FALSE(parseCommandLine({"run", "--model", "m", "--prompt", "p", "--\x1b[31m"}));
}

TEST(OtherCommands, ControlCharactersAreMadePrintable) {
  EXPECT_EQ(refusal("run --model m --prompt p --rank-k \x1b[31m").find('\x1b'), std::string::npos);
  EXPECT_EQ(refusal("run --model m --prompt p \x1b[31m").find('\x1b'), std::string::npos);
}

TEST(Help, OfEveryCommandNamesItsFlags) {
  for (const char* command : {"run", "show", "export", "info", "capture", "tokenize", "serve",
                              "session", "session list", "session tag"}) {
    const CommandLine line = parsed(std::string(command) + " --help");
    EXPECT_EQ(line.command, Command::print);
    EXPECT_THAT(line.text, HasSubstr("Usage: xkv " + std::string(command)));
    EXPECT_EQ(parsed(std::string(command) + " --version").text.rfind("xkv ", 0), 0U);
  }
  EXPECT_THAT(parsed("--help").text, HasSubstr("Exit codes"));
  EXPECT_THAT(parsed("run --help").text, HasSubstr("--layer-group-size N"));
  EXPECT_EQ(parsed("run --help").text.find("--layer_group_size N"), std::string::npos);
}

TEST(ShellQuoted, ReadsBackAsOneWord) {
  EXPECT_EQ(shellQuoted("plain-1.2"), "plain-1.2");
  EXPECT_EQ(shellQuoted("a b"), "'a b'");
  EXPECT_EQ(shellQuoted("it's"), "'it'\\''s'");
  EXPECT_EQ(shellQuoted(""), "''");
}

}  // namespace
}  // namespace xkv::cli
