// SPDX-License-Identifier: Apache-2.0
/// The real program on the demo model: what a user types, sees and does wrong.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <unistd.h>

#include <array>
#include <nlohmann/json.hpp>

#include "tests/cli/demo_model_test.h"

namespace xkv::testing {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

class RunBlackBox : public DemoModelTest {};

TEST_F(RunBlackBox, AnswersANeedleOverTheCompressedCache) {
  const Finished finished =
      run({"--prompt", kNeedle, "--max-new-tokens", "5", "--session", path("s.xkv")});
  ASSERT_EQ(finished.exit_code, 0) << finished.err;
  for (const char* part : {"8 layers", "Text over the compressed cache", "x published",
                           "true resident", "Against the dense cache", "Latency"})
    EXPECT_THAT(finished.out, HasSubstr(part));
  const Finished shown = xkv(dir, {"show", path("s.xkv"), "--run", "1", "--json"});
  const json shown_run = json::parse(shown.out);
  EXPECT_EQ(shown_run["finished"]["status"], "finished");
  EXPECT_EQ(shown_run["cka"].size(), 2U);
  EXPECT_EQ(shown_run["reconstructions"].size(), 4U);
  EXPECT_FALSE(std::filesystem::exists(path("s.xkv-wal")));
}

TEST_F(RunBlackBox, JsonAgreesWithTheDenseRun) {
  const Finished compressed =
      run({"--prompt", kNeedle, "--rank-k", "256", "--rank-v", "256", "--dtype", "fp32", "--json"});
  ASSERT_EQ(compressed.exit_code, 0) << compressed.err;
  const json whole = json::parse(compressed.out);
  const Finished dense = run({"--prompt", kNeedle, "--method", "dense", "--dtype", "fp32",
                              "--analysis", "none", "--json"});
  ASSERT_EQ(dense.exit_code, 0) << dense.err;
  EXPECT_EQ(whole["generations"][0]["text"], json::parse(dense.out)["generations"][0]["text"]);
  EXPECT_EQ(whole["divergence"]["first_divergent_token"], -1);
}

TEST_F(RunBlackBox, ThreeTokensAreEnough) {
  const Finished finished = run({"--prompt-ids", "5,7,9", "--max-new-tokens", "3"});
  EXPECT_EQ(finished.exit_code, 0) << finished.err;
  EXPECT_THAT(finished.out, HasSubstr("Prompt of 3 tokens"));
}

TEST_F(RunBlackBox, AWrongFolderIsRefused) {
  const Finished none = run({"--prompt", "x"}, path("none"));
  expectRefusal(none);
  EXPECT_THAT(none.err, HasSubstr("none"));
  expectRefusal(run({"--prompt", "x"}, dir));
  expectRefusal(run({"--prompt", "x"}, write("file", "x")));
}

TEST_F(RunBlackBox, HalfASafetensorsFileIsRefused) {
  const std::string model = copyOfModel();
  const std::string weights = model + "/model.safetensors";
  std::filesystem::permissions(weights, std::filesystem::perms::owner_all);
  std::filesystem::resize_file(weights, std::filesystem::file_size(weights) / 2);
  const Finished finished = run({"--prompt", kNeedle}, model);
  expectRefusal(finished);
  EXPECT_THAT(finished.err, HasSubstr("model.safetensors"));
}

TEST_F(RunBlackBox, AnUnknownArchitectureIsRefusedByName) {
  const std::string model = copyOfModel();
  json config = json::parse(contentOf(model + "/config.json"));
  config["model_type"] = "perceiver";
  std::filesystem::remove(model + "/config.json");
  std::ofstream(model + "/config.json") << config.dump();
  const Finished finished = run({"--prompt", kNeedle}, model);
  expectRefusal(finished);
  EXPECT_THAT(finished.err, HasSubstr("perceiver"));
}

TEST_F(RunBlackBox, APromptBeyondTheContextIsRefusedWithBothNumbers) {
  const json config = json::parse(contentOf(kDemoModel + "/config.json"));
  const auto context = config["max_position_embeddings"].get<int64_t>();
  const std::string ids = json(std::vector<int64_t>(static_cast<size_t>(context) + 1, 5)).dump();
  const Finished finished = run({"--prompt-ids", "@" + write("ids.json", ids)});
  expectRefusal(finished);
  EXPECT_THAT(finished.err, HasSubstr(std::to_string(context + 1)));
  EXPECT_THAT(finished.err, HasSubstr(std::to_string(context)));
}

TEST_F(RunBlackBox, RequestsThatTheModelCannotMeetAreRefused) {
  const Finished rank = run({"--prompt", kNeedle, "--rank-k", "257"});
  expectRefusal(rank);
  EXPECT_THAT(rank.err, HasSubstr("257"));
  EXPECT_THAT(rank.err, HasSubstr("256"));
  expectRefusal(run({"--prompt", kNeedle, "--end-layer", "8"}));
  expectRefusal(run({"--prompt", kNeedle, "--start-layer", "5", "--end-layer", "4"}));
  expectRefusal(run({"--prompt-ids", "5,100000"}));
  expectRefusal(run({"--prompt", kNeedle, "--layer-groups", "0-3,2-5"}));
  expectRefusal(run({"--prompt", kNeedle, "--session", write("s.xkv", "text")}));
  EXPECT_EQ(contentOf(path("s.xkv")), "text");
}

TEST_F(RunBlackBox, UsageIsExitCode2) {
  EXPECT_EQ(run({"--prompt", "x", "--no-such-flag"}).exit_code, 2);
  EXPECT_EQ(xkv(dir, {}).exit_code, 2);
}

TEST_F(RunBlackBox, CudaIsUsedOrRefusedAsADevice) {
  const Finished finished = run({"--prompt", kNeedle, "--device", "cuda", "--max-new-tokens", "1"});
  EXPECT_TRUE(finished.exit_code == 0 || finished.exit_code == 4)
      << finished.exit_code << finished.err;
  if (finished.exit_code == 4) {
    EXPECT_EQ(finished.err.find('\n'), finished.err.size() - 1) << finished.err;
  }
}

TEST_F(RunBlackBox, BytesThatAreNoUtf8AreUsed) {
  const Finished finished =
      run({"--prompt", "the \xff\xfe code", "--max-new-tokens", "1", "--json"});
  ASSERT_EQ(finished.exit_code, 0) << finished.err;
  EXPECT_TRUE(json::accept(finished.out));
}

TEST_F(RunBlackBox, AFullDiskBehindStandardOutputIsSaid) {
  const Finished finished = xkv(dir, {"info", kDemoModel}, {.out = "/dev/full"});
  EXPECT_EQ(finished.exit_code, 1);
  EXPECT_EQ(finished.err, "xkv: standard output cannot be written: No space left on device\n");
}

TEST_F(RunBlackBox, AReaderThatHasGoneIsNoNoise) {
  std::array<int, 2> fds{};
  ASSERT_EQ(pipe2(fds.data(), O_CLOEXEC), 0);
  close(fds[0]);
  const Finished finished = xkv(dir, {"info", kDemoModel}, {.out_fd = fds[1]});
  close(fds[1]);
  EXPECT_EQ(finished.exit_code, 1);
  EXPECT_EQ(finished.err, "");
}

TEST_F(RunBlackBox, CaptureNeedsNoTokenizer) {
  const std::string model = copyOfModel();
  std::filesystem::remove(model + "/tokenizer.json");
  const Finished finished =
      xkv(dir, {"capture", "--model", model, "--prompt-ids", "5,7,9", "--force-ids", "5,6",
                "--hidden", "--logits", "--reconstructed", "--out", path("o.safetensors")});
  ASSERT_EQ(finished.exit_code, 0) << finished.err;
  const std::string file = contentOf(path("o.safetensors"));
  for (const char* tensor : {"\"input_ids\"", "\"key.7\"", "\"value.0\"", "\"hidden.final\"",
                             "\"logits\"", "\"reconstructed.key.3\"", "\"decode_logits\""})
    EXPECT_THAT(file, HasSubstr(tensor));
}

}  // namespace
}  // namespace xkv::testing
