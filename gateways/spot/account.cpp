#include "gateways/spot/account.h"

#include "gateways/spot/shapes.h"

namespace spot {
namespace {

constexpr std::size_t kListUsual = 500, kListMax = 1000;
constexpr std::int64_t kLookupNsMax = 24ll * 3600 * 1'000'000'000;
constexpr std::int32_t kRatePerBasisPoint = 10'000;  // rates are counts of 1e-8

void write_balances(JsonWriter& json, const Context& context, bool omit_zero) {
  json.key("balances").begin_array();
  for (const instruments::Asset& asset : context.views.instruments.assets()) {
    const ledger::Balance balance = context.views.accounts.balance(context.account(), asset.id);
    if (omit_zero && balance.available.is_zero() && balance.held.is_zero()) continue;
    json.begin_object().field("asset", asset.symbol.view());
    write_amount(json, "free", asset, balance.available);
    write_amount(json, "locked", asset, balance.held);
    json.end_object();
  }
  json.end_array();
}

// maker, taker, buyer, seller.
void write_rates(JsonWriter& json, std::string_view key, fees::Rates rates) {
  json.key(key).begin_object();
  write_rate(json, "maker", rates.maker);
  write_rate(json, "taker", rates.taker);
  write_rate(json, "buyer", {});
  write_rate(json, "seller", {});
  json.end_object();
}

// startTime and endTime, both optional, in order and at most a day apart.
void take_period(Arguments& arguments, history::Query& query) {
  query.from = arguments.time("startTime");
  query.until = arguments.time("endTime");
  if (!arguments.ok() || !query.from || !query.until) return;
  if (query.until->ns < query.from->ns)
    arguments.complain(bad_combination());
  else if (query.until->ns - query.from->ns > kLookupNsMax)
    arguments.complain(lookup_too_long());
}

void write_fill(JsonWriter& json, const Context& context, const Listing& listing, const history::Fill& fill) {
  const instruments::Asset* fee_asset = context.views.instruments.asset(fill.fee_asset);
  CHECK(fee_asset != nullptr);
  json.begin_object().field("symbol", listing.market.symbol.view());
  json.field("id", fill.trade.value()).field("orderId", fill.order.value()).field("orderListId", kNoOrderList);
  write_price(json, "price", listing, fill.price);
  write_quantity(json, "qty", listing, fill.quantity);
  write_amount(json, "quoteQty", listing.quote, fill.quote);
  write_amount(json, "commission", *fee_asset, fill.fee);
  json.field("commissionAsset", fee_asset->symbol.view());
  json.field("time", in_unit(fill.time, context.time_unit));
  json.field("isBuyer", fill.is_buyer).field("isMaker", fill.is_maker).field("isBestMatch", true).end_object();
}

}  // namespace

void account(const Context& context, Arguments& arguments, JsonWriter& json) {
  const bool omit_zero = arguments.boolean("omitZeroBalances", false);
  if (!arguments.finish()) return;
  // One figure for the account: its own rates, else those of the first market (they are the same where nobody set
  // others).
  fees::Rates rates;
  if (const auto markets = context.views.instruments.markets(); !markets.empty()) {
    rates = rates_of(context.views, context.account(), markets.front());
  }
  json.begin_object();
  json.field("makerCommission", rates.maker.value() / kRatePerBasisPoint)
      .field("takerCommission", rates.taker.value() / kRatePerBasisPoint);
  json.field("buyerCommission", 0).field("sellerCommission", 0);
  write_rates(json, "commissionRates", rates);
  const auth::Permissions& may = context.key->permissions;
  json.field("canTrade", may.trade).field("canWithdraw", may.withdraw).field("canDeposit", true);
  json.field("brokered", false).field("requireSelfTradePrevention", false).field("preventSor", false);
  json.field("updateTime", in_unit(context.views.accounts.updated(context.account()), context.time_unit));
  json.field("accountType", "SPOT");
  write_balances(json, context, omit_zero);
  json.key("permissions").begin_array().text("SPOT").end_array();
  json.field("uid", std::uint64_t{context.account().value()}).end_object();
}

void account_commission(const Context& context, Arguments& arguments, JsonWriter& json) {
  const instruments::Market* market = arguments.market();
  if (!arguments.finish()) return;
  json.begin_object().field("symbol", market->symbol.view());
  write_rates(json, "standardCommission", rates_of(context.views, context.account(), *market));
  write_rates(json, "specialCommission", {});
  write_rates(json, "taxCommission", {});
  json.key("discount").begin_object().field("enabledForAccount", false).field("enabledForSymbol", false);
  json.field("discountAsset", "BNB");
  write_rate(json, "discount", {});
  json.end_object().end_object();
}

void query_order(const Context& context, Arguments& arguments, JsonWriter& json) {
  const instruments::Market* market = arguments.market();
  const auto id = arguments.integer("orderId");
  const core::ClientOrderId client_order_id = arguments.client_order_id("origClientOrderId");
  if (arguments.ok() && !id && client_order_id.empty())
    arguments.complain(both_missing("origClientOrderId", "orderId"));
  if (!arguments.finish()) return;
  const history::Accounts& accounts = context.views.accounts;
  const history::Order* order = id ? accounts.order(context.account(), core::OrderId{*id})
                                   : accounts.order(context.account(), market->id, client_order_id.view());
  if (order == nullptr || order->market != market->id) return arguments.complain(no_such_order());
  if (!client_order_id.empty() && order->client_order_id != client_order_id)
    return arguments.complain(client_order_id_differs());
  write_order(json, listing_of(context.views.instruments, *market), *order, context.time_unit);
}

std::uint32_t open_orders_weight(const Parameters& parameters) { return parameters.peek("symbol") ? 6 : 80; }
std::uint32_t my_trades_weight(const Parameters& parameters) { return parameters.peek("orderId") ? 5 : 20; }

void open_orders(const Context& context, Arguments& arguments, JsonWriter& json) {
  const instruments::Market* market = arguments.optional_market();
  if (!arguments.finish()) return;
  json.begin_array();
  const auto wanted = market == nullptr ? std::nullopt : std::optional(market->id);
  for (const history::Order* order : context.views.accounts.open_orders(context.account(), wanted)) {
    const instruments::Market* where = context.views.instruments.market(order->market);
    CHECK(where != nullptr);
    write_order(json, listing_of(context.views.instruments, *where), *order, context.time_unit);
  }
  json.end_array();
}

void all_orders(const Context& context, Arguments& arguments, JsonWriter& json) {
  const instruments::Market* market = arguments.market();
  history::Query query;
  if (const auto id = arguments.integer("orderId")) query.from_order = core::OrderId{*id};
  take_period(arguments, query);
  query.limit = arguments.limit(kListUsual, kListMax);
  if (!arguments.finish()) return;
  query.market = market->id;
  const Listing listing = listing_of(context.views.instruments, *market);
  json.begin_array();
  for (const history::Order* order : context.views.accounts.orders(context.account(), query)) {
    write_order(json, listing, *order, context.time_unit);
  }
  json.end_array();
}

void my_trades(const Context& context, Arguments& arguments, JsonWriter& json) {
  const instruments::Market* market = arguments.market();
  history::Query query;
  if (const auto id = arguments.integer("orderId")) query.order = core::OrderId{*id};
  if (const auto id = arguments.integer("fromId")) query.from_trade = core::TradeId{*id};
  take_period(arguments, query);
  if ((query.from || query.until) && (query.order || query.from_trade)) arguments.complain(bad_combination());
  query.limit = arguments.limit(kListUsual, kListMax);
  if (!arguments.finish()) return;
  query.market = market->id;
  const Listing listing = listing_of(context.views.instruments, *market);
  json.begin_array();
  for (const history::Fill* fill : context.views.accounts.fills(context.account(), query))
    write_fill(json, context, listing, *fill);
  json.end_array();
}

void all_coins(const Context& context, Arguments& arguments, JsonWriter& json) {
  if (!arguments.finish()) return;
  json.begin_array();
  for (const instruments::Asset& asset : context.views.instruments.assets()) {
    const ledger::Balance balance = context.views.accounts.balance(context.account(), asset.id);
    json.begin_object().field("coin", asset.symbol.view());
    json.field("depositAllEnable", false).field("withdrawAllEnable", false).field("name", asset.symbol.view());
    write_amount(json, "free", asset, balance.available);
    write_amount(json, "locked", asset, balance.held);
    for (const std::string_view nothing : {"freeze", "withdrawing", "ipoing", "ipoable", "storage"})
      json.field(nothing, "0");
    json.field("isLegalMoney", false).field("trading", true);
    json.key("networkList").begin_array().end_array();  // no chains yet
    json.end_object();
  }
  json.end_array();
}

void trade_fees(const Context& context, Arguments& arguments, JsonWriter& json) {
  const instruments::Market* one = arguments.optional_market();
  if (!arguments.finish()) return;
  json.begin_array();
  for (const instruments::Market& market : context.views.instruments.markets()) {
    if (one != nullptr && market.id != one->id) continue;
    const fees::Rates rates = rates_of(context.views, context.account(), market);
    json.begin_object().field("symbol", market.symbol.view());
    write_rate(json, "makerCommission", rates.maker);
    write_rate(json, "takerCommission", rates.taker);
    json.end_object();
  }
  json.end_array();
}

void system_status(const Context&, Arguments& arguments, JsonWriter& json) {
  if (!arguments.finish()) return;
  json.begin_object().field("status", 0).field("msg", "normal").end_object();
}

void no_pairs(const Context&, Arguments&, JsonWriter& json) { json.begin_array().end_array(); }

void no_contracts(const Context& context, Arguments&, JsonWriter& json) {
  json.begin_object().field("timezone", "UTC").field("serverTime", in_unit(context.now, context.time_unit));
  for (const std::string_view nothing : {"rateLimits", "exchangeFilters", "assets", "symbols"})
    json.key(nothing).begin_array().end_array();
  json.end_object();
}

}  // namespace spot
