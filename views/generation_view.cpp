// SPDX-License-Identifier: GPL-3.0-or-later
/// The dense answer beside the compressed ones, token by token, the first difference marked.
#include "views/generation_view.h"

#include <QKeyEvent>
#include <QScrollArea>
#include <QStackedWidget>
#include <QVBoxLayout>
#include <algorithm>
#include <set>
#include <utility>

#include "views/answer_facts.h"
#include "views/empty_panel.h"
#include "views/number_format.h"
#include "views/run_naming.h"
#include "views/theme.h"
#include "views/token_canvas.h"
#include "views/turn_field.h"

namespace xkv::views {
using namespace Qt::StringLiterals;
namespace {

constexpr size_t kPromptTokens = 32;

std::vector<TokenRecord> tokensOfTurn(const Run& run, Method method, int64_t turn) {
  std::vector<TokenRecord> tokens = tokensOf(run, method);
  std::erase_if(tokens, [&](const TokenRecord& token) { return token.turn != turn; });
  return tokens;
}

/// Up to this turn both conversations are asked the same.
bool asksTheSame(const Run& a, const Run& b, int64_t turn) {
  const auto& [one, other] = std::pair(a.started.spec.turns, b.started.spec.turns);
  const auto said = static_cast<size_t>(turn);
  return a.started.prompt_ids == b.started.prompt_ids && one.size() >= said &&
         other.size() >= said && std::equal(one.begin(), one.begin() + turn, other.begin());
}

const Run* denseSource(const Run* run, const Run* baseline, int64_t turn) {
  for (const Run* candidate : {run, baseline})
    if (candidate != nullptr && !tokensOfTurn(*candidate, Method::dense, turn).empty())
      return candidate;
  return nullptr;
}

/// KL of a turn's steps; those of the turns before stand in front of them.
std::vector<double> klOfTurn(const Run& run, int64_t turn, size_t steps) {
  if (!run.divergence) return {};
  size_t before = 0;
  for (const TokenRecord& token : tokensOf(run, Method::dense)) before += token.turn < turn ? 1 : 0;
  const std::vector<double>& kl = run.divergence->kl;
  const size_t begin = std::min(before, kl.size());
  const size_t end = std::min(begin + steps, kl.size());
  return {kl.begin() + static_cast<std::ptrdiff_t>(begin),
          kl.begin() + static_cast<std::ptrdiff_t>(end)};
}

bool sameChoice(const TokenRecord& a, const TokenRecord& b) {
  return a.choice.id == b.choice.id && a.choice.text == b.choice.text;
}

AnswerRow rowOf(const Run& run, Badge badge, const std::vector<TokenRecord>& dense, int64_t turn) {
  AnswerRow row;
  row.turn = turn;
  row.badge = badge;
  row.name = run.title.empty() ? methodName(run.started.spec.compression, run.started.model)
                               : QString::fromStdString(run.title);
  row.beside = QStringLiteral("run %1").arg(run.run_id);
  row.tokens = tokensOfTurn(run, run.started.spec.compression.method, turn);
  for (size_t i = 0; i < row.tokens.size(); ++i) {
    const bool differs =
        !dense.empty() && (i >= dense.size() || !sameChoice(row.tokens[i], dense[i]));
    row.differs.push_back(differs);
    if (differs && row.first_difference < 0) row.first_difference = row.tokens[i].step;
  }
  if (dense.empty()) {
    row.verdict = count(static_cast<int64_t>(row.tokens.size())) + u" tokens"_s;
    return row;
  }
  const auto equal =
      row.first_difference < 0 ? static_cast<int64_t>(row.tokens.size()) : row.first_difference;
  const auto longer = static_cast<int64_t>(std::max(row.tokens.size(), dense.size()));
  // A text that ends before the dense one has broken off too, once it is finished.
  row.same =
      row.first_difference < 0 && (equal == longer || run.finished.status == RunStatus::running);
  row.verdict = QStringLiteral("%1 of %2 tokens").arg(count(equal), count(longer));
  const std::vector<double> kl = klOfTurn(run, turn, dense.size());
  if (kl.empty()) return row;
  const auto broken = static_cast<size_t>(std::max<int64_t>(0, row.first_difference));
  const bool breaks = row.first_difference >= 0 && broken < kl.size();
  const double value = breaks ? kl[broken] : *std::max_element(kl.begin(), kl.end());
  row.kl = (breaks ? u"KL at the break "_s : u"largest KL "_s) + fixed(value, value < 1 ? 3 : 2) +
           u"\u00A0nat"_s;
  return row;
}

QString promptEnd(const Run& run) {
  const auto& tokens = run.started.prompt_tokens;
  QString text;
  const size_t first = tokens.size() > kPromptTokens ? tokens.size() - kPromptTokens : 0;
  for (size_t i = first; i < tokens.size(); ++i) text += QString::fromStdString(tokens[i]);
  return text.simplified();
}

QString chosen(const TokenChoice& choice) {
  const QString text = QString::fromStdString(choice.text).trimmed().replace(u'\n', u"↵"_s);
  return QStringLiteral("“%1” (%2)").arg(text, fixed(static_cast<double>(choice.probability), 2));
}

EmptyText emptyText(const Run* run) {
  const QString what = u"The answer, token by token"_s;
  if (run == nullptr) return {what, u"No run is selected."_s, {}};
  if (run->finished.status == RunStatus::running)
    return {what, u"Texts appear here as they are generated."_s, {}};
  if (run->finished.status == RunStatus::finished)
    return {what, u"The run was asked for no new tokens."_s, {}};
  return {what, u"The run stopped before the first token."_s, {}};
}

/// Why the run's conversation cannot go on; empty = it can.
QString endOfTalk(const Run* run) {
  if (run == nullptr) return u"No run is selected."_s;
  if (run->finished.status == RunStatus::running) return u"The run goes on."_s;
  if (run->finished.status != RunStatus::finished)
    return u"The run did not finish; its conversation cannot go on."_s;
  return {};
}

std::vector<AnswerRow> rowsOfTurn(const Run* run, const Run* baseline, int64_t turn) {
  std::vector<AnswerRow> rows;
  // What was asked otherwise cannot be read beside each other.
  const bool same = run != nullptr && baseline != nullptr && run->run_id != baseline->run_id &&
                    asksTheSame(*run, *baseline, turn);
  const Run* beside = same || run == nullptr ? baseline : nullptr;
  std::vector<TokenRecord> dense;
  if (const Run* source = denseSource(run, turn == 0 ? baseline : beside, turn)) {
    dense = tokensOfTurn(*source, Method::dense, turn);
    AnswerRow row;
    row.turn = turn;
    row.name = u"dense"_s;
    row.beside = QStringLiteral("run %1, reference").arg(source->run_id);
    row.tokens = dense;
    row.differs.assign(dense.size(), false);
    row.verdict = count(static_cast<int64_t>(dense.size())) + u" tokens"_s;
    rows.push_back(std::move(row));
  }
  const auto add = [&](const Run* of, Badge badge) {
    if (of == nullptr || of->started.spec.compression.method == Method::dense) return;
    AnswerRow row = rowOf(*of, badge, dense, turn);
    if (!row.tokens.empty()) rows.push_back(std::move(row));
  };
  add(beside, Badge::a);
  add(run, Badge::b);
  return rows;
}

}  // namespace

std::vector<AnswerRow> answerRows(const Run* run, const Run* baseline) {
  const Run* asked = run != nullptr ? run : baseline;
  if (asked == nullptr) return {};
  const std::vector<std::string>& turns = asked->started.spec.turns;
  std::vector<AnswerRow> rows;
  for (size_t turn = 0; turn <= turns.size(); ++turn) {
    for (AnswerRow& row : rowsOfTurn(run, baseline, static_cast<int64_t>(turn))) {
      if (turn > 0) row.said = QString::fromStdString(turns[turn - 1]);
      rows.push_back(std::move(row));
    }
  }
  return rows;
}

QString divergenceSentence(const std::vector<AnswerRow>& rows) {
  const AnswerRow* first = nullptr;
  for (const AnswerRow& row : rows)
    if (row.first_difference >= 0 &&
        (first == nullptr ||
         (row.turn == first->turn && row.first_difference < first->first_difference)))
      first = &row;
  if (first == nullptr) return {};
  const auto at = static_cast<size_t>(first->first_difference);
  const QString turn =
      first->turn == 0 ? QString() : QStringLiteral(" of turn %1").arg(first->turn + 1);
  QString text =
      QStringLiteral("First divergent token: %1%2. ").arg(first->first_difference + 1).arg(turn);
  const auto name = [](const AnswerRow& row) {
    return row.badge ? badgeLetter(*row.badge) : u"dense"_s;
  };
  text += name(*first) + u" chose "_s + chosen(first->tokens[at].choice);
  QStringList next;
  for (const TokenChoice& other : first->tokens[at].alternatives) {
    if (next.size() == 2) break;
    next << chosen(other);
  }
  if (!next.isEmpty()) text += u", next best "_s + next.join(u" and "_s);
  text += u'.';
  QStringList others;
  for (const AnswerRow& row : rows)
    if (&row != first && row.turn == first->turn && at < row.tokens.size())
      others << name(row) + u" chose "_s + chosen(row.tokens[at].choice);
  QString rest = others.join(u", "_s);
  if (rest.startsWith(u'd')) rest[0] = u'D';
  return others.isEmpty() ? text : text + u' ' + rest + u'.';
}

GenerationView::GenerationView(QWidget* parent)
    : QWidget(parent),
      canvas_(new TokenCanvas),
      turn_(new TurnField(this)),
      scroll_(new QScrollArea(this)),
      empty_(new EmptyPanel(this)),
      stack_(new QStackedWidget(this)) {
  setMinimumSize(px(480), px(160));
  setFocusPolicy(Qt::StrongFocus);
  setAccessibleName(u"Texts: dense beside compressed"_s);
  scroll_->setWidget(canvas_);
  scroll_->setWidgetResizable(true);
  scroll_->setFrameShape(QFrame::NoFrame);
  scroll_->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
  auto* talk = new QWidget(this);
  auto* lines = new QVBoxLayout(talk);
  lines->setContentsMargins(0, 0, 0, 0);
  lines->setSpacing(0);
  lines->addWidget(scroll_, 1);
  lines->addWidget(turn_);
  stack_->addWidget(talk);
  stack_->addWidget(empty_);
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(0, 0, 0, 0);
  column->addWidget(stack_);
  connect(empty_, &EmptyPanel::requested, this, &GenerationView::emptyButtonClicked);
  connect(turn_, &TurnField::said, this, [this](const QString& text) {
    RunSpec spec = run_->started.spec;
    spec.turns.push_back(text.toStdString());
    turn_->clear();
    Q_EMIT turnRequested(spec);
  });
  connect(canvas_, &TokenCanvas::stepClicked, this, [this](qint64 turn, qint64 step) {
    selection_.turn = turn;
    selection_.step = step;
    showSelected();
    Q_EMIT selectionChanged(selection_);
  });
  setRuns(nullptr, nullptr);
}

void GenerationView::setRuns(std::shared_ptr<const Run> run, std::shared_ptr<const Run> baseline) {
  run_ = std::move(run);
  baseline_ = std::move(baseline);
  rows_ = answerRows(run_.get(), baseline_.get());
  sentence_ = divergenceSentence(rows_);
  canvas_->setAnswers(rows_, run_ ? promptEnd(*run_) : QString(), sentence_);
  setAccessibleDescription(sentence_.isEmpty() && !rows_.empty() ? u"No token differs."_s
                                                                 : sentence_);
  if (rows_.empty()) empty_->setText(emptyText(run_.get()));
  stack_->setCurrentIndex(rows_.empty() ? 1 : 0);
  showObstacle();
}

void GenerationView::setTurnObstacle(const QString& reason) {
  obstacle_ = reason;
  showObstacle();
}

void GenerationView::showObstacle() {
  const QString end = endOfTalk(run_.get());
  turn_->setObstacle(end.isEmpty() ? obstacle_ : end);
}

void GenerationView::setSelection(const Selection& selection) {
  selection_ = selection;
  showSelected();
}

void GenerationView::showSelected() {
  canvas_->setStep(selection_.turn, selection_.step);
  if (!selection_.step) return;
  for (size_t r = rows_.size(); r-- > 0;) {
    if (rows_[r].turn != selection_.turn) continue;
    const auto at = static_cast<size_t>(std::max<int64_t>(0, *selection_.step));
    const QRect box = canvas_->tokenRect(r, at);
    if (box.isEmpty()) continue;
    scroll_->ensureVisible(box.center().x(), box.center().y(), px(8), box.height());
    return;
  }
}

void GenerationView::stepDifference(bool forward) {
  using Place = std::pair<int64_t, int64_t>;  // turn and step
  std::set<Place> steps;
  for (const AnswerRow& row : rows_)
    for (size_t i = 0; i < row.differs.size(); ++i)
      if (row.differs[i]) steps.insert({row.turn, row.tokens[i].step});
  if (steps.empty()) return;
  const Place now = selection_.step ? Place{selection_.turn, *selection_.step}
                                    : Place{forward ? -1 : INT64_MAX, 0};
  auto next = forward ? steps.upper_bound(now) : steps.lower_bound(now);
  if (forward)
    next = next == steps.end() ? steps.begin() : next;
  else
    next = std::prev(next == steps.begin() ? steps.end() : next);
  selection_.turn = next->first;
  selection_.step = next->second;
  showSelected();
  Q_EMIT selectionChanged(selection_);
}

void GenerationView::keyPressEvent(QKeyEvent* event) {
  if (event->key() == Qt::Key_N && !(event->modifiers() & ~Qt::ShiftModifier))
    return stepDifference(!event->modifiers().testFlag(Qt::ShiftModifier));
  QWidget::keyPressEvent(event);
}

}  // namespace xkv::views
