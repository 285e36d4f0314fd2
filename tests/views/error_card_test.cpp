// SPDX-License-Identifier: GPL-3.0-or-later
/// The error card: its sentences, its buttons, its folded log.
#include "views/error_card.h"

#include <gtest/gtest.h>

#include <QClipboard>
#include <QGuiApplication>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QSignalSpy>
#include <QTest>

#include "tests/views/golden.h"

namespace xkv::views {
namespace {

ErrorText killed() {
  ErrorText text;
  text.title = "The engine was killed by the system (signal 9) while factoring group 3";
  text.when = "20:52:13";
  text.cause = "The machine had 0.2 GiB left; group 3 needed 1.50 GiB.";
  text.inner = "waitpid: status 0x0009";
  text.kept =
      "CKA of layers 0–11 and the spectra of groups 0–2 are saved and shown below. Lost: group 3, "
      "0.2 s of work.";
  text.next_step = "8,192 tokens fit beside what else is running.";
  text.next_step_title = "What would fit.";
  text.buttons = {"Retry with 8,192 tokens", "Restart the engine"};
  text.log = "prefill layer 10\nprefill layer 11\nfactor group 3: 1610612736 B\n";
  return text;
}

TEST(ErrorCardTest, ButtonsSayWhichOne) {
  ErrorCard card(killed());
  QSignalSpy clicked(&card, &ErrorCard::buttonClicked);
  for (QPushButton* button : card.findChildren<QPushButton*>())
    if (button->text() == "Restart the engine") button->click();
  ASSERT_EQ(clicked.count(), 1);
  EXPECT_EQ(clicked[0][0].toInt(), 1);
}

TEST(ErrorCardTest, CopyDetailsHoldsEverything) {
  ErrorCard card(killed());
  for (QPushButton* button : card.findChildren<QPushButton*>())
    if (button->text() == "Copy details") button->click();
  const QString copied = QGuiApplication::clipboard()->text();
  for (const char* part :
       {"signal 9", "0.2 GiB", "waitpid", "groups 0–2", "What would fit.", "factor group 3"})
    EXPECT_TRUE(copied.contains(QString::fromUtf8(part))) << part;
}

TEST(ErrorCardTest, MessagesAreTextNotMarkup) {
  ErrorText text = killed();
  text.cause = "<img src=x> & <b>bold</b>";
  ErrorCard card(text);
  EXPECT_TRUE(card.details().contains("<img src=x>"));
  card.show();
}

TEST(ErrorCardTest, TheLogIsFoldedUntilAsked) {
  ErrorCard card(killed());
  card.show();
  auto* log = card.findChild<QPlainTextEdit*>();
  ASSERT_NE(log, nullptr);
  EXPECT_FALSE(log->isVisible());
  card.setLogShown(true);
  EXPECT_TRUE(log->isVisible());
}

TEST(ErrorCardTest, WithoutALogThereIsNoStrip) {
  ErrorText text = killed();
  text.log.clear();
  ErrorCard card(text);
  EXPECT_EQ(card.findChild<QPlainTextEdit*>(), nullptr);
}

TEST(ErrorCardPictureTest, Folded) {
  applyTheme(*qApp, ThemeKind::light);
  ErrorCard light(killed());
  EXPECT_TRUE(matchesGolden(grabbed(light, {1056, light.heightForWidth(1056)}, ThemeKind::light),
                            "error-card-light"));
  applyTheme(*qApp, ThemeKind::dark);
  ErrorCard dark(killed());
  EXPECT_TRUE(matchesGolden(grabbed(dark, {1056, dark.heightForWidth(1056)}, ThemeKind::dark),
                            "error-card-dark"));
}

TEST(ErrorCardPictureTest, NarrowAndOpen) {
  applyTheme(*qApp, ThemeKind::light);
  ErrorCard card(killed());
  card.setLogShown(true);
  EXPECT_TRUE(matchesGolden(grabbed(card, {520, 420}, ThemeKind::light), "error-card-open-light"));
}

}  // namespace
}  // namespace xkv::views
