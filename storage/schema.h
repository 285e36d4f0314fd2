// SPDX-License-Identifier: Apache-2.0
/// The tables of a session file, and whether a file has exactly these.
#pragma once

#include <cstdint>

#include "storage/database.h"

namespace xkv::storage {

/// "xKVs", big-endian at byte 68 of the file: what the MIME type's magic looks for.
constexpr uint32_t kApplicationId = 0x784b5673;

/// user_version. Formats below were never released; a session of one is refused by its number. The first
/// change after a release adds a migration to openForWriting.
constexpr uint32_t kSchemaVersion = 2;

/// Makes the tables of kSchemaVersion in an empty database.
void createSchema(const Database& database);

/// Throws bad_input unless the database holds our tables, each as written here, and nothing else:
/// no view, no trigger, no further table.
void checkSchema(const Database& database);

}  // namespace xkv::storage
