#include "services/history/store.h"

#include <algorithm>
#include <array>
#include <utility>

#include "pkg/core/check.h"

namespace history {
namespace {

using sql::ColumnType::bigint;
using sql::ColumnType::text;

const std::array<sql::Migration, 3>& migrations() {
  static const std::array<sql::Migration, 3> all{{
      {1, "history",
       std::string(sql::kCursorTable) +
           "create table orders (id bigint primary key, account_id bigint not null, market_id bigint not null, "
           "side bigint not null, type bigint not null, time_in_force bigint not null, self_trade bigint not null, "
           "status bigint not null, price bigint not null, quantity bigint not null, executed bigint not null, "
           "prevented bigint not null, quote_quantity text not null, executed_quote text not null, "
           "created_ns bigint not null, updated_ns bigint not null, client_order_id text not null);\n"
           "create index orders_by_account on orders (account_id, market_id, id);\n"
           "create index orders_by_client_id on orders (client_order_id, account_id, market_id, id) "
           "where client_order_id <> '';\n"
           "create index orders_open on orders (id) where status < 3;\n"
           "create table fills (account_id bigint not null, market_id bigint not null, trade_id bigint not null, "
           "is_maker bigint not null, order_id bigint not null, price bigint not null, quantity bigint not null, "
           "quote text not null, fee text not null, fee_asset_id bigint not null, time_ns bigint not null, "
           "is_buyer bigint not null, primary key (account_id, market_id, trade_id, is_maker));\n"
           "create index fills_by_order on fills (order_id, trade_id);\n",
       "drop table fills;\ndrop table orders;\ndrop table cursor;\n"},
      {2, "conditional_orders",
       "alter table orders add column working_ns bigint not null default 0;\n"
       "alter table orders add column condition bigint not null default 0;\n"
       "alter table orders add column trailing_bp bigint not null default 0;\n"
       "alter table orders add column condition_price bigint not null default 0;\n"
       "update orders set working_ns = created_ns;\n",
       "alter table orders drop column condition_price;\nalter table orders drop column trailing_bp;\n"
       "alter table orders drop column condition;\nalter table orders drop column working_ns;\n"},
      {3, "iceberg_orders", "alter table orders add column peak bigint not null default 0;\n",
       "alter table orders drop column peak;\n"},
  }};
  return all;
}

constexpr std::size_t kRowsPerStatement = 50'000;

template <class T>
constexpr std::int64_t number(T value) {
  return static_cast<std::int64_t>(value);
}

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
  const auto rows = file_.database().query("select id, executed_quote from orders where status < 3 and executed > 0");
  if (!rows) return std::unexpected(rows.error());
  for (const sql::Row& row : *rows) {
    const auto executed = sql::parse_decimal(sql::text(row[1]));
    if (!executed) return core::fail(core::ErrorKind::corrupt, "a stored order that cannot be");
    reducer_.restore(core::OrderId{static_cast<std::uint64_t>(sql::integer(row[0]))}, core::Amount{*executed});
  }
  return {};
}

core::Result<void> Store::write(const sql::Cursor& through) {
  auto done = file_.advance(through, [&]() -> core::Result<void> {
    if (auto written = write_orders(reducer_.rows().orders); !written) return written;
    return write_fills(reducer_.rows().fills);
  });
  if (done) reducer_.clear();
  return done;
}

core::Result<void> Store::write_orders(std::span<const Order> orders) {
  static const std::string kStatement =
      "insert into orders (id, account_id, market_id, side, type, time_in_force, self_trade, status, price, quantity, "
      "executed, prevented, quote_quantity, executed_quote, created_ns, updated_ns, client_order_id, working_ns, "
      "condition, trailing_bp, condition_price, peak) values (:p1, :p2, :p3, :p4, :p5, :p6, :p7, :p8, :p9, :p10, :p11, "
      ":p12, :p13, :p14, :p15, :p16, :p17, :p18, :p19, :p20, :p21, :p22) "
      "on conflict (id) do update set status = excluded.status, price = excluded.price, "
      "quantity = excluded.quantity, executed = excluded.executed, prevented = excluded.prevented, "
      "executed_quote = excluded.executed_quote, updated_ns = excluded.updated_ns, "
      "working_ns = excluded.working_ns, client_order_id = "
      "case when excluded.client_order_id <> '' then excluded.client_order_id else orders.client_order_id end";
  for (; !orders.empty(); orders = orders.subspan(std::min(orders.size(), kRowsPerStatement))) {
    sql::Batch rows{bigint, bigint, bigint, bigint, bigint, bigint, bigint, bigint, bigint, bigint, bigint,
                    bigint, text,   text,   bigint, bigint, text,   bigint, bigint, bigint, bigint, bigint};
    for (const Order& order : orders.first(std::min(orders.size(), kRowsPerStatement))) {
      rows.add(order.id.value(), order.account.value(), order.market.value(), number(order.side), number(order.type),
               number(order.time_in_force), number(order.self_trade), number(order.status), order.price.value(),
               order.quantity.value(), order.executed.value(), order.prevented.value(),
               sql::decimal(order.quote_quantity.value()), sql::decimal(order.executed_quote.value()), order.created.ns,
               order.updated.ns, order.client_order_id.view(), order.working.ns, number(order.condition.trigger),
               order.condition.trailing_bp, order.condition.price.value(), order.peak.value());
    }
    if (auto done = file_.database().execute_many(kStatement, rows); !done) return done;
  }
  return {};
}

core::Result<void> Store::write_fills(std::span<const FillRow> fills) {
  static const std::string kStatement =
      "insert into fills (account_id, market_id, trade_id, is_maker, order_id, price, quantity, quote, fee, "
      "fee_asset_id, time_ns, is_buyer) values (:p1, :p2, :p3, :p4, :p5, :p6, :p7, :p8, :p9, :p10, :p11, :p12)";
  for (; !fills.empty(); fills = fills.subspan(std::min(fills.size(), kRowsPerStatement))) {
    sql::Batch rows{bigint, bigint, bigint, bigint, bigint, bigint, bigint, text, text, bigint, bigint, bigint};
    for (const auto& [account, fill] : fills.first(std::min(fills.size(), kRowsPerStatement))) {
      rows.add(account.value(), fill.market.value(), fill.trade.value(), fill.is_maker, fill.order.value(),
               fill.price.value(), fill.quantity.value(), sql::decimal(fill.quote.value()),
               sql::decimal(fill.fee.value()), fill.fee_asset.value(), fill.time.ns, fill.is_buyer);
    }
    if (auto done = file_.database().execute_many(kStatement, rows); !done) return done;
  }
  return {};
}

core::Result<void> Store::import(const Accounts& accounts, const sql::Cursor& at) {
  CHECK(cursor().sequence.is_none() && pending_rows() == 0);
  auto done = file_.advance(at, [&]() -> core::Result<void> {
    core::Result<void> written;
    std::vector<Order> orders;
    std::vector<FillRow> fills;
    const auto flush = [&] {
      if (written) written = write_orders(orders);
      if (written) written = write_fills(fills);
      orders.clear();
      fills.clear();
    };
    accounts.visit_orders([&](const Order& order) {
      orders.push_back(order);
      if (orders.size() == kRowsPerStatement) flush();
    });
    accounts.visit_fills([&](core::AccountId account, const Fill& fill) {
      fills.push_back({account, fill});
      if (fills.size() == kRowsPerStatement) flush();
    });
    flush();
    return written;
  });
  return done ? restore() : done;
}

core::Result<std::size_t> Store::prune(core::Time before, std::size_t rows_max) {
  sql::Cursor to = cursor();
  if (to.pruned < before) pruned_through_ = 0;  // what was kept the last time may go now
  to.pruned = std::max(to.pruned, before);
  std::size_t looked_at = 0;
  std::int64_t last = pruned_through_;
  const auto done = file_.advance(to, [&]() -> core::Result<void> {
    sql::Database& database = file_.database();
    const sql::Value bounds[] = {pruned_through_, static_cast<std::int64_t>(rows_max)};
    const auto rows = database.query(
        "select id, created_ns, status, updated_ns from orders where id > :p1 order by id limit :p2", bounds);
    if (!rows) return std::unexpected(rows.error());
    sql::Batch gone{bigint};
    for (const sql::Row& row : *rows) {
      if (sql::integer(row[1]) >= before.ns) break;  // created in the order of the ids, and closed later
      ++looked_at;
      last = sql::integer(row[0]);
      if (sql::integer(row[2]) >= number(orders::OrderStatus::filled) && sql::integer(row[3]) < before.ns)
        gone.add(last);
    }
    if (auto removed = database.execute_many("delete from fills where order_id = :p1", gone); !removed) return removed;
    return database.execute_many("delete from orders where id = :p1", gone);
  });
  if (!done) return std::unexpected(done.error());
  pruned_through_ = last;
  return looked_at;
}

}  // namespace history
