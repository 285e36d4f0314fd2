// SPDX-License-Identifier: GPL-3.0-or-later
/// "Copy as CLI": the command line that does what a RunSpec says.
#include "views/command_line.h"

#include <QLocale>
#include <QStringList>
#include <algorithm>
#include <optional>
#include <string>

#include "profiling/records/words.h"

namespace xkv::views {

using namespace Qt::StringLiterals;
namespace {

QString text(std::string_view utf8) {
  return QString::fromUtf8(utf8.data(), static_cast<qsizetype>(utf8.size()));
}

/// Collects `--flag value` pairs; a value equal to its default leaves no trace.
class Arguments {
 public:
  void add(const char* flag, const QString& value) {
    const QString name = QString::fromLatin1(flag);
    // "--prompt -x" would be read as a flag.
    if (value.startsWith(u'-')) {
      list_ << name + u'=' + shellQuoted(value);
    } else {
      list_ << name << shellQuoted(value);
    }
  }
  void addSwitch(const char* flag) { list_ << QString::fromLatin1(flag); }
  void addNumber(const char* flag, int64_t value, int64_t standard) {
    if (value != standard) add(flag, QString::number(value));
  }
  void addReal(const char* flag, double value, double standard) {
    if (value != standard) add(flag, QString::number(value, 'g', QLocale::FloatingPointShortest));
  }
  void addOptional(const char* flag, const std::optional<int64_t>& number) {
    if (number) add(flag, QString::number(*number));
  }
  template <class Enum>
  void addWord(const char* flag, Enum value, Enum standard) {
    if (value != standard) add(flag, text(word(value)));
  }
  QString joined() const { return list_.join(u' '); }

