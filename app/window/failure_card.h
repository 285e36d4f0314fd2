// SPDX-License-Identifier: GPL-3.0-or-later
/// A failure as the error card tells it: what, why, what was kept, and what each button does.
#pragma once

#include <vector>

#include "app/window/run_controller.h"
#include "views/error_card.h"

namespace xkv::window {

enum class FailureAction { retry, retry_without_analysis, change_run, restart_engine };

struct FailureCard {
  views::ErrorText text;
  std::vector<FailureAction> actions;  ///< of the card's buttons, in order
};

/// `when` is the time of day as it is shown.
FailureCard failureCard(const RunFailure& failure, const QString& when);

}  // namespace xkv::window
