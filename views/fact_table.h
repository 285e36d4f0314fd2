// SPDX-License-Identifier: GPL-3.0-or-later
/// Rows of a name and a value: details of a run, of a span, of what was kept.
#pragma once

#include <QString>
#include <QWidget>
#include <vector>

namespace xkv::views {

struct Fact {
  QString label;
  QString value;
  bool bad = false;  ///< in the error colour
};

class FactTable : public QWidget {
  Q_OBJECT
 public:
  explicit FactTable(const QString& name, QWidget* parent = nullptr);
  void setFacts(std::vector<Fact> facts);
  const std::vector<Fact>& facts() const { return facts_; }

  QSize sizeHint() const override;
  QSize minimumSizeHint() const override { return sizeHint(); }

 protected:
  void paintEvent(QPaintEvent* event) override;

 private:
  std::vector<Fact> facts_;
};

}  // namespace xkv::views
