#include "gateways/spot/account.h"

#include <ranges>
#include <type_traits>
#include <variant>

#include "gateways/spot/shapes.h"
#include "services/history/merge.h"

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
  const auto named = arguments.time("endTime");
  query.until = arguments.end_time("endTime");  // all of the millisecond it names
  if (!arguments.ok() || !query.from || !named) return;
  if (named->ns < query.from->ns)
    arguments.complain(bad_combination());
  else if (named->ns - query.from->ns > kLookupNsMax)
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

namespace {

const instruments::Market& market_of(const Context& context, core::MarketId id) {
  const instruments::Market* market = context.views.instruments.market(id);
  CHECK(market != nullptr);  // markets are never taken away
  return *market;
}

std::expected<void, ApiError> write_found(const Context& context, core::MarketId market, const history::Order* order,
                                          const core::ClientOrderId& client_order_id, JsonWriter& json) {
  if (order == nullptr || order->market != market) return std::unexpected(no_such_order());
  if (!client_order_id.empty() && order->client_order_id != client_order_id)
    return std::unexpected(client_order_id_differs());
  const Listing listing = listing_of(context.views.instruments, market_of(context, market));
  write_order(json, listing, *order, context.time_unit);
  return {};
}

// Of one kind, in the order of the answer.
void write_rows(const Context& context, core::MarketId market, const auto& rows, JsonWriter& json) {
  const Listing listing = listing_of(context.views.instruments, market_of(context, market));
  json.begin_array();
  for (const auto& row : rows) {
    if constexpr (std::is_same_v<std::remove_cvref_t<decltype(row)>, history::Order>) {
      write_order(json, listing, row, context.time_unit);
    } else {
      write_fill(json, context, listing, row);
    }
  }
  json.end_array();
}

// Rows from a disk may be damaged in ways that no checksum shows.
bool can_be_shown(const Context&, const history::Order&) { return true; }
bool can_be_shown(const Context& context, const history::Fill& fill) {
  return context.views.instruments.asset(fill.fee_asset) != nullptr;
}

// The same of what the views hold, or of what is found in them and in the archive. `find` is asked again when the
// archive has answered: the views have gone on.
template <class Question, class Row, class Find, class IsWithin>
std::unique_ptr<PastRead> answer_list(const Context& context, const history::Query& query, JsonWriter& json, Find find,
                                      IsWithin is_within) {
  const core::AccountId account = context.account();
  const auto found = find(context, account, query);
  if (context.views.accounts.is_whole(account, query, std::span<const Row* const>(found))) {
    write_rows(context, *query.market, std::views::transform(found, [](const Row* row) -> const Row& { return *row; }),
               json);
    return nullptr;
  }
  auto past = std::make_unique<PastRead>();
  past->question = Question{account, query};
  past->write = [query, find, is_within](const Context& later, const gateways::ArchiveAnswer& answer,
                                         JsonWriter& out) -> std::expected<void, ApiError> {
    const auto* written = std::get_if<std::vector<Row>>(&answer.rows);
    CHECK(written != nullptr);
    const history::Forgotten forgotten = later.views.accounts.forgotten(later.account(), *query.market);
    if (!is_within(forgotten, answer)) return std::unexpected(unavailable());
    for (const Row& row : *written) {
      if (!can_be_shown(later, row)) return std::unexpected(unavailable());
    }
    write_rows(later, *query.market, history::merge(*written, find(later, later.account(), query), query), out);
    return {};
  };
  return past;
}

}  // namespace

