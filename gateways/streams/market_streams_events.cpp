// What market streams tell at once: trades with the command that made them, best prices once per batch.
#include "gateways/streams/market_watch.h"
#include "pkg/core/check.h"

namespace streams {
namespace {

using matching::MarketEvent;
using matching::MarketEventKind;

bool equal(const std::optional<market_data::DepthLevel>& a, const std::optional<market_data::DepthLevel>& b) {
  if (!a || !b) return a.has_value() == b.has_value();
  return a->price == b->price && a->quantity == b->quantity;
}
bool equal(const market_data::BestPrices& a, const market_data::BestPrices& b) {
  return equal(a.bid, b.bid) && equal(a.ask, b.ask);
}

}  // namespace

void MarketStreams::State::hear(const MarketEvent& event, core::Time sent) {
  if (event.market.value() > tracked.size() && all.streams_read == 0) return;
  Tracked& market = tracked_of(event.market);
  Watch* const watch = market.watch.get();
  if (watch == nullptr && all.streams_read == 0) return;
  market.last_update = event.sequence;
  if (!market.is_touched) {
    market.is_touched = true;
    touched.push_back(event.market);
  }
  if (watch != nullptr) {
    for (DepthStream& depth : watch->depth) {
      if (depth.stream.reader_count == 0) continue;
      depth.last = event.sequence;
      if (event.kind == MarketEventKind::level_changed) depth.changes.add(event);
    }
  }
  if (watch != nullptr && watch->auction.stream.reader_count > 0) hear_auction(watch->auction, event);
  if (event.kind == MarketEventKind::traded) hear_trade(market, event, sent);
}

void MarketStreams::State::hear_trade(Tracked& market, const MarketEvent& event, core::Time sent) {
  if (!market.has_moved) {
    market.has_moved = true;
    moved.push_back(event.market);
  }
  Watch* const watch = market.watch.get();
  if (watch == nullptr) return;
  // All trades of a command have one time, the one that the read model gave the last of them.
  const market_data::Trade* const last = views().markets.last_trade(event.market);
  CHECK(last != nullptr);
  const market_data::Trade trade{.id = event.trade,
                                 .price = event.price,
                                 .quantity = event.quantity,
                                 .time = last->time,
                                 .buyer_is_maker = event.side == matching::Side::sell};
  if (watch->trades.reader_count > 0) {
    const spot::Listing of = listing(event.market);
    fan_out.publish(watch->trades, change, true,
                    [&](spot::JsonWriter& json, spot::TimeUnit unit) { write_trade(json, of, {sent, unit}, trade); });
  }
  if (watch->aggregate_trades.reader_count > 0) {
    if (!runs.empty() && runs.back().market == event.market && runs.back().taker == event.taker_order &&
        runs.back().trade.price == event.price) {
      runs.back().trade.quantity += event.quantity;
      runs.back().trade.last = event.trade;
    } else {
      runs.push_back({event.market,
                      event.taker_order,
                      {.price = event.price,
                       .quantity = event.quantity,
                       .first = event.trade,
                       .last = event.trade,
                       .time = last->time,
                       .buyer_is_maker = trade.buyer_is_maker}});
    }
  }
  for (const auto& candles : watch->candles) add_trade(*candles, trade, sent);
}

// The last run has the read model's latest aggregate id, the one before it the id before: counted backwards.
void MarketStreams::State::tell_runs(core::Time sent) {
  for (std::size_t i = runs.size(); i-- > 0;) {
    const bool is_last = i + 1 == runs.size() || runs[i + 1].market != runs[i].market;
    runs[i].trade.id = is_last ? views().markets.last_trade(runs[i].market)->aggregate : runs[i + 1].trade.id - 1;
  }
  for (const Run& run : runs) {
    const spot::Listing of = listing(run.market);
    fan_out.publish(
        tracked_of(run.market).watch->aggregate_trades, change, true,
        [&](spot::JsonWriter& json, spot::TimeUnit unit) { write_aggregate_trade(json, of, {sent, unit}, run.trade); });
  }
  runs.clear();
}

void MarketStreams::State::tell_best(core::MarketId market, Tracked& record) {
  Watch* const watch = record.watch.get();
  const bool for_watch = watch != nullptr && watch->book_ticker.reader_count + watch->ticker.reader_count > 0;
  if (!for_watch && all.book_tickers.reader_count + all.tickers.reader_count == 0) return;
  const market_data::BestPrices best = views().markets.best(market);
  if (equal(best, record.best)) return;
  record.best = best;
  record.best_change = ++change;
  record.best_moved = true;
  if (!record.has_moved) {
    record.has_moved = true;
    moved.push_back(market);
  }
  const auto write = [&, of = listing(market)](spot::JsonWriter& json, spot::TimeUnit) {
    write_book_ticker(json, of, record.last_update, best);
  };
  if (watch != nullptr) fan_out.publish(watch->book_ticker, change, false, write);
  fan_out.publish(all.book_tickers, change, false, write);
}

}  // namespace streams
