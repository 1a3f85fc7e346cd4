#include <algorithm>

#include "gateways/spot/market_data.h"
#include "gateways/spot/markets_asked.h"

namespace spot {
namespace {

using market_data::Statistics;

constexpr std::int64_t kMinuteNs = 60'000'000'000, kHourNs = 60 * kMinuteNs, kDayNs = 24 * kHourNs;
constexpr std::size_t kSymbolsMax = 100;
constexpr int kPercentDecimals = 3;

enum class TickerType : std::uint8_t { full, mini };
constexpr std::array<std::pair<std::string_view, TickerType>, 2> kTickerTypes = {
    {{"FULL", TickerType::full}, {"MINI", TickerType::mini}}};

TickerType take_type(Arguments& arguments) {
  const auto text = arguments.optional("type");
  return text && arguments.ok() ? arguments.named(*text, kTickerTypes, invalid_ticker_type) : TickerType::full;
}

// "1m" to "59m", "1h" to "23h", "1d" to "7d".
std::optional<std::int64_t> parse_window(std::string_view text) {
  if (text.size() < 2 || text.size() > 3 || text.front() == '0') return std::nullopt;
  std::int64_t count = 0;
  for (const char c : text.substr(0, text.size() - 1)) {
    if (c < '0' || c > '9') return std::nullopt;
    count = count * 10 + (c - '0');
  }
  const char unit = text.back();
  if (unit == 'm' && count < 60) return count * kMinuteNs;
  if (unit == 'h' && count < 24) return count * kHourNs;
  if (unit == 'd' && count <= 7) return count * kDayNs;
  return std::nullopt;
}

std::int64_t take_window(Arguments& arguments) {
  const auto text = arguments.optional("windowSize");
  if (!text || !arguments.ok()) return kDayNs;
  const auto window = parse_window(*text);
  if (!window) arguments.complain(invalid("windowSize"));
  return window.value_or(kDayNs);
}

void write_change(JsonWriter& json, const Listing& listing, const Statistics& of) {
  write_price(json, "priceChange", listing, of.last - of.open);
  json.key("priceChangePercent").quoted([&](std::string& out) {
    const core::int128 open = of.open.is_zero() ? 1 : of.open.value();
    append_ratio(out, core::int128{(of.last - of.open).value()} * 100, open, kPercentDecimals);
  });
  json.key("weightedAvgPrice").quoted([&](std::string& out) { append_average_price(out, listing, of.volume); });
}

void write_range(JsonWriter& json, const Listing& listing, const Statistics& of) {
  write_price(json, "openPrice", listing, of.open);
  write_price(json, "highPrice", listing, of.high);
  write_price(json, "lowPrice", listing, of.low);
}

void write_sums(JsonWriter& json, const Listing& listing, const Statistics& of, TimeUnit unit) {
  const auto id_of = [&of](core::TradeId id) {
    return of.trade_count == 0 ? std::int64_t{-1} : static_cast<std::int64_t>(id.value());
  };
  write_amount(json, "volume", listing.base, base_amount(listing, of.volume));
  write_amount(json, "quoteVolume", listing.quote, quote_amount(listing, of.volume));
  json.field("openTime", in_unit(of.open_time, unit)).field("closeTime", in_unit(of.close_time, unit));
  json.field("firstId", id_of(of.first_trade)).field("lastId", id_of(of.last_trade)).field("count", of.trade_count);
}

// The ticker without the book. MINI is a part of FULL.
void write_ticker(JsonWriter& json, const Listing& listing, const Statistics& of, TickerType type, TimeUnit unit) {
  json.begin_object().field("symbol", listing.market.symbol.view());
  if (type == TickerType::full) write_change(json, listing, of);
  write_range(json, listing, of);
  write_price(json, "lastPrice", listing, of.last);
  write_sums(json, listing, of, unit);
  json.end_object();
}

void write_ticker_with_book(JsonWriter& json, const Listing& listing, const Statistics& of,
                            const market_data::BestPrices& best, TimeUnit unit) {
  const market_data::DepthLevel bid = best.bid.value_or(market_data::DepthLevel{}),
                                ask = best.ask.value_or(market_data::DepthLevel{});
  json.begin_object().field("symbol", listing.market.symbol.view());
  write_change(json, listing, of);
  write_price(json, "prevClosePrice", listing, of.previous_close);
  write_price(json, "lastPrice", listing, of.last);
  write_quantity(json, "lastQty", listing, of.last_quantity);
  write_price(json, "bidPrice", listing, bid.price);
  write_quantity(json, "bidQty", listing, bid.quantity);
  write_price(json, "askPrice", listing, ask.price);
  write_quantity(json, "askQty", listing, ask.quantity);
  write_range(json, listing, of);
  write_sums(json, listing, of, unit);
  json.end_object();
}

}  // namespace

std::uint32_t ticker_24h_weight(const Parameters& parameters) {
  if (parameters.peek("symbol")) return 2;
  if (!parameters.peek("symbols")) return 80;
  const std::size_t symbols = symbols_sent(parameters);
  if (symbols <= 20) return 2;
  return symbols <= 100 ? 40 : 80;
}

std::uint32_t ticker_window_weight(const Parameters& parameters) {
  constexpr std::size_t kEach = 4, kWeightMax = 200;
  const std::size_t symbols = std::max<std::size_t>(symbols_sent(parameters), 1);
  return static_cast<std::uint32_t>(std::min(symbols * kEach, kWeightMax));
}

void ticker_24h(const Context& context, Arguments& arguments, JsonWriter& json) {
  const MarketsAsked asked = take_markets(arguments);
  const TickerType type = take_type(arguments);
  if (!arguments.finish()) return;
  write_for_markets(context, asked, arguments, json, [&](const Listing& listing) {
    const market_data::Markets& markets = context.views.markets;
    const Statistics of = markets.statistics(listing.market.id, context.now, kDayNs);
    if (type == TickerType::mini) return write_ticker(json, listing, of, type, context.time_unit);
    write_ticker_with_book(json, listing, of, markets.best(listing.market.id), context.time_unit);
  });
}

void ticker_window(const Context& context, Arguments& arguments, JsonWriter& json) {
  const MarketsAsked asked = take_markets(arguments, kSymbolsMax);
  const std::int64_t window_ns = take_window(arguments);
  const TickerType type = take_type(arguments);
  if (!arguments.finish()) return;
  write_for_markets(context, asked, arguments, json, [&](const Listing& listing) {
    const Statistics of = context.views.markets.statistics(listing.market.id, context.now, window_ns);
    write_ticker(json, listing, of, type, context.time_unit);
  });
}

void ticker_trading_day(const Context& context, Arguments& arguments, JsonWriter& json) {
  const MarketsAsked asked = take_markets(arguments, kSymbolsMax);
  const std::int64_t offset_ns = arguments.time_zone();
  const TickerType type = take_type(arguments);
  if (!arguments.finish()) return;
  write_for_markets(context, asked, arguments, json, [&](const Listing& listing) {
    const Statistics of = context.views.markets.trading_day(listing.market.id, context.now, offset_ns);
    write_ticker(json, listing, of, type, context.time_unit);
  });
}

void average_price(const Context& context, Arguments& arguments, JsonWriter& json) {
  const instruments::Market* market = arguments.market();
  if (!arguments.finish()) return;
  const Listing listing = listing_of(context.views.instruments, *market);
  const market_data::AveragePrice average = context.views.markets.average_price(market->id, context.now);
  json.begin_object().field("mins", market_data::AveragePrice::kMinutes);
  if (average.volume.lots == 0)
    write_price(json, "price", listing, average.last);
  else
    json.key("price").quoted([&](std::string& out) { append_average_price(out, listing, average.volume); });
  json.field("closeTime", in_unit(average.close_time, context.time_unit)).end_object();
}

}  // namespace spot
