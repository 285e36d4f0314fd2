// SPDX-License-Identifier: GPL-3.0-or-later
/// Tags of a run as chips, with a place to type another one.
#pragma once

#include <QStringList>
#include <QWidget>

class QLineEdit;

namespace xkv::views {

/// A chip's own button removes its tag; Enter in the field adds one.
class TagEditor : public QWidget {
  Q_OBJECT
 public:
  explicit TagEditor(QWidget* parent = nullptr);
  void setTags(const QStringList& tags);
  const QStringList& tags() const { return tags_; }

  bool hasHeightForWidth() const override { return true; }
  int heightForWidth(int width) const override;
  QSize sizeHint() const override;

 Q_SIGNALS:
  void tagsEdited(const QStringList& tags);  ///< by the user only

 protected:
  void resizeEvent(QResizeEvent* event) override;

 private:
  void addTyped();
  void rebuild();
  int arrange(int width, bool move) const;

  QStringList tags_;
  QList<QWidget*> chips_;
  QLineEdit* field_;
};

}  // namespace xkv::views
