#include "services/market_data/store.h"

#include <algorithm>
#include <string>
#include <utility>

#include "pkg/core/check.h"
#include "services/market_data/store_rows.h"

namespace market_data {
namespace {

using sql::ColumnType::bigint;
using sql::ColumnType::text;

const std::array<sql::Migration, 1>& migrations() {
  static const std::array<sql::Migration, 1> all{{
      {1, "market data",
       std::string(sql::kCursorTable) +
           "create table trades (market_id bigint not null, id bigint not null, aggregate bigint not null, "
           "price bigint not null, quantity bigint not null, time_ns bigint not null, buyer_is_maker bigint not null, "
           "primary key (market_id, id));\n"
           "create table candles (market_id bigint not null, layer bigint not null, open_time_ns bigint not null, "
           "open bigint not null, high bigint not null, low bigint not null, close bigint not null, "
           "lots text not null, tick_lots text not null, taker_buy_lots text not null, "
           "taker_buy_tick_lots text not null, trade_count bigint not null, first_trade bigint not null, "
           "last_trade bigint not null, primary key (market_id, layer, open_time_ns));\n"
           "create table aggregations (market_id bigint primary key, latest bigint not null, "
           "taker_order bigint not null, price bigint not null, time_ns bigint not null);\n",
       "drop table aggregations;\ndrop table candles;\ndrop table trades;\ndrop table cursor;\n"},
  }};
  return all;
}

constexpr std::size_t kRowsPerStatement = 50'000;

}  // namespace

core::Result<Store> Store::open(const std::string& path, const std::atomic<bool>* stop) {
  auto file = sql::Projection::open(path, migrations(), stop);
  if (!file) return std::unexpected(file.error());
  Store store(std::move(*file));
  if (auto restored = store.restore(); !restored) {
    core::Error error = restored.error();
    if (error.where.empty()) error.where = path;
    return std::unexpected(error);
  }
  return store;
}

core::Result<void> Store::restore() {
  sql::Database& database = file_.database();
  const auto rows = database.query("select market_id, latest, taker_order, price, time_ns from aggregations");
  if (!rows) return std::unexpected(rows.error());
  for (const sql::Row& row : *rows) {
    const std::int64_t id = sql::integer(row[0]);
    if (id <= 0 || id > INT32_MAX) return core::fail(core::ErrorKind::corrupt, "a stored market that cannot be");
    const core::MarketId market{static_cast<std::uint32_t>(id)};
    reducer_.restore(AggregationRow{market,
                                    {.latest = static_cast<std::uint64_t>(sql::integer(row[1])),
                                     .taker = core::OrderId{static_cast<std::uint64_t>(sql::integer(row[2]))},
                                     .price = core::Price{sql::integer(row[3])},
                                     .time = core::Time{sql::integer(row[4])}}});
    for (const CandleLayer layer : kCandleLayers) {
      const sql::Value key[] = {id, static_cast<std::int64_t>(layer)};
      const auto latest = database.query(std::string("select ") + kCandleColumns +
                                             " from candles where market_id = :p1 and layer = :p2 "
                                             "order by open_time_ns desc limit 1",
                                         key);
      if (!latest) return std::unexpected(latest.error());
      if (latest->empty()) continue;
      const auto candle = candle_from(latest->front());
      if (!candle) return std::unexpected(candle.error());
      reducer_.restore(CandleRow{market, layer, *candle});
    }
  }
  return {};
}

core::Result<void> Store::write(const sql::Cursor& through) {
  const Rows& rows = reducer_.rows();
  auto done = file_.advance(through, [&] { return write_rows(rows); });
  if (done) reducer_.clear();
  return done;
}

core::Result<void> Store::write_rows(const Rows& rows) {
  sql::Database& database = file_.database();
  sql::Batch trades{bigint, bigint, bigint, bigint, bigint, bigint, bigint};
  const auto flush_trades = [&]() -> core::Result<void> {
    auto done = database.execute_many(
        "insert into trades (market_id, id, aggregate, price, quantity, time_ns, buyer_is_maker) "
        "values (:p1, :p2, :p3, :p4, :p5, :p6, :p7)",
        trades);
    trades.clear();
    return done;
  };
  for (const auto& [market, trade] : rows.trades) {
    trades.add(market.value(), trade.id.value(), trade.aggregate, trade.price.value(), trade.quantity.value(),
               trade.time.ns, trade.buyer_is_maker);
    if (trades.size() < kRowsPerStatement) continue;
    if (auto done = flush_trades(); !done) return done;
  }
  if (auto done = flush_trades(); !done) return done;
  sql::Batch candles{bigint, bigint, bigint, bigint, bigint, bigint, bigint,
                     text,   text,   text,   text,   bigint, bigint, bigint};
  for (const auto& [market, layer, candle] : rows.candles) {
    candles.add(market.value(), static_cast<std::int64_t>(layer), candle.open_time.ns, candle.open.value(),
                candle.high.value(), candle.low.value(), candle.close.value(), sql::decimal(candle.volume.lots),
                sql::decimal(candle.volume.tick_lots), sql::decimal(candle.taker_buy.lots),
                sql::decimal(candle.taker_buy.tick_lots), candle.trade_count, candle.first_trade.value(),
                candle.last_trade.value());
  }
  if (auto done = database.execute_many(
          "insert into candles (market_id, layer, open_time_ns, open, high, low, close, lots, tick_lots, "
          "taker_buy_lots, taker_buy_tick_lots, trade_count, first_trade, last_trade) "
          "values (:p1, :p2, :p3, :p4, :p5, :p6, :p7, :p8, :p9, :p10, :p11, :p12, :p13, :p14) "
          "on conflict (market_id, layer, open_time_ns) do update set high = excluded.high, low = excluded.low, "
          "close = excluded.close, lots = excluded.lots, tick_lots = excluded.tick_lots, "
          "taker_buy_lots = excluded.taker_buy_lots, taker_buy_tick_lots = excluded.taker_buy_tick_lots, "
          "trade_count = excluded.trade_count, last_trade = excluded.last_trade",
          candles);
      !done) {
    return done;
  }
  sql::Batch aggregations{bigint, bigint, bigint, bigint, bigint};
  for (const auto& [market, aggregation] : rows.aggregations) {
    aggregations.add(market.value(), aggregation.latest, aggregation.taker.value(), aggregation.price.value(),
                     aggregation.time.ns);
  }
  return database.execute_many(
      "insert into aggregations (market_id, latest, taker_order, price, time_ns) values (:p1, :p2, :p3, :p4, :p5) "
      "on conflict (market_id) do update set latest = excluded.latest, taker_order = excluded.taker_order, "
      "price = excluded.price, time_ns = excluded.time_ns",
      aggregations);
}

core::Result<void> Store::import(const std::vector<MarketPast>& markets, const sql::Cursor& at) {
  CHECK(cursor().sequence.is_none() && reducer_.pending() == 0);
  Rows rows;
  for (const MarketPast& past : markets) {
    if (past.aggregation.latest != 0) rows.aggregations.push_back({past.market, past.aggregation});
    for (const Trade& trade : past.trades) rows.trades.push_back({past.market, trade});
    for (std::size_t i = 0; i < kCandleLayers.size(); ++i) {
      for (const Candle& candle : past.candles[i]) rows.candles.push_back({past.market, kCandleLayers[i], candle});
    }
  }
  if (auto done = file_.advance(at, [&] { return write_rows(rows); }); !done) return done;
  for (const AggregationRow& row : rows.aggregations) reducer_.restore(row);
  for (const CandleRow& row : rows.candles) reducer_.restore(row);
  return {};
}

core::Result<std::size_t> Store::prune(core::Time before, std::size_t rows_max) {
  std::size_t removed = 0;
  sql::Cursor to = cursor();
  to.pruned = std::max(to.pruned, before);
  const auto done = file_.advance(to, [&]() -> core::Result<void> {
    removed = 0;
    const auto markets = file_.database().query("select market_id from aggregations order by market_id");
    if (!markets) return std::unexpected(markets.error());
    for (const sql::Row& row : *markets) {
      if (removed >= rows_max) break;
      const auto some = prune_market(sql::integer(row[0]), before, rows_max - removed);
      if (!some) return std::unexpected(some.error());
      removed += *some;
    }
    return {};
  });
  if (!done) return std::unexpected(done.error());
  return removed;
}

core::Result<std::size_t> Store::prune_market(std::int64_t market, core::Time before, std::size_t rows_max) {
  sql::Database& database = file_.database();
  std::size_t removed = 0;
  struct Kind {
    const char *rows, *key, *time;
    std::int64_t older_than;
  };
  const Kind kinds[] = {
      {"trades where market_id = :p1", "id", "time_ns", before.ns},
      // A second that is not over by then stays.
      {"candles where market_id = :p1 and layer = 1", "open_time_ns", "open_time_ns",
       before.ns - length_ns(CandleLayer::second) + 1},
  };
  for (const auto& [from, key, time, older_than] : kinds) {
    // Times ascend with the keys: the oldest rows_max rows are all that is looked at.
    const sql::Value bounds[] = {market, older_than, static_cast<std::int64_t>(rows_max - removed)};
    std::string question = "select count(*), max(row_key) from (select ";
    question.append(key).append(" as row_key, ").append(time).append(" as row_time from ").append(from);
    question.append(" order by ").append(key).append(" limit :p3) as oldest where row_time < :p2");
    const auto rows = database.query(question, bounds);
    if (!rows) return std::unexpected(rows.error());
    const std::int64_t count = sql::integer(rows->front()[0]);
    if (count == 0) continue;
    const sql::Value last[] = {market, sql::integer(rows->front()[1])};
    std::string statement = "delete from ";
    statement.append(from).append(" and ").append(key).append(" <= :p2");
    if (auto done = database.execute(statement, last); !done) return std::unexpected(done.error());
    removed += static_cast<std::size_t>(count);
  }
  return removed;
}

}  // namespace market_data
