// SPDX-License-Identifier: GPL-3.0-or-later
/// The form's fields from a RunSpec and back.
#include <QCheckBox>
#include <QComboBox>
#include <QDoubleSpinBox>
#include <QLabel>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QSpinBox>

#include "views/run_form.h"

namespace xkv::views {
using namespace Qt::StringLiterals;
namespace {

template <class Enum>
Enum chosen(const QComboBox* box) {
  return static_cast<Enum>(box->currentData().toInt());
}

template <class Enum>
void choose(QComboBox* box, Enum value) {
  box->setCurrentIndex(box->findData(static_cast<int>(value)));
}

std::optional<int64_t> rankIn(const QSpinBox* box) {
  if (box->value() == 0) return std::nullopt;
  return box->value();
}

/// Ids between commas or spaces; a word that is no number becomes -1, which the check names.
std::vector<int64_t> idsIn(QString line) {
  std::vector<int64_t> ids;
  for (const QString& id : line.replace(u',', u' ').split(u' ', Qt::SkipEmptyParts)) {
    bool number = false;
    const int64_t value = id.toLongLong(&number);
    ids.push_back(number ? value : -1);
  }
  return ids;
}

/// Entries of depth_.
enum Depth { kRanks, kTargetError, kTargetEnergy };
enum Thinking { kAsTheTemplate, kThinks, kDoesNotThink };
constexpr double kFirstTarget = 0.05;

}  // namespace

void RunForm::setSelective(const SelectiveConfig& config) {
  budget_->setValue(static_cast<int>(config.budget));
  chunk_->setValue(static_cast<int>(config.chunk));
  local_chunks_->setValue(static_cast<int>(config.local_chunks));
  outlier_chunks_->setValue(static_cast<int>(config.outlier_chunks.value_or(-1)));
  choose(landmarks_, config.landmarks);
  share_selection_->setChecked(config.share_selection);
}

SelectiveConfig RunForm::selective() const {
  SelectiveConfig config;
  config.budget = budget_->value();
  config.chunk = chunk_->value();
  config.local_chunks = local_chunks_->value();
  if (outlier_chunks_->value() >= 0) config.outlier_chunks = outlier_chunks_->value();
  config.landmarks = chosen<LandmarkForm>(landmarks_);
  config.share_selection = share_selection_->isChecked();
  return config;
}

/// What a raw prompt has no place for is not sent.
void RunForm::takeChat(RunSpec& spec) const {
  spec.date_string.reset();
  spec.enable_thinking.reset();
  if (spec.chat_template.empty()) return;
  if (!date_string_->text().isEmpty()) spec.date_string = date_string_->text().toStdString();
  if (enable_thinking_->currentIndex() != kAsTheTemplate)
    spec.enable_thinking = enable_thinking_->currentIndex() == kThinks;
}

/// Ranks stay in their fields while a target is chosen, and are not sent.
void RunForm::takeDepth(CompressionConfig& config) const {
  config.rank_k.reset();
  config.rank_v.reset();
  config.target_error.reset();
  config.target_energy.reset();
  if (depth_->currentIndex() == kTargetError) {
    config.target_error = target_->value();
  } else if (depth_->currentIndex() == kTargetEnergy) {
    config.target_energy = target_->value();
  } else {
    config.rank_k = rankIn(rank_k_);
    config.rank_v = rankIn(rank_v_);
  }
}

void RunForm::setSpec(const RunSpec& spec) {
  const CompressionConfig& config = spec.compression;
  base_ = spec;
  model_dir_->setText(QString::fromStdString(spec.model_dir));
  prompt_->setPlainText(QString::fromStdString(spec.prompt));
  prompt_name_ = spec.prompt_name;
  named_prompt_ = prompt_->toPlainText().toStdString();
  QStringList ids;
  for (const int64_t id : spec.prompt_ids) ids << QString::number(id);
  prompt_ids_->setText(ids.join(u", "_s));
  const QString name = QString::fromStdString(spec.chat_template);
  if (chat_template_->findData(name) < 0) chat_template_->addItem(name, name);
  chat_template_->setCurrentIndex(chat_template_->findData(name));
  date_string_->setText(QString::fromStdString(spec.date_string.value_or("")));
  enable_thinking_->setCurrentIndex(!spec.enable_thinking   ? kAsTheTemplate
                                    : *spec.enable_thinking ? kThinks
                                                            : kDoesNotThink);
  choose(method_, config.method);
  layer_group_size_->setValue(static_cast<int>(config.layer_group_size));
  layer_groups_ = config.layer_groups;
  custom_groups_->setText(layer_groups_.empty()
                              ? QString()
                              : QStringLiteral("%1 custom groups").arg(layer_groups_.size()));
  rank_k_->setValue(static_cast<int>(config.rank_k.value_or(0)));
  rank_v_->setValue(static_cast<int>(config.rank_v.value_or(0)));
  depth_->setCurrentIndex(config.target_error    ? kTargetError
                          : config.target_energy ? kTargetEnergy
                                                 : kRanks);
  target_->setValue(config.target_error.value_or(config.target_energy.value_or(kFirstTarget)));
  merge_key_->setChecked(config.merge_key);
  merge_value_->setChecked(config.merge_value);
  start_layer_->setValue(static_cast<int>(config.start_layer));
  end_layer_->setValue(static_cast<int>(config.end_layer));
  choose(factor_backend_, config.factor_backend);
  factor_dtype_->setCurrentIndex(
      config.factor_dtype ? factor_dtype_->findData(static_cast<int>(*config.factor_dtype)) : 0);
  choose(token_basis_bits_, config.token_basis_bits);
  choose(layer_factor_bits_, config.layer_factor_bits);
  recompress_after_->setValue(static_cast<int>(config.recompress_after));
  choose(slerp_keep_, config.slerp_keep);
  slerp_gamma_->setValue(config.slerp_gamma);
  setSelective(config.selective);
  choose(dtype_, spec.dtype);
  choose(device_, spec.device);
  choose(analysis_, spec.analysis);
  max_new_tokens_->setValue(static_cast<int>(spec.max_new_tokens));
  temperature_->setValue(spec.sampling.temperature);
  top_k_->setValue(static_cast<int>(spec.sampling.top_k));
  top_p_->setValue(spec.sampling.top_p);
  seed_->setText(QString::number(spec.sampling.seed));
  QStringList stops;
  for (const std::string& stop : spec.stop)
    stops << QString::fromStdString(stop).replace(u'\n', u"\\n"_s);
  stop_->setPlainText(stops.join(u'\n'));
  prefill_chunk_->setValue(static_cast<int>(spec.prefill_chunk));
  num_threads_->setValue(static_cast<int>(spec.num_threads));
  check();
}

RunSpec RunForm::spec() const {
  RunSpec spec = base_;
  spec.stop.clear();
  spec.prompt_name.clear();
  spec.model_dir = model_dir_->text().trimmed().toStdString();
  spec.prompt = prompt_->toPlainText().toStdString();
  // A name belongs to the text it was given with, not to one typed over it.
  if (spec.prompt == named_prompt_) spec.prompt_name = prompt_name_;
  spec.prompt_ids = idsIn(prompt_ids_->text());
  spec.chat_template = chat_template_->currentData().toString().toStdString();
  takeChat(spec);
  CompressionConfig& config = spec.compression;
  config.method = chosen<Method>(method_);
  config.layer_group_size = layer_group_size_->value();
  config.layer_groups = layer_groups_;
  takeDepth(config);
  config.merge_key = merge_key_->isChecked();
  config.merge_value = merge_value_->isChecked();
  config.start_layer = start_layer_->value();
  config.end_layer = end_layer_->value();
  config.factor_backend = chosen<FactorBackend>(factor_backend_);
  config.factor_dtype.reset();
  if (factor_dtype_->currentIndex() > 0) config.factor_dtype = chosen<Dtype>(factor_dtype_);
  config.token_basis_bits = chosen<int64_t>(token_basis_bits_);
  config.layer_factor_bits = chosen<int64_t>(layer_factor_bits_);
  config.recompress_after = recompress_after_->value();
  config.slerp_keep = chosen<SlerpKeep>(slerp_keep_);
  config.slerp_gamma = slerp_gamma_->value();
  config.selective = selective();
  spec.dtype = chosen<Dtype>(dtype_);
  spec.device = chosen<Device>(device_);
  spec.analysis = chosen<AnalysisScope>(analysis_);
  spec.max_new_tokens = max_new_tokens_->value();
  spec.sampling = {temperature_->value(), top_k_->value(), top_p_->value(),
                   seed_->text().toULongLong()};
  for (const QString& stop : stop_->toPlainText().split(u'\n', Qt::SkipEmptyParts))
    spec.stop.push_back(QString(stop).replace(u"\\n"_s, u"\n"_s).toStdString());
  spec.prefill_chunk = prefill_chunk_->value();
  spec.num_threads = num_threads_->value();
  return spec;
}

}  // namespace xkv::views
