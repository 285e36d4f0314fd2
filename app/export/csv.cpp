// SPDX-License-Identifier: Apache-2.0
/// One run as CSV files, one per noun; columns are METHOD's words with their units.
#include "app/export/csv.h"

#include <filesystem>
#include <numeric>
#include <system_error>
#include <utility>

#include "app/export/csv_table.h"
#include "app/export/written_file.h"
#include "profiling/records/words.h"

namespace xkv {
namespace {

/// The value at `index`, or an empty cell behind the end of a vector.
template <class T>
CsvCell at(const std::vector<T>& values, int64_t index) {
  const auto place = static_cast<size_t>(index);
  return place < values.size() ? CsvCell(values[place]) : CsvCell();
}

/// -1 stands for "none" in spans.
CsvCell indexOrNone(int32_t index) { return index < 0 ? CsvCell() : CsvCell(index); }

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& one : words) text += (text.empty() ? "" : ";") + one;
  return text;
}

std::string ckaCsv(const Run& run) {
  CsvTable table({"stream", "layer_a", "layer_b", "cka", "token_cosine", "seq_len"});
  for (const CkaRecord& cka : run.cka)
    for (int64_t a = 0; a < cka.num_layers; ++a)
      for (int64_t b = 0; b < cka.num_layers; ++b)
        table.add({word(cka.stream), a, b, at(cka.cka, a * cka.num_layers + b),
                   at(cka.token_cosine, a * cka.num_layers + b), cka.seq_len});
  return table.text();
}

std::string spectrumCsv(const Run& run) {
  CsvTable table({"stream", "first_layer", "num_layers", "seq_len", "width", "rank",
                  "singular_value", "group_error"});
  for (const SpectrumRecord& spectrum : run.spectra)
    for (size_t rank = 0; rank < spectrum.group_error.size(); ++rank)
      table.add(
          {word(spectrum.stream), spectrum.first_layer, spectrum.num_layers, spectrum.seq_len,
           spectrum.width, rank,
           rank == 0 ? CsvCell() : at(spectrum.singular_values, static_cast<int64_t>(rank) - 1),
           spectrum.group_error[rank]});
  return table.text();
}

std::string layerErrorCsv(const Run& run) {
  CsvTable table({"stream", "first_layer", "num_layers", "layer", "rank", "layer_error"});
  for (const SpectrumRecord& spectrum : run.spectra) {
    const auto ranks = static_cast<int64_t>(spectrum.group_error.size());
    for (int64_t layer = 0; layer < spectrum.num_layers; ++layer)
      for (int64_t rank = 0; rank < ranks; ++rank)
        table.add({word(spectrum.stream), spectrum.first_layer, spectrum.num_layers,
                   spectrum.first_layer + layer, rank,
                   at(spectrum.layer_error, layer * ranks + rank)});
  }
  return table.text();
}

/// Rows of one group: the whole, then layers, KV heads and tokens.
void addReconstruction(CsvTable& table, const ReconstructionRecord& record) {
  const auto row = [&](const char* scope, CsvCell layer, CsvCell head, CsvCell token,
                       CsvCell error) {
    table.add({word(record.stream), record.group, record.first_layer, record.num_layers,
               record.rank, word(record.factor_backend), word(record.factor_dtype), scope, layer,
               head, token, error});
  };
  row("group", {}, {}, {}, record.error);
  for (int64_t l = 0; l < record.num_layers; ++l)
    row("layer", record.first_layer + l, {}, {}, at(record.layer_error, l));
  for (int64_t l = 0; l < record.num_layers; ++l)
    for (int64_t head = 0; head < record.num_kv_heads; ++head)
      row("kv_head", record.first_layer + l, head, {},
          at(record.head_error, l * record.num_kv_heads + head));
  for (int64_t l = 0; l < record.num_layers; ++l)
    for (int64_t token = 0; token < record.seq_len; ++token)
      row("token", record.first_layer + l, {}, token,
          at(record.token_error, l * record.seq_len + token));
}

