#include "services/engine/digest.h"

namespace engine {

namespace {

using core::Amount;
using core::Digest;

template <class T>
constexpr std::uint64_t word(T value) {
  return static_cast<std::uint64_t>(value);
}
template <class Tag, class Rep>
constexpr std::uint64_t word(core::Id<Tag, Rep> id) {
  return id.value();
}
template <class Tag>
constexpr std::uint64_t word(core::Count<Tag, std::int64_t> count) {
  return static_cast<std::uint64_t>(count.value());
}

// Bytes side by side in one word, the first lowest.
template <class... Bytes>
constexpr std::uint64_t packed(Bytes... bytes) {
  std::uint64_t all = 0;
  unsigned shift = 0;
  ((all |= static_cast<std::uint64_t>(bytes) << shift, shift += 8), ...);
  return all;
}
constexpr std::uint64_t halves(std::uint64_t low, std::uint64_t high) { return low | high << 32; }

void add_body(Digest& digest, const orders::OrderEvent& e) {
  // Four chains that the processor works on at the same time, folded into one at the end.
  Digest a{1}, b{2}, c{3}, d{4};
  a.add(packed(e.execution, e.status, e.side, e.type, e.time_in_force, e.self_trade, e.is_maker), word(e.rejection));
  b.add(halves(e.account.value(), e.market.value()), word(e.order));
  c.add(word(e.price), word(e.quantity));
  d.add(word(e.executed), word(e.prevented));
  a.add(e.executed_quote);
  b.add(word(e.last_quantity), word(e.last_price));
  c.add(e.fee);
  d.add(word(e.trade), word(e.counter_order));
  a.add(e.base.available);
  b.add(e.base.held);
  c.add(e.quote.available);
  d.add(e.quote.held);
  a.add(e.quote_quantity);
  b.add(word(e.fee_asset), word(e.created.ns));
  if (!e.client_order_id.empty()) c.add(e.client_order_id.view());
  if (!e.cancel_id.empty()) d.add(e.cancel_id.view());
  if (e.condition.is_set()) [[unlikely]] {
    a.add(packed(e.condition.trigger, e.condition.source), e.condition.trailing_bp);
    b.add(word(e.condition.price), word(e.working.ns));
  }
  if (!e.peak.is_zero()) [[unlikely]]
    c.add(word(e.peak));
  digest.add(a.value(), b.value()).add(c.value(), d.value());
}
void add_body(Digest& digest, const orders::BalanceEvent& e) {
  digest.add(e.account).add(e.asset).add(e.delta).add(e.after.available).add(e.after.held);
}
void add_body(Digest& digest, const orders::AccountOpened& e) { digest.add(e.account).add(e.name.view()); }
void add_body(Digest& digest, const orders::FeesChanged& e) {
  digest.add(e.account).add(word(e.use_market_rates)).add(e.maker).add(e.taker);
}
void add_body(Digest& digest, const orders::CommandRejected& e) { digest.add(e.account).add(word(e.rejection)); }
void add_body(Digest& digest, const orders::AssetListed& e) {
  digest.add(e.asset.id).add(e.asset.symbol.view()).add(word(e.asset.ledger_decimals)).add(e.asset.supply_max);
}
void add_body(Digest& digest, const orders::MarketListed& e) {
  const instruments::Market& m = e.market;
  digest.add(m.id).add(m.symbol.view()).add(m.base).add(m.quote);
  digest.add(word(m.tick_mantissa), word(m.lot_mantissa))
      .add(packed(m.price_decimals, m.quantity_decimals, m.state, m.resumes_by_auction));
  digest.add(m.price_min).add(m.price_max).add(m.quantity_min).add(m.quantity_max);
  digest.add(m.market_quantity_min).add(m.market_quantity_max).add(m.notional_min).add(m.notional_max);
  digest.add(halves(m.band.bid_up_bp, m.band.bid_down_bp), halves(m.band.ask_up_bp, m.band.ask_down_bp));
  digest.add(m.maker_fee).add(m.taker_fee).add(word(m.open_orders_max)).add(m.lot_units).add(m.tick_lot_units);
  if (m.ranges != instruments::PriceRanges{})
    digest.add(halves(m.ranges.static_bp, m.ranges.dynamic_bp), word(m.ranges.outcome));
  if (m.allocation != instruments::Allocation{})
    digest.add(packed(m.allocation.kind, m.allocation.top_first), word(m.allocation.share_min));
}

}  // namespace

void add(Digest& digest, const orders::AccountEvent& event) {
  digest.add(word(event.command), halves(event.index, event.body.index()));
  digest.add(event.account_sequence, word(event.time.ns));
  if (const auto* order = std::get_if<orders::OrderEvent>(&event.body)) [[likely]]
    return add_body(digest, *order);
  std::visit([&](const auto& body) { add_body(digest, body); }, event.body);
}

void add(Digest& digest, const matching::MarketEvent& event) {
  digest.add(packed(event.kind, event.side, event.state), halves(event.market.value(), 0));
  digest.add(event.sequence, word(event.price)).add(word(event.quantity), word(event.trade));
  if (event.kind != matching::MarketEventKind::traded) return;
  digest.add(word(event.maker_order), word(event.taker_order));
}

}  // namespace engine
