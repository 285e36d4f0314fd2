// SPDX-License-Identifier: GPL-3.0-or-later
/// Everything that a run can be asked, as a dialog that gives a RunSpec.
#include "views/run_form.h"

#include <QCheckBox>
#include <QClipboard>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QEvent>
#include <QFile>
#include <QFileDialog>
#include <QGridLayout>
#include <QGuiApplication>
#include <QLabel>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QSpinBox>
#include <QVBoxLayout>
#include <utility>

#include "profiling/layer_groups.h"
#include "profiling/records/words.h"
#include "views/command_line.h"
#include "views/icons.h"
#include "views/number_format.h"
#include "views/theme.h"

namespace xkv::views {
using namespace Qt::StringLiterals;
namespace {

constexpr int kMostNumber = 1 << 30;
constexpr int kLabelColumn = 104;
constexpr qsizetype kCommandBegin = 300;
constexpr qsizetype kCommandEnd = 140;

/// A long prompt would leave no room for the fields; Copy gives all of it.
QString shortened(const QString& command) {
  if (command.size() <= kCommandBegin + kCommandEnd) return command;
  return command.left(kCommandBegin) + u" … "_s + command.right(kCommandEnd);
}

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

template <class Enum>
Enum chosen(const QComboBox* box) {
  return static_cast<Enum>(box->currentData().toInt());
}

template <class Enum>
void choose(QComboBox* box, Enum value) {
  box->setCurrentIndex(box->findData(static_cast<int>(value)));
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

RunForm::RunForm(QWidget* parent)
    : QDialog(parent), model_dir_(new QLineEdit), prompt_(new QPlainTextEdit) {
  setWindowTitle(u"New run"_s);
  auto* outer = new QVBoxLayout(this);
  outer->setContentsMargins(px(16), px(12), px(16), px(12));
  outer->setSpacing(px(12));
  outer->addWidget(buildPrompt());
  auto* columns = new QHBoxLayout;
  columns->setSpacing(px(24));
  columns->addWidget(buildCompression(), 1, Qt::AlignTop);
  columns->addWidget(buildGeneration(), 1, Qt::AlignTop);
  outer->addLayout(columns);
  outer->addStretch(1);
  outer->addWidget(buildButtons());
  setSpec(RunSpec{});
  setDevices({Device::cpu});

  connect(method_, &QComboBox::currentIndexChanged, this, [this] {
    const bool is_minicache = chosen<Method>(method_) == Method::minicache;
    if (is_minicache && start_layer_->value() == 0) start_layer_->setValue(-1);
    if (!is_minicache && start_layer_->value() == -1) start_layer_->setValue(0);
  });
  for (auto* box : findChildren<QSpinBox*>())
    connect(box, &QSpinBox::valueChanged, this, &RunForm::check);
  for (auto* box : findChildren<QDoubleSpinBox*>())
    connect(box, &QDoubleSpinBox::valueChanged, this, &RunForm::check);
  for (auto* box : findChildren<QComboBox*>())
    connect(box, &QComboBox::currentIndexChanged, this, &RunForm::check);
  for (auto* box : findChildren<QCheckBox*>())
    connect(box, &QCheckBox::toggled, this, &RunForm::check);
  for (auto* line : {model_dir_, prompt_ids_, seed_})
    connect(line, &QLineEdit::textChanged, this, &RunForm::check);
  for (auto* edit : {prompt_, stop_})
    connect(edit, &QPlainTextEdit::textChanged, this, &RunForm::check);
  connect(model_dir_, &QLineEdit::editingFinished, this,
          [this] { Q_EMIT modelDirChanged(model_dir_->text()); });
  restyle();
}

void RunForm::addRow(QGridLayout& grid, const QString& label, QWidget* field,
                     std::optional<FormField> checked) {
  const int row = grid.rowCount();
  auto* name = new QLabel(label);
  name->setFont(textFont(12));
  name->setBuddy(field);
  grid.addWidget(name, row, 0, Qt::AlignLeft | Qt::AlignVCenter);
  grid.addWidget(field, row, 1);
  if (!checked) return;
  auto* sentence = new QLabel;
  sentence->setWordWrap(true);
  sentence->setFont(textFont(12));
  sentence->setTextFormat(Qt::RichText);
  grid.addWidget(sentence, row + 1, 0, 1, 2);
  sentences_[*checked] = sentence;
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
  prompt_->setFixedHeight(px(96));
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
  addRow(*grid, u"Token ids"_s, prompt_ids_, FormField::prompt);
  return section;
}

QWidget* RunForm::buildCompression() {
  auto* section = new QWidget;
  auto* grid = gridIn(section, u"Compression"_s);
  method_ = wordBox({Method::xkv, Method::minicache, Method::dense}, u"Method"_s);
  layer_group_size_ = spinBox(1, u"Layers that share one basis"_s);
  custom_groups_ = new QLabel;
  custom_groups_->setFont(textFont(12));
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
  auto* bits_row = sideBySide({token_basis_bits_, layer_factor_bits_});
  auto* size_row = sideBySide({layer_group_size_, custom_groups_});
  auto* merge_row = sideBySide({merge_key_, merge_value_});
  auto* layer_row = sideBySide({start_layer_, new QLabel(u"to"_s), end_layer_});
  for (const auto& [name, field] :
       std::initializer_list<std::pair<QString, QWidget*>>{{u"group size"_s, size_row},
                                                           {u"rank K"_s, rank_k_},
                                                           {u"rank V"_s, rank_v_},
                                                           {u"SVD"_s, factor_backend_},
                                                           {u"factor type"_s, factor_dtype_},
                                                           {u"codes of A, B"_s, bits_row},
                                                           {u"re-compress"_s, recompress_after_}}) {
    addRow(*grid, name, field);
    xkv_only_.push_back(field);
  }
  auto* slerp_row = sideBySide({slerp_keep_, slerp_gamma_});
  addRow(*grid, u"MiniCache"_s, slerp_row);
  minicache_only_.push_back(slerp_row);
  addRow(*grid, u"compress"_s, merge_row);
  addRow(*grid, u"layers"_s, layer_row, FormField::compression);
  compression_only_ = {merge_row, layer_row};
  return section;
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

void RunForm::restyle() {
  for (const auto& [button, name] : icons_) button->setIcon(icon(name));
  run_->setIcon(icon(u"run"_s, roles().on_accent));
  check();
}

void RunForm::showEvent(QShowEvent* event) {
  restyle();  // the theme may have changed before there was anything to see
  QDialog::showEvent(event);
}

void RunForm::changeEvent(QEvent* event) {
  if (event->type() == QEvent::StyleChange) restyle();
  QDialog::changeEvent(event);
}

void RunForm::setDevices(const std::vector<Device>& devices) {
  const Device now = chosen<Device>(device_);
  device_->clear();
  for (const Device device : devices)
    device_->addItem(text(word(device)), static_cast<int>(device));
  choose(device_, now);
  if (device_->currentIndex() < 0) device_->setCurrentIndex(0);
  device_->setVisible(devices.size() > 1);
}

void RunForm::setModelShape(std::optional<ModelShape> shape) {
  const bool was_mla = shape_ && shape_->isMla();
  shape_ = std::move(shape);
  const bool is_mla = shape_ && shape_->isMla();
  merge_key_->setText(is_mla ? u"latents"_s : u"keys"_s);
  merge_value_->setText(is_mla ? u"RoPE keys"_s : u"values"_s);
  if (is_mla && !was_mla && rank_v_->value() == 0) merge_value_->setChecked(false);  // as the paper
  check();
}

std::vector<FormProblem> RunForm::problems() const {
  auto problems = problemsOf(spec(), shape_);
  bool is_number = false;
  static_cast<void>(seed_->text().toULongLong(&is_number));
  if (!is_number && !seed_->text().isEmpty())
    problems.push_back({FormField::sampling, "The seed is a whole number from 0."});
  return problems;
}

void RunForm::check() {
  enableMethodFields();
  updateRankHints();
  std::map<FormField, QString> sentences;
  const auto found = problems();
  for (const FormProblem& problem : found) {
    QString& sentence = sentences[problem.field];
    if (!sentence.isEmpty()) sentence += u' ';
    sentence += QString::fromStdString(problem.sentence);
  }
  for (const auto& [field, label] : sentences_) {
    const auto sentence = sentences.find(field);
    label->setVisible(sentence != sentences.end());
    if (sentence == sentences.end()) continue;
    label->setText(QStringLiteral("<span style='color:%1'>%2</span>")
                       .arg(roles().bad.name(), sentence->second.toHtmlEscaped()));
  }
  run_->setEnabled(found.empty());
  run_->setToolTip(found.empty() ? QString() : QString::fromStdString(found.front().sentence));
  command_->setText(shortened(commandLineOf(spec()).replace(u'\n', u"↵"_s)));
}

void RunForm::enableMethodFields() {
  const auto method = chosen<Method>(method_);
  for (QWidget* field : xkv_only_) field->setEnabled(method == Method::xkv);
  for (QWidget* field : minicache_only_) field->setEnabled(method == Method::minicache);
  for (QWidget* field : compression_only_) field->setEnabled(method != Method::dense);
  layer_group_size_->setEnabled(layer_groups_.empty());
}

void RunForm::updateRankHints() {
  const int64_t size = layer_group_size_->value();
  const CacheShape cache = shape_ ? cacheShapeOf(*shape_) : CacheShape{};
  rank_k_->setSpecialValueText(shape_ ? u"default, "_s + count(defaultRankK(cache.width_k, size))
                                      : u"default"_s);
  rank_v_->setSpecialValueText(shape_ ? u"default, "_s + count(defaultRankV(cache.width_v, size))
                                      : u"default"_s);
}

void RunForm::chooseModel() {
  const QString folder =
      QFileDialog::getExistingDirectory(this, u"Model folder"_s, model_dir_->text());
  if (folder.isEmpty()) return;
  model_dir_->setText(folder);
  Q_EMIT modelDirChanged(folder);
}

void RunForm::choosePromptFile() {
  const QString path = QFileDialog::getOpenFileName(this, u"Prompt file"_s);
  if (path.isEmpty()) return;
  QFile file(path);
  if (!file.open(QIODevice::ReadOnly)) {
    sentences_[FormField::prompt]->setText(path.toHtmlEscaped() + u": "_s +
                                           file.errorString().toHtmlEscaped());
    sentences_[FormField::prompt]->show();
    return;
  }
  prompt_->setPlainText(QString::fromUtf8(file.readAll()));
  prompt_name_ = path.section(u'/', -1).section(u'.', 0, 0).toStdString();
  named_prompt_ = prompt_->toPlainText().toStdString();
}

}  // namespace xkv::views
