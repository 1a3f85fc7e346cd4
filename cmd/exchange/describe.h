// Records and events as JSON, for `exchange inspect`: units in the names, raw counts (ticks, lots, ledger units), so
// that what is printed is exactly what is stored.
#pragma once

#include <optional>

#include "cmd/exchange/json.h"
#include "pkg/core/record.h"
#include "services/engine/command.h"

namespace exchange {

[[nodiscard]] json::object describe(const core::RecordHeader& header, const engine::Command& command);
[[nodiscard]] json::object describe(const orders::AccountEvent& event);
[[nodiscard]] json::object describe(const matching::MarketEvent& event);

// Whom a command or an event is about; nothing when it is about no account, or no order known by id.
[[nodiscard]] std::optional<core::AccountId> account_of(const engine::Command& command);
[[nodiscard]] std::optional<core::OrderId> order_of(const engine::Command& command);
[[nodiscard]] std::optional<core::AccountId> account_of(const orders::AccountEvent& event);
[[nodiscard]] std::optional<core::OrderId> order_of(const orders::AccountEvent& event);

// One line of `key=value` pairs.
[[nodiscard]] std::string as_text_line(const json::object& object);

}  // namespace exchange