std::unique_ptr<PastRead> query_order(const Context& context, Arguments& arguments, JsonWriter& json) {
  const instruments::Market* market = arguments.market();
  const auto id = arguments.integer("orderId");
  const core::ClientOrderId client_order_id = arguments.client_order_id("origClientOrderId");
  if (arguments.ok() && !id && client_order_id.empty())
    arguments.complain(both_missing("origClientOrderId", "orderId"));
  if (!arguments.finish()) return nullptr;
  const auto find = [id, client_order_id, market_id = market->id](const Context& in) {
    const history::Accounts& accounts = in.views.accounts;
    return id ? accounts.order(in.account(), core::OrderId{*id})
              : accounts.order(in.account(), market_id, client_order_id.view());
  };
  const history::Order* order = find(context);
  const history::Forgotten forgotten = context.views.accounts.forgotten(context.account(), market->id);
  const bool may_be_forgotten =
      order == nullptr && !forgotten.order.is_none() && (!id || core::OrderId{*id} <= forgotten.order);
  if (!may_be_forgotten) {
    if (const auto written = write_found(context, market->id, order, client_order_id, json); !written)
      arguments.complain(written.error());
    return nullptr;
  }
  auto past = std::make_unique<PastRead>();
  past->question = gateways::OrderQuestion{.account = context.account(),
                                           .market = market->id,
                                           .order = id ? std::optional(core::OrderId{*id}) : std::nullopt,
                                           .client_order_id = client_order_id};
  past->write = [find, client_order_id, market_id = market->id](const Context& later,
                                                                const gateways::ArchiveAnswer& answer,
                                                                JsonWriter& out) -> std::expected<void, ApiError> {
    const auto* written = std::get_if<std::vector<history::Order>>(&answer.rows);
    CHECK(written != nullptr);
    const history::Order* in_views = find(later);
    if (in_views == nullptr) {
      const history::Forgotten now = later.views.accounts.forgotten(later.account(), market_id);
      if (!now.orders_are_within(answer.written_through, answer.written_until)) return std::unexpected(unavailable());
      // The views know better what an order is called now, and how it stands.
      if (!written->empty()) {
        in_views = later.views.accounts.order(later.account(), written->front().id);
        if (in_views == nullptr)
          in_views = &written->front();
        else if (!client_order_id.empty() && in_views->client_order_id != client_order_id)
          in_views = nullptr;
      }
    }
    return write_found(later, market_id, in_views, client_order_id, out);
  };
  return past;
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

std::unique_ptr<PastRead> all_orders(const Context& context, Arguments& arguments, JsonWriter& json) {
  const instruments::Market* market = arguments.market();
  history::Query query;
  if (const auto id = arguments.integer("orderId")) query.from_order = core::OrderId{*id};
  take_period(arguments, query);
  query.limit = arguments.limit(kListUsual, kListMax);
  if (!arguments.finish()) return nullptr;
  query.market = market->id;
  return answer_list<gateways::OrdersQuestion, history::Order>(
      context, query, json,
      [](const Context& in, core::AccountId account, const history::Query& what) {
        return in.views.accounts.orders(account, what);
      },
      [](const history::Forgotten& forgotten, const gateways::ArchiveAnswer& answer) {
        return forgotten.orders_are_within(answer.written_through, answer.written_until);
      });
}

std::unique_ptr<PastRead> my_trades(const Context& context, Arguments& arguments, JsonWriter& json) {
  const instruments::Market* market = arguments.market();
  history::Query query;
  if (const auto id = arguments.integer("orderId")) query.order = core::OrderId{*id};
  if (const auto id = arguments.integer("fromId")) query.from_trade = core::TradeId{*id};
  take_period(arguments, query);
  if ((query.from || query.until) && (query.order || query.from_trade)) arguments.complain(bad_combination());
  query.limit = arguments.limit(kListUsual, kListMax);
  if (!arguments.finish()) return nullptr;
  query.market = market->id;
  return answer_list<gateways::FillsQuestion, history::Fill>(
      context, query, json,
      [](const Context& in, core::AccountId account, const history::Query& what) {
        return in.views.accounts.fills(account, what);
      },
      [](const history::Forgotten& forgotten, const gateways::ArchiveAnswer& answer) {
        return forgotten.fills_are_within(answer.written_through, answer.written_until);
      });
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
