// SPDX-License-Identifier: Apache-2.0
/// Writes a captured cache for use elsewhere: originals, and as asked hidden states, logits, rebuilt rows.
#include "engine/kv_dump.h"

#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>

#include <concepts>
#include <span>
#include <utility>
#include <vector>

#include "engine/cache_file_header.h"
#include "engine/checkpoint/safetensors.h"
#include "profiling/no_phases.h"
#include "profiling/records/words.h"

namespace xkv {
namespace {

const char* safetensorsName(at::ScalarType type) {
  if (type == at::kLong) return "I64";
  if (type == at::kBFloat16) return "BF16";
  return type == at::kHalf ? "F16" : "F32";
}

class Dumper {
 public:
  explicit Dumper(const Capture::Impl& capture) : capture_(capture) {}

  void add(const std::string& name, const at::Tensor& tensor) {
    held_.push_back(tensor.to(at::kCPU).contiguous());
    names_.push_back(name);
  }

  /// Keys and values as (seq_len, num_kv_heads, head_dim); what MLA caches as (seq_len, width).
  void addRows(const std::string& name, Stream stream, const at::Tensor& rows) {
    const ModelShape& shape = capture_.shape;
    add(name, shape.isMla() ? rows : rows.view({rows.size(0), shape.headsOf(stream), -1}));
  }

  Status write(const std::string& path, const std::string& header) const {
    std::vector<TensorToWrite> tensors;
    for (size_t i = 0; i < held_.size(); ++i) {
      const at::Tensor& tensor = held_[i];
      const auto* data = static_cast<const std::byte*>(tensor.const_data_ptr());
      tensors.push_back({names_[i], safetensorsName(tensor.scalar_type()), tensor.sizes().vec(),
                         std::span(data, tensor.nbytes())});
    }
    return writeSafetensors(path, std::move(tensors), {{"format", "pt"}, {kCacheFileKey, header}});
  }

 private:
  const Capture::Impl& capture_;
  std::vector<at::Tensor> held_;
  std::vector<std::string> names_;
};

/// "key.3"
std::string rowsName(Stream stream, size_t layer) {
  return std::string(word(stream)) + "." + std::to_string(layer);
}

void addOriginals(Dumper& dumper, const Capture::Impl& capture) {
  for (size_t layer = 0; layer < capture.rows.size(); ++layer) {
    for (const Stream stream : capture.shape.streams()) {
      dumper.addRows(rowsName(stream, layer), stream, capture.rows[layer].of(stream));
    }
  }
}

void addReconstructed(Dumper& dumper, const Capture::Impl& capture) {
  for (size_t layer = 0; layer < capture.rows.size(); ++layer) {
    for (const Stream stream : capture.shape.streams()) {
      const at::Tensor& original = capture.rows[layer].of(stream);
      const at::Tensor rows =
          capture.cache->rebuilt(static_cast<int64_t>(layer), stream);
      dumper.addRows("reconstructed." + rowsName(stream, layer), stream,
                     rows.defined() ? rows.to(original.scalar_type()) : original);
    }
  }
}

void addHidden(Dumper& dumper, const Capture::Impl& capture) {
  const size_t count = capture.hidden.size();
  for (size_t i = 0; i + 1 < count; ++i) dumper.add("hidden." + std::to_string(i), capture.hidden[i]);
  if (count > 0) dumper.add("hidden.final", capture.hidden.back());
}

/// (layers, ...) of one field of every record; the layers are alike.
template <class T>
at::Tensor joined(const std::vector<SelectionRecord>& records, std::vector<T> SelectionRecord::*values,
                  std::vector<int64_t> shape) {
  std::vector<T> all;
  for (const SelectionRecord& record : records) {
    all.insert(all.end(), (record.*values).begin(), (record.*values).end());
  }
  shape.insert(shape.begin(), static_cast<int64_t>(records.size()));
  const auto type = std::same_as<T, float> ? at::kFloat : at::kLong;
  return at::tensor(at::ArrayRef<T>(all), type).view(shape);
}

/// What Selective Reconstruction chose while the forced ids were fed; nothing where it chose nothing.
void addSelections(Dumper& dumper, const std::vector<SelectionRecord>& records) {
  if (records.empty()) return;
  const SelectionRecord& first = records.front();
  dumper.add("outlier_chunks", joined(records, &SelectionRecord::outliers,
                                      {first.num_kv_heads, first.outlier_chunks}));
  dumper.add("chosen_chunks", joined(records, &SelectionRecord::chosen,
                                     {first.num_steps, first.num_kv_heads, first.chosen_chunks}));
  dumper.add("recall",
             joined(records, &SelectionRecord::recall, {first.num_steps, first.num_heads}));
}

/// Logits after feeding each forced id over the capture's cache, (n, vocab_size).
Result<at::Tensor> forcedLogits(Capture::Impl& capture, const std::vector<int64_t>& ids,
                                const std::stop_token& stop) {
  if (const Status model = capture.needModel(); !model) return Failure(model.error());
  NoPhases phases;
  capture.cache->forgetGenerated();
  if (isSelective(capture.request.compression.method)) {
    const auto dense = capture.denseCache(phases, stop);
    if (!dense) return Failure(dense.error());
    capture.measureRecall();
  }
  std::vector<at::Tensor> logits;
  for (const int64_t id : ids) {
    const int64_t position = capture.seqLen() + static_cast<int64_t>(logits.size());
    auto row = capture.decoder->step({id}, position, *capture.cache, phases, stop);
    if (!row) return row;
    logits.push_back(*row);
  }
  return at::stack(logits);
}

}  // namespace

Status writeDump(Capture::Impl& capture, const std::string& path, const Capture::Dump& dump,
                 std::stop_token stop) {
  Dumper dumper(capture);
  dumper.add("input_ids", at::tensor(capture.request.ids, at::kLong));
  addOriginals(dumper, capture);
  if (dump.reconstructed) addReconstructed(dumper, capture);
  if (dump.hidden) addHidden(dumper, capture);
  if (dump.logits) dumper.add("logits", capture.logits);
  if (!dump.force_ids.empty()) {
    const auto logits = forcedLogits(capture, dump.force_ids, stop);
    if (!logits) return Failure(logits.error());
    dumper.add("decode_logits", *logits);
    addSelections(dumper, capture.cache->takeSelections());
  }
  return dumper.write(path, cacheFileHeader(capture.shape, dump.provenance));
}

}  // namespace xkv
