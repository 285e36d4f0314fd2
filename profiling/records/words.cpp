// SPDX-License-Identifier: Apache-2.0
/// The spelling of each enum value; a value without one does not compile (-Wswitch).
#include "profiling/records/words.h"

namespace xkv {

std::string_view word(Method value) {
  switch (value) {
    case Method::dense: return "dense";
    case Method::xkv: return "xkv";
    case Method::minicache: return "minicache";
    case Method::xkv_sr: return "xkv-sr";
    case Method::xk_sr: return "xk-sr";
  }
  return {};
}

std::string_view word(Stream value) {
  switch (value) {
    case Stream::key: return "key";
    case Stream::value: return "value";
    case Stream::latent: return "latent";
    case Stream::rope_key: return "rope_key";
  }
  return {};
}

std::string_view word(FactorBackend value) {
  switch (value) {
    case FactorBackend::exact: return "exact";
    case FactorBackend::gram_evd: return "gram-evd";
    case FactorBackend::gram_subspace: return "gram-subspace";
    case FactorBackend::randomized: return "randomized";
  }
  return {};
}

std::string_view word(SlerpKeep value) {
  switch (value) {
    case SlerpKeep::divergent: return "divergent";
    case SlerpKeep::upstream: return "upstream";
  }
  return {};
}

std::string_view word(LandmarkForm value) {
  switch (value) {
    case LandmarkForm::cache: return "cache";
    case LandmarkForm::int8: return "int8";
  }
  return {};
}

std::string_view word(Dtype value) {
  switch (value) {
    case Dtype::fp32: return "fp32";
    case Dtype::bf16: return "bf16";
    case Dtype::fp16: return "fp16";
  }
  return {};
}

std::string_view word(Device value) {
  switch (value) {
    case Device::cpu: return "cpu";
    case Device::cuda: return "cuda";
  }
  return {};
}

std::string_view word(AnalysisScope value) {
  switch (value) {
    case AnalysisScope::none: return "none";
    case AnalysisScope::group: return "group";
    case AnalysisScope::all: return "all";
  }
  return {};
}

std::string_view word(MemoryPartKind value) {
  switch (value) {
    case MemoryPartKind::token_basis: return "token_basis";
    case MemoryPartKind::layer_factor: return "layer_factor";
    case MemoryPartKind::dense_layer: return "dense_layer";
    case MemoryPartKind::generated: return "generated";
    case MemoryPartKind::merged_direction: return "merged_direction";
    case MemoryPartKind::merged_norm: return "merged_norm";
    case MemoryPartKind::retained_row: return "retained_row";
    case MemoryPartKind::row_index: return "row_index";
    case MemoryPartKind::landmark: return "landmark";
    case MemoryPartKind::local_row: return "local_row";
    case MemoryPartKind::outlier_row: return "outlier_row";
    case MemoryPartKind::selected_row: return "selected_row";
    case MemoryPartKind::chunk_index: return "chunk_index";
    case MemoryPartKind::host_value: return "host_value";
    case MemoryPartKind::analysis: return "analysis";
  }
  return {};
}

std::string_view word(StopReason value) {
  switch (value) {
    case StopReason::max_new_tokens: return "max_new_tokens";
    case StopReason::eos: return "eos";
    case StopReason::stop_string: return "stop_string";
    case StopReason::context_full: return "context_full";
    case StopReason::cancelled: return "cancelled";
  }
  return {};
}

std::string_view word(PhaseKind value) {
  switch (value) {
    case PhaseKind::load: return "load";
    case PhaseKind::tokenize: return "tokenize";
    case PhaseKind::prefill: return "prefill";
    case PhaseKind::layer: return "layer";
    case PhaseKind::projection: return "projection";
    case PhaseKind::attention: return "attention";
    case PhaseKind::mlp: return "mlp";
    case PhaseKind::gram: return "gram";
    case PhaseKind::factor: return "factor";
    case PhaseKind::measure: return "measure";
    case PhaseKind::analysis: return "analysis";
    case PhaseKind::decode: return "decode";
    case PhaseKind::decode_step: return "decode_step";
    case PhaseKind::rebuild: return "rebuild";
    case PhaseKind::logits: return "logits";
    case PhaseKind::sample: return "sample";
  }
  return {};
}

std::string_view word(RunStatus value) {
  switch (value) {
    case RunStatus::running: return "running";
    case RunStatus::finished: return "finished";
    case RunStatus::cancelled: return "cancelled";
    case RunStatus::failed: return "failed";
  }
  return {};
}

std::string_view word(ErrorKind value) {
  switch (value) {
    case ErrorKind::failure: return "failure";
    case ErrorKind::usage: return "usage";
    case ErrorKind::no_device: return "no_device";
    case ErrorKind::out_of_memory: return "out_of_memory";
    case ErrorKind::bad_input: return "bad_input";
    case ErrorKind::try_again: return "try_again";
    case ErrorKind::interrupted: return "interrupted";
  }
  return {};
}

template <class Enum>
std::optional<Enum> fromWord(std::string_view text) {
  for (int number = 0;; ++number) {
    const auto value = static_cast<Enum>(number);
    const std::string_view spelling = word(value);
    if (spelling.empty()) return std::nullopt;  // behind the last value
    if (spelling == text) return value;
  }
}

template std::optional<Method> fromWord(std::string_view);
template std::optional<Stream> fromWord(std::string_view);
template std::optional<FactorBackend> fromWord(std::string_view);
template std::optional<SlerpKeep> fromWord(std::string_view);
template std::optional<LandmarkForm> fromWord(std::string_view);
template std::optional<Dtype> fromWord(std::string_view);
template std::optional<Device> fromWord(std::string_view);
template std::optional<AnalysisScope> fromWord(std::string_view);
template std::optional<MemoryPartKind> fromWord(std::string_view);
template std::optional<StopReason> fromWord(std::string_view);
template std::optional<PhaseKind> fromWord(std::string_view);
template std::optional<RunStatus> fromWord(std::string_view);
template std::optional<ErrorKind> fromWord(std::string_view);

}  // namespace xkv
