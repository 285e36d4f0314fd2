// SPDX-License-Identifier: GPL-3.0-or-later
/// Everything that a run can be asked, as a dialog that gives a RunSpec.
#pragma once

#include <QDialog>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "profiling/records/model_shape.h"
#include "profiling/records/run_spec.h"
#include "views/run_form_check.h"

class QCheckBox;
class QComboBox;
class QDoubleSpinBox;
class QGridLayout;
class QLabel;
class QLineEdit;
class QPlainTextEdit;
class QPushButton;
class QSpinBox;

namespace xkv::views {

class RunForm : public QDialog {
  Q_OBJECT
 public:
  explicit RunForm(QWidget* parent = nullptr);

  void setSpec(const RunSpec& spec);
  RunSpec spec() const;
  /// The shape of the chosen model, if it is known: default ranks and layer ranges follow it.
  void setModelShape(std::optional<ModelShape> shape);
  /// Devices of the running engine; one device is not a choice and is not shown.
  void setDevices(const std::vector<Device>& devices);
  /// Sentences that stand in the form now.
  std::vector<FormProblem> problems() const;

 Q_SIGNALS:
  void runRequested(const xkv::RunSpec& spec);
  void modelDirChanged(const QString& model_dir);  ///< to ask the engine for its shape

 protected:
  void changeEvent(QEvent* event) override;
  void showEvent(QShowEvent* event) override;

 private:
  QWidget* buildPrompt();
  void addFactorRows(QGridLayout& grid);
  void addSelectiveRows(QGridLayout& grid);
  QWidget* buildCompression();
  QWidget* buildGeneration();
  QWidget* buildButtons();
  /// Returns the row that it takes in the grid.
  int addRow(QGridLayout& grid, const QString& label, QWidget* field,
             std::optional<FormField> checked = {});
  void chooseModel();
  void choosePromptFile();
  void check();
  void enableMethodFields();
  void showDepth();
  void setSelective(const SelectiveConfig& config);
  SelectiveConfig selective() const;
  void takeChat(RunSpec& spec) const;
  void takeDepth(CompressionConfig& config) const;
  void updateRankHints();
  void restyle();

  QLineEdit* model_dir_;
  QPlainTextEdit* prompt_;
  QLineEdit* prompt_ids_;
  QComboBox* chat_template_;
  QLineEdit* date_string_;
  QComboBox* enable_thinking_;  ///< as the template, true, false
  QComboBox* method_;
  QSpinBox* layer_group_size_;
  QLabel* custom_groups_;
  QSpinBox* rank_k_;
  QSpinBox* rank_v_;
  QCheckBox* merge_key_;
  QCheckBox* merge_value_;
  QSpinBox* start_layer_;
  QSpinBox* end_layer_;
  QComboBox* factor_backend_;
  QComboBox* factor_dtype_;
  QComboBox* token_basis_bits_;
  QComboBox* layer_factor_bits_;
  QSpinBox* recompress_after_;
  QComboBox* depth_;  ///< whether ranks are given, or a target
  QDoubleSpinBox* target_;
  QSpinBox* budget_;
  QSpinBox* chunk_;
  QSpinBox* local_chunks_;
  QSpinBox* outlier_chunks_;
  QComboBox* landmarks_;
  QCheckBox* share_selection_;
  QComboBox* slerp_keep_;
  QDoubleSpinBox* slerp_gamma_;
  QComboBox* dtype_;
  QComboBox* device_;
  QComboBox* analysis_;
  QSpinBox* max_new_tokens_;
  QDoubleSpinBox* temperature_;
  QSpinBox* top_k_;
  QDoubleSpinBox* top_p_;
  QLineEdit* seed_;
  QPlainTextEdit* stop_;
  QSpinBox* prefill_chunk_;
  QSpinBox* num_threads_;
  QPushButton* run_;
  QLabel* command_;
  std::map<FormField, QLabel*> sentences_;
  std::vector<std::pair<QPushButton*, QString>> icons_;
  std::vector<QWidget*> factored_only_;  ///< enabled for methods with groups of factors
  std::vector<std::pair<QGridLayout*, int>> selective_rows_;  ///< shown for the selective methods
  std::vector<std::pair<QGridLayout*, int>> minicache_rows_;
  std::vector<std::pair<QGridLayout*, int>> chat_rows_;  ///< shown under a chat template
  std::vector<QWidget*> compression_only_;               ///< enabled for all but dense
  RunSpec base_;  ///< what was set; fields that the form does not show stay
  std::vector<LayerGroup>
      layer_groups_;  ///< custom groups of the spec that was set; kept as they are
  std::string prompt_name_;
  std::string named_prompt_;  ///< the text that prompt_name_ names
  std::optional<ModelShape> shape_;
};

}  // namespace xkv::views