 private:
  QStringList list_;
};

/// 0-3:24:36,4-5,6-7::48, as `xkv run --layer-groups` reads it.
QString groupsText(const std::vector<LayerGroup>& groups) {
  const auto number = [](int64_t value) { return QString::number(value); };
  QStringList entries;
  for (const LayerGroup& group : groups) {
    QString entry = number(group.first_layer);
    if (group.num_layers > 1) entry += u'-' + number(group.first_layer + group.num_layers - 1);
    if (group.rank_k || group.rank_v)
      entry += u':' + (group.rank_k ? number(*group.rank_k) : u""_s);
    if (group.rank_v) entry += u':' + number(*group.rank_v);
    entries << entry;
  }
  return entries.join(u',');
}

/// A prompt that starts with @ would be read as a file; doubled it is meant as it stands.
QString promptText(const std::string& prompt) {
  return prompt.starts_with('@') ? u'@' + text(prompt) : text(prompt);
}

void addSelective(Arguments& arguments, const SelectiveConfig& config) {
  const SelectiveConfig standard;
  arguments.addNumber("--budget", config.budget, standard.budget);
  arguments.addNumber("--chunk", config.chunk, standard.chunk);
  arguments.addNumber("--local-chunks", config.local_chunks, standard.local_chunks);
  arguments.addOptional("--outlier-chunks", config.outlier_chunks);
  arguments.addWord("--landmarks", config.landmarks, standard.landmarks);
  if (config.share_selection) arguments.addSwitch("--share-selection");
}

void addCompression(Arguments& arguments, const CompressionConfig& config) {
  const CompressionConfig standard;
  arguments.addWord("--method", config.method, standard.method);
  if (config.method == Method::dense) return;
  const bool pairs = config.method == Method::minicache;
  if (!config.layer_groups.empty())
    arguments.add("--layer-groups", groupsText(config.layer_groups));
  else if (!pairs)
    arguments.addNumber("--layer-group-size", config.layer_group_size, standard.layer_group_size);
  arguments.addOptional("--rank-k", config.rank_k);
  arguments.addOptional("--rank-v", config.rank_v);
  if (config.merge_key != config.merge_value)
    arguments.addSwitch(config.merge_key ? "--merge-key" : "--merge-value");
  arguments.addNumber("--start-layer", config.start_layer, pairs ? -1 : standard.start_layer);
  arguments.addNumber("--end-layer", config.end_layer, standard.end_layer);
  arguments.addReal("--slerp-t", config.slerp_t, standard.slerp_t);
  arguments.addReal("--slerp-gamma", config.slerp_gamma, standard.slerp_gamma);
  arguments.addWord("--slerp-keep", config.slerp_keep, standard.slerp_keep);
  if (config.target_error) arguments.addReal("--target-error", *config.target_error, 0);
  if (config.target_energy) arguments.addReal("--target-energy", *config.target_energy, 0);
  arguments.addNumber("--token-basis-bits", config.token_basis_bits, standard.token_basis_bits);
  arguments.addNumber("--layer-factor-bits", config.layer_factor_bits, standard.layer_factor_bits);
  arguments.addNumber("--recompress-after", config.recompress_after, standard.recompress_after);
  if (config.recompress_after > 0) {
    arguments.addReal("--recompress-residual", config.recompress_residual,
                      standard.recompress_residual);
  }
  arguments.addWord("--factor-backend", config.factor_backend, standard.factor_backend);
  if (config.factor_dtype) arguments.add("--factor-dtype", text(word(*config.factor_dtype)));
  if (isSelective(config.method)) addSelective(arguments, config.selective);
}

void addGeneration(Arguments& arguments, const RunSpec& spec) {
  const RunSpec standard;
  arguments.addNumber("--max-new-tokens", spec.max_new_tokens, standard.max_new_tokens);
  arguments.addReal("--temperature", spec.sampling.temperature, standard.sampling.temperature);
  arguments.addNumber("--top-k", spec.sampling.top_k, standard.sampling.top_k);
  arguments.addReal("--top-p", spec.sampling.top_p, standard.sampling.top_p);
  if (spec.sampling.seed != standard.sampling.seed)
    arguments.add("--seed", QString::number(spec.sampling.seed));
  for (const std::string& stop : spec.stop) arguments.add("--stop", text(stop));
  for (const std::string& turn : spec.turns) arguments.add("--turn", promptText(turn));
}

/// `xkv analyse`, for a cache that was captured elsewhere.
QString analyseLineOf(const RunSpec& spec) {
  const RunSpec standard;
  Arguments arguments;
  addCompression(arguments, spec.compression);
  arguments.addWord("--device", spec.device, standard.device);
  arguments.addWord("--analysis", spec.analysis, standard.analysis);
  arguments.addNumber("--threads", spec.num_threads, standard.num_threads);
  const QString options = arguments.joined();
  return u"xkv analyse "_s + shellQuoted(text(spec.cache_file)) +
         (options.isEmpty() ? QString() : u' ' + options);
}

}  // namespace

QString shellQuoted(QStringView argument) {
  const auto safe = [](QChar c) {
    return (c.unicode() < 128 && c.isLetterOrNumber()) || QStringView(u"_-./:,+=@%").contains(c);
  };
  const bool bare = !argument.isEmpty() && std::all_of(argument.begin(), argument.end(), safe);
  if (bare) return argument.toString();
  QString quoted = argument.toString();
  quoted.replace(u'\'', QStringLiteral("'\\''"));
  return u'\'' + quoted + u'\'';
}

QString commandLineOf(const RunSpec& spec) {
  if (!spec.cache_file.empty()) return analyseLineOf(spec);
  const RunSpec standard;
  Arguments arguments;
  arguments.add("--model", text(spec.model_dir));
  if (!spec.prompt_ids.empty()) {
    QStringList ids;
    for (const int64_t id : spec.prompt_ids) ids << QString::number(id);
    arguments.add("--prompt-ids", ids.join(u','));
  } else {
    arguments.add("--prompt", promptText(spec.prompt));
  }
  if (!spec.chat_template.empty()) arguments.add("--template", text(spec.chat_template));
  if (spec.date_string) arguments.add("--date-string", text(*spec.date_string));
  if (spec.enable_thinking)
    arguments.add("--enable-thinking", *spec.enable_thinking ? u"true"_s : u"false"_s);
  addCompression(arguments, spec.compression);
  arguments.addWord("--dtype", spec.dtype, standard.dtype);
  arguments.addWord("--device", spec.device, standard.device);
  arguments.addWord("--analysis", spec.analysis, standard.analysis);
  addGeneration(arguments, spec);
  arguments.addNumber("--prefill-chunk", spec.prefill_chunk, standard.prefill_chunk);
  arguments.addNumber("--threads", spec.num_threads, standard.num_threads);
  if (spec.follow_symlinks) arguments.addSwitch("--follow-symlinks");
  // There, "-" means standard input: so it comes from there.
  const bool is_dash = spec.prompt_ids.empty() && spec.prompt == "-";
  return (is_dash ? u"printf %s - | xkv run "_s : u"xkv run "_s) + arguments.joined();
}

}  // namespace xkv::views
