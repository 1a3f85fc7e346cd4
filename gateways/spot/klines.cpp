#include <algorithm>

#include "gateways/spot/market_data.h"
#include "gateways/spot/shapes.h"
#include "services/market_data/derive.h"

namespace spot {
namespace {

using market_data::Candle;
using market_data::CandlesAnswer;
using market_data::CandlesQuestion;
using market_data::Periods;

constexpr std::size_t kUsual = 500, kMax = 1000;

struct KlinesAsked {
  const instruments::Market* market = nullptr;
  market_data::Interval interval = market_data::Interval::minute_1;
  std::optional<core::Time> from, until;  // of opening times, both inclusive
  std::int64_t offset_ns = 0;
  std::size_t limit = kUsual;
};

KlinesAsked take(Arguments& arguments) {
  KlinesAsked asked;
  asked.market = arguments.market();
  const std::string_view name = arguments.mandatory("interval");
  if (const auto interval = market_data::interval_of(name))
    asked.interval = *interval;
  else
    arguments.complain(invalid_interval());
  asked.from = arguments.time("startTime");
  asked.until = arguments.end_time("endTime");
  asked.offset_ns = arguments.time_zone();
  asked.limit = arguments.limit(kUsual, kMax);
  return asked;
}

// Which candles the answer has: from the period of the first trade ever to the present one, cut to what is asked.
Periods periods_of(const KlinesAsked& asked, core::Time first_trade, core::Time now) {
  const auto open_of = [&](core::Time time) { return market_data::open_of(asked.interval, time, asked.offset_ns); };
  const auto next_open = [&](core::Time time) { return market_data::next_open(asked.interval, time, asked.offset_ns); };
  Periods out{.interval = asked.interval, .offset_ns = asked.offset_ns, .first = open_of(first_trade)};
  core::Time last = open_of(now);
  if (asked.until) last = std::min(last, open_of(*asked.until));
  if (asked.from) {
    const core::Time open = open_of(*asked.from);
    out.first = std::max(out.first, open == *asked.from ? open : next_open(open));
    out.until = out.first;
    for (std::size_t i = 0; i < asked.limit && out.until <= last; ++i) out.until = next_open(out.until);
    return out;
  }
  out.until = next_open(last);
  core::Time first = out.until;
  for (std::size_t i = 0; i < asked.limit && first > out.first; ++i) first = open_of({first.ns - 1});
  out.first = first;
  return out;
}

void write(JsonWriter& json, const Listing& listing, const Candle& candle, core::Time close, TimeUnit unit) {
  const auto price = [&](core::Price value) {
    json.quoted([&](std::string& out) {
      instruments::append_price(out, listing.market, value, listing.quote.ledger_decimals);
    });
  };
  const auto volume = [&](const market_data::Volume& sum, bool in_quote) {
    json.quoted([&](std::string& out) {
      const core::Amount amount = in_quote ? quote_amount(listing, sum) : base_amount(listing, sum);
      instruments::append_amount(out, in_quote ? listing.quote : listing.base, amount);
    });
  };
  json.begin_array().number(in_unit(candle.open_time, unit));
  for (const core::Price each : {candle.open, candle.high, candle.low, candle.close}) price(each);
  volume(candle.volume, false);
  json.number(in_unit(close, unit));
  volume(candle.volume, true);
  json.number(candle.trade_count);
  volume(candle.taker_buy, false);
  volume(candle.taker_buy, true);
  json.text("0").end_array();
}

void write(JsonWriter& json, const Context& context, const instruments::Market& market, const Periods& periods,
           const CandlesAnswer& base) {
  const Listing listing = listing_of(context.views.instruments, market);
  const auto before = base.before ? std::optional(base.before->close) : std::nullopt;
  json.begin_array();
  for (const Candle& candle : market_data::derive(periods, base.candles, before)) {
    const core::Time close{market_data::next_open(periods.interval, candle.open_time, periods.offset_ns).ns - 1};
    write(json, listing, candle, close, context.time_unit);
  }
  json.end_array();
}

// Null when memory has all of it.
std::optional<core::Time> forgotten_before(const market_data::Markets& markets, const CandlesQuestion& question) {
  const auto oldest = markets.reach(question.market).oldest(question.layer);
  return oldest && *oldest > question.from ? oldest : std::nullopt;
}

// The archive's candles where memory has forgotten, memory's where it has not.
std::expected<CandlesAnswer, ApiError> merged(const Context& context, const CandlesQuestion& question,
                                              const gateways::ArchiveAnswer& answer) {
  const market_data::Markets& markets = context.views.markets;
  CandlesAnswer memory = markets.candles(question);
  const auto forgotten = forgotten_before(markets, question);
  if (!forgotten) return memory;
  const auto* archived = std::get_if<CandlesAnswer>(&answer.rows);
  // No time of the log falls: what is older than this has all been written when the archive has come this far.
  if (archived == nullptr || answer.written_until < std::min(*forgotten, question.until))
    return std::unexpected(unavailable());
  CandlesAnswer out;
  out.before = archived->before;
  for (const Candle& candle : archived->candles) {
    if (candle.open_time < *forgotten) out.candles.push_back(candle);
  }
  for (const Candle& candle : memory.candles) {
    if (candle.open_time >= *forgotten) out.candles.push_back(candle);
  }
  return out;
}

}  // namespace

std::unique_ptr<PastRead> klines(const Context& context, Arguments& arguments, JsonWriter& json) {
  const KlinesAsked asked = take(arguments);
  if (!arguments.finish()) return nullptr;
  const market_data::Markets& markets = context.views.markets;
  const market_data::Trade* last = markets.last_trade(asked.market->id);
  if (last == nullptr) {
    json.begin_array().end_array();
    return nullptr;
  }
  const Periods periods =
      periods_of(asked, *markets.first_trade_time(asked.market->id), std::max(context.now, last->time));
  const CandlesQuestion question{.market = asked.market->id,
                                 .layer = market_data::base_layer(asked.interval, asked.offset_ns),
                                 .from = periods.first,
                                 .until = periods.until};
  if (periods.first >= periods.until || !forgotten_before(markets, question)) {
    write(json, context, *asked.market, periods, markets.candles(question));
    return nullptr;
  }
  return std::make_unique<PastRead>(
      PastRead{.question = question,
               .write = [question, periods](const Context& then, const gateways::ArchiveAnswer& answer,
                                            JsonWriter& out) -> std::expected<void, ApiError> {
                 const auto candles = merged(then, question, answer);
                 if (!candles) return std::unexpected(candles.error());
                 write(out, then, *then.views.instruments.market(question.market), periods, *candles);
                 return {};
               }});
}

}  // namespace spot
