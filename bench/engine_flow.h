// A trace as commands of the engine: a listing, accounts with more money than they can spend, and the flow itself.
//
// The trace numbers its orders as the engine does, from one, since all of them are admitted. Fees are those of an
// ordinary market; self-trade prevention and price bands are off.
#pragma once

#include <cstdint>
#include <vector>

#include "bench/trace.h"
#include "services/engine/command.h"

namespace bench {

[[nodiscard]] std::uint32_t accounts_of(const Trace& trace);
// Lists the markets, opens and funds the accounts.
[[nodiscard]] std::vector<engine::Command> preparation(const Trace& trace);
// Writes over `into`.
void translate(const TraceCommand& command, engine::Command& into);

}  // namespace bench
