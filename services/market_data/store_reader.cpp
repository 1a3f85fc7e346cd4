#include "services/market_data/store_reader.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <span>
#include <utility>

#include "services/market_data/candles.h"
#include "services/market_data/store_rows.h"

namespace market_data {
namespace {

constexpr std::size_t kTradesMax = 500'000;  // of one answer in aggregates
constexpr std::size_t kCandlesMax = 100'000;

std::int64_t key(std::uint64_t id) {
  return static_cast<std::int64_t>(std::min<std::uint64_t>(id, std::numeric_limits<std::int64_t>::max()));
}

// Whether a sum of stored quantities stays one: what does not is damage.
bool fits(core::Quantity sum, core::Quantity more) {
  std::int64_t out = 0;
  return !__builtin_add_overflow(sum.value(), more.value(), &out);
}

// Trades put together, in the order of their ids.
core::Result<std::vector<AggregateTrade>> aggregates_of(std::span<const Trade> trades) {
  std::vector<AggregateTrade> out;
  for (const Trade& trade : trades) {
    if (out.empty() || out.back().id != trade.aggregate) {
      out.push_back(aggregate_of(trade));
    } else if (fits(out.back().quantity, trade.quantity)) {
      extend(out.back(), trade);
    } else {
      return core::fail(core::ErrorKind::corrupt, "stored trades whose sum cannot be");
    }
  }
  return out;
}

}  // namespace

core::Result<StoreReader> StoreReader::open(const std::string& path) {
  auto database = sql::Database::open_sqlite(path, {.access = sql::Access::read_only});
  if (!database) return std::unexpected(database.error());
  return StoreReader(std::move(*database));
}

core::Result<StoreReader::Ids> StoreReader::trade_ids(core::MarketId market) {
  const sql::Value id[] = {std::int64_t{market.value()}};
  const auto rows = database_->query(
      "select (select id from trades where market_id = :p1 order by id limit 1) as first_id, "
      "(select id from trades where market_id = :p1 order by id desc limit 1) as last_id",
      id);
  if (!rows) return std::unexpected(rows.error());
  const sql::Row& row = rows->front();
  if (sql::integer(row[0]) == 0) return Ids{};
  return Ids{sql::integer(row[0]), sql::integer(row[1]) + 1};
}

core::Result<core::TradeId> StoreReader::oldest_trade(core::MarketId market) {
  const auto ids = trade_ids(market);
  if (!ids) return std::unexpected(ids.error());
  return ids->first < ids->end ? core::TradeId{static_cast<std::uint64_t>(ids->first)} : core::TradeId{};
}

// Aggregates and times ascend with the ids.
core::Result<std::int64_t> StoreReader::first_trade(core::MarketId market, const char* column, Ids within,
                                                    std::int64_t wanted) {
  const sql::Value id[] = {std::int64_t{market.value()}};
  return sql::first_key_with(
      *database_,
      "select id, " + std::string(column) + " from trades where id >= :p1 and market_id = :p2 order by id limit 1", id,
      within.first, within.end, wanted);
}

core::Result<std::vector<Trade>> StoreReader::read_trades(core::MarketId market, Ids within, bool earliest,
                                                          std::size_t limit) {
  const sql::Value bounds[] = {std::int64_t{market.value()}, within.first, within.end,
                               static_cast<std::int64_t>(limit)};
  const auto rows = database_->query(std::string("select ") + kTradeColumns +
                                         " from trades where market_id = :p1 and id >= :p2 and id < :p3 order by id " +
                                         (earliest ? "" : "desc ") + "limit :p4",
                                     bounds);
  if (!rows) return std::unexpected(rows.error());
  std::vector<Trade> out;
  out.reserve(rows->size());
  for (const sql::Row& row : *rows) {
    auto trade = trade_from(row);
    if (!trade) return std::unexpected(trade.error());
    out.push_back(*trade);
  }
  return out;
}

core::Result<std::vector<Trade>> StoreReader::trades(const TradesQuestion& question) {
  return read_trades(question.market, {key(question.from.value()), key(question.until.value())}, true,
                     std::min(question.limit, kTradesMax));
}

core::Result<std::vector<AggregateTrade>> StoreReader::aggregate_trades(const AggregateTradesQuestion& question) {
  auto ids = trade_ids(question.market);
  if (!ids) return std::unexpected(ids.error());
  const auto narrow = [&](std::int64_t& bound, const char* column, std::int64_t wanted) -> core::Result<void> {
    const auto found = first_trade(question.market, column, *ids, wanted);
    if (!found) return std::unexpected(found.error());
    bound = *found;
    return {};
  };
  core::Result<void> done;
  if (question.from_id) done = narrow(ids->first, "aggregate", key(*question.from_id));
  if (done && question.from) done = narrow(ids->first, "time_ns", question.from->ns);
  const bool has_end = question.until && question.until->ns < std::numeric_limits<std::int64_t>::max();
  if (done && has_end) done = narrow(ids->end, "time_ns", question.until->ns + 1);
  if (!done) return std::unexpected(done.error());

  // Pages of trades until one aggregate more than asked for has begun: then those asked for are whole.
  const bool earliest = question.from_id || question.from;
  std::vector<Trade> trades;
  std::size_t aggregates = 0;
  while (ids->first < ids->end && aggregates <= question.limit) {
    const std::size_t at_once = std::clamp<std::size_t>(question.limit, 100, 10'000);
    const auto some = read_trades(question.market, *ids, earliest, at_once);
    if (!some) return std::unexpected(some.error());
    for (const Trade& trade : *some) {
      aggregates += trades.empty() || trades.back().aggregate != trade.aggregate ? 1 : 0;
      trades.push_back(trade);
    }
    if (some->size() < at_once) break;
    if (trades.size() > kTradesMax)
      return core::fail(core::ErrorKind::invalid_input, "more trades than can be put together at once");
    const auto last = static_cast<std::int64_t>(some->back().id.value());
    (earliest ? ids->first : ids->end) = earliest ? last + 1 : last;
  }
  if (!earliest) std::ranges::reverse(trades);
  auto out = aggregates_of(trades);
  if (out && out->size() > question.limit) {
    const auto surplus = static_cast<std::ptrdiff_t>(out->size() - question.limit);
    out->erase(earliest ? out->end() - surplus : out->begin(), earliest ? out->end() : out->begin() + surplus);
  }
  return out;
}

core::Result<std::vector<Candle>> StoreReader::read_candles(const CandlesQuestion& question, const char* condition,
                                                            const char* order) {
  const sql::Value bounds[] = {std::int64_t{question.market.value()}, static_cast<std::int64_t>(question.layer),
                               question.from.ns, question.until.ns};
  const std::string statement = std::string("select ") + kCandleColumns +
                                " from candles where market_id = :p1 and layer = :p2 and " + condition +
                                " order by open_time_ns " + order;
  const bool has_end = statement.find(":p4") != std::string::npos;
  const auto rows = database_->query(statement, std::span(bounds).first(has_end ? 4 : 3));
  if (!rows) return std::unexpected(rows.error());
  std::vector<Candle> out;
  out.reserve(rows->size());
  for (const sql::Row& row : *rows) {
    auto candle = candle_from(row);
    if (!candle) return std::unexpected(candle.error());
    out.push_back(*candle);
  }
  return out;
}

core::Result<CandlesAnswer> StoreReader::candles(const CandlesQuestion& question) {
  CandlesAnswer out;
  const std::string at_most = "limit " + std::to_string(kCandlesMax + 1);
  auto within = read_candles(question, "open_time_ns >= :p3 and open_time_ns < :p4", at_most.c_str());
  if (!within) return std::unexpected(within.error());
  if (within->size() > kCandlesMax)
    return core::fail(core::ErrorKind::invalid_input, "more candles than can be read at once");
  const auto before = read_candles(question, "open_time_ns < :p3", "desc limit 1");
  if (!before) return std::unexpected(before.error());
  out.candles = std::move(*within);
  if (!before->empty()) out.before = before->front();
  return out;
}

}  // namespace market_data
