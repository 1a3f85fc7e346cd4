// Whether the stores hold, row by row, what one has that is made anew from the journal.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cmd/exchange/recovery.h"
#include "cmd/exchange/stored_log.h"

namespace exchange {

struct StoreCheck {
  std::uint64_t stores_checked = 0, rows_compared = 0;
  std::vector<std::string> missing;  // files that are not there or not begun: the next start makes them
};

// Makes both stores anew in a temporary folder, up to where those of the data folder are, and compares every row. Where
// the journal no longer has its beginning, what was made before it is not compared; nor is what retention may have
// removed. The stores may be written meanwhile. Errors: corrupt (table and row).
[[nodiscard]] core::Result<StoreCheck> check_stores(const StoredLog& log, const std::string& data,
                                                    const Progress& progress);

}  // namespace exchange
