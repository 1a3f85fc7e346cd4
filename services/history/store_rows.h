// The columns of the history store and how rows become values again: shared by what writes and what reads it.
#pragma once

#include "pkg/core/error.h"
#include "pkg/sql/database.h"
#include "services/history/accounts.h"

namespace history {

extern const char* const kOrderColumns;
extern const char* const kFillColumns;  // the account first

// Rows of these columns. An order's client order id is as clients see it. Errors: corrupt.
[[nodiscard]] core::Result<Order> order_from(const sql::Row& row);
[[nodiscard]] core::Result<Fill> fill_from(const sql::Row& row);

}  // namespace history
