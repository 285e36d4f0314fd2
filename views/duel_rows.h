// SPDX-License-Identifier: GPL-3.0-or-later
/// Runs of one session over one prompt, beside each other as plain numbers.
#pragma once

#include <QString>
#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "profiling/records/session.h"

namespace xkv::views {

/// Whether both specs put the same text to the same model: only how its cache is kept may differ.
bool asksTheSame(const RunSpec& a, const RunSpec& b);

struct DuelRow {
  int64_t run_id = 0;
  QString method;
  bool is_dense = false;
  std::optional<int64_t> resident_bytes;
  std::optional<double> error_k;  ///< of keys, or latents
  std::optional<double> error_v;
  std::optional<double> mean_kl;  ///< nat, over the dense run's steps
  std::optional<double> top1;     ///< share of steps whose most probable token is the dense one
  std::optional<int64_t> tokens_equal;  ///< leading tokens as in the dense answer
  int64_t tokens_compared = 0;
  std::optional<double> recall;  ///< of Selective Reconstruction, means over layers
  std::optional<double> hit_rate;
  QString text;  ///< the first answer
  qsizetype same_text =
      0;  ///< its leading letters that the dense answer has too; all where none is there
};

/// Dense first, then in order of the runs.
std::vector<DuelRow> duelRows(const std::vector<std::shared_ptr<const Run>>& runs);

/// Heads of the columns behind the method, and a row's cells: bytes, errors, KL, top-1, tokens as
/// dense.
constexpr size_t kDuelColumns = 6;
std::array<QString, kDuelColumns> duelHeads(const std::array<Stream, 2>& streams);
std::array<QString, kDuelColumns> duelCells(const DuelRow& row);
/// "recall 98.20 %, hit rate 64.0 %"; empty where the run chose nothing.
QString duelSelection(const DuelRow& row);

}  // namespace xkv::views
