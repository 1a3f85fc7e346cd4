#include <algorithm>
#include <tuple>

#include "gateways/spot/market_data.h"
#include "gateways/spot/shapes.h"

namespace spot {
namespace {

using gateways::ArchiveAnswer;
using market_data::AggregateTrade;
using market_data::AggregateTradesQuestion;
using market_data::Markets;
using market_data::Trade;
using market_data::TradesQuestion;

constexpr std::size_t kUsual = 500, kMax = 1000;

void write(JsonWriter& json, const Context& context, core::MarketId market, const std::vector<Trade>& trades) {
  const Listing listing = listing_of(context.views.instruments, *context.views.instruments.market(market));
  json.begin_array();
  for (const Trade& trade : trades) {
    json.begin_object().field("id", trade.id.value());
    write_price(json, "price", listing, trade.price);
    write_quantity(json, "qty", listing, trade.quantity);
    write_amount(json, "quoteQty", listing.quote,
                 core::notional(trade.price, trade.quantity, listing.market.tick_lot_units));
    json.field("time", in_unit(trade.time, context.time_unit));
    json.field("isBuyerMaker", trade.buyer_is_maker).field("isBestMatch", true).end_object();
  }
  json.end_array();
}

void write(JsonWriter& json, const Context& context, core::MarketId market, const std::vector<AggregateTrade>& trades) {
  const Listing listing = listing_of(context.views.instruments, *context.views.instruments.market(market));
  json.begin_array();
  for (const AggregateTrade& trade : trades) {
    json.begin_object().field("a", trade.id);
    write_price(json, "p", listing, trade.price);
    write_quantity(json, "q", listing, trade.quantity);
    json.field("f", trade.first.value()).field("l", trade.last.value());
    json.field("T", in_unit(trade.time, context.time_unit));
    json.field("m", trade.buyer_is_maker).field("M", true).end_object();
  }
  json.end_array();
}

// ---- where the archive begins ----

// Whether retention has taken everything that memory has forgotten of the market: then there is no hole between them.
bool is_all_pruned(const Markets& markets, core::MarketId market, const ArchiveAnswer& answer) {
  const market_data::Reach reach = markets.reach(market);
  return answer.begins_late && answer.oldest_trade.is_none() && reach.aggregates_after &&
         *reach.aggregates_after < answer.pruned_before;
}

// Whether nothing older than this aggregate is to be had.
bool is_first(const AggregateTrade& trade, const ArchiveAnswer& answer) {
  return trade.id == 1 || (answer.begins_late && trade.first == answer.oldest_trade);
}

// ---- trades by id ----

// The archive's trades where memory has forgotten, memory's from there on. Ids have no gaps: where one shows, the
// archive has not come as far as memory has forgotten.
std::expected<std::vector<Trade>, ApiError> merged(const Context& context, const TradesQuestion& question,
                                                   const ArchiveAnswer& answer) {
  const auto* archived = std::get_if<std::vector<Trade>>(&answer.rows);
  if (archived == nullptr) return std::unexpected(unavailable());
  const Markets& markets = context.views.markets;
  std::vector<Trade> out;
  core::TradeId next = question.from;
  if (answer.begins_late) next = std::max(next, answer.oldest_trade);
  if (is_all_pruned(markets, question.market, answer))
    next = std::max(next, markets.reach(question.market).oldest_trade);
  for (const std::vector<Trade>& part : {*archived, markets.trades(question)}) {
    for (const Trade& trade : part) {
      if (out.size() == question.limit) return out;
      if (trade.id < next) continue;
      if (trade.id != next) return std::unexpected(unavailable());
      out.push_back(trade);
      next = next.next();
    }
  }
  if (out.size() < question.limit && next < question.until) return std::unexpected(unavailable());
  return out;
}

// ---- aggregate trades ----

std::optional<AggregateTradesQuestion> take_question(Arguments& arguments) {
  AggregateTradesQuestion question;
  const instruments::Market* market = arguments.market();
  question.from_id = arguments.integer("fromId");
  question.from = arguments.time("startTime");
  question.until = arguments.end_time("endTime");
  if (question.from_id && (question.from || question.until)) arguments.complain(bad_combination());
  question.limit = arguments.limit(kUsual, kMax);
  if (!arguments.finish()) return std::nullopt;
  question.market = market->id;
  if (question.from_id) question.from_id = std::max<std::uint64_t>(*question.from_id, 1);
  return question;
}

bool asks_for_latest(const AggregateTradesQuestion& question) { return !question.from_id && !question.from; }

// Whether memory has all that is asked; `known`: what it has of it.
bool is_remembered(const Markets& markets, const AggregateTradesQuestion& question,
                   const std::vector<AggregateTrade>& known) {
  const market_data::Reach reach = markets.reach(question.market);
  if (!reach.aggregates_after) return true;
  if (question.from_id) return *question.from_id >= reach.oldest_aggregate;
  if (question.from) return *question.from > *reach.aggregates_after;
  const bool before_any = question.until && *question.until < *markets.first_trade_time(question.market);
  return known.size() == question.limit || before_any;
}

// The rows older than `oldest_kept`, and whether they lead up to it without a hole: as trades have no gaps, the last
// one's last trade is the one before `first_kept`, the first that memory has of its oldest whole aggregate.
struct Older {
  std::vector<AggregateTrade> rows;
  bool leads_up = false;
};
Older older_of(const Markets& markets, core::MarketId market, const ArchiveAnswer& answer,
               const std::vector<AggregateTrade>& archived) {
  const std::uint64_t oldest_kept = markets.reach(market).oldest_aggregate;
  const auto kept = markets.aggregate_trades({.market = market, .from_id = oldest_kept, .limit = 1});
  const core::TradeId first_kept = kept.empty() ? markets.last_trade(market)->id.next() : kept.front().first;
  Older out;
  for (const AggregateTrade& each : archived) {
    if (each.id < oldest_kept) out.rows.push_back(each);
  }
  out.leads_up = out.rows.empty() ? is_all_pruned(markets, market, answer) || answer.oldest_trade == first_kept
                                  : out.rows.back().last.next() == first_kept;
  return out;
}

// From an id or a time on. The archive was asked for one more than wanted: what has a row behind it is whole.
std::expected<std::vector<AggregateTrade>, ApiError> merged_earliest(const Markets& markets,
                                                                     const AggregateTradesQuestion& question,
                                                                     const ArchiveAnswer& answer,
                                                                     const std::vector<AggregateTrade>& archived) {
  auto [out, leads_up] = older_of(markets, question.market, answer, archived);
  const bool begins_there = out.empty() ? leads_up && answer.begins_late
                                        : !question.from_id || out.front().id == *question.from_id ||
                                              (out.front().id > *question.from_id && is_first(out.front(), answer));
  if (!begins_there) return std::unexpected(unavailable());
  const bool is_enough =
      out.size() > question.limit || (out.size() == question.limit && out.back().time < answer.written_until);
  if (!is_enough && !leads_up) return std::unexpected(unavailable());
  if (leads_up) {
    AggregateTradesQuestion rest = question;
    rest.until.reset();
    for (const AggregateTrade& each : markets.aggregate_trades(rest)) out.push_back(each);
  }
  if (out.size() > question.limit) out.resize(question.limit);
  std::erase_if(out, [&](const AggregateTrade& each) { return question.until && each.time > *question.until; });
  return out;
}

// The latest, or the latest until a time.
std::expected<std::vector<AggregateTrade>, ApiError> merged_latest(const Markets& markets,
                                                                   const AggregateTradesQuestion& question,
                                                                   const ArchiveAnswer& answer,
                                                                   const std::vector<AggregateTrade>& archived) {
  const std::vector<AggregateTrade> known = markets.aggregate_trades(question);
  auto [out, leads_up] = older_of(markets, question.market, answer, archived);
  const bool ends_by_time = known.empty() && question.until && answer.written_until > *question.until;
  if (!leads_up && !ends_by_time) return std::unexpected(unavailable());
  const std::size_t wanted = question.limit - known.size();
  if (out.size() > wanted) out.erase(out.begin(), out.end() - static_cast<std::ptrdiff_t>(wanted));
  const bool is_all_there_is = out.empty() ? leads_up && answer.begins_late : is_first(out.front(), answer);
  if (out.size() < wanted && !is_all_there_is) return std::unexpected(unavailable());
  out.insert(out.end(), known.begin(), known.end());
  return out;
}

std::expected<std::vector<AggregateTrade>, ApiError> merged(const Context& context,
                                                            const AggregateTradesQuestion& question,
                                                            const ArchiveAnswer& answer) {
  const Markets& markets = context.views.markets;
  const auto* archived = std::get_if<std::vector<AggregateTrade>>(&answer.rows);
  if (archived == nullptr) return std::unexpected(unavailable());
  if (!asks_for_latest(question)) return merged_earliest(markets, question, answer, *archived);
  std::vector<AggregateTrade> known = markets.aggregate_trades(question);
  if (is_remembered(markets, question, known)) return known;  // by now
  return merged_latest(markets, question, answer, *archived);
}

// What to do when the archive has answered.
template <class Question>
std::unique_ptr<PastRead> ask_archive(const gateways::ArchiveQuestion& asked, const Question& question) {
  return std::make_unique<PastRead>(PastRead{.question = asked,
                                             .write = [question](const Context& then, const ArchiveAnswer& answer,
                                                                 JsonWriter& json) -> std::expected<void, ApiError> {
                                               const auto rows = merged(then, question, answer);
                                               if (!rows) return std::unexpected(rows.error());
                                               write(json, then, question.market, *rows);
                                               return {};
                                             }});
}

}  // namespace

void recent_trades(const Context& context, Arguments& arguments, JsonWriter& json) {
  const instruments::Market* market = arguments.market();
  const std::size_t limit = arguments.limit(kUsual, kMax);
  if (!arguments.finish()) return;
  write(json, context, market->id, context.views.markets.recent_trades(market->id, limit));
}

std::unique_ptr<PastRead> historical_trades(const Context& context, Arguments& arguments, JsonWriter& json) {
  const instruments::Market* market = arguments.market();
  const auto from = arguments.integer("fromId");
  const std::size_t limit = arguments.limit(kUsual, kMax);
  if (!arguments.finish()) return nullptr;
  const Markets& markets = context.views.markets;
  const Trade* last = markets.last_trade(market->id);
  const std::uint64_t end = last == nullptr ? 1 : last->id.next().value();
  const std::uint64_t latest = end > limit ? end - limit : 1;
  const TradesQuestion question{.market = market->id,
                                .from = core::TradeId{std::max<std::uint64_t>(from.value_or(latest), 1)},
                                .until = core::TradeId{end},
                                .limit = limit};
  if (question.from < question.until && question.from < markets.reach(market->id).oldest_trade)
    return ask_archive(question, question);
  write(json, context, market->id, markets.trades(question));
  return nullptr;
}

std::unique_ptr<PastRead> aggregate_trades(const Context& context, Arguments& arguments, JsonWriter& json) {
  const auto question = take_question(arguments);
  if (!question) return nullptr;
  const Markets& markets = context.views.markets;
  const std::vector<AggregateTrade> known = markets.aggregate_trades(*question);
  const bool is_empty_period = question->from && question->until && *question->from > *question->until;
  if (is_remembered(markets, *question, known) || is_empty_period) {
    write(json, context, question->market, known);
    return nullptr;
  }
  AggregateTradesQuestion asked = *question;
  if (!asks_for_latest(asked)) {
    asked.until.reset();
    ++asked.limit;
  }
  return ask_archive(asked, *question);
}

}  // namespace spot
