// Schema changes, numbered from 1 without gap and never edited once released: the store remembers what it has applied
// and under which checksum, so that an edited migration and a store of a newer build are both noticed before anything
// is touched.
#pragma once

#include <span>
#include <string>

#include "pkg/sql/database.h"

namespace sql {

struct Migration {
  int number = 0;
  std::string name;
  std::string up;    // one or more statements, each ended by a semicolon at the end of a line
  std::string down;  // takes `up` back
};

// Brings the store to the last of `migrations`; each is one transaction. Returns how many were applied.
[[nodiscard]] core::Result<int> migrate(Database& database, std::span<const Migration> migrations);
// Takes migrations back until `number` is the last one applied.
[[nodiscard]] core::Result<int> migrate_down(Database& database, std::span<const Migration> migrations, int number);

}  // namespace sql
