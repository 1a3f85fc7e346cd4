#include "services/history/store_reader.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "services/history/store_rows.h"
#include "services/orders/client_order_id.h"

namespace history {
namespace {

constexpr std::int64_t kIdEnd = std::int64_t{1} << 53;

std::int64_t key(std::uint64_t id) { return static_cast<std::int64_t>(std::min<std::uint64_t>(id, kIdEnd)); }

// The conditions of a query, with the values of their parameters.
class Where {
 public:
  void add(const std::string& condition, std::int64_t value) {
    values_.emplace_back(value);
    text_ += (text_.empty() ? " where " : " and ") + condition + ":p" + std::to_string(values_.size());
  }
  // `order` of the rows, and at most `limit` of them; the latest ones come latest first.
  [[nodiscard]] std::string statement(const std::string& select, const std::string& order, std::size_t limit) const {
    return select + text_ + " order by " + order + " limit " +
           std::to_string(std::min<std::size_t>(limit, std::numeric_limits<std::int32_t>::max()));
  }
  [[nodiscard]] std::span<const sql::Value> values() const { return values_; }

 private:
  std::string text_;
  std::vector<sql::Value> values_;
};

// Times ascend with the ids of an account's rows in a market, so that a bound of time is one of ids, and the search
// begins where the answer does.
core::Result<void> bound_ids(sql::Database& database, Where& where, const Query& query, const std::string& table,
                             const std::string& id, const std::string& time, std::span<const sql::Value> key) {
  if (!query.from && !query.until) return {};
  const std::string mine =
      "(select " + id + " from " + table + " where account_id = :p1 and market_id = :p2 order by " + id;
  const auto ends =
      database.query("select " + mine + " limit 1) as first_id, " + mine + " desc limit 1) as last_id", key);
  if (!ends) return std::unexpected(ends.error());
  const std::int64_t begin = sql::integer(ends->front()[0]), behind = sql::integer(ends->front()[1]) + 1;
  const std::string statement = "select " + id + ", " + time + " from " + table + " where " + id +
                                " >= :p1 and account_id = :p2 and market_id = :p3 order by " + id + " limit 1";
  if (query.from) {
    const auto first = sql::first_key_with(database, statement, key, begin, behind, query.from->ns);
    if (!first) return std::unexpected(first.error());
    where.add(id + " >= ", *first);
  }
  if (query.until && query.until->ns < std::numeric_limits<std::int64_t>::max()) {
    const auto end = sql::first_key_with(database, statement, key, begin, behind, query.until->ns + 1);
    if (!end) return std::unexpected(end.error());
    where.add(id + " < ", *end);
  }
  return {};
}

// Without a market there is no such order.
void bound_times(Where& where, const Query& query, const std::string& time) {
  if (query.from) where.add(time + " >= ", query.from->ns);
  if (query.until) where.add(time + " <= ", query.until->ns);
}

}  // namespace

core::Result<StoreReader> StoreReader::open(const std::string& path) {
  auto database = sql::Database::open_sqlite(path, {.access = sql::Access::read_only});
  if (!database) return std::unexpected(database.error());
  return StoreReader(std::move(*database));
}

core::Result<std::vector<Order>> StoreReader::read_orders(const std::string& statement,
                                                          std::span<const sql::Value> with) {
  const auto rows = database_->query(statement, with);
  if (!rows) return std::unexpected(rows.error());
  std::vector<Order> out;
  out.reserve(rows->size());
  for (const sql::Row& row : *rows) {
    auto order = order_from(row);
    if (!order) return std::unexpected(order.error());
    out.push_back(*order);
  }
  return out;
}

core::Result<std::vector<Order>> StoreReader::orders(core::AccountId account, const Query& query) {
  Where where;
  where.add("account_id = ", account.value());
  if (query.market) where.add("market_id = ", query.market->value());
  if (query.from_order) where.add("id >= ", key(query.from_order->value()));
  if (query.market) {
    const sql::Value key_columns[] = {std::int64_t{account.value()}, std::int64_t{query.market->value()}};
    if (auto bound = bound_ids(*database_, where, query, "orders", "id", "created_ns", key_columns); !bound)
      return std::unexpected(bound.error());
  } else {
    bound_times(where, query, "created_ns");
  }
  const bool earliest = query.from_order || query.from;
  auto out = read_orders(where.statement(std::string("select ") + kOrderColumns + " from orders",
                                         earliest ? "id" : "id desc", query.limit),
                         where.values());
  if (out && !earliest) std::ranges::reverse(*out);
  return out;
}

core::Result<std::vector<Fill>> StoreReader::fills(core::AccountId account, const Query& query) {
  Where where;
  where.add("account_id = ", account.value());
  if (query.market) where.add("market_id = ", query.market->value());
  if (query.order) where.add("order_id = ", key(query.order->value()));
  if (query.from_trade) where.add("trade_id >= ", key(query.from_trade->value()));
  if (query.market && !query.order) {
    const sql::Value key_columns[] = {std::int64_t{account.value()}, std::int64_t{query.market->value()}};
    if (auto bound = bound_ids(*database_, where, query, "fills", "trade_id", "time_ns", key_columns); !bound)
      return std::unexpected(bound.error());
  } else {
    bound_times(where, query, "time_ns");
  }
  const bool earliest = query.from_trade || query.from;
  const std::string order = query.market ? (earliest ? "trade_id, is_maker" : "trade_id desc, is_maker desc")
                            : earliest   ? "time_ns, trade_id, market_id, is_maker"
                                         : "time_ns desc, trade_id desc, market_id desc, is_maker desc";
  const auto rows = database_->query(
      where.statement(std::string("select ") + kFillColumns + " from fills", order, query.limit), where.values());
  if (!rows) return std::unexpected(rows.error());
  std::vector<Fill> out;
  out.reserve(rows->size());
  for (const sql::Row& row : *rows) {
    auto fill = fill_from(row);
    if (!fill) return std::unexpected(fill.error());
    out.push_back(*fill);
  }
  if (!earliest) std::ranges::reverse(out);
  return out;
}

core::Result<std::optional<Order>> StoreReader::order(core::AccountId account, core::MarketId market,
                                                      core::OrderId order) {
  const sql::Value with[] = {key(order.value()), std::int64_t{account.value()}, std::int64_t{market.value()}};
  auto found = read_orders(
      std::string("select ") + kOrderColumns + " from orders where id = :p1 and account_id = :p2 and market_id = :p3",
      with);
  if (!found) return std::unexpected(found.error());
  return found->empty() ? std::nullopt : std::optional(found->front());
}

core::Result<std::optional<Order>> StoreReader::order(core::AccountId account, core::MarketId market,
                                                      std::string_view client_order_id) {
  const sql::Value with[] = {std::string(client_order_id), std::int64_t{account.value()}, std::int64_t{market.value()}};
  // The open one, of which there is at most one (status < 3), else the latest.
  auto own = read_orders(std::string("select ") + kOrderColumns +
                             " from orders where client_order_id = :p1 and client_order_id <> '' and "
                             "account_id = :p2 and market_id = :p3 order by status < 3 desc, id desc limit 1",
                         with);
  if (!own) return std::unexpected(own.error());
  std::optional<Order> best;
  if (!own->empty()) best = own->front();
  const auto made_for = orders::order_of_made_id(client_order_id);
  if (!made_for) return best;
  auto made = order(account, market, *made_for);
  if (!made) return made;
  // An order with a client id of its own is not the one this id was made for.
  if (!*made || (*made)->client_order_id.view() != client_order_id) return best;
  const auto rank = [](const Order& one) { return std::pair(!orders::is_closed(one.status), one.id); };
  return !best || rank(*best) < rank(**made) ? *made : best;
}

}  // namespace history
