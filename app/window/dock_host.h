// SPDX-License-Identifier: GPL-3.0-or-later
/// The docks of the window: where each panel stands at first, what is remembered, maximising one.
#pragma once

#include <QMainWindow>
#include <map>
#include <vector>

#include "views/panel.h"

namespace xkv::window {

/// The panels of Explore. Session, What-if and Timeline frame the centre; Memory lies behind
/// Spectra, Texts, Duel and Selection behind Error as tabs.
struct ExplorePanels {
  views::Panel* session = nullptr;
  views::Panel* cka = nullptr;
  views::Panel* spectra = nullptr;
  views::Panel* memory = nullptr;
  views::Panel* error = nullptr;
  views::Panel* texts = nullptr;
  views::Panel* duel = nullptr;
  views::Panel* xray = nullptr;  ///< "Selection"
  views::Panel* what_if = nullptr;
  views::Panel* timeline = nullptr;

  /// In the order of F6.
  std::vector<views::Panel*> inOrder() const {
    return {session, cka, spectra, memory, error, texts, duel, xray, what_if, timeline};
  }
};

class DockHost : public QMainWindow {
  Q_OBJECT

 public:
  explicit DockHost(QWidget* parent = nullptr);
  /// Takes the panels and puts them where WINDOW.md 3 has them.
  void setPanels(const ExplorePanels& panels);
  const ExplorePanels& panels() const { return panels_; }

  QByteArray layout() const;
  /// Once the window has its size; the default stays where the bytes are of no layout that fits.
  void restoreLayout(const QByteArray& layout);
  void restoreDefaultLayout();

  /// The panel that holds the focus or holds the widget that does; none = null.
  views::Panel* focusedPanel() const;
  void focusNext(bool forward);
  /// Shows a panel alone, or all of them again. A panel behind a tab comes to the front.
  void toggleMaximised(views::Panel* panel);
  views::Panel* maximised() const { return maximised_; }
  void reveal(views::Panel* panel);

 Q_SIGNALS:
  void maximisedChanged();

 protected:
  bool event(QEvent* event) override;
  void resizeEvent(QResizeEvent* event) override;
  void showEvent(QShowEvent* event) override;

 private:
  void placeAll();
  void applyDefaultSizes();
  void sizeLater();

  ExplorePanels panels_;
  views::Panel* maximised_ = nullptr;
  QByteArray pending_layout_;
  QByteArray layout_before_;   ///< while one panel is maximised
  bool default_sizes_ = true;  ///< until a layout was restored or a border was dragged
};

}  // namespace xkv::window
