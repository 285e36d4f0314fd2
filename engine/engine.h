// SPDX-License-Identifier: Apache-2.0
/// The engine as the rest of the program sees it: a model in, a prefilled prompt, records out. Free of torch.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "engine/checkpoint/model_folder.h"
#include "engine/text/tokenizer.h"
#include "profiling/layer_groups.h"
#include "profiling/phase_sink.h"
#include "profiling/records/record.h"

namespace xkv {

/// Receives each record the moment it exists; a returned failure ends the work.
using RecordSink = std::function<Status(const Record&)>;

/// The shape of a model folder from its config.json and the headers of its weights; loads no weights.
/// bad_input: the folder, a file or a key is missing or wrong; the sentence names it.
Result<ModelShape> describeModel(const ModelFolder& folder);

/// What a cache that was captured elsewhere says of itself.
struct CacheFileInfo {
  ModelShape model;  ///< the tensors' own sizes; names, RoPE and the rest as the file's header says
  Dtype dtype = Dtype::fp32;
  int64_t seq_len = 0;
  bool has_ids = false;
  std::vector<int64_t> ids;         ///< (seq_len); -1 each where the file has no input_ids
  std::vector<std::string> tokens;  ///< (seq_len) texts; empty ones where the header has none
  std::string source;               ///< "transformers 5.23.0"; may be empty
};

/// From the headers of a safetensors file; reads no rows.
/// bad_input: the file, a tensor or a key is missing or wrong; the sentence names it.
Result<CacheFileInfo> describeCache(const std::string& path);

/// Where a written cache comes from.
struct Provenance {
  std::string program;
  std::string version;
  std::vector<std::string> tokens;  ///< text of each token; may be empty
};

struct PrefillRequest {
  std::vector<int64_t> ids;
  GroupPlan plan;  ///< empty groups = dense
  CompressionConfig compression;  ///< how the plan's groups are compressed; its factor_dtype is below
  Dtype factor_dtype = Dtype::bf16;
  AnalysisScope analysis = AnalysisScope::none;
  int64_t prefill_chunk = 512;
  bool keep_hidden = false;  ///< keep the hidden states of every layer (capture)
  bool keep_logits = false;  ///< keep the logits of every prompt token (capture)
};

struct GenerateRequest {
  Method method = Method::xkv;  ///< dense needs a dense plan or AnalysisScope::all
  int64_t max_new_tokens = 32;
  Sampling sampling;
  std::vector<std::string> stop;
  int64_t turn = 0;  ///< of the conversation
  /// Fed first, behind what the cache holds: the last token of the answer before and what the user says next.
  /// Empty = the cache goes back to the prompt.
  std::vector<int64_t> feed_ids;
};

/// One turn of a conversation as the dense cache led it.
struct ForcedTurn {
  std::vector<int64_t> said_ids;    ///< by the user before the answer; empty at turn 0, which the prompt began
  std::vector<int64_t> answer_ids;  ///< one or more
};

/// A prompt that has passed the model: its cache, and under AnalysisScope::all also its dense rows.
/// Made by Engine::prefill, or without a model by Engine::readCache; the engine must outlive it.
class Capture {
 public:
  ~Capture();
  Capture(Capture&&) noexcept;
  Capture& operator=(Capture&&) noexcept;

  /// CKA, token cosine and spectra of all group sizes (METHOD.md 3, 4) from the dense rows.
  Status analyse(const RecordSink& sink, PhaseSink& phases, std::stop_token stop);

  /// Tokens as they are chosen, RecompressionRecords as segments are factored, then a GenerationRecord; returns
  /// the ids. Needs a model. bad_input: feed_ids do not fit into the model's context.
  Result<std::vector<int64_t>> generate(const GenerateRequest& request, const Tokenizer* tokenizer,
                                        const RecordSink& sink, PhaseSink& phases,
                                        std::stop_token stop);

  /// Both caches fed the dense run's conversation; KL and top-1 agreement of every answered token (METHOD.md 4).
  /// Needs a model.
  Result<DivergenceRecord> compareWithDense(const std::vector<ForcedTurn>& dense_turns,
                                            PhaseSink& phases, std::stop_token stop);

  /// X-ray of Selective Reconstruction since this was last asked: of the last generate(), or with recall of
  /// compareWithDense(). Empty where nothing is chosen.
  std::vector<SelectionRecord> takeSelections();

  /// The plan with the ranks that were really kept; empty for a dense cache.
  std::vector<PlannedGroup> factoredPlan() const;

  /// Parts and peak of the ledger, from the tensors' real storage; ratios are left to the caller.
  MemoryRecord memory() const;

  struct Dump {
    bool hidden = false;
    bool logits = false;
    bool reconstructed = false;
    std::vector<int64_t> force_ids;  ///< fed one by one over the compressed cache: decode_logits
    Provenance provenance = {};
  };
  /// Writes input_ids, key.{l}, value.{l} (originals, before RoPE) and what `dump` asks as safetensors, which
  /// Engine::openCache reads.
  /// Needs AnalysisScope::all; hidden and logits need keep_hidden and keep_logits.
  Status writeTo(const std::string& path, const Dump& dump, std::stop_token stop);

  struct Impl;

 private:
  friend class Engine;
  explicit Capture(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

class Engine {
 public:
  /// no_device when `cuda` is asked and no CUDA device can be used; the sentence says why.
  static Result<Engine> create(Device device, int64_t num_threads);
  ~Engine();
  Engine(Engine&&) noexcept;
  Engine& operator=(Engine&&) noexcept;

  /// Loads weights as `dtype`. The model that is loaded already is kept when folder, its links and dtype are the same.
  Result<ModelShape> load(const ModelFolder& folder, Dtype dtype, const RecordSink& sink,
                          PhaseSink& phases, std::stop_token stop);

  /// bad_input: no tokens, more than the loaded model's context, an id outside its vocabulary.
  Status checkPrompt(const std::vector<int64_t>& ids) const;

  /// Prompt ids through the loaded model, layer-major; groups are factored as they are complete.
  /// Emits ReconstructionRecord and, under AnalysisScope::group, SpectrumRecord per group.
  Result<Capture> prefill(const PrefillRequest& request, const RecordSink& sink, PhaseSink& phases,
                          std::stop_token stop);

  /// A cache captured elsewhere, for readCache. bad_input: as describeCache, or a value that is not finite.
  Result<CacheFileInfo> openCache(const std::string& path, const RecordSink& sink,
                                  PhaseSink& phases, std::stop_token stop);

  /// The rows of the opened file, as if a model had made them of request.ids; the file is closed.
  Result<Capture> readCache(const PrefillRequest& request, const RecordSink& sink,
                            PhaseSink& phases, std::stop_token stop);

  std::string deviceName() const;  ///< "CPU, 2 threads"

 private:
  struct Impl;
  explicit Engine(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace xkv
