// Where the archive does not reach back to the first trade, lists of trades begin where it does; only a hole behind
// that is unavailable. Memory keeps two trades here, the archive is written by hand.
#include <gtest/gtest.h>

#include "gateways/spot/market_data.h"
#include "services/instruments/defaults.h"

namespace spot {
namespace {

constexpr core::MarketId kMarket{1};
constexpr std::uint64_t kTrades = 20;  // each an aggregate of its own, one a second from second 1 on

market_data::Trade trade(std::uint64_t id) {
  return {.id = core::TradeId{id},
          .aggregate = id,
          .price = core::Price{100},
          .quantity = core::Quantity{1},
          .time = core::Time{static_cast<std::int64_t>(id) * 1'000'000'000}};
}
market_data::AggregateTrade aggregate(std::uint64_t id) {
  return {.id = id,
          .price = core::Price{100},
          .quantity = core::Quantity{1},
          .first = core::TradeId{id},
          .last = core::TradeId{id},
          .time = trade(id).time};
}

class ArchiveReach : public ::testing::Test {
 protected:
  ArchiveReach() {
    views_.markets = market_data::Markets({.trades = 2});
    std::uint32_t id = 0;
    for (instruments::AddAsset asset : instruments::default_assets()) (void)registry_.add(asset);
    for (instruments::AddMarket market : instruments::default_markets()) (void)registry_.add(market);
    for (const auto& asset : registry_.assets()) views_.instruments.put(asset);
    for (const auto& market : registry_.markets()) views_.instruments.put(market);
    views_.markets.apply({.kind = matching::MarketEventKind::listed, .market = kMarket, .sequence = ++id}, {});
    for (std::uint64_t i = 1; i <= kTrades; ++i) {
      views_.markets.apply({.kind = matching::MarketEventKind::traded,
                            .market = kMarket,
                            .sequence = ++id,
                            .price = core::Price{100},
                            .quantity = core::Quantity{1},
                            .trade = core::TradeId{i},
                            .taker_order = core::OrderId{i}},
                           trade(i).time);
    }
  }
  // What an archive with the trades first to last, or none, makes of the question: how many rows, "" for unavailable.
  std::string ask(ReadPast operation, std::string_view query, std::uint64_t first, std::uint64_t last, bool begins_late,
                  std::int64_t pruned_before_s = 0) {
    Parameters parameters;
    EXPECT_TRUE(parameters.parse(query, {}));
    Arguments arguments(parameters, views_.instruments);
    const limits::Profile limits = limits::open_profile();
    const Context context{.views = views_, .limits = limits, .now = trade(kTrades).time};
    std::string out;
    JsonWriter json(out);
    const auto past = operation(context, arguments, json);
    EXPECT_TRUE(arguments.ok()) << arguments.error().message;
    if (past == nullptr) return count(out);
    gateways::ArchiveAnswer answer{.rows = rows(past->question, first, last),
                                   .written_through = core::Sequence{1},
                                   .written_until = trade(last).time,
                                   .begins_late = begins_late,
                                   .pruned_before = core::Time{pruned_before_s * 1'000'000'000},
                                   .oldest_trade = core::TradeId{first}};
    JsonWriter later(out);
    const auto written = past->write(context, answer, later);
    return written ? count(out) : "";
  }

 private:
  static std::string count(std::string_view json) { return std::to_string(std::ranges::count(json, '{')); }
  static gateways::ArchiveRows rows(const gateways::ArchiveQuestion& question, std::uint64_t first,
                                    std::uint64_t last) {
    if (const auto* asked = std::get_if<market_data::TradesQuestion>(&question)) {
      std::vector<market_data::Trade> out;
      for (std::uint64_t id = std::max(first, asked->from.value()); first != 0 && id <= last; ++id)
        if (core::TradeId{id} < asked->until && out.size() < asked->limit) out.push_back(trade(id));
      return out;
    }
    const auto& asked = std::get<market_data::AggregateTradesQuestion>(question);
    std::vector<market_data::AggregateTrade> out;
    for (std::uint64_t id = first; first != 0 && id <= last; ++id) {
      if ((!asked.from_id || id >= *asked.from_id) && (!asked.from || trade(id).time >= *asked.from))
        out.push_back(aggregate(id));
    }
    return out;
  }
  instruments::Registry registry_;
  engine::Views views_;
};

TEST_F(ArchiveReach, ListsBeginWhereTheArchiveDoes) {
  const struct {
    ReadPast operation;
    const char* query;
    std::uint64_t first, last;  // of the archive's trades; 0: none
    bool begins_late;
    std::int64_t pruned_before_s;
    const char* rows;
  } cases[] = {
      // From the first trade on: all of them from a whole archive, those that are there from one that begins late.
      {historical_trades, "symbol=BTCUSDT&fromId=1", 1, 20, false, 0, "20"},
      {historical_trades, "symbol=BTCUSDT&fromId=1", 8, 20, true, 8, "13"},
      {historical_trades, "symbol=BTCUSDT&fromId=1", 8, 20, false, 0, ""},
      {historical_trades, "symbol=BTCUSDT&fromId=1", 8, 12, true, 8, ""},  // a hole between it and memory
      {historical_trades, "symbol=BTCUSDT&fromId=1", 0, 0, true, 30, "2"},
      {historical_trades, "symbol=BTCUSDT&fromId=1", 0, 0, true, 5, ""},
      {historical_trades, "symbol=BTCUSDT&fromId=1", 0, 0, false, 0, ""},
      // Of the older of memory's two trades nobody knows whether its aggregate is whole.
      {aggregate_trades, "symbol=BTCUSDT&fromId=1", 1, 20, false, 0, "20"},
      {aggregate_trades, "symbol=BTCUSDT&fromId=1", 8, 20, true, 8, "13"},
      {aggregate_trades, "symbol=BTCUSDT&fromId=1", 8, 20, false, 0, ""},
      {aggregate_trades, "symbol=BTCUSDT&fromId=1", 8, 12, true, 8, ""},
      {aggregate_trades, "symbol=BTCUSDT&fromId=1", 0, 0, true, 30, "1"},
      {aggregate_trades, "symbol=BTCUSDT&startTime=0", 8, 20, true, 8, "13"},
      {aggregate_trades, "symbol=BTCUSDT&startTime=0", 0, 0, true, 30, "1"},
      {aggregate_trades, "symbol=BTCUSDT&startTime=0", 0, 0, false, 0, ""},
      {aggregate_trades, "symbol=BTCUSDT", 1, 20, false, 0, "20"},
      {aggregate_trades, "symbol=BTCUSDT", 8, 20, true, 8, "13"},
      {aggregate_trades, "symbol=BTCUSDT", 8, 20, false, 0, ""},
      {aggregate_trades, "symbol=BTCUSDT", 0, 0, true, 30, "1"},
      {aggregate_trades, "symbol=BTCUSDT&limit=5", 8, 20, true, 8, "5"},
  };
  for (const auto& one : cases) {
    EXPECT_EQ(ask(one.operation, one.query, one.first, one.last, one.begins_late, one.pruned_before_s), one.rows)
        << one.query << ", archive " << one.first << " to " << one.last << (one.begins_late ? ", begins late" : "");
  }
}

}  // namespace
}  // namespace spot