std::string reconstructionCsv(const Run& run) {
  CsvTable table({"stream", "group", "first_layer", "num_layers", "rank", "factor_backend",
                  "factor_dtype", "scope", "layer", "kv_head", "token", "error"});
  for (const ReconstructionRecord& record : run.reconstructions) addReconstruction(table, record);
  return table.text();
}

std::string memoryCsv(const Run& run) {
  CsvTable table({"part", "stream", "shape", "dtype", "bytes"});
  if (!run.memory) return table.text();
  const MemoryRecord& memory = *run.memory;
  for (const MemoryPart& part : memory.parts)
    table.add({word(part.kind), part.stream ? CsvCell(word(*part.stream)) : CsvCell(), part.shape,
               word(part.dtype), part.bytes});
  const auto total = [&](const char* name, int64_t bytes) { table.add({name, {}, {}, {}, bytes}); };
  total("total_dense", memory.dense_bytes);
  total("total_factor", memory.factor_bytes);
  total("total_resident", memory.resident_bytes);
  total("total_dense_resident", memory.dense_resident_bytes);
  total("peak_factor", memory.peak.factor_bytes);
  total("peak_dense_row", memory.peak.dense_row_bytes);
  total("peak_workspace", memory.peak.workspace_bytes);
  total("peak_activation", memory.peak.activation_bytes);
  total("process_resident", memory.process_resident_bytes);
  total("weight", memory.weight_bytes);
  return table.text();
}

std::string tokensCsv(const Run& run) {
  CsvTable table({"method", "step", "id", "text", "text_piece", "probability", "duration_ns"});
  for (const TokenRecord& token : run.tokens)
    table.add({word(token.method), token.step, token.choice.id, token.choice.text, token.text_piece,
               token.choice.probability, token.duration_ns});
  return table.text();
}

std::string recompressionCsv(const Run& run) {
  CsvTable table({"stream", "group", "first_token", "num_tokens", "residual", "error", "rank_before",
                  "rank_after", "resident_bytes"});
  for (const RecompressionRecord& segment : run.recompressions)
    table.add({word(segment.stream), segment.group, segment.first_token, segment.num_tokens,
               segment.residual, segment.error, segment.rank_before, segment.rank_after,
               segment.resident_bytes});
  return table.text();
}

/// Over the query heads of one step; empty where it was not measured.
CsvCell meanRecall(const SelectionRecord& selection, int64_t step) {
  const int64_t begin = step * selection.num_heads;
  const int64_t end = begin + selection.num_heads;
  if (begin == end || std::cmp_less(selection.recall.size(), end)) return {};
  const auto first = selection.recall.begin();
  return std::accumulate(first + begin, first + end, 0.0) /
         static_cast<double>(selection.num_heads);
}

std::string selectionCsv(const Run& run) {
  CsvTable table({"layer", "step", "seq_len", "num_kv_heads", "chunk", "landmark_chunks",
                  "outlier_chunks", "chosen_chunks", "teacher_forced", "hit_rate", "mean_recall"});
  for (const SelectionRecord& selection : run.selections)
    for (int64_t step = 0; step < selection.num_steps; ++step)
      table.add({selection.layer, step, selection.seq_len, selection.num_kv_heads, selection.chunk,
                 selection.landmark_chunks, selection.outlier_chunks, selection.chosen_chunks,
                 selection.teacher_forced, at(selection.hit_rate, step),
                 meanRecall(selection, step)});
  return table.text();
}

std::string divergenceCsv(const Run& run) {
  CsvTable table({"step", "kl_nat", "top1_agrees"});
  if (!run.divergence) return table.text();
  for (size_t step = 0; step < run.divergence->kl.size(); ++step)
    table.add({step, run.divergence->kl[step],
               at(run.divergence->top1_agrees, static_cast<int64_t>(step))});
  return table.text();
}

std::string latencyCsv(const Run& run) {
  CsvTable table({"method", "load_ns", "prefill_ns", "gram_ns", "factor_ns", "analysis_ns",
                  "ttft_ns", "num_decode_steps"});
  for (const LatencyRecord& latency : run.latencies)
    table.add({word(latency.method), latency.load_ns, latency.prefill_ns, latency.gram_ns,
               latency.factor_ns, latency.analysis_ns, latency.ttft_ns,
               latency.decode_step_ns.size()});
  return table.text();
}

