// GET exchangeInfo: what can be traded, in which steps, under which filters and limits.
#include "gateways/spot/market_data.h"
#include "gateways/spot/rate_limits.h"
#include "gateways/spot/shapes.h"
#include "pkg/core/decimal.h"
#include "services/instruments/market_states.h"

namespace spot {
namespace {

constexpr int kBasisPointDecimals = 4;
constexpr std::uint32_t kUnboundedBp = 1'000'000'000;  // shown for a bound that is switched off: a factor of 100,000

struct Wanted {
  const instruments::Market* one = nullptr;
  std::optional<std::vector<const instruments::Market*>> some;
  std::string_view status;
  bool has_spot = true;  // `permissions` names SPOT, or was not sent
  bool show_permission_sets = true;
};

// One permission, or a JSON array of them. All our markets have SPOT and nothing else.
bool names_spot(Arguments& arguments, std::string_view text) {
  if (is_symbol(text)) return text == "SPOT";
  const auto names = parse_symbol_list(text);
  if (!names) {
    arguments.complain(illegal_characters("permissions", kSymbolsRange));
    return false;
  }
  for (const std::string_view name : *names) {
    if (name == "SPOT") return true;
  }
  return false;
}

Wanted take_wanted(Arguments& arguments) {
  Wanted wanted;
  const bool by_symbol = arguments.sent("symbol") || arguments.sent("symbols");
  const bool by_trait = arguments.sent("permissions") || arguments.sent("symbolStatus");
  if ((arguments.sent("symbol") && arguments.sent("symbols")) || (by_symbol && by_trait))
    arguments.complain(bad_combination());
  wanted.one = arguments.optional_market();
  wanted.some = arguments.markets();
  if (const auto text = arguments.optional("permissions"); text && arguments.ok())
    wanted.has_spot = names_spot(arguments, *text);
  if (const auto text = arguments.optional("symbolStatus"); text && arguments.ok()) {
    wanted.status = arguments.named(*text, kSymbolStatuses, invalid_symbol_status);
  }
  wanted.show_permission_sets = arguments.boolean("showPermissionSets", true);
  return wanted;
}

// As short as it is exact: 5, 0.2.
void write_factor(JsonWriter& json, std::string_view key, std::uint32_t basis_points) {
  json.key(key).quoted([&](std::string& out) {
    const core::int128 factor = basis_points;
    core::append_decimal(out, factor, kBasisPointDecimals, core::decimals_needed(factor, kBasisPointDecimals));
  });
}

void write_lot_filter(JsonWriter& json, std::string_view type, const Listing& listing, core::Quantity min,
                      core::Quantity max) {
  json.begin_object().field("filterType", type);
  write_quantity(json, "minQty", listing, min);
  write_quantity(json, "maxQty", listing, max);
  write_quantity(json, "stepSize", listing, core::Quantity{1});
  json.end_object();
}

void write_band(JsonWriter& json, const instruments::PriceBand& band) {
  if (band.bid_up_bp == 0 && band.bid_down_bp == 0 && band.ask_up_bp == 0 && band.ask_down_bp == 0) return;
  const auto above = [](std::uint32_t bp) { return bp == 0 ? kUnboundedBp : bp; };
  json.begin_object().field("filterType", "PERCENT_PRICE_BY_SIDE");
  write_factor(json, "bidMultiplierUp", above(band.bid_up_bp));
  write_factor(json, "bidMultiplierDown", band.bid_down_bp);
  write_factor(json, "askMultiplierUp", above(band.ask_up_bp));
  write_factor(json, "askMultiplierDown", band.ask_down_bp);
  json.field("avgPriceMins", 0).end_object();  // the reference is the last trade
}

// Ours, of markets that have price ranges: how far trades may be from the last auction's and from the last trade's
// price.
void write_ranges(JsonWriter& json, const instruments::PriceRanges& ranges) {
  if (!ranges.is_set()) return;
  json.key("priceRanges").begin_object();
  json.field("staticBasisPoints", std::uint64_t{ranges.static_bp});
  json.field("dynamicBasisPoints", std::uint64_t{ranges.dynamic_bp});
  json.field("outcome", ranges.outcome == instruments::RangeOutcome::auction ? "AUCTION" : "EXPIRE").end_object();
}

void write_filters(JsonWriter& json, const Listing& listing) {
  const instruments::Market& market = listing.market;
  json.key("filters").begin_array();
  json.begin_object().field("filterType", "PRICE_FILTER");
  write_price(json, "minPrice", listing, market.price_min);
  write_price(json, "maxPrice", listing, market.price_max);
  write_price(json, "tickSize", listing, core::Price{1});
  json.end_object();
  write_lot_filter(json, "LOT_SIZE", listing, market.quantity_min, market.quantity_max);
  json.begin_object().field("filterType", "ICEBERG_PARTS").field("limit", matching::kPeaksMax).end_object();
  write_lot_filter(json, "MARKET_LOT_SIZE", listing, market.market_quantity_min, market.market_quantity_max);
  json.begin_object().field("filterType", "TRAILING_DELTA");
  constexpr std::int64_t kMin = orders::kTrailingMin, kMax = orders::kTrailingMax;
  json.field("minTrailingAboveDelta", kMin).field("maxTrailingAboveDelta", kMax);
  json.field("minTrailingBelowDelta", kMin).field("maxTrailingBelowDelta", kMax).end_object();
  write_band(json, market.band);
  json.begin_object().field("filterType", "NOTIONAL");
  write_amount(json, "minNotional", listing.quote, market.notional_min);
  json.field("applyMinToMarket", true);
  write_amount(json, "maxNotional", listing.quote, market.notional_max);
  json.field("applyMaxToMarket", true).field("avgPriceMins", 0).end_object();
  json.begin_object()
      .field("filterType", "MAX_NUM_ORDERS")
      .field("maxNumOrders", std::uint64_t{market.open_orders_max})
      .end_object();
  json.begin_object()
      .field("filterType", "MAX_NUM_ALGO_ORDERS")
      .field("maxNumAlgoOrders", std::uint64_t{orders::kConditionalOrdersMax})
      .end_object();
  json.end_array();
}

void write_market(JsonWriter& json, const Context& context, const instruments::Market& market,
                  bool show_permission_sets) {
  const Listing listing = listing_of(context.views.instruments, market);
  const std::int64_t base_decimals = listing.base.ledger_decimals, quote_decimals = listing.quote.ledger_decimals;
  json.begin_object().field("symbol", market.symbol.view()).field("status", name_of(market.state));
  json.field("marketState", instruments::rules_of(market.state).name);  // ours: the state by its own name
  write_ranges(json, market.ranges);
  json.field("baseAsset", listing.base.symbol.view()).field("baseAssetPrecision", base_decimals);
  json.field("quoteAsset", listing.quote.symbol.view())
      .field("quotePrecision", quote_decimals)
      .field("quoteAssetPrecision", quote_decimals);
  json.field("baseCommissionPrecision", base_decimals).field("quoteCommissionPrecision", quote_decimals);
  json.key("orderTypes").begin_array().text("LIMIT").text("LIMIT_MAKER").text("MARKET");
  json.text("STOP_LOSS").text("STOP_LOSS_LIMIT").text("TAKE_PROFIT").text("TAKE_PROFIT_LIMIT").end_array();
  json.field("icebergAllowed", true).field("ocoAllowed", false).field("otoAllowed", false).field("opoAllowed", false);
  json.field("quoteOrderQtyMarketAllowed", true).field("allowTrailingStop", true).field("cancelReplaceAllowed", true);
  json.field("amendAllowed", true).field("pegInstructionsAllowed", false);
  json.field("isSpotTradingAllowed", true).field("isMarginTradingAllowed", false);
  write_filters(json, listing);
  json.key("permissions").begin_array().end_array();
  json.key("permissionSets").begin_array();
  if (show_permission_sets) json.begin_array().text("SPOT").end_array();
  json.end_array();
  json.field("defaultSelfTradePreventionMode", name_of(context.self_trade_default));
  json.key("allowedSelfTradePreventionModes").begin_array();
  for (const auto& [name, mode] : kSelfTradeModes) json.text(name);
  json.end_array().end_object();
}

}  // namespace

void exchange_info(const Context& context, Arguments& arguments, JsonWriter& json) {
  const Wanted wanted = take_wanted(arguments);
  if (!arguments.finish()) return;
  json.begin_object().field("timezone", "UTC").field("serverTime", in_unit(context.now, context.time_unit));
  json.key("rateLimits").begin_array();
  write_rate_limit(json, "REQUEST_WEIGHT", context.limits.request_weight);
  write_rate_limit(json, "ORDERS", context.limits.orders_short);
  write_rate_limit(json, "ORDERS", context.limits.orders_day);
  write_rate_limit(json, "RAW_REQUESTS", context.limits.raw_requests);
  json.end_array();
  json.key("exchangeFilters").begin_array().end_array();
  json.key("symbols").begin_array();
  const auto write = [&](const instruments::Market& market) {
    write_market(json, context, market, wanted.show_permission_sets);
  };
  if (wanted.one != nullptr) {
    write(*wanted.one);
  } else if (wanted.some) {
    for (const instruments::Market* market : *wanted.some) write(*market);
  } else if (wanted.has_spot) {
    for (const instruments::Market& market : context.views.instruments.markets()) {
      if (wanted.status.empty() || name_of(market.state) == wanted.status) write(market);
    }
  }
  json.end_array().end_object();
}

}  // namespace spot
