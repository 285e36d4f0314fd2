// SPDX-License-Identifier: GPL-3.0-or-later
/// How the run form is put together.
#include <QCheckBox>
#include <QClipboard>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QGridLayout>
#include <QGuiApplication>
#include <QLabel>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QSpinBox>
#include <QVBoxLayout>
#include <utility>

#include "profiling/records/chat_names.h"
#include "profiling/records/words.h"
#include "views/command_line.h"
#include "views/run_form.h"
#include "views/theme.h"

namespace xkv::views {
using namespace Qt::StringLiterals;
namespace {

constexpr int kMostNumber = 1 << 30;
constexpr int kLabelColumn = 104;

QString text(std::string_view words) {
  return QString::fromUtf8(words.data(), static_cast<qsizetype>(words.size()));
}

QSpinBox* spinBox(int least, const QString& spoken, const QString& least_text = {}) {
  auto* box = new QSpinBox;
  box->setRange(least, kMostNumber);
  box->setAccessibleName(spoken);
  box->setSpecialValueText(least_text);
  box->setLocale(QLocale::c());
  return box;
}

QDoubleSpinBox* realBox(double least, double most, const QString& spoken) {
  auto* box = new QDoubleSpinBox;
  box->setRange(least, most);
  box->setSingleStep(0.05);
  box->setDecimals(3);
  box->setAccessibleName(spoken);
  box->setLocale(QLocale::c());
  return box;
}

template <class Enum>
QComboBox* wordBox(std::initializer_list<Enum> values, const QString& spoken) {
  auto* box = new QComboBox;
  for (const Enum value : values) box->addItem(text(word(value)), static_cast<int>(value));
  box->setAccessibleName(spoken);
  return box;
}

QComboBox* bitsBox(const QString& spoken) {
  auto* box = new QComboBox;
  box->addItem(u"as the type"_s, 0);
  for (const int bits : {8, 4}) box->addItem(QStringLiteral("%1 bit").arg(bits), bits);
  box->setAccessibleName(spoken);
  return box;
}

QLabel* heading(const QString& words) {
  auto* label = new QLabel(words);
  label->setFont(textFont(13, QFont::Medium));
  return label;
}

QGridLayout* gridIn(QWidget* section, const QString& title) {
  auto* grid = new QGridLayout(section);
  grid->setContentsMargins(0, 0, 0, 0);
  grid->setHorizontalSpacing(px(8));
  grid->setVerticalSpacing(px(4));
  grid->setColumnMinimumWidth(0, px(kLabelColumn));
  grid->setColumnStretch(1, 1);
  grid->addWidget(heading(title), 0, 0, 1, 2);
  return grid;
}

QWidget* sideBySide(std::initializer_list<QWidget*> widgets) {
  auto* holder = new QWidget;
  auto* row = new QHBoxLayout(holder);
  row->setContentsMargins(0, 0, 0, 0);
  row->setSpacing(px(8));
  for (QWidget* widget : widgets)
    row->addWidget(widget, qobject_cast<QLabel*>(widget) != nullptr ? 0 : 1);
  return holder;
}

}  // namespace

int RunForm::addRow(QGridLayout& grid, const QString& label, QWidget* field,
                    std::optional<FormField> checked) {
  const int row = grid.rowCount();
  auto* name = new QLabel(label);
  name->setFont(textFont(12));
  name->setBuddy(field);
  grid.addWidget(name, row, 0, Qt::AlignLeft | Qt::AlignVCenter);
  grid.addWidget(field, row, 1);
  if (!checked) return row;
  auto* sentence = new QLabel;
  sentence->setWordWrap(true);
  sentence->setFont(textFont(12));
  sentence->setTextFormat(Qt::RichText);
  grid.addWidget(sentence, row + 1, 0, 1, 2);
  sentences_[*checked] = sentence;
  return row;
}

QWidget* RunForm::buildPrompt() {
  auto* section = new QWidget;
  auto* grid = gridIn(section, u"Model and prompt"_s);
  model_dir_->setAccessibleName(u"Model folder"_s);
  model_dir_->setPlaceholderText(u"Folder with config.json, weights and tokenizer.json"_s);
  auto* browse = new QPushButton(u"Choose…"_s);
  icons_.push_back({browse, u"folder"_s});
  connect(browse, &QPushButton::clicked, this, &RunForm::chooseModel);
  auto* model_row = sideBySide({model_dir_});
  model_row->layout()->addWidget(browse);
  addRow(*grid, u"Model"_s, model_row, FormField::model_dir);
  prompt_->setAccessibleName(u"Prompt text"_s);
  prompt_->setFixedHeight(px(72));
  prompt_->setTabChangesFocus(true);
  prompt_->setFont(monoFont(12));
  auto* from_file = new QPushButton(u"From file…"_s);
  icons_.push_back({from_file, u"open_file"_s});
  connect(from_file, &QPushButton::clicked, this, &RunForm::choosePromptFile);
  auto* prompt_row = sideBySide({prompt_});
  prompt_row->layout()->addWidget(from_file);
  prompt_row->layout()->setAlignment(from_file, Qt::AlignTop);
  addRow(*grid, u"Prompt"_s, prompt_row);
  prompt_ids_ = new QLineEdit;
  prompt_ids_->setAccessibleName(u"Prompt as token ids"_s);
  prompt_ids_->setPlaceholderText(u"5, 7, 9 – used as they are, instead of the text"_s);
  chat_template_ = new QComboBox;
  chat_template_->setAccessibleName(u"Chat template"_s);
  chat_template_->setToolTip(
      u"raw: the prompt as it stands. auto: as a user's message through the template of the model's "
      u"folder. A name: through that one."_s);
  chat_template_->addItem(u"raw"_s, QString());
  chat_template_->addItem(text(kAutoChatTemplate), text(kAutoChatTemplate));
  for (const std::string_view name : kChatTemplates)
    chat_template_->addItem(text(name), text(name));
  auto* template_name = new QLabel(u"Template"_s);
  template_name->setBuddy(chat_template_);
  addRow(*grid, u"Token ids"_s, sideBySide({prompt_ids_, template_name, chat_template_}),
         FormField::prompt);
  date_string_ = new QLineEdit;
  date_string_->setAccessibleName(u"Today's date in the chat template"_s);
  date_string_->setPlaceholderText(u"date in the system prompt, of templates that have one"_s);
  enable_thinking_ = new QComboBox;
  enable_thinking_->setAccessibleName(u"Thinking before an answer"_s);
  enable_thinking_->addItems({u"as the template"_s, u"true"_s, u"false"_s});  // as enum Thinking
  auto* thinking_name = new QLabel(u"Thinking"_s);
  thinking_name->setBuddy(enable_thinking_);
  chat_rows_.push_back({grid, addRow(*grid, u"Date"_s,
                                     sideBySide({date_string_, thinking_name, enable_thinking_}))});
  return section;
}

QWidget* RunForm::buildCompression() {
  auto* section = new QWidget;
  auto* grid = gridIn(section, u"Compression"_s);
  method_ = wordBox({Method::xkv, Method::xkv_sr, Method::xk_sr, Method::minicache, Method::dense},
                    u"Method"_s);
  layer_group_size_ = spinBox(1, u"Layers that share one basis"_s);
  custom_groups_ = new QLabel;
  custom_groups_->setFont(textFont(12));
  depth_ = new QComboBox;
  depth_->addItems({u"ranks"_s, u"target error"_s, u"target energy"_s});  // as enum Depth
  depth_->setAccessibleName(u"Ranks, or what chooses them"_s);
  target_ = realBox(0, 1, u"The target of each group, a share"_s);
  target_->setDecimals(4);
  target_->setRange(0.0001, 0.9999);
  target_->setSingleStep(0.01);
  rank_k_ = spinBox(0, u"Rank of keys; 0 is the default"_s, u"default"_s);
  rank_v_ = spinBox(0, u"Rank of values; 0 is the default"_s, u"default"_s);
  merge_key_ = new QCheckBox(u"keys"_s);
  merge_value_ = new QCheckBox(u"values"_s);
  start_layer_ = spinBox(-1, u"First compressed layer; -1 is the method's own"_s, u"own"_s);
  end_layer_ = spinBox(-1, u"Last compressed layer; -1 is the model's last"_s, u"last"_s);
  factor_backend_ = wordBox({FactorBackend::gram_subspace, FactorBackend::gram_evd,
                             FactorBackend::randomized, FactorBackend::exact},
                            u"SVD back end"_s);
  factor_dtype_ = wordBox({Dtype::fp32, Dtype::bf16, Dtype::fp16}, u"Type of the factors"_s);
  factor_dtype_->insertItem(0, u"as the run"_s, -1);
  token_basis_bits_ = bitsBox(u"Bits of the codes of A"_s);
  layer_factor_bits_ = bitsBox(u"Bits of the codes of B"_s);
  recompress_after_ =
      spinBox(0, u"New tokens are factored in segments of this many; 0 is off"_s, u"off"_s);
  slerp_keep_ =
      wordBox({SlerpKeep::divergent, SlerpKeep::upstream}, u"Rows that keep their originals"_s);
  slerp_keep_->setToolTip(
      u"divergent: rows that diverge keep their originals, as the MiniCache paper says. "
      u"upstream: the others do, as upstream's code does."_s);
  slerp_gamma_ = realBox(0, 1, u"gamma: rows above min + gamma (max - min) diverge"_s);
  addRow(*grid, u"method"_s, method_);
  addFactorRows(*grid);
  addSelectiveRows(*grid);
  auto* slerp_row = sideBySide({slerp_keep_, slerp_gamma_});
  minicache_rows_.push_back({grid, addRow(*grid, u"MiniCache"_s, slerp_row)});
  auto* merge_row = sideBySide({merge_key_, merge_value_});
  auto* layer_row = sideBySide({start_layer_, new QLabel(u"to"_s), end_layer_});
  addRow(*grid, u"compress"_s, merge_row);
  addRow(*grid, u"layers"_s, layer_row, FormField::compression);
  compression_only_ = {merge_row, layer_row};
  return section;
}

void RunForm::addFactorRows(QGridLayout& grid) {
  factored_only_ = {sideBySide({layer_group_size_, custom_groups_}),
                    sideBySide({depth_, target_}),
                    sideBySide({rank_k_, rank_v_}),
                    sideBySide({factor_backend_, factor_dtype_}),
                    sideBySide({token_basis_bits_, layer_factor_bits_})};
  const QString names[] = {u"group size"_s, u"chosen by"_s, u"ranks"_s, u"SVD, type"_s,
                           u"codes of A, B"_s};
  for (size_t i = 0; i < factored_only_.size(); ++i) addRow(grid, names[i], factored_only_[i]);
  factored_only_.push_back(recompress_after_);  // stands with the generation
}

void RunForm::addSelectiveRows(QGridLayout& grid) {
  budget_ = spinBox(1, u"Tokens that are rebuilt per KV head and step"_s);
  chunk_ = spinBox(1, u"Tokens of a chunk, which share a landmark"_s);
  local_chunks_ = spinBox(0, u"Last chunks of the prompt, exact"_s);
  outlier_chunks_ =
      spinBox(-1, u"Exact chunks per KV head; -1 is 24 budget / 1024"_s, u"default"_s);
  landmarks_ = wordBox({LandmarkForm::cache, LandmarkForm::int8}, u"How landmarks are kept"_s);
  share_selection_ = new QCheckBox(u"one selection for all heads"_s);
  for (const auto& [name, field] : std::initializer_list<std::pair<QString, QWidget*>>{
           {u"budget, chunk"_s, sideBySide({budget_, chunk_})},
           {u"local, outlier"_s, sideBySide({local_chunks_, outlier_chunks_})},
           {u"landmarks"_s, sideBySide({landmarks_, share_selection_})}}) {
    selective_rows_.push_back({&grid, addRow(grid, name, field)});
  }
}

QWidget* RunForm::buildGeneration() {
  auto* section = new QWidget;
  auto* grid = gridIn(section, u"Engine and generation"_s);
  dtype_ = wordBox({Dtype::bf16, Dtype::fp32}, u"Type of weights, activations and cache"_s);
  device_ = wordBox({Device::cpu}, u"Device"_s);
  analysis_ =
      wordBox({AnalysisScope::all, AnalysisScope::group, AnalysisScope::none}, u"Analysis"_s);
  analysis_->setToolTip(
      u"all: CKA of all pairs, spectra of all group sizes, comparison with dense. "
      u"group: the run's own groups. none: least memory."_s);
  max_new_tokens_ = spinBox(0, u"Most new tokens"_s);
  temperature_ = realBox(0, 100, u"Temperature; 0 is greedy"_s);
  temperature_->setSpecialValueText(u"greedy"_s);
  top_k_ = spinBox(0, u"top_k; 0 is off"_s, u"off"_s);
  top_p_ = realBox(0, 1, u"top_p; 1 is off"_s);
  seed_ = new QLineEdit;
  seed_->setAccessibleName(u"Seed"_s);
  stop_ = new QPlainTextEdit;
  stop_->setAccessibleName(u"Stop strings, one a line"_s);
  stop_->setPlaceholderText(u"one a line"_s);
  stop_->setFixedHeight(px(48));
  stop_->setTabChangesFocus(true);
  prefill_chunk_ = spinBox(1, u"Tokens that pass a layer at a time"_s);
  num_threads_ = spinBox(0, u"Threads; 0 is all cores"_s, u"all cores"_s);
  addRow(*grid, u"type"_s, sideBySide({dtype_, device_}));
  addRow(*grid, u"analysis"_s, analysis_);
  addRow(*grid, u"new tokens"_s, max_new_tokens_);
  addRow(*grid, u"re-compress"_s, recompress_after_);
  addRow(*grid, u"temperature"_s, temperature_);
  addRow(*grid, u"top_k, top_p"_s, sideBySide({top_k_, top_p_}));
  addRow(*grid, u"seed"_s, seed_, FormField::sampling);
  addRow(*grid, u"stop"_s, stop_);
  addRow(*grid, u"chunk, threads"_s, sideBySide({prefill_chunk_, num_threads_}));
  return section;
}

QWidget* RunForm::buildButtons() {
  auto* holder = new QWidget;
  auto* column = new QVBoxLayout(holder);
  column->setContentsMargins(0, 0, 0, 0);
  column->setSpacing(px(8));
  command_ = new QLabel;
  command_->setFont(monoFont(11));
  command_->setWordWrap(true);
  command_->setTextFormat(Qt::PlainText);
  command_->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
  command_->setAccessibleName(u"The same run on the command line"_s);
  column->addWidget(command_);
  auto* row = new QHBoxLayout;
  row->setSpacing(px(8));
  auto* copy = new QPushButton(u"Copy as CLI"_s);
  icons_.push_back({copy, u"copy"_s});
  auto* cancel = new QPushButton(u"Cancel"_s);
  run_ = new QPushButton(u"Run"_s);
  run_->setProperty("primary", true);
  run_->setDefault(true);
  row->addWidget(copy);
  row->addStretch(1);
  row->addWidget(cancel);
  row->addWidget(run_);
  column->addLayout(row);
  connect(copy, &QPushButton::clicked, this,
          [this] { QGuiApplication::clipboard()->setText(commandLineOf(spec())); });
  connect(cancel, &QPushButton::clicked, this, &QDialog::reject);
  connect(run_, &QPushButton::clicked, this, [this] {
    if (!problems().empty()) return;
    Q_EMIT runRequested(spec());
    accept();
  });
  return holder;
}

}  // namespace xkv::views