std::string timelineCsv(const Run& run) {
  CsvTable table({"kind", "start_ns", "end_ns", "layer", "group", "step", "depth", "label"});
  for (const Span& span : run.timeline.spans)
    table.add({word(span.kind), span.start_ns, span.end_ns, indexOrNone(span.layer),
               indexOrNone(span.group), indexOrNone(span.step), span.depth, span.label});
  return table.text();
}

std::string cacheBytesCsv(const Run& run) {
  CsvTable table({"time_ns", "cache_bytes"});
  for (const CacheSample& sample : run.timeline.cache_samples)
    table.add({sample.time_ns, sample.cache_bytes});
  return table.text();
}

std::string runCsv(const Run& run) {
  const RunSummary summary = summaryOf(run);
  const RunSpec& spec = run.started.spec;
  const MemoryRecord memory = run.memory.value_or(MemoryRecord{});
  const auto ratio = [&](double value) { return run.memory ? CsvCell(value) : CsvCell(); };
  CsvTable table({"run_id",
                  "title",
                  "notes",
                  "tags",
                  "model",
                  "random_weights",
                  "prompt_name",
                  "seq_len",
                  "method",
                  "layer_group_size",
                  "rank_k",
                  "rank_v",
                  "merge_key",
                  "merge_value",
                  "dtype",
                  "device",
                  "analysis",
                  "max_new_tokens",
                  "status",
                  "message",
                  "started_at",
                  "finished_at",
                  "program_version",
                  "error_k",
                  "error_v",
                  "published_ratio",
                  "with_landmarks_ratio",
                  "true_resident_ratio",
                  "first_divergent_token"});
  table.add({run.run_id,
             run.title,
             run.notes,
             joined(run.tags),
             run.started.model.name,
             run.started.model.random_weights,
             spec.prompt_name,
             summary.seq_len,
             word(spec.compression.method),
             spec.compression.layer_group_size,
             spec.compression.rank_k,
             spec.compression.rank_v,
             spec.compression.merge_key,
             spec.compression.merge_value,
             word(spec.dtype),
             run.started.device_name,
             word(spec.analysis),
             spec.max_new_tokens,
             word(summary.status),
             summary.message,
             summary.started_at,
             run.finished.finished_at,
             run.started.program_version,
             summary.error_k,
             summary.error_v,
             ratio(memory.published_ratio),
             ratio(memory.with_landmarks_ratio),
             ratio(memory.true_resident_ratio),
             run.divergence ? CsvCell(run.divergence->first_divergent_token) : CsvCell()});
  return table.text();
}

}  // namespace

std::vector<CsvFile> csvFilesOf(const Run& run) {
  return {{"run.csv", runCsv(run)},
          {"cka.csv", ckaCsv(run)},
          {"spectrum.csv", spectrumCsv(run)},
          {"layer_error.csv", layerErrorCsv(run)},
          {"reconstruction.csv", reconstructionCsv(run)},
          {"memory.csv", memoryCsv(run)},
          {"tokens.csv", tokensCsv(run)},
          {"recompression.csv", recompressionCsv(run)},
          {"selection.csv", selectionCsv(run)},
          {"divergence.csv", divergenceCsv(run)},
          {"latency.csv", latencyCsv(run)},
          {"timeline.csv", timelineCsv(run)},
          {"cache_bytes.csv", cacheBytesCsv(run)}};
}

Result<std::vector<std::string>> exportCsv(const Run& run, const std::string& dir) {
  std::error_code error;
  std::filesystem::create_directories(dir, error);
  if (error || !std::filesystem::is_directory(dir))
    return failure(ErrorKind::failure, dir + " cannot be made a folder" +
                                           (error ? ": " + error.message() : std::string()));
  std::vector<std::string> paths;
  for (const CsvFile& file : csvFilesOf(run)) {
    const std::string path = (std::filesystem::path(dir) / file.name).string();
    const Status written = writeWholeFile(path, file.content);
    if (!written) return Failure(written.error());
    paths.push_back(path);
  }
  return paths;
}

}  // namespace xkv
