// SPDX-License-Identifier: Apache-2.0
/// The fields of what a run is asked, where it runs and how it ends, once: name and member, in
/// written order.
#pragma once

#include <concepts>
#include <type_traits>

#include "profiling/records/session.h"

namespace xkv {

/// T or const T: one list serves the writer and the reader.
template <class R, class T>
concept MaybeConst = std::same_as<std::remove_const_t<R>, T>;

template <class V, MaybeConst<LayerGroup> R>
void fields(V& visit, R& r) {
  visit("first_layer", r.first_layer);
  visit("num_layers", r.num_layers);
  visit("rank_k", r.rank_k);
  visit("rank_v", r.rank_v);
  visit("slerp_t", r.slerp_t);
  visit("slerp_gamma", r.slerp_gamma);
}

template <class V, MaybeConst<SelectiveConfig> R>
void fields(V& visit, R& r) {
  visit("budget", r.budget);
  visit("chunk", r.chunk);
  visit("local_chunks", r.local_chunks);
  visit("outlier_chunks", r.outlier_chunks);
  visit("landmarks", r.landmarks);
  visit("share_selection", r.share_selection);
}

template <class V, MaybeConst<CompressionConfig> R>
void fields(V& visit, R& r) {
  visit("method", r.method);
  visit("layer_group_size", r.layer_group_size);
  visit("rank_k", r.rank_k);
  visit("rank_v", r.rank_v);
  visit("merge_key", r.merge_key);
  visit("merge_value", r.merge_value);
  visit("start_layer", r.start_layer);
  visit("end_layer", r.end_layer);
  visit("layer_groups", r.layer_groups);
  visit("factor_backend", r.factor_backend);
  visit("factor_dtype", r.factor_dtype);
  visit("token_basis_bits", r.token_basis_bits);
  visit("layer_factor_bits", r.layer_factor_bits);
  visit("target_error", r.target_error);
  visit("target_energy", r.target_energy);
  visit("slerp_t", r.slerp_t);
  visit("slerp_gamma", r.slerp_gamma);
  visit("slerp_keep", r.slerp_keep);
  visit("recompress_after", r.recompress_after);
  visit("recompress_residual", r.recompress_residual);
  visit("selective", r.selective);
}

template <class V, MaybeConst<Sampling> R>
void fields(V& visit, R& r) {
  visit("temperature", r.temperature);
  visit("top_k", r.top_k);
  visit("top_p", r.top_p);
  visit("seed", r.seed);
}

template <class V, MaybeConst<RunSpec> R>
void fields(V& visit, R& r) {
  visit("model_dir", r.model_dir);
  visit("cache_file", r.cache_file);
  visit("prompt_name", r.prompt_name);
  visit("prompt", r.prompt);
  visit("prompt_ids", r.prompt_ids);
  visit("chat_template", r.chat_template);
  visit("date_string", r.date_string);
  visit("enable_thinking", r.enable_thinking);
  visit("turns", r.turns);
  visit("compression", r.compression);
  visit("dtype", r.dtype);
  visit("device", r.device);
  visit("analysis", r.analysis);
  visit("max_new_tokens", r.max_new_tokens);
  visit("sampling", r.sampling);
  visit("stop", r.stop);
  visit("prefill_chunk", r.prefill_chunk);
  visit("num_threads", r.num_threads);
  visit("follow_symlinks", r.follow_symlinks);
}

template <class V, MaybeConst<ModelShape> R>
void fields(V& visit, R& r) {
  visit("name", r.name);
  visit("model_type", r.model_type);
  visit("num_layers", r.num_layers);
  visit("hidden_size", r.hidden_size);
  visit("intermediate_size", r.intermediate_size);
  visit("num_heads", r.num_heads);
  visit("num_kv_heads", r.num_kv_heads);
  visit("head_dim", r.head_dim);
  visit("vocab_size", r.vocab_size);
  visit("max_position_embeddings", r.max_position_embeddings);
  visit("rope_theta", r.rope_theta);
  visit("rope_type", r.rope_type);
  visit("tie_word_embeddings", r.tie_word_embeddings);
  visit("num_parameters", r.num_parameters);
  visit("weight_bytes", r.weight_bytes);
  visit("weight_dtype", r.weight_dtype);
  visit("sliding_window", r.sliding_window);
  visit("kv_lora_rank", r.kv_lora_rank);
  visit("qk_rope_head_dim", r.qk_rope_head_dim);
  visit("qk_nope_head_dim", r.qk_nope_head_dim);
  visit("v_head_dim", r.v_head_dim);
  visit("num_experts", r.num_experts);
  visit("random_weights", r.random_weights);
}

template <class V, MaybeConst<PlannedGroup> R>
void fields(V& visit, R& r) {
  visit("first_layer", r.first_layer);
  visit("num_layers", r.num_layers);
  visit("rank_k", r.rank_k);
  visit("rank_v", r.rank_v);
  visit("slerp_k", r.slerp_k);
  visit("slerp_v", r.slerp_v);
  visit("slerp_t", r.slerp_t);
  visit("slerp_gamma", r.slerp_gamma);
}

template <class V, MaybeConst<RunStarted> R>
void fields(V& visit, R& r) {
  visit("spec", r.spec);
  visit("model", r.model);
  visit("plan", r.plan);
  visit("prompt_ids", r.prompt_ids);
  visit("prompt_tokens", r.prompt_tokens);
  visit("notices", r.notices);
  visit("device_name", r.device_name);
  visit("program_version", r.program_version);
  visit("started_at", r.started_at);
}

template <class V, MaybeConst<ProgressRecord> R>
void fields(V& visit, R& r) {
  visit("phase", r.phase);
  visit("done", r.done);
  visit("total", r.total);
}

template <class V, MaybeConst<RunFinished> R>
void fields(V& visit, R& r) {
  visit("status", r.status);
  visit("error_kind", r.error_kind);
  visit("message", r.message);
  visit("finished_at", r.finished_at);
}

template <class V, MaybeConst<RunSummary> R>
void fields(V& visit, R& r) {
  visit("run_id", r.run_id);
  visit("title", r.title);
  visit("notes", r.notes);
  visit("tags", r.tags);
  visit("spec", r.spec);
  visit("model", r.model);
  visit("seq_len", r.seq_len);
  visit("status", r.status);
  visit("message", r.message);
  visit("started_at", r.started_at);
  visit("error_k", r.error_k);
  visit("error_v", r.error_v);
  visit("published_ratio", r.published_ratio);
}

template <class V, MaybeConst<Run> R>
void fields(V& visit, R& r) {
  visit("run_id", r.run_id);
  visit("title", r.title);
  visit("notes", r.notes);
  visit("tags", r.tags);
  visit("started", r.started);
  visit("cka", r.cka);
  visit("spectra", r.spectra);
  visit("reconstructions", r.reconstructions);
  visit("memory", r.memory);
  visit("tokens", r.tokens);
  visit("generations", r.generations);
  visit("recompressions", r.recompressions);
  visit("selections", r.selections);
  visit("divergence", r.divergence);
  visit("latencies", r.latencies);
  visit("timeline", r.timeline);
  visit("finished", r.finished);
}

}  // namespace xkv
