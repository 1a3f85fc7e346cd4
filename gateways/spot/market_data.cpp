#include "gateways/spot/market_data.h"

#include "gateways/spot/markets_asked.h"

namespace spot {
namespace {

constexpr std::size_t kDepthUsual = 100, kDepthMax = 5000;

void write_levels(JsonWriter& json, std::string_view key, const Listing& listing,
                  const std::vector<market_data::DepthLevel>& levels) {
  json.key(key).begin_array();
  for (const market_data::DepthLevel& level : levels) write_level(json, listing, level.price, level.quantity);
  json.end_array();
}

// The limit as depth() will understand it, before anything is checked.
std::size_t limit_sent(const Parameters& parameters) {
  std::size_t value = 0;
  const std::string_view text = parameters.peek("limit").value_or("");
  for (const char c : text) {
    if (c < '0' || c > '9' || value > kDepthMax) break;
    value = value * 10 + static_cast<std::size_t>(c - '0');
  }
  return text.empty() ? kDepthUsual : value;
}

}  // namespace

void ping(const Context&, Arguments& arguments, JsonWriter& json) {
  if (!arguments.finish_without_any()) return;
  json.begin_object().end_object();
}

void server_time(const Context& context, Arguments& arguments, JsonWriter& json) {
  if (!arguments.finish_without_any()) return;
  json.begin_object().field("serverTime", in_unit(context.now, context.time_unit)).end_object();
}

std::uint32_t depth_weight(const Parameters& parameters) {
  const std::size_t limit = limit_sent(parameters);
  if (limit <= 100) return 5;
  if (limit <= 500) return 25;
  return limit <= 1000 ? 50 : 250;
}

std::uint32_t ticker_weight(const Parameters& parameters) { return parameters.peek("symbol") ? 2 : 4; }

void depth(const Context& context, Arguments& arguments, JsonWriter& json) {
  const instruments::Market* market = arguments.market();
  const std::size_t limit = arguments.limit(kDepthUsual, kDepthMax);
  const std::string_view status = take_status(arguments);
  if (!arguments.finish()) return;
  if (!has_status(*market, status)) return arguments.complain(symbol_status_differs());
  const Listing listing = listing_of(context.views.instruments, *market);
  const market_data::Depth book = context.views.markets.depth(market->id, limit);
  json.begin_object().field("lastUpdateId", book.last_update_id);
  write_levels(json, "bids", listing, book.bids);
  write_levels(json, "asks", listing, book.asks);
  json.end_object();
}

void ticker_price(const Context& context, Arguments& arguments, JsonWriter& json) {
  const MarketsAsked asked = take_markets(arguments);
  if (!arguments.finish()) return;
  write_for_markets(context, asked, arguments, json, [&](const Listing& listing) {
    json.begin_object().field("symbol", listing.market.symbol.view());
    write_price(json, "price", listing, context.views.markets.last_price(listing.market.id).value_or(core::Price{}));
    json.end_object();
  });
}

void book_ticker(const Context& context, Arguments& arguments, JsonWriter& json) {
  const MarketsAsked asked = take_markets(arguments);
  if (!arguments.finish()) return;
  write_for_markets(context, asked, arguments, json, [&](const Listing& listing) {
    const market_data::BestPrices best = context.views.markets.best(listing.market.id);
    const market_data::DepthLevel bid = best.bid.value_or(market_data::DepthLevel{}),
                                  ask = best.ask.value_or(market_data::DepthLevel{});
    json.begin_object().field("symbol", listing.market.symbol.view());
    write_price(json, "bidPrice", listing, bid.price);
    write_quantity(json, "bidQty", listing, bid.quantity);
    write_price(json, "askPrice", listing, ask.price);
    write_quantity(json, "askQty", listing, ask.quantity);
    json.end_object();
  });
}

}  // namespace spot
