// SPDX-License-Identifier: GPL-3.0-or-later
/// The selected run below the session list: settings, what was kept, tags and notes.
#include "views/run_details.h"

#include <QDateTime>
#include <QEvent>
#include <QHBoxLayout>
#include <QLabel>
#include <QPlainTextEdit>
#include <QVBoxLayout>
#include <algorithm>
#include <utility>

#include "profiling/records/words.h"
#include "profiling/selection_summary.h"
#include "views/badge.h"
#include "views/fact_table.h"
#include "views/number_format.h"
#include "views/run_naming.h"
#include "views/stream_look.h"
#include "views/tag_editor.h"
#include "views/theme.h"

namespace xkv::views {
using namespace Qt::StringLiterals;
namespace {

constexpr int kNotesHeight = 52;

QString text(std::string_view words) {
  return QString::fromUtf8(words.data(), static_cast<qsizetype>(words.size()));
}

QString orMissing(const std::optional<double>& ratio) {
  return ratio ? percent(*ratio) : missing();
}

QString rankText(int64_t rank) { return rank == 0 ? u"dense"_s : count(rank); }

const LatencyRecord* latencyOf(const Run& run, Method method) {
  for (const LatencyRecord& latency : run.latencies)
    if (latency.method == method) return &latency;
  return nullptr;
}

QString lettersOf(const ModelShape& model) {
  const auto [first, second] = model.streams();
  return streamLetter(first) + u" / "_s + streamLetter(second);
}

/// Groups, and the ranks or the target that chooses them.
void addFactored(std::vector<Fact>& facts, const CompressionConfig& config,
                 const ModelShape& model) {
  facts.push_back({u"group size"_s,
                   config.layer_groups.empty() ? count(config.layer_group_size) : u"custom"_s});
  const auto [first, second] = model.streams();
  if (config.target_error)
    facts.push_back({u"target error"_s, percent(*config.target_error)});
  else if (config.target_energy)
    facts.push_back({u"target energy"_s, percent(*config.target_energy)});
  else
    facts.push_back({u"rank "_s + lettersOf(model), rankText(rankOf(config, model, first)) +
                                                        u" / "_s +
                                                        rankText(rankOf(config, model, second))});
  facts.push_back({u"SVD"_s, text(word(config.factor_backend))});
}

void addSelective(std::vector<Fact>& facts, const SelectiveConfig& config) {
  facts.push_back({u"budget, chunk"_s, count(config.budget) + u", "_s + count(config.chunk)});
  facts.push_back({u"chunks local, outlier"_s,
                   count(config.local_chunks) + u", "_s +
                       (config.outlier_chunks ? count(*config.outlier_chunks) : u"default"_s)});
  facts.push_back({u"landmarks"_s, text(word(config.landmarks))});
  if (config.share_selection) facts.push_back({u"selection"_s, u"shared by heads"_s});
}

/// What the run's X-ray says, means over layers.
void addSelection(std::vector<Fact>& facts, const Run& run) {
  const auto summary = summaryOf(run.selections);
  if (!summary) return;
  facts.push_back({u"recall, measured"_s, orMissing(summary->recall)});
  facts.push_back({u"hit rate, measured"_s, orMissing(summary->hit_rate)});
}

std::vector<Fact> factsOf(const RunSummary& run, const Run* whole) {
  const CompressionConfig& config = run.spec.compression;
  std::vector<Fact> facts;
  if (config.method != Method::xkv) facts.push_back({u"method"_s, familyName(config.method)});
  if (isFactored(config.method)) addFactored(facts, config, run.model);
  if (isSelective(config.method)) addSelective(facts, config.selective);
  if (config.method == Method::minicache)
    facts.push_back({u"rows kept"_s, text(word(config.slerp_keep)) + u", γ "_s +
                                         significant(config.slerp_gamma, 3)});
  if (config.method != Method::dense)
    facts.push_back({u"error "_s + lettersOf(run.model),
                     orMissing(run.error_k) + u" / "_s + orMissing(run.error_v)});
  if (whole != nullptr) addSelection(facts, *whole);
  if (run.model.random_weights) facts.push_back({u"weights"_s, u"random"_s});
  facts.push_back(
      {u"prompt"_s, promptName(run.spec) + u", "_s + count(run.seq_len) + u" tokens"_s});
  facts.push_back({u"type"_s, text(word(run.spec.dtype)) + u", "_s + text(word(run.spec.device))});
  const LatencyRecord* latency = whole == nullptr ? nullptr : latencyOf(*whole, config.method);
  if (latency != nullptr && !latency->decode_step_ns.empty()) {
    double sum = 0;
    for (const int64_t step : latency->decode_step_ns) sum += static_cast<double>(step);
    facts.push_back(
        {u"decode"_s,
         milliseconds(sum / static_cast<double>(latency->decode_step_ns.size())) + u" ms/token"_s});
  }
  return facts;
}

int64_t layersOfCka(const Run& run) {
  int64_t layers = 0;
  for (const CkaRecord& cka : run.cka) layers = std::max(layers, cka.num_layers_done);
  return layers;
}

/// What a run that stopped left in the file.
std::vector<Fact> keptFacts(const Run& run) {
  std::vector<Fact> facts;
  const auto layers = count(run.started.model.num_layers);
  facts.push_back({u"CKA"_s, count(layersOfCka(run)) + u" of "_s + layers + u" layers"_s});
  const auto measured = static_cast<int64_t>(run.reconstructions.size());
  int64_t planned = 0;
  for (const PlannedGroup& group : run.started.plan) {
    for (const Stream stream : run.started.model.streams()) planned += group.compresses(stream);
  }
  if (planned > 0)
    facts.push_back({u"factored streams"_s, count(measured) + u" of "_s + count(planned)});
  facts.push_back({u"spectra"_s, count(static_cast<int64_t>(run.spectra.size()))});
  facts.push_back(
      {u"memory samples"_s, count(static_cast<int64_t>(run.timeline.cache_samples.size()))});
  facts.push_back({u"CPU spans"_s, count(static_cast<int64_t>(run.timeline.spans.size()))});
  facts.push_back({u"generated tokens"_s, count(static_cast<int64_t>(run.tokens.size()))});
  return facts;
}

QString startedText(const std::string& utc) {
  const QDateTime time = QDateTime::fromString(QString::fromStdString(utc), Qt::ISODate);
  return time.isValid() ? time.toLocalTime().toString(u"yyyy-MM-dd HH:mm"_s) : QString();
}

QLabel* label(int size, QFont::Weight weight, QWidget* parent) {
  auto* result = new QLabel(parent);
  result->setFont(textFont(size, weight));
  return result;
}

}  // namespace

RunDetails::RunDetails(QWidget* parent)
    : QWidget(parent),
      title_(label(13, QFont::Medium, this)),
      started_(label(12, QFont::Normal, this)),
      message_(label(12, QFont::Normal, this)),
      facts_(new FactTable(u"Settings of the run"_s, this)),
      kept_title_(label(12, QFont::Medium, this)),
      kept_(new FactTable(u"Kept in the file"_s, this)),
      tags_(new TagEditor(this)),
      notes_(new QPlainTextEdit(this)) {
  auto* column = new QVBoxLayout(this);
  column->setContentsMargins(px(12), px(8), px(12), px(12));
  column->setSpacing(px(4));
  auto* head = new QHBoxLayout;
  head->setSpacing(px(8));
  head->addWidget(title_);
  head->addWidget(new BadgeLabel(Badge::b, this));
  head->addStretch(1);
  head->addWidget(started_);
  column->addLayout(head);
  message_->setWordWrap(true);
  message_->setTextInteractionFlags(Qt::TextSelectableByMouse);
  column->addWidget(message_);
  column->addWidget(facts_);
  kept_title_->setText(u"Kept in the file"_s);
  column->addWidget(kept_title_);
  column->addWidget(kept_);
  column->addSpacing(px(4));
  column->addWidget(tags_);
  notes_->setPlaceholderText(u"Notes"_s);
  notes_->setAccessibleName(u"Notes of the run"_s);
  notes_->setFixedHeight(px(kNotesHeight));
  notes_->setTabChangesFocus(true);
  notes_->installEventFilter(this);
  column->addSpacing(px(4));
  column->addWidget(notes_);
  column->addStretch(1);
  connect(tags_, &TagEditor::tagsEdited, this,
          [this](const QStringList& tags) { Q_EMIT tagsChanged(summary_.run_id, tags); });
}

void RunDetails::setSummary(const RunSummary& summary) {
  if (summary.run_id != summary_.run_id) commitNotes();
  const bool typing = notes_->hasFocus() && summary.run_id == summary_.run_id;
  summary_ = summary;
  if (!typing) notes_->setPlainText(QString::fromStdString(summary.notes));
  fill();
}

void RunDetails::setRun(std::shared_ptr<const Run> run) {
  run_ = std::move(run);
  fill();
}

void RunDetails::fill() {
  title_->setText(QStringLiteral("Run %1").arg(summary_.run_id));
  started_->setText(startedText(summary_.started_at));
  const Run* whole = run_ && run_->run_id == summary_.run_id ? run_.get() : nullptr;
  facts_->setFacts(factsOf(summary_, whole));
  const bool stopped =
      summary_.status == RunStatus::failed || summary_.status == RunStatus::cancelled;
  message_->setText(
      QStringLiteral("<span style='color:%1'>%2</span>")
          .arg(roles().bad.name(), QString::fromStdString(summary_.message).toHtmlEscaped()));
  message_->setVisible(stopped && !summary_.message.empty());
  kept_title_->setVisible(stopped && whole != nullptr);
  kept_->setVisible(stopped && whole != nullptr);
  if (whole != nullptr) kept_->setFacts(keptFacts(*whole));
  QStringList tags;
  for (const std::string& tag : summary_.tags) tags << QString::fromStdString(tag);
  tags_->setTags(tags);
}

void RunDetails::showEvent(QShowEvent* event) {
  fill();  // the theme may have changed before there was anything to see
  QWidget::showEvent(event);
}

void RunDetails::changeEvent(QEvent* event) {
  if (event->type() == QEvent::StyleChange) fill();
  QWidget::changeEvent(event);
}

bool RunDetails::eventFilter(QObject* watched, QEvent* event) {
  if (watched == notes_ && event->type() == QEvent::FocusOut) commitNotes();
  return QWidget::eventFilter(watched, event);
}

void RunDetails::commitNotes() {
  const QString notes = notes_->toPlainText();
  if (summary_.run_id == 0 || notes == QString::fromStdString(summary_.notes)) return;
  summary_.notes = notes.toStdString();
  Q_EMIT notesChanged(summary_.run_id, notes);
}

}  // namespace xkv::views
