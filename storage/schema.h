// SPDX-License-Identifier: Apache-2.0
/// The tables of a session file, and whether a file has exactly these.
#pragma once

#include <cstdint>

#include "storage/database.h"

namespace xkv::storage {

/// "xKVs", big-endian at byte 68 of the file: what the MIME type's magic looks for.
constexpr uint32_t kApplicationId = 0x784b5673;

/// user_version. Version 1 is the first: nothing older is there to migrate from. A change of the
/// tables raises it and adds a migration to openForWriting.
constexpr uint32_t kSchemaVersion = 1;

/// Makes the tables of kSchemaVersion in an empty database.
void createSchema(const Database& database);

/// Throws bad_input unless the database holds our tables, each as written here, and nothing else:
/// no view, no trigger, no further table.
void checkSchema(const Database& database);

}  // namespace xkv::storage
