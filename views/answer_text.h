// SPDX-License-Identifier: GPL-3.0-or-later
/// The words and numbers of the four cells of the answer strip.
#pragma once

#include "views/answer_strip.h"

namespace xkv::views {

AnswerText errorText(const Run* run, const Run* baseline, const PredictedAnswer* prediction);
AnswerText memoryText(const Run* run, const Run* baseline, const PredictedAnswer* prediction);
AnswerText latencyText(const Run* run, const Run* baseline);
AnswerText answerText(const Run* run, const Run* baseline, const PredictedAnswer* prediction);

}  // namespace xkv::views
