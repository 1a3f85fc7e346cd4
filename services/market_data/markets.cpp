#include "services/market_data/markets.h"

#include <algorithm>
#include <limits>

#include "pkg/core/check.h"
#include "services/market_data/level_list.h"

namespace market_data {
namespace {

constexpr std::size_t kBid = 0, kAsk = 1;

struct Book {
  std::uint64_t last_update_id = 0;
  LevelList sides[2];
  std::unique_ptr<Tape> tape;  // from the first trade on: most of many markets have none
};

std::int64_t key_of(std::size_t side, core::Price price) { return side == kBid ? price.value() : -price.value(); }
DepthLevel level_of(std::size_t side, const Level& level) {
  return {core::Price{side == kBid ? level.key : -level.key}, core::Quantity{level.quantity}};
}

template <class T>
std::vector<T> slice(const Ring<T>& ring, std::size_t begin, std::size_t end) {
  std::vector<T> out;
  out.reserve(end - begin);
  for (std::size_t i = begin; i < end; ++i) out.push_back(ring[i]);
  return out;
}

std::size_t first_of(const Ring<Trade>& trades, core::TradeId id) {
  return trades.first_not([id](const Trade& trade) { return trade.id < id; });
}

Statistics statistics_of(const Tape* tape, core::Time from, core::Time until) {
  Statistics out{.open_time = from, .close_time = until};
  if (tape == nullptr) return out;
  const core::Price last = tape->last().price;
  const Candle traded = tape->since(from).value_or(flat_candle(from, last));
  out.open = traded.open;
  out.high = traded.high;
  out.low = traded.low;
  out.last = traded.close;
  out.previous_close = tape->price_before(from).value_or(core::Price{});
  out.last_quantity = tape->last().quantity;
  out.volume = traded.volume;
  out.trade_count = traded.trade_count;
  out.first_trade = traded.first_trade;
  out.last_trade = traded.last_trade;
  return out;
}

}  // namespace

struct Markets::State {
  Limits limits;
  LevelPages pages;
  std::vector<Book> books;  // market id - 1

