// Every command of the embedded exchange, in memory and in the journal.
//
// Each alternative has a record type of its own (numbers in docs/formats/records.md, never reused) and an explicit
// codec.
#pragma once

#include <cstdint>
#include <variant>

#include "pkg/core/bytes.h"
#include "pkg/core/error.h"
#include "pkg/core/record.h"
#include "services/fees/types.h"
#include "services/instruments/types.h"
#include "services/ledger/types.h"
#include "services/orders/types.h"

namespace engine {

// Written by the host now and then: the digest of everything the live fold has sent out before this record. Whoever
// replays must have the same one here, or has diverged.
struct Checkpoint {
  std::uint64_t output_digest = 0;
};
// The first record of every start of the exchange. What was in flight before it is answered by nobody.
struct Started {
  core::Epoch epoch;
};

using Command =
    std::variant<Checkpoint, Started, instruments::AddAsset, instruments::AddMarket, instruments::SetMarketState,
                 instruments::SetMarketAuctions, instruments::SetMarketAllocation, instruments::SetMarketRanges,
                 ledger::OpenAccount, ledger::Deposit, fees::SetAccountFees, orders::PlaceOrder, orders::CancelOrder,
                 orders::CancelAll, orders::CancelReplace, orders::MoveOrder, orders::ReduceOrder>;

// Record types: see the ranges in the services' types.h.
enum class RecordType : std::uint16_t {
  checkpoint = 1,
  started = 2,
  add_asset = 10,
  add_market = 11,
  set_market_state = 12,
  set_market_auctions = 13,
  set_market_allocation = 14,
  set_market_ranges = 15,
  open_account = 20,
  deposit = 21,
  set_account_fees = 30,
  place_order = 40,
  cancel_order = 41,
  cancel_all = 42,
  cancel_replace = 43,
  move_order = 44,
  reduce_order = 45,
};

[[nodiscard]] RecordType type_of(const Command& command);
[[nodiscard]] std::string_view name(RecordType type);

// Appends header (length, type, version and CRC filled in) and body.
void encode(const core::RecordHeader& header, const Command& command, core::Bytes& out);
// The command in a record's body. Errors: unsupported (type or version), corrupt (fields missing, left over or out of
// range: an enum value that does not exist never gets into a fold).
[[nodiscard]] core::Result<Command> decode(const core::Record& record);

}  // namespace engine
