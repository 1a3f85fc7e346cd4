#include "services/history/store_rows.h"

#include <optional>
#include <string>

#include "services/orders/client_order_id.h"

namespace history {
namespace {

std::uint64_t number(const sql::Value& value) { return static_cast<std::uint64_t>(sql::integer(value)); }
std::uint32_t small(const sql::Value& value) { return static_cast<std::uint32_t>(sql::integer(value)); }

template <class Enum>
bool take(Enum& into, const sql::Value& value, Enum first, Enum last) {
  const std::int64_t stored = sql::integer(value);
  if (stored < static_cast<std::int64_t>(first) || stored > static_cast<std::int64_t>(last)) return false;
  into = static_cast<Enum>(stored);
  return true;
}

// What no ledger could have held is damage, and must not get as far as arithmetic.
std::optional<core::Amount> amount(const sql::Value& value) {
  const auto count = sql::parse_decimal(sql::text(value));
  if (!count || *count < 0 || core::Amount{*count} > core::kAmountMax) return std::nullopt;
  return core::Amount{*count};
}

}  // namespace

const char* const kOrderColumns =
    "id, account_id, market_id, side, type, time_in_force, self_trade, status, price, quantity, executed, prevented, "
    "quote_quantity, executed_quote, created_ns, updated_ns, client_order_id, working_ns, condition, trailing_bp, "
    "condition_price, peak";
const char* const kFillColumns =
    "account_id, market_id, trade_id, is_maker, order_id, price, quantity, quote, fee, fee_asset_id, time_ns, is_buyer";

core::Result<Order> order_from(const sql::Row& row) {
  Order order;
  order.id = core::OrderId{number(row[0])};
  order.account = core::AccountId{small(row[1])};
  order.market = core::MarketId{small(row[2])};
  const bool fits =
      take(order.side, row[3], orders::Side::buy, orders::Side::sell) &&
      take(order.type, row[4], orders::OrderType::limit, orders::OrderType::limit_maker) &&
      take(order.time_in_force, row[5], orders::TimeInForce::gtc, orders::TimeInForce::fok) &&
      take(order.self_trade, row[6], orders::SelfTrade::none, orders::SelfTrade::decrement) &&
      take(order.status, row[7], orders::OrderStatus::pending_new, orders::OrderStatus::expired_in_match) &&
      take(order.condition.trigger, row[18], orders::Trigger::none, orders::Trigger::take_profit);
  order.price = core::Price{sql::integer(row[8])};
  order.quantity = core::Quantity{sql::integer(row[9])};
  order.executed = core::Quantity{sql::integer(row[10])};
  order.prevented = core::Quantity{sql::integer(row[11])};
  const auto quote_quantity = amount(row[12]), executed_quote = amount(row[13]);
  order.created = core::Time{sql::integer(row[14])};
  order.updated = core::Time{sql::integer(row[15])};
  order.working = core::Time{sql::integer(row[17])};
  order.condition.trailing_bp = static_cast<std::uint16_t>(sql::integer(row[19]));
  order.condition.price = core::Price{sql::integer(row[20])};
  order.peak = core::Quantity{sql::integer(row[21])};
  const std::string client_order_id = sql::text(row[16]);
  const bool counts = order.price.value() >= 0 && order.quantity.value() >= 0 && order.executed.value() >= 0 &&
                      order.prevented.value() >= 0 && order.condition.price.value() >= 0 && order.peak.value() >= 0 &&
                      order.condition.trailing_bp == sql::integer(row[19]);
  if (!fits || !counts || !quote_quantity || !executed_quote || order.id.is_none() ||
      client_order_id.size() > core::ClientOrderId::capacity) {
    return core::fail(core::ErrorKind::corrupt, "a stored order that cannot be");
  }
  order.quote_quantity = *quote_quantity;
  order.executed_quote = *executed_quote;
  order.client_order_id =
      client_order_id.empty() ? orders::made_client_order_id(order.id) : core::ClientOrderId{client_order_id};
  return order;
}

core::Result<Fill> fill_from(const sql::Row& row) {
  const auto quote = amount(row[7]), fee = amount(row[8]);
  const bool fits = quote && fee && number(row[2]) != 0 && number(row[4]) != 0 && sql::integer(row[5]) > 0 &&
                    sql::integer(row[6]) > 0 && small(row[9]) != 0;
  if (!fits) return core::fail(core::ErrorKind::corrupt, "a stored fill that cannot be");
  return Fill{.trade = core::TradeId{number(row[2])},
              .order = core::OrderId{number(row[4])},
              .market = core::MarketId{small(row[1])},
              .price = core::Price{sql::integer(row[5])},
              .quantity = core::Quantity{sql::integer(row[6])},
              .quote = *quote,
              .fee = *fee,
              .fee_asset = core::AssetId{small(row[9])},
              .time = core::Time{sql::integer(row[10])},
              .is_buyer = sql::integer(row[11]) != 0,
              .is_maker = sql::integer(row[3]) != 0};
}

}  // namespace history
