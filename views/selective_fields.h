// SPDX-License-Identifier: GPL-3.0-or-later
/// Budget, chunk and outliers of Selective Reconstruction, and what they come to over one prompt.
#pragma once

#include <QWidget>

#include "profiling/records/compression_config.h"

class QLabel;
class QSpinBox;

namespace xkv::views {

class SelectiveFields : public QWidget {
  Q_OBJECT
 public:
  explicit SelectiveFields(QWidget* parent = nullptr);

  /// Emits nothing. `seq_len` is the prompt's tokens.
  void setConfig(const SelectiveConfig& config, int64_t seq_len);
  const SelectiveConfig& config() const { return config_; }

 Q_SIGNALS:
  /// By the user; the budget is a multiple of the chunk. Another budget keeps the number of
  /// outliers, so that the run's recall still speaks of it.
  void changed(const xkv::SelectiveConfig& config);

 protected:
  void changeEvent(QEvent* event) override;

 private:
  QSpinBox* addField(const QString& name, const QString& tip);
  void take(SelectiveConfig config);
  void showConfig();
  void restyle();

  SelectiveConfig config_;
  int64_t seq_len_ = 0;
  QSpinBox* budget_;
  QSpinBox* chunk_;
  QSpinBox* outliers_;
  QLabel* sum_;
};

}  // namespace xkv::views
