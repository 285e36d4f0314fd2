// SPDX-License-Identifier: GPL-3.0-or-later
/// The run form gives back what it was given, and says what is wrong before it sends anything.
#include "views/run_form.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <QComboBox>
#include <QLabel>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QSignalSpy>
#include <QSpinBox>

#include "profiling/layer_groups.h"
#include "tests/views/golden.h"

namespace xkv::views {
namespace {

RunSpec fullSpec() {
  RunSpec spec;
  spec.model_dir = "resources/demo-model";
  spec.prompt_name = "river";
  spec.prompt = "Q : what is the code of river ?\nA :";
  spec.compression.layer_group_size = 2;
  spec.compression.rank_k = 20;
  spec.compression.rank_v = 30;
  spec.compression.merge_value = false;
  spec.compression.start_layer = 1;
  spec.compression.end_layer = 6;
  spec.compression.factor_backend = FactorBackend::exact;
  spec.compression.factor_dtype = Dtype::fp16;
  spec.compression.token_basis_bits = 8;
  spec.compression.layer_factor_bits = 4;
  spec.compression.recompress_after = 64;
  spec.chat_template = "qwen3";
  spec.date_string = "25 Nov 2026";
  spec.enable_thinking = false;
  spec.turns = {"and the other ?"};  // not shown in the form, and not lost by it
  spec.dtype = Dtype::fp32;
  spec.analysis = AnalysisScope::group;
  spec.max_new_tokens = 12;
  spec.sampling = {0.7, 40, 0.95, 18446744073709551615U};
  spec.stop = {"\n\n", "END"};
  spec.prefill_chunk = 128;
  spec.num_threads = 2;
  return spec;
}

ModelShape demoShape() {
  ModelShape shape;
  shape.num_layers = 8;
  shape.num_kv_heads = 2;
  shape.head_dim = 32;
  return shape;
}

/// The field that a screen reader calls so.
template <class Field>
Field* fieldOf(const RunForm& form, const char* spoken) {
  for (Field* field : form.findChildren<Field*>())
    if (field->accessibleName() == QLatin1String(spoken)) return field;
  return nullptr;
}

TEST(RunFormTest, GivesBackWhatItWasGiven) {
  RunForm form;
  form.setSpec(fullSpec());
  EXPECT_EQ(form.spec(), fullSpec());
  form.setSpec(RunSpec{});
  EXPECT_EQ(form.spec(), RunSpec{});
}

TEST(RunFormTest, MiniCacheStartsWhereTheMethodDoes) {
  RunForm form;
  RunSpec spec = fullSpec();
  spec.compression.method = Method::minicache;
  spec.compression.start_layer = -1;
  spec.compression.slerp_keep = SlerpKeep::upstream;
  spec.compression.slerp_gamma = 0.1;
  form.setSpec(spec);
  EXPECT_EQ(form.spec(), spec);
  form.setSpec(RunSpec{});
  auto* method = fieldOf<QComboBox>(form, "Method");
  ASSERT_NE(method, nullptr);
  method->setCurrentText("minicache");
  EXPECT_EQ(form.spec().compression.start_layer, -1);
  method->setCurrentText("xkv");
  EXPECT_EQ(form.spec().compression.start_layer, 0);
}

TEST(RunFormTest, ATargetTakesThePlaceOfRanks) {
  RunForm form;
  RunSpec spec = fullSpec();
  spec.compression.rank_k.reset();
  spec.compression.rank_v.reset();
  spec.compression.target_error = 0.125;
  form.setSpec(spec);
  EXPECT_EQ(form.spec(), spec);
  EXPECT_TRUE(form.problems().empty()) << "ranks are not sent beside a target";
  spec.compression.target_error.reset();
  spec.compression.target_energy = 0.99;
  form.setSpec(spec);
  EXPECT_EQ(form.spec(), spec);
  spec.compression.target_energy.reset();
  form.setSpec(spec);
  EXPECT_EQ(form.spec(), spec);
}

TEST(RunFormTest, RankFieldsRestWhileATargetChooses) {
  RunForm form;
  form.setSpec(fullSpec());
  auto* rank = fieldOf<QSpinBox>(form, "Rank of keys; 0 is the default");
  ASSERT_NE(rank, nullptr);
  EXPECT_TRUE(rank->isEnabled());
  fieldOf<QComboBox>(form, "Ranks, or what chooses them")->setCurrentText("target error");
  EXPECT_FALSE(rank->isEnabled());
  EXPECT_FALSE(form.spec().compression.rank_k);
  EXPECT_TRUE(form.spec().compression.target_error);
}

TEST(RunFormTest, SelectiveFieldsAreShownForTheMethodsThatSelect) {
  RunForm form;
  RunSpec spec = fullSpec();
  spec.compression.method = Method::xkv_sr;
  spec.compression.selective = {.budget = 256,
                                .chunk = 16,
                                .local_chunks = 2,
                                .outlier_chunks = 0,
                                .landmarks = LandmarkForm::int8,
                                .share_selection = true};
  form.setSpec(spec);
  EXPECT_EQ(form.spec(), spec);
  form.show();
  auto* budget = fieldOf<QSpinBox>(form, "Tokens that are rebuilt per KV head and step");
  ASSERT_NE(budget, nullptr);
  EXPECT_TRUE(budget->isVisible());
  fieldOf<QComboBox>(form, "Method")->setCurrentText("xkv");
  EXPECT_FALSE(budget->isVisible());
}

TEST(RunFormCheckTest, SaysWhatThePlanSays) {
  RunSpec spec = fullSpec();
  spec.compression.target_error = 0.05;  // beside ranks
  const auto plan = planGroups(spec.compression, cacheShapeOf(demoShape()), 1000);
  ASSERT_FALSE(plan);
  const auto problems = problemsOf(spec, demoShape());
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_EQ(problems[0].sentence, plan.error().message + ".");
}

TEST(RunFormTest, LatentsAloneAreCompressedUnlessAsked) {
  RunForm form;
  form.setSpec(RunSpec{});
  ModelShape shape = demoShape();
  shape.kv_lora_rank = 64;
  shape.qk_rope_head_dim = 16;
  form.setModelShape(shape);
  EXPECT_TRUE(form.spec().compression.merge_key);
  EXPECT_FALSE(form.spec().compression.merge_value);
}

TEST(RunFormTest, CustomGroupsSurvive) {
  RunSpec spec = fullSpec();
  spec.compression.layer_groups = {{0, 1, 8, 12}, {1, 2, std::nullopt, std::nullopt}};
  RunForm form;
  form.setSpec(spec);
  EXPECT_EQ(form.spec(), spec);
}

TEST(RunFormTest, ANameBelongsToItsPrompt) {
  RunForm form;
  form.setSpec(fullSpec());
  form.findChild<QPlainTextEdit*>()->setPlainText("another prompt");
  EXPECT_EQ(form.spec().prompt_name, "");
}

TEST(RunFormTest, RunIsSentOnlyWhenNothingIsWrong) {
  RunForm form;
  QSignalSpy sent(&form, &RunForm::runRequested);
  QPushButton* run = nullptr;
  for (QPushButton* button : form.findChildren<QPushButton*>())
    if (button->text() == "Run") run = button;
  ASSERT_NE(run, nullptr);
  EXPECT_FALSE(run->isEnabled());
  form.setSpec(fullSpec());
  ASSERT_TRUE(run->isEnabled());
  run->click();
  ASSERT_EQ(sent.count(), 1);
  EXPECT_EQ(sent[0][0].value<RunSpec>(), fullSpec());
}

TEST(RunFormTest, ALongPromptLeavesRoomForTheFields) {
  RunForm form;
  RunSpec spec = fullSpec();
  spec.prompt = std::string(5000, 'a') + "\n";
  form.setSpec(spec);
  QLabel* command = nullptr;
  for (QLabel* label : form.findChildren<QLabel*>()) {
    if (label->text().startsWith(QStringLiteral("xkv run"))) command = label;
  }
  ASSERT_NE(command, nullptr);
  EXPECT_LT(command->text().size(), 500);
  EXPECT_TRUE(command->text().endsWith(QStringLiteral("--threads 2")))
      << "the end, where the flags are, is in sight";
}

TEST(RunFormTest, ASeedThatIsNoNumberIsNamed) {
  RunForm form;
  form.setSpec(fullSpec());
  for (QLineEdit* line : form.findChildren<QLineEdit*>())
    if (line->accessibleName() == "Seed") line->setText("-1");
  ASSERT_EQ(form.problems().size(), 1U);
  EXPECT_EQ(form.problems()[0].field, FormField::sampling);
}

TEST(RunFormCheckTest, NamesWhatIsMissing) {
  const auto problems = problemsOf(RunSpec{}, std::nullopt);
  ASSERT_EQ(problems.size(), 2U);
  EXPECT_EQ(problems[0].field, FormField::model_dir);
  EXPECT_EQ(problems[1].field, FormField::prompt);
}

TEST(RunFormCheckTest, KnowsTheModelsLayersAndWidth) {
  RunSpec spec = fullSpec();
  EXPECT_TRUE(problemsOf(spec, demoShape()).empty());
  spec.compression.rank_k = 129;
  ASSERT_EQ(problemsOf(spec, demoShape()).size(), 1U);
  EXPECT_THAT(problemsOf(spec, demoShape())[0].sentence, testing::HasSubstr("129"));
  EXPECT_TRUE(problemsOf(spec, std::nullopt).empty()) << "without a shape the engine decides";
  spec = fullSpec();
  spec.compression.end_layer = 8;
  EXPECT_EQ(problemsOf(spec, demoShape()).size(), 1U);
}

TEST(RunFormCheckTest, RefusesNothingToCompressAndBadIds) {
  RunSpec spec = fullSpec();
  spec.compression.merge_key = spec.compression.merge_value = false;
  spec.prompt_ids = {5, -1};
  const auto problems = problemsOf(spec, std::nullopt);
  ASSERT_EQ(problems.size(), 2U);
  EXPECT_EQ(problems[0].field, FormField::prompt);
  EXPECT_EQ(problems[1].field, FormField::compression);
}

TEST(RunFormCheckTest, SaysWhenSamplingHasNoEffect) {
  RunSpec spec = fullSpec();
  spec.sampling = {0, 40, 1, 0};
  ASSERT_EQ(problemsOf(spec, std::nullopt).size(), 1U);
  spec.sampling = {0.5, 0, 0, 0};
  EXPECT_EQ(problemsOf(spec, std::nullopt).size(), 1U);
}

TEST(RunFormPictureTest, Filled) {
  RunForm form;
  form.setSpec(fullSpec());
  form.setModelShape(demoShape());
  EXPECT_TRUE(matchesGoldens(form, {720, 690}, "run-form"));
}

TEST(RunFormPictureTest, SelectiveByTarget) {
  RunForm form;
  RunSpec spec = fullSpec();
  spec.compression.method = Method::xkv_sr;
  spec.compression.rank_k.reset();
  spec.compression.rank_v.reset();
  spec.compression.target_error = 0.05;
  form.setSpec(spec);
  form.setModelShape(demoShape());
  EXPECT_TRUE(matchesGoldens(form, {720, 760}, "run-form-selective"));
}

TEST(RunFormPictureTest, WithSentences) {
  RunForm form;
  RunSpec spec;
  spec.compression.rank_k = 4000;
  spec.sampling.top_k = 3;
  form.setSpec(spec);
  form.setModelShape(demoShape());
  EXPECT_TRUE(matchesGoldens(form, {720, 740}, "run-form-problems"));
}

}  // namespace
}  // namespace xkv::views
