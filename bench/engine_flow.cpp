#include "bench/engine_flow.h"

#include <algorithm>
#include <string>

namespace bench {
namespace {

constexpr core::Amount kSupply{core::kAmountMax.value() - 1};
constexpr core::AssetId kBase{1}, kQuote{2};

core::AccountId account_of(std::uint32_t trace_account) {
  return core::AccountId{core::kFirstUserAccount.value() + trace_account};
}

instruments::Market market_terms(const TraceHeader& header, std::uint32_t symbol) {
  instruments::Market market;
  market.symbol = core::Symbol{"MARKET" + std::to_string(symbol)};
  market.base = kBase;
  market.quote = kQuote;
  market.price_min = core::Price{1};
  market.price_max = core::Price{std::int64_t{header.price_ticks_max} * 2};
  market.quantity_min = market.market_quantity_min = core::Quantity{1};
  market.quantity_max = market.market_quantity_max = core::Quantity{std::int64_t{1} << 32};
  market.notional_min = core::Amount{1};
  market.notional_max = kSupply;
  market.maker_fee = market.taker_fee = core::FeeRate{100'000};
  market.open_orders_max = 1'000'000;
  return market;
}

void translate_new(const TraceCommand& command, orders::PlaceOrder& place) {
  const bool is_market = command.kind == TraceKind::market;
  place.account = account_of(command.account);
  place.market = core::MarketId{command.symbol + 1u};
  place.side = static_cast<orders::Side>(command.side);
  place.type = is_market ? orders::OrderType::market : orders::OrderType::limit;
  place.time_in_force = command.kind == TraceKind::ioc ? orders::TimeInForce::ioc : orders::TimeInForce::gtc;
  if (!is_market) place.price = core::Price{command.price_ticks};
  place.quantity = core::Quantity{command.quantity_lots};
}

template <class Body>
Body& name_order(const TraceCommand& command, Body& body) {
  body.account = account_of(command.account);
  body.market = core::MarketId{command.symbol + 1u};
  body.target.order = core::OrderId{command.order_id};
  return body;
}

}  // namespace

std::uint32_t accounts_of(const Trace& trace) {
  std::uint32_t accounts = 0;
  for (const TraceCommand& command : trace.commands) accounts = std::max(accounts, command.account + 1);
  return accounts;
}

std::vector<engine::Command> preparation(const Trace& trace) {
  std::vector<engine::Command> commands{instruments::AddAsset{core::Symbol{"BASE"}, 8, kSupply},
                                        instruments::AddAsset{core::Symbol{"QUOTE"}, 8, kSupply}};
  for (std::uint32_t symbol = 0; symbol < trace.header.symbol_count; ++symbol) {
    commands.emplace_back(instruments::AddMarket{market_terms(trace.header, symbol)});
  }
  const std::uint32_t accounts = std::max(accounts_of(trace), 1u);
  const core::Amount each{kSupply.value() / accounts};
  for (std::uint32_t i = 0; i < accounts; ++i) {
    commands.emplace_back(ledger::OpenAccount{ledger::AccountName{"trader-" + std::to_string(i)}});
    commands.emplace_back(ledger::Deposit{account_of(i), kBase, each, {}});
    commands.emplace_back(ledger::Deposit{account_of(i), kQuote, each, {}});
  }
  return commands;
}

void translate(const TraceCommand& command, engine::Command& into) {
  switch (command.kind) {
    case TraceKind::limit:
    case TraceKind::ioc:
    case TraceKind::market:
      return translate_new(command, into.emplace<orders::PlaceOrder>());
    case TraceKind::cancel:
      name_order(command, into.emplace<orders::CancelOrder>());
      return;
    case TraceKind::move:
      name_order(command, into.emplace<orders::MoveOrder>()).price = core::Price{command.price_ticks};
      return;
    case TraceKind::reduce:
      name_order(command, into.emplace<orders::ReduceOrder>()).by = core::Quantity{command.quantity_lots};
      return;
  }
}

}  // namespace bench
