// SPDX-License-Identifier: GPL-3.0-or-later
/// Everything that a run can be asked, as a dialog that gives a RunSpec.
#include "views/run_form.h"

#include <QCheckBox>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QEvent>
#include <QFile>
#include <QFileDialog>
#include <QGridLayout>
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
#include "views/stream_look.h"
#include "views/theme.h"

namespace xkv::views {
using namespace Qt::StringLiterals;
namespace {

constexpr int kRanks = 0;  // of depth_
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

template <class Enum>
Enum chosen(const QComboBox* box) {
  return static_cast<Enum>(box->currentData().toInt());
}

template <class Enum>
void choose(QComboBox* box, Enum value) {
  box->setCurrentIndex(box->findData(static_cast<int>(value)));
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
  for (auto* line : {model_dir_, prompt_ids_, date_string_, seed_})
    connect(line, &QLineEdit::textChanged, this, &RunForm::check);
  for (auto* edit : {prompt_, stop_})
    connect(edit, &QPlainTextEdit::textChanged, this, &RunForm::check);
  connect(model_dir_, &QLineEdit::editingFinished, this,
          [this] { Q_EMIT modelDirChanged(model_dir_->text()); });
  restyle();
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
  const auto [first, second] = shape_ ? shape_->streams() : ModelShape{}.streams();
  merge_key_->setText(streamName(first));
  merge_value_->setText(streamName(second));
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
  const auto show = [](const std::vector<std::pair<QGridLayout*, int>>& rows, bool shown) {
    for (const auto& [grid, row] : rows)
      for (const int column : {0, 1})
        grid->itemAtPosition(row, column)->widget()->setVisible(shown);
  };
  for (QWidget* field : factored_only_) field->setEnabled(isFactored(method));
  show(selective_rows_, isSelective(method));
  show(minicache_rows_, method == Method::minicache);
  show(chat_rows_, !chat_template_->currentData().toString().isEmpty());
  for (QWidget* field : compression_only_) field->setEnabled(method != Method::dense);
  layer_group_size_->setEnabled(layer_groups_.empty());
  showDepth();
}

/// Ranks or a target: the engine takes one of the two.
void RunForm::showDepth() {
  const bool by_target = depth_->currentIndex() != kRanks;
  target_->setVisible(by_target);
  rank_k_->setEnabled(!by_target);
  rank_v_->setEnabled(!by_target && chosen<Method>(method_) != Method::xk_sr);
}

void RunForm::updateRankHints() {
  const int64_t size = layer_group_size_->value();
  const CacheShape cache = shape_ ? cacheShapeOf(*shape_) : CacheShape{};
  const auto [first, second] = shape_ ? shape_->streams() : ModelShape{}.streams();
  rank_k_->setPrefix(streamLetter(first) + u' ');
  rank_v_->setPrefix(streamLetter(second) + u' ');
  rank_k_->setAccessibleName(QStringLiteral("Rank of %1; 0 is the default").arg(streamName(first)));
  rank_v_->setAccessibleName(
      QStringLiteral("Rank of %1; 0 is the default").arg(streamName(second)));
  rank_k_->setSpecialValueText(shape_ ? streamLetter(first) + u" default "_s +
                                            count(defaultRankK(cache.width_k, size))
                                      : streamLetter(first) + u" default"_s);
  rank_v_->setSpecialValueText(shape_ ? streamLetter(second) + u" default "_s +
                                            count(defaultRankV(cache.width_v, size))
                                      : streamLetter(second) + u" default"_s);
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
