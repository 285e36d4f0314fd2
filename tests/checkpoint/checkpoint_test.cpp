// SPDX-License-Identifier: Apache-2.0
/// One file or shards, what an index may say, and where links may lead.
#include "engine/checkpoint/checkpoint.h"

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>

#include "tests/checkpoint/test_folder.h"

namespace xkv {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string oneTensor(const std::string& name, const std::string& dtype = "F32") {
  const std::size_t bytes = dtype == "F32" ? 8 : 4;
  return safetensorsBytes("{\"" + name + R"(":{"dtype":")" + dtype +
                              R"(","shape":[2,1],"data_offsets":[0,)" + std::to_string(bytes) +
                              "]}}",
                          bytes);
}

void writeIndex(const TestFolder& folder, const std::string& weight_map) {
  folder.write("model.safetensors.index.json",
               R"({"metadata":{"total_size":16},"weight_map":)" + weight_map + "}");
}

std::string refusalOf(const ModelFolder& model_dir) {
  const Result<Checkpoint> checkpoint = Checkpoint::open(model_dir);
  if (checkpoint) return "it was opened";
  EXPECT_EQ(checkpoint.error().kind, ErrorKind::bad_input);
  return checkpoint.error().message;
}

TEST(Checkpoint, OpensOneFile) {
  const TestFolder folder;
  folder.write("model.safetensors", oneTensor("w", "BF16"));
  const Result<Checkpoint> checkpoint = Checkpoint::open(folder.path());
  ASSERT_TRUE(checkpoint) << checkpoint.error().message;
  EXPECT_TRUE(checkpoint->has("w"));
  EXPECT_FALSE(checkpoint->has("v"));
  EXPECT_EQ(checkpoint->numParameters(), 2);
  EXPECT_EQ(checkpoint->totalBytes(), 4);
  EXPECT_EQ(checkpoint->weightDtype(), Dtype::bf16);
  const Result<TensorView> w = checkpoint->tensor("w", {2, 1});
  ASSERT_TRUE(w);
  EXPECT_EQ(w->data[3], std::byte{3});
}

TEST(Checkpoint, NamesTensorFileAndShapes) {
  const TestFolder folder;
  folder.write("model.safetensors", oneTensor("w"));
  const Result<Checkpoint> checkpoint = Checkpoint::open(folder.path());
  ASSERT_TRUE(checkpoint);
  EXPECT_THAT(checkpoint->tensor("w", {1, 2}).error().message,
              HasSubstr("model.safetensors: tensor w: has the shape [2, 1], [1, 2] is needed"));
  const Result<TensorView> missing = checkpoint->tensor("v", {2, 1});
  EXPECT_EQ(missing.error().message, folder.path() + "/model.safetensors: tensor v is missing");
  EXPECT_EQ(missing.error().kind, ErrorKind::bad_input);
}

TEST(Checkpoint, RefusesADtypeThatNoModelUses) {
  const TestFolder folder;
  folder.write("model.safetensors", oneTensor("w", "U16"));
  const Result<Checkpoint> checkpoint = Checkpoint::open(folder.path());
  ASSERT_TRUE(checkpoint) << "a tensor that nobody needs may have any dtype";
  EXPECT_THAT(checkpoint->tensor("w", {2, 1}).error().message,
              HasSubstr("tensor w: has the dtype U16, F32, F16 or BF16 is needed"));
}

TEST(Checkpoint, JoinsShardsAndCountsThem) {
  const TestFolder folder;
  folder.write("one.safetensors", oneTensor("b"));
  folder.write("two.safetensors", oneTensor("a", "F16"));
  writeIndex(folder, R"({"b":"one.safetensors","a":"two.safetensors"})");
  Result<Checkpoint> checkpoint = Checkpoint::open(folder.path());
  ASSERT_TRUE(checkpoint) << checkpoint.error().message;
  const Checkpoint moved = std::move(*checkpoint);
  EXPECT_THAT(moved.names(), ElementsAre("a", "b"));
  EXPECT_EQ(moved.numParameters(), 4);
  EXPECT_EQ(moved.totalBytes(), 12);
  EXPECT_EQ(moved.weightDtype(), Dtype::fp32);
  EXPECT_TRUE(moved.tensor("a", {2, 1}));
  EXPECT_THAT(moved.tensor("a", {3}).error().message, HasSubstr("two.safetensors: tensor a"));
}

TEST(Checkpoint, RefusesAFolderWithoutWeights) {
  const TestFolder folder;
  EXPECT_THAT(refusalOf(folder.path()),
              AllOf(HasSubstr(folder.path()), HasSubstr("holds neither")));
  EXPECT_THAT(refusalOf(folder / "missing"), HasSubstr("missing"));
  EXPECT_THAT(refusalOf(folder.write("file", "")), HasSubstr("file"));
}

TEST(Checkpoint, RefusesShardsThatAreMissingBrokenOrWithoutTheTensor) {
  const TestFolder folder;
  folder.write("one.safetensors", oneTensor("a"));
  writeIndex(folder, R"({"a":"one.safetensors","b":"two.safetensors"})");
  EXPECT_THAT(refusalOf(folder.path()), HasSubstr("two.safetensors: No such file"));
  folder.write("two.safetensors", "short");
  EXPECT_THAT(refusalOf(folder.path()), HasSubstr("two.safetensors: 5 bytes"));
  writeIndex(folder, R"({"a":"one.safetensors","b":"one.safetensors"})");
  EXPECT_THAT(refusalOf(folder.path()),
              HasSubstr("tensor b is listed in one.safetensors, which does not hold it"));
}

TEST(Checkpoint, RefusesShardNamesThatAreNoPlainNames) {
  const TestFolder outer;
  outer.write("x.safetensors", oneTensor("a"));
  outer.write("model/sub/x.safetensors", oneTensor("a"));
  for (const std::string name :
       {"../x.safetensors", "sub/x.safetensors", "/etc/passwd", "..", "", ".safetensors", "x.bin",
        R"(sub\\x.safetensors)", R"(x\u0000.safetensors)"}) {
    outer.write("model/model.safetensors.index.json", R"({"weight_map":{"a":")" + name + "\"}}");
    EXPECT_THAT(refusalOf(outer / "model"), HasSubstr("weight_map a is")) << name;
  }
}

TEST(Checkpoint, RefusesAnIndexThatIsNone) {
  const TestFolder folder;
  folder.write("one.safetensors", oneTensor("a"));
  writeIndex(folder, R"({"a":"one.safetensors","a":"one.safetensors"})");
  EXPECT_THAT(refusalOf(folder.path()), HasSubstr("index.json: the key a stands twice"));
  writeIndex(folder, "{}");
  EXPECT_THAT(refusalOf(folder.path()), HasSubstr("weight_map must be an object"));
  writeIndex(folder, R"(["a"])");
  EXPECT_THAT(refusalOf(folder.path()), HasSubstr("weight_map must be an object"));
  writeIndex(folder, R"({"a":["one.safetensors"]})");
  EXPECT_THAT(refusalOf(folder.path()), HasSubstr("weight_map a is array"));
  writeIndex(folder, std::string(1'000'000, '['));
  EXPECT_THAT(refusalOf(folder.path()), HasSubstr("nested deeper than 8 levels"));
  folder.write("model.safetensors.index.json", "[]");
  EXPECT_THAT(refusalOf(folder.path()), HasSubstr("the top is array"));
}

TEST(Checkpoint, FollowsLinksOnlyInsideTheFolderAndItsCacheRepository) {
  const TestFolder cache;
  cache.write("repo/blobs/77ab", oneTensor("w"));
  cache.write("repo/snapshots/main/real.safetensors", oneTensor("w"));
  cache.write("other.safetensors", oneTensor("w"));
  const std::string model_dir = cache / "repo/snapshots/main";
  const std::string link = model_dir + "/model.safetensors";
  const auto point_to = [&](const std::string& target) {
    std::filesystem::remove(link);
    std::filesystem::create_symlink(target, link);
  };
  point_to("../../blobs/77ab");
  EXPECT_TRUE(Checkpoint::open(model_dir));
  point_to("real.safetensors");
  EXPECT_TRUE(Checkpoint::open(model_dir));
  point_to("../../../other.safetensors");
  EXPECT_THAT(refusalOf(model_dir), HasSubstr("a link that leads out of the folder to"));
  EXPECT_TRUE(Checkpoint::open({model_dir, true}));
  point_to("model.safetensors");
  EXPECT_THAT(refusalOf(model_dir), HasSubstr("Too many levels of symbolic links"));
  point_to("nowhere");
  EXPECT_THAT(refusalOf(model_dir), HasSubstr("No such file"));
  std::filesystem::create_symlink(model_dir, cache / "named-by-the-user");
  point_to("../../blobs/77ab");
  EXPECT_TRUE(Checkpoint::open(cache / "named-by-the-user"));
}

TEST(Checkpoint, RefusesWeightsThatAreNoRegularFile) {
  const TestFolder folder;
  ASSERT_EQ(::mkfifo((folder / "model.safetensors").c_str(), 0600), 0);
  EXPECT_THAT(refusalOf(folder.path()), HasSubstr("model.safetensors: a pipe"));
}

TEST(Checkpoint, OpensTheDemoModel) {
  const Result<Checkpoint> checkpoint = Checkpoint::open(XKV_SOURCE_DIR "/resources/demo-model");
  ASSERT_TRUE(checkpoint) << checkpoint.error().message;
  EXPECT_EQ(checkpoint->numParameters(), 1'427'584);
  EXPECT_EQ(checkpoint->weightDtype(), Dtype::bf16);
  EXPECT_TRUE(checkpoint->tensor("model.layers.7.self_attn.k_proj.weight", {64, 128}));
}

}  // namespace
}  // namespace xkv
