// SPDX-License-Identifier: Apache-2.0
/// The fields of what is measured, once: name and member, in the order they are written.
#pragma once

#include "profiling/records/run_fields.h"

namespace xkv {

template <class V, MaybeConst<CkaRecord> R>
void fields(V& visit, R& r) {
  visit("stream", r.stream);
  visit("num_layers", r.num_layers);
  visit("num_layers_done", r.num_layers_done);
  visit("seq_len", r.seq_len);
  visit("cka", r.cka);
  visit("token_cosine", r.token_cosine);
}

template <class V, MaybeConst<SpectrumRecord> R>
void fields(V& visit, R& r) {
  visit("stream", r.stream);
  visit("first_layer", r.first_layer);
  visit("num_layers", r.num_layers);
  visit("seq_len", r.seq_len);
  visit("width", r.width);
  visit("leading_only", r.leading_only);
  visit("total_energy", r.total_energy);
  visit("layer_energy", r.layer_energy);
  visit("singular_values", r.singular_values);
  visit("group_error", r.group_error);
  visit("layer_error", r.layer_error);
  visit("group_rounding", r.group_rounding);
  visit("layer_rounding", r.layer_rounding);
  visit("rank_90", r.rank_90);
  visit("rank_95", r.rank_95);
  visit("rank_99", r.rank_99);
}

template <class V, MaybeConst<ReconstructionRecord> R>
void fields(V& visit, R& r) {
  visit("stream", r.stream);
  visit("group", r.group);
  visit("first_layer", r.first_layer);
  visit("num_layers", r.num_layers);
  visit("seq_len", r.seq_len);
  visit("num_kv_heads", r.num_kv_heads);
  visit("rank", r.rank);
  visit("factor_backend", r.factor_backend);
  visit("factor_dtype", r.factor_dtype);
  visit("token_basis_bits", r.token_basis_bits);
  visit("layer_factor_bits", r.layer_factor_bits);
  visit("error", r.error);
  visit("energy", r.energy);
  visit("layer_error", r.layer_error);
  visit("head_error", r.head_error);
  visit("token_error", r.token_error);
}

template <class V, MaybeConst<RecompressionRecord> R>
void fields(V& visit, R& r) {
  visit("stream", r.stream);
  visit("group", r.group);
  visit("first_token", r.first_token);
  visit("num_tokens", r.num_tokens);
  visit("residual", r.residual);
  visit("error", r.error);
  visit("rank_before", r.rank_before);
  visit("rank_after", r.rank_after);
  visit("resident_bytes", r.resident_bytes);
}

template <class V, MaybeConst<SelectionRecord> R>
void fields(V& visit, R& r) {
  visit("layer", r.layer);
  visit("seq_len", r.seq_len);
  visit("num_heads", r.num_heads);
  visit("num_kv_heads", r.num_kv_heads);
  visit("chunk", r.chunk);
  visit("landmark_chunks", r.landmark_chunks);
  visit("outlier_chunks", r.outlier_chunks);
  visit("chosen_chunks", r.chosen_chunks);
  visit("num_steps", r.num_steps);
  visit("teacher_forced", r.teacher_forced);
  visit("outliers", r.outliers);
  visit("chosen", r.chosen);
  visit("hit_rate", r.hit_rate);
  visit("recall", r.recall);
  visit("recall_of_chunks", r.recall_of_chunks);
}

template <class V, MaybeConst<MemoryPart> R>
void fields(V& visit, R& r) {
  visit("kind", r.kind);
  visit("stream", r.stream);
  visit("shape", r.shape);
  visit("dtype", r.dtype);
  visit("bytes", r.bytes);
  visit("bits", r.bits);
}

template <class V, MaybeConst<MemoryPeak> R>
void fields(V& visit, R& r) {
  visit("factor_bytes", r.factor_bytes);
  visit("dense_row_bytes", r.dense_row_bytes);
  visit("workspace_bytes", r.workspace_bytes);
  visit("activation_bytes", r.activation_bytes);
}

template <class V, MaybeConst<MemoryRecord> R>
void fields(V& visit, R& r) {
  visit("seq_len", r.seq_len);
  visit("generated_tokens", r.generated_tokens);
  visit("parts", r.parts);
  visit("dense_bytes", r.dense_bytes);
  visit("factor_bytes", r.factor_bytes);
  visit("resident_bytes", r.resident_bytes);
  visit("dense_resident_bytes", r.dense_resident_bytes);
  visit("published_ratio", r.published_ratio);
  visit("with_landmarks_ratio", r.with_landmarks_ratio);
  visit("true_resident_ratio", r.true_resident_ratio);
  visit("peak", r.peak);
  visit("process_resident_bytes", r.process_resident_bytes);
  visit("weight_bytes", r.weight_bytes);
}

template <class V, MaybeConst<TokenChoice> R>
void fields(V& visit, R& r) {
  visit("id", r.id);
  visit("text", r.text);
  visit("probability", r.probability);
}

template <class V, MaybeConst<TokenRecord> R>
void fields(V& visit, R& r) {
  visit("method", r.method);
  visit("turn", r.turn);
  visit("step", r.step);
  visit("choice", r.choice);
  visit("alternatives", r.alternatives);
  visit("text_piece", r.text_piece);
  visit("duration_ns", r.duration_ns);
}

template <class V, MaybeConst<GenerationRecord> R>
void fields(V& visit, R& r) {
  visit("method", r.method);
  visit("turn", r.turn);
  visit("text", r.text);
  visit("num_tokens", r.num_tokens);
  visit("stop_reason", r.stop_reason);
}

template <class V, MaybeConst<DivergenceRecord> R>
void fields(V& visit, R& r) {
  visit("kl", r.kl);
  visit("top1_agrees", r.top1_agrees);
  visit("first_divergent_token", r.first_divergent_token);
  visit("tokens_equal", r.tokens_equal);
  visit("tokens_compared", r.tokens_compared);
}

template <class V, MaybeConst<LatencyRecord> R>
void fields(V& visit, R& r) {
  visit("method", r.method);
  visit("load_ns", r.load_ns);
  visit("prefill_ns", r.prefill_ns);
  visit("gram_ns", r.gram_ns);
  visit("factor_ns", r.factor_ns);
  visit("analysis_ns", r.analysis_ns);
  visit("ttft_ns", r.ttft_ns);
  visit("decode_step_ns", r.decode_step_ns);
}

template <class V, MaybeConst<Span> R>
void fields(V& visit, R& r) {
  visit("kind", r.kind);
  visit("start_ns", r.start_ns);
  visit("end_ns", r.end_ns);
  visit("layer", r.layer);
  visit("group", r.group);
  visit("step", r.step);
  visit("depth", r.depth);
  visit("label", r.label);
}

template <class V, MaybeConst<CacheSample> R>
void fields(V& visit, R& r) {
  visit("time_ns", r.time_ns);
  visit("cache_bytes", r.cache_bytes);
}

template <class V, MaybeConst<TimelineRecord> R>
void fields(V& visit, R& r) {
  visit("spans", r.spans);
  visit("cache_samples", r.cache_samples);
  visit("dropped_spans", r.dropped_spans);
}

}  // namespace xkv