  [[nodiscard]] const Book* find(core::MarketId market) const {
    const std::size_t index = std::size_t{market.value()} - 1;
    return index < books.size() ? &books[index] : nullptr;
  }
  [[nodiscard]] const Tape* tape(core::MarketId market) const {
    const Book* book = find(market);
    return book == nullptr ? nullptr : book->tape.get();
  }
};

Markets::Markets(Limits limits) : state_(std::make_unique<State>()) { state_->limits = limits; }
Markets::~Markets() = default;
Markets::Markets(Markets&&) noexcept = default;
Markets& Markets::operator=(Markets&&) noexcept = default;

void Markets::apply(const matching::MarketEvent& event, core::Time time) {
  State& s = *state_;
  CHECK(!event.market.is_none());
  const std::size_t index = std::size_t{event.market.value()} - 1;
  if (index >= s.books.size()) {
    CHECK_MSG(index == s.books.size(), "markets are listed in the order of their ids");
    s.books.emplace_back();
  }
  Book& book = s.books[index];
  CHECK_MSG(event.sequence == book.last_update_id + 1, "market events come without gaps, each once");
  book.last_update_id = event.sequence;
  if (event.kind == matching::MarketEventKind::level_changed) {
    const std::size_t side = event.side == matching::Side::buy ? kBid : kAsk;
    book.sides[side].set(s.pages, key_of(side, event.price), event.quantity.value());
  } else if (event.kind == matching::MarketEventKind::traded) {
    if (book.tape == nullptr) book.tape = std::make_unique<Tape>(s.limits);
    book.tape->add(event, time);
  }
}

Depth Markets::depth(core::MarketId market, std::size_t levels_max) const {
  Depth out;
  const Book* book = state_->find(market);
  if (book == nullptr) return out;
  out.last_update_id = book->last_update_id;
  for (const std::size_t side : {kBid, kAsk}) {
    std::vector<DepthLevel>& levels = side == kBid ? out.bids : out.asks;
    if (levels_max == 0) continue;
    levels.reserve(std::min(levels_max, book->sides[side].size()));
    book->sides[side].visit_best_first(state_->pages, [&](const Level& level) {
      levels.push_back(level_of(side, level));
      return levels.size() < levels_max;
    });
  }
  return out;
}

BestPrices Markets::best(core::MarketId market) const {
  BestPrices out;
  const Book* book = state_->find(market);
  if (book == nullptr) return out;
  for (const std::size_t side : {kBid, kAsk}) {
    book->sides[side].visit_best_first(state_->pages, [&](const Level& level) {
      (side == kBid ? out.bid : out.ask) = level_of(side, level);
      return false;
    });
  }
  return out;
}

// Canonical: levels best first, trades and candles oldest first, whatever the pages and the rings look like.
void Markets::save(core::ByteWriter& out) const {
  const State& s = *state_;
  out.put(static_cast<std::uint32_t>(s.books.size()));
  for (const Book& book : s.books) {
    out.put(book.last_update_id);
    for (const LevelList& levels : book.sides) {
      out.put(static_cast<std::uint64_t>(levels.size()));
      levels.visit_best_first(s.pages, [&out](const Level& level) {
        out.put(level.key);
        out.put(level.quantity);
        return true;
      });
    }
    out.put(static_cast<std::uint8_t>(book.tape != nullptr));
    if (book.tape != nullptr) book.tape->save(out);
  }
}

core::Result<void> Markets::load(core::ByteReader& in) {
  *this = Markets(state_->limits);
  State& s = *state_;
  for (auto left = in.get<std::uint32_t>(); left > 0 && in.ok(); --left) {
    Book& book = s.books.emplace_back();
    in.get(book.last_update_id);
    for (const std::size_t side : {kBid, kAsk}) {
      LevelList& levels = book.sides[side];
      std::optional<std::int64_t> better;
      for (auto count = in.get<std::uint64_t>(); count > 0 && in.ok(); --count) {
        const auto key = in.get<std::int64_t>();
        const auto quantity = in.get<std::int64_t>();
        const bool is_price = key != std::numeric_limits<std::int64_t>::min() && key_of(side, core::Price{key}) > 0;
        if (!is_price || quantity <= 0 || (better && key >= *better)) in.fail();
        if (!in.ok()) break;
        levels.set(s.pages, key, quantity);
        better = key;
      }
    }
    const auto traded = in.get<std::uint8_t>();
    if (traded > 1) in.fail();
    if (traded == 1 && in.ok()) {
      book.tape = std::make_unique<Tape>(s.limits);
      book.tape->load(in);
    }
  }
  if (!in.ok()) return core::fail(core::ErrorKind::corrupt, "the saved market data contradict themselves");
  return {};
}

// ---- trades ----

std::optional<core::Price> Markets::last_price(core::MarketId market) const {
  const Trade* trade = last_trade(market);
  return trade == nullptr ? std::nullopt : std::optional(trade->price);
}

const Trade* Markets::last_trade(core::MarketId market) const {
  const Tape* tape = state_->tape(market);
  return tape == nullptr ? nullptr : &tape->last();
}

std::optional<core::Time> Markets::first_trade_time(core::MarketId market) const {
  const Tape* tape = state_->tape(market);
  return tape == nullptr ? std::nullopt : std::optional(tape->first_time());
}

std::vector<Trade> Markets::recent_trades(core::MarketId market, std::size_t limit) const {
  const Tape* tape = state_->tape(market);
  if (tape == nullptr) return {};
  const Ring<Trade>& trades = tape->trades();
  return slice(trades, trades.size() - std::min(limit, trades.size()), trades.size());
}

std::vector<Trade> Markets::trades(const TradesQuestion& question) const {
  const Tape* tape = state_->tape(question.market);
  if (tape == nullptr) return {};
  const Ring<Trade>& trades = tape->trades();
  const std::size_t begin = first_of(trades, question.from);
  const std::size_t end = std::max(begin, first_of(trades, question.until));
  return slice(trades, begin, begin + std::min(question.limit, end - begin));
}

std::vector<AggregateTrade> Markets::aggregate_trades(const AggregateTradesQuestion& question) const {
  std::vector<AggregateTrade> out;
  const Tape* tape = state_->tape(question.market);
  if (tape == nullptr || question.limit == 0) return out;
  const Ring<Trade>& trades = tape->trades();
  const std::uint64_t from_id = std::max(question.from_id.value_or(0), reach_of(*tape).oldest_aggregate);
  std::size_t begin = trades.first_not(
      [&](const Trade& trade) { return trade.aggregate < from_id || (question.from && trade.time < *question.from); });
  std::size_t end =
      trades.first_not([&](const Trade& trade) { return !question.until || trade.time <= *question.until; });
  if (!question.from_id && !question.from) {  // the latest: found from behind
    std::size_t count = 0;
    std::size_t first = end;
    for (; first > begin; --first) {
      const bool is_new = first == end || trades[first - 1].aggregate != trades[first].aggregate;
      if (is_new && count++ == question.limit) break;
    }
    begin = first;
  }
  for (; begin < end; ++begin) {
    const bool is_new = out.empty() || out.back().id != trades[begin].aggregate;
    if (is_new && out.size() == question.limit) break;
    if (is_new)
      out.push_back(aggregate_of(trades[begin]));
    else
      extend(out.back(), trades[begin]);
  }
  return out;
}

// ---- candles and statistics ----

std::optional<Candle> Markets::candle(core::MarketId market, Interval interval, core::Time now,
                                      std::int64_t offset_ns) const {
  const Tape* tape = state_->tape(market);
  if (tape == nullptr) return std::nullopt;
  const core::Time open = open_of(interval, std::max(now, tape->last().time), offset_ns);
  if (auto traded = tape->since(open)) return traded;
  return flat_candle(open, tape->last().price);
}

CandlesAnswer Markets::candles(const CandlesQuestion& question) const {
  CandlesAnswer out;
  const Tape* tape = state_->tape(question.market);
  if (tape == nullptr) return out;
  const Ring<Candle>& ring = tape->candles(question.layer);
  const auto first_from = [&ring](core::Time time) {
    return ring.first_not([time](const Candle& candle) { return candle.open_time < time; });
  };
  const std::size_t begin = first_from(question.from);
  if (begin > 0) out.before = ring[begin - 1];
  out.candles = slice(ring, begin, std::max(begin, first_from(question.until)));
  return out;
}

Statistics Markets::statistics(core::MarketId market, core::Time now, std::int64_t window_ns) const {
  const Tape* tape = state_->tape(market);
  if (tape != nullptr) now = std::max(now, tape->last().time);
  return statistics_of(tape, floor_to({now.ns - window_ns}, length_ns(CandleLayer::minute)), now);
}

Statistics Markets::trading_day(core::MarketId market, core::Time now, std::int64_t offset_ns) const {
  const Tape* tape = state_->tape(market);
  if (tape != nullptr) now = std::max(now, tape->last().time);
  return statistics_of(tape, open_of(Interval::day_1, now, offset_ns),
                       {next_open(Interval::day_1, now, offset_ns).ns - 1});
}

AveragePrice Markets::average_price(core::MarketId market, core::Time now) const {
  const Tape* tape = state_->tape(market);
  if (tape == nullptr) return {};
  now = std::max(now, tape->last().time);
  const std::int64_t window_ns = AveragePrice::kMinutes * length_ns(CandleLayer::minute);
  const auto traded = tape->since(floor_to({now.ns - window_ns}, length_ns(CandleLayer::second)));
  return {.volume = traded ? traded->volume : Volume{}, .last = tape->last().price, .close_time = tape->last().time};
}

Reach Markets::reach(core::MarketId market) const {
  const Tape* tape = state_->tape(market);
  return tape == nullptr ? Reach{} : reach_of(*tape);
}

}  // namespace market_data
