// SPDX-License-Identifier: Apache-2.0
/// Whether a record's lists have the lengths that its counts promise, so that readers may index
/// them.
#pragma once

#include "profiling/records/record.h"

namespace xkv {

/// bad_input with the list, its length and the length needed. A list that was not measured may be
/// empty; group_error of a spectrum never is when singular_values are there.
Status checkShapes(const Record& record);

}  // namespace xkv
