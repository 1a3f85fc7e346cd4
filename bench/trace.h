// Order-flow traces: files of commands for books, with the results a correct price-time book must have produced.
//
// A file is one TraceHeader, then `command_count` TraceCommands, all little-endian and without gaps, as the two
// structures lie in memory. The first `prefill_count` commands build the book and are not timed. Every cancel, move and
// reduce names an order that is open at that point.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "pkg/core/error.h"

namespace bench {

enum class TraceKind : std::uint8_t {
  limit = 0,   // good till cancelled
  ioc = 1,     // limit, immediate or cancel
  market = 2,  // by quantity, without a price
  cancel = 3,
  move = 4,    // to a new price, open quantity unchanged, matched like a new order, loses priority
  reduce = 5,  // open quantity falls by quantity_lots, keeps priority; to zero means cancel
};

struct TraceCommand {
  std::uint64_t order_id;  // counts up from 1
  std::int32_t price_ticks;
  std::uint32_t quantity_lots;
  std::uint32_t account;
  std::uint16_t symbol;  // counts up from 0
  TraceKind kind;
  std::uint8_t side;  // 0 buy, 1 sell
};
static_assert(sizeof(TraceCommand) == 24);

// What trades came to.
struct TradeTotals {
  std::uint64_t trade_count = 0, traded_lots = 0;
  std::uint64_t notional = 0;  // sum of price_ticks × lots
  std::uint64_t hash = 0;      // of every trade, in order

  void add(std::uint64_t maker, std::uint64_t taker, std::uint64_t price_ticks, std::uint64_t lots) {
    ++trade_count;
    traded_lots += lots;
    notional += price_ticks * lots;
    hash = (hash ^ (maker + (taker << 20) + (lots << 44))) * 0x9E3779B97F4A7C15ull;
    hash ^= hash >> 29;
  }
  friend bool operator==(const TradeTotals&, const TradeTotals&) = default;
};

struct TraceHeader {
  char magic[8];  // "FLOWTRC1"
  std::uint64_t prefill_count, command_count;
  std::uint32_t symbol_count;
  std::int32_t price_ticks_min, price_ticks_max;
  std::uint32_t reserved;
  std::uint64_t order_id_max;
  TradeTotals totals;  // over the whole trace, prefill included
  std::uint64_t resting_orders;
};
static_assert(sizeof(TraceHeader) == 88);

struct Trace {
  TraceHeader header{};
  std::vector<TraceCommand> commands;
};

// Errors: io, not_found; corrupt when the file is not a trace, is cut short, or names symbols or orders beyond its
// header.
[[nodiscard]] core::Result<Trace> read_trace(const std::string& path);
[[nodiscard]] core::Result<void> write_trace(const Trace& trace, const std::string& path);

}  // namespace bench
