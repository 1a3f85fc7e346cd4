// Long random runs: books rebuilt from the diff streams, candles against an independent computation.
#include <array>
#include <map>

#include "gateways/streams/depth_changes.h"
#include "gateways/streams/json_reader.h"
#include "gateways/streams/testing.h"
#include "pkg/core/decimal.h"

namespace streams {
namespace {

using orders::Side;

// The fields of an object of numbers, texts, and lists of pairs of texts; objects within are flattened.
struct Fields {
  std::map<std::string, std::string> values;
  std::map<std::string, std::vector<std::pair<std::string, std::string>>> levels;

  explicit Fields(std::string_view text) {
    JsonReader json(text);
    read_object(json);
    json.finish();
    EXPECT_TRUE(json.ok()) << text;
  }
  [[nodiscard]] const std::string& operator[](const std::string& key) const { return values.at(key); }
  [[nodiscard]] std::uint64_t number(const std::string& key) const { return std::stoull(values.at(key)); }

 private:
  void read_object(JsonReader& json) {
    std::string key;
    json.begin_object();
    while (json.next_key(key)) {
      const std::string name = key;
      switch (json.peek()) {
        case JsonKind::number:
          values[name] = json.read_number();
          break;
        case JsonKind::text:
          json.read_text(values[name]);
          break;
        case JsonKind::boolean:
          values[name] = json.read_boolean() ? "true" : "false";
          break;
        case JsonKind::array:
          read_levels(json, levels[name]);
          break;
        case JsonKind::object:
          read_object(json);
          break;
        case JsonKind::null:
          json.read_null();
          break;
      }
    }
  }
  static void read_levels(JsonReader& json, std::vector<std::pair<std::string, std::string>>& out) {
    json.begin_array();
    while (json.next_element()) {
      out.emplace_back();
      json.begin_array();
      for (std::string* each : {&out.back().first, &out.back().second}) {
        if (json.next_element() && json.peek() == JsonKind::text) json.read_text(*each);
      }
      EXPECT_FALSE(json.next_element());
    }
  }
};

// Orders and cancels at random around a price that wanders.
class Crowd {
 public:
  Crowd(TestFloor& floor, std::uint64_t seed) : floor_(floor), random(seed) {}

  void act() {
    const core::AccountId account = random.chance(1, 2) ? floor_.ann : floor_.bob;
    if (random.chance(1, 3)) {
      const auto open = floor_.port.views().accounts.open_orders(account, floor_.market().id);
      if (!open.empty()) floor_.cancel(account, open[random.below(open.size())]->id);
      return;
    }
    if (random.chance(1, 20)) middle_ += random.between(-3, 3);
    const Side side = random.chance(1, 2) ? Side::buy : Side::sell;
    const std::string price = std::to_string(middle_ + random.between(-8, 8)) + "." + std::to_string(random.below(10));
    const std::string quantity = "0." + std::to_string(random.between(1, 9));
    floor_.place_changed(account, side, price, quantity, [&](orders::PlaceOrder& order) {
      if (random.chance(1, 10)) order.time_in_force = orders::TimeInForce::ioc;
      order.self_trade = orders::SelfTrade::decrement;
      if (random.chance(1, 3)) order.self_trade = orders::SelfTrade::none;
    });
  }

 private:
  TestFloor& floor_;
  std::int64_t middle_ = 1'000;

 public:
  core::Random random;
};

// A client that keeps a book as the published procedure says.
class BookKeeper {
 public:
  BookKeeper(TestFloor& floor, std::string_view stream) : client_(floor.gateway, "/ws/" + std::string(stream)) {}

  // The snapshot as REST has it.
  void take_snapshot(const TestFloor& floor) {
    if (has_snapshot_) return;
    read(floor);
    const market_data::Depth depth = floor.port.views().markets.depth(floor.market().id, 5'000);
    // A snapshot from before the first event is of no use: ask again later.
    if (buffered_.empty() || depth.last_update_id < buffered_.front().number("U")) return;
    has_snapshot_ = true;
    last_ = depth.last_update_id;
    for (const auto& level : depth.bids) set(bids_, text(floor, level.price), quantity(floor, level.quantity));
    for (const auto& level : depth.asks) set(asks_, text(floor, level.price), quantity(floor, level.quantity));
    for (const Fields& event : std::exchange(buffered_, {})) {
      if (event.number("u") > last_) apply(event);
    }
  }
  // Takes what has come; the number of updates that were applied and compared.
  int read(const TestFloor& floor) {
    int applied = 0;
    for (const std::string& message : client_.take()) {
      Fields event(message);
      if (last_heard_ != 0) {
        EXPECT_EQ(event.number("U"), last_heard_ + 1) << "the chain has a gap";
      }
      last_heard_ = event.number("u");
      EXPECT_LE(event.number("U"), event.number("u"));
      if (!has_snapshot_) {
        buffered_.push_back(std::move(event));
        continue;
      }
      apply(event);
      ++applied;
      compare(floor);
    }
    return applied;
  }

 private:
  using Levels = std::map<std::string, std::string>;
  static std::string text(const TestFloor& floor, core::Price price) {
    return instruments::format_price(floor.market(), price);
  }
  static std::string quantity(const TestFloor& floor, core::Quantity quantity) {
    return instruments::format_quantity(floor.market(), quantity);
  }
  static void set(Levels& levels, const std::string& price, const std::string& quantity) {
    if (quantity == "0.00000000")
      levels.erase(price);
    else
      levels[price] = quantity;
  }
  void apply(const Fields& event) {
    EXPECT_LE(event.number("U"), last_ + 1) << "events were missed";
    for (const auto& [price, amount] : event.levels.at("b")) set(bids_, price, amount);
    for (const auto& [price, amount] : event.levels.at("a")) set(asks_, price, amount);
    last_ = event.number("u");
  }
  void compare(const TestFloor& floor) const {
    const market_data::Depth depth = floor.port.views().markets.depth(floor.market().id, 100'000);
    ASSERT_EQ(last_, depth.last_update_id);
    Levels bids, asks;
    for (const auto& level : depth.bids) set(bids, text(floor, level.price), quantity(floor, level.quantity));
    for (const auto& level : depth.asks) set(asks, text(floor, level.price), quantity(floor, level.quantity));
    ASSERT_EQ(bids_, bids);
    ASSERT_EQ(asks_, asks);
  }

  TestClient client_;
  bool has_snapshot_ = false;
  std::uint64_t last_ = 0, last_heard_ = 0;
  std::vector<Fields> buffered_;
  Levels bids_, asks_;
};

TEST(DepthStream, KeepsBooksThatEqualRestAtEveryUpdate) {
  TestFloor floor;
  Crowd crowd(floor, 3);
  std::vector<std::unique_ptr<BookKeeper>> keepers;
  int compared = 0;
  for (int tick = 0; tick < 3'000; ++tick) {
    for (auto left = crowd.random.below(4); left > 0; --left) crowd.act();
    // Readers come, ask for their snapshots and go at any time within an interval.
    if (crowd.random.chance(1, 20) && keepers.size() < 12) {
      keepers.push_back(
          std::make_unique<BookKeeper>(floor, crowd.random.chance(1, 2) ? "btcusdt@depth" : "btcusdt@depth@100ms"));
    }
    if (crowd.random.chance(1, 100) && !keepers.empty())
      keepers.erase(keepers.begin() + static_cast<std::ptrdiff_t>(crowd.random.below(keepers.size())));
    for (const auto& keeper : keepers) {
      if (crowd.random.chance(1, 4)) keeper->take_snapshot(floor);
    }
    for (auto left = crowd.random.below(3); left > 0; --left) crowd.act();
    floor.pass(100);
    for (const auto& keeper : keepers) compared += keeper->read(floor);
    if (HasFatalFailure()) return;
  }
  EXPECT_GT(compared, 5'000);
}

TEST(DepthChanges, AreBoundedByThePricesThatChanged) {
  DepthChanges changes;
  matching::MarketEvent event;
  core::Random random(5);
  std::map<std::int64_t, std::int64_t> bids, asks;
  for (int i = 0; i < 100'000; ++i) {
    event.side = random.chance(1, 2) ? Side::buy : Side::sell;
    event.price = core::Price{random.between(1, 700)};
    event.quantity = core::Quantity{random.between(0, 9)};
    (event.side == Side::buy ? bids : asks)[event.price.value()] = event.quantity.value();
    changes.add(event);
    if (!random.chance(1, 5'000)) continue;
    std::map<std::int64_t, std::int64_t> got;
    std::int64_t before = 0;
    for (const auto& change : changes.bids()) {
      if (!got.empty()) {
        EXPECT_LT(change.price().value(), before) << "best first";
      }
      before = change.price().value();
      got[before] = change.quantity;
    }
    EXPECT_EQ(got, bids);
    got.clear();
    for (const auto& change : changes.asks()) {
      if (!got.empty()) {
        EXPECT_GT(change.price().value(), before);
      }
      before = change.price().value();
      got[before] = change.quantity;
    }
    EXPECT_EQ(got, asks);
    changes.clear();
    bids.clear();
    asks.clear();
  }
}

TEST(BestPrices, EqualTheReadModelAfterEveryCommand) {
  TestFloor floor;
  Crowd crowd(floor, 11);
  TestClient client(floor.gateway, "/ws/btcusdt@bookTicker");
  floor.pass(100);
  (void)client.take();
  std::string shown;
  for (int i = 0; i < 5'000; ++i) {
    const market_data::BestPrices before = floor.port.views().markets.best(floor.market().id);
    crowd.act();
    const market_data::BestPrices best = floor.port.views().markets.best(floor.market().id);
    const auto texts = [&](const std::optional<market_data::DepthLevel>& level) {
      const auto shown_level = level.value_or(market_data::DepthLevel{});
      return instruments::format_price(floor.market(), shown_level.price) + "/" +
             instruments::format_quantity(floor.market(), shown_level.quantity);
    };
    const bool moved = texts(before.bid) != texts(best.bid) || texts(before.ask) != texts(best.ask);
    const auto messages = client.take();
    ASSERT_EQ(messages.size(), moved ? 1u : 0u);
    if (!moved) continue;
    const Fields told(messages.front());
    ASSERT_EQ(told["b"] + "/" + told["B"], texts(best.bid));
    ASSERT_EQ(told["a"] + "/" + told["A"], texts(best.ask));
    ASSERT_EQ(told.number("u"), floor.port.views().markets.depth(floor.market().id, 0).last_update_id);
  }
}

// ---- candles ----

struct NaiveTrade {
  std::uint64_t id;
  std::int64_t time_ms, price, quantity;
  bool buyer_is_maker;
};

struct NaiveInterval {
  std::string_view name;
  std::int64_t length_ms;  // 0: a calendar month
};
constexpr std::int64_t kMinuteMs = 60'000, kHourMs = 60 * kMinuteMs, kDayMs = 24 * kHourMs;
constexpr std::array<NaiveInterval, 16> kNaive = {{{"1s", 1'000},
                                                   {"1m", kMinuteMs},
                                                   {"3m", 3 * kMinuteMs},
                                                   {"5m", 5 * kMinuteMs},
                                                   {"15m", 15 * kMinuteMs},
                                                   {"30m", 30 * kMinuteMs},
                                                   {"1h", kHourMs},
                                                   {"2h", 2 * kHourMs},
                                                   {"4h", 4 * kHourMs},
                                                   {"6h", 6 * kHourMs},
                                                   {"8h", 8 * kHourMs},
                                                   {"12h", 12 * kHourMs},
                                                   {"1d", kDayMs},
                                                   {"3d", 3 * kDayMs},
                                                   {"1w", 7 * kDayMs},
                                                   {"1M", 0}}};

// What a stream told of closed candles against what the trades amount to.
void expect_candles(const TestFloor& floor, const std::vector<NaiveTrade>& trades, const std::vector<std::string>& told,
                    const NaiveInterval& interval, std::int64_t offset_ms) {
  std::int64_t next_open_ms = 0;
  std::size_t closed = 0;
  for (const std::string& message : told) {
    const Fields candle(message);
    if (candle["x"] == "false") continue;
    ++closed;
    const std::int64_t from = std::stoll(candle["t"]), until = std::stoll(candle["T"]);
    if (next_open_ms != 0) {
      ASSERT_EQ(from, next_open_ms) << "each period once, without gaps";
    }
    next_open_ms = until + 1;
    if (interval.length_ms != 0) {
      ASSERT_EQ(until - from + 1, interval.length_ms);
      const std::int64_t monday_ms = interval.name == "1w" ? 4 * kDayMs : 0;
      ASSERT_EQ((from + offset_ms - monday_ms) % interval.length_ms, 0);
    } else {
      ASSERT_GE(until - from + 1, 28 * kDayMs);
      ASSERT_LE(until - from + 1, 31 * kDayMs);
    }
    const NaiveTrade *first = nullptr, *last = nullptr, *before = nullptr;
    std::int64_t high = 0, low = 0, lots = 0, tick_lots = 0, taker_lots = 0, taker_tick_lots = 0, count = 0;
    for (const NaiveTrade& trade : trades) {
      if (trade.time_ms < from) before = &trade;
      if (trade.time_ms < from || trade.time_ms > until) continue;
      if (first == nullptr) {
        first = &trade;
        high = low = trade.price;
      }
      last = &trade;
      high = std::max(high, trade.price);
      low = std::min(low, trade.price);
      lots += trade.quantity;
      tick_lots += trade.quantity * trade.price;
      taker_lots += trade.buyer_is_maker ? 0 : trade.quantity;
      taker_tick_lots += trade.buyer_is_maker ? 0 : trade.quantity * trade.price;
      ++count;
    }
    const auto price = [&](std::int64_t ticks) {
      return instruments::format_price(floor.market(), core::Price{ticks});
    };
    const auto base = [&](std::int64_t count_lots) { return core::format_decimal(count_lots, 5, 8); };
    const auto quote = [&](std::int64_t count_tick_lots) { return core::format_decimal(count_tick_lots, 7, 8); };
    if (first == nullptr) {
      ASSERT_NE(before, nullptr);
      high = low = before->price;
    }
    const NaiveTrade& opening = first == nullptr ? *before : *first;
    const NaiveTrade& closing = first == nullptr ? *before : *last;
    ASSERT_EQ(candle["i"], interval.name);
    ASSERT_EQ(candle["o"], price(opening.price)) << message;
    ASSERT_EQ(candle["c"], price(closing.price)) << message;
    ASSERT_EQ(candle["h"], price(high));
    ASSERT_EQ(candle["l"], price(low));
    ASSERT_EQ(candle["v"], base(lots)) << message;
    ASSERT_EQ(candle["q"], quote(tick_lots));
    ASSERT_EQ(candle["V"], base(taker_lots));
    ASSERT_EQ(candle["Q"], quote(taker_tick_lots));
    ASSERT_EQ(candle["n"], std::to_string(count));
    ASSERT_EQ(candle["f"], first == nullptr ? "-1" : std::to_string(first->id));
    ASSERT_EQ(candle["L"], first == nullptr ? "-1" : std::to_string(last->id));
  }
  ASSERT_GE(closed, interval.length_ms == 0 ? 1u : 3u) << interval.name;
}

TEST(CandleStream, EqualsAnIndependentComputationAtEveryInterval) {
  TestFloor floor;
  Crowd crowd(floor, 17);
  TestClient trades_client(floor.gateway, "/ws/btcusdt@trade");
  struct Watcher {
    NaiveInterval interval;
    std::int64_t offset_ms;
    std::unique_ptr<TestClient> client;
    std::vector<std::string> told;
  };
  std::vector<Watcher> watchers;
  // Steps of up to 40 s through a month, with silent hours that are passed through second by second.
  for (const NaiveInterval& interval : kNaive) {
    for (const bool zone : {false, true}) {
      const std::string stream = "btcusdt@kline_" + std::string(interval.name) + (zone ? "@+08:00" : "");
      watchers.push_back(
          {interval, zone ? 8 * kHourMs : 0, std::make_unique<TestClient>(floor.gateway, "/ws/" + stream), {}});
    }
  }
  std::vector<NaiveTrade> trades;
  const std::int64_t begin_ms = floor.port.time.milliseconds();
  bool is_long = false;
  while (floor.port.time.milliseconds() < begin_ms + 35 * kDayMs) {
    // Candles of seconds for some hours; then the short intervals stop, for a month of seconds takes too long.
    if (!is_long && floor.port.time.milliseconds() > begin_ms + kDayMs / 4) {
      is_long = true;
      for (Watcher& watcher : watchers) {
        if (watcher.interval.length_ms != 0 && watcher.interval.length_ms < 30 * kMinuteMs) watcher.client.reset();
      }
    }
    const std::int64_t step_ms = is_long ? crowd.random.between(1, 2'400'000) : crowd.random.between(1, 40'000);
    floor.port.time.ns += step_ms * 1'000'000;
    floor.now_ns += step_ms * 1'000'000;
    if (crowd.random.chance(2, 3)) {
      for (auto left = crowd.random.below(6); left > 0; --left) crowd.act();
    }
    floor.gateway.tick(floor.now_ns, floor.port.time);
    for (const std::string& message : trades_client.take()) {
      const Fields trade(message);
      trades.push_back({.id = trade.number("t"),
                        .time_ms = std::stoll(trade["T"]),
                        .price = instruments::parse_price(floor.market(), trade["p"])->value(),
                        .quantity = instruments::parse_quantity(floor.market(), trade["q"])->value(),
                        .buyer_is_maker = trade["m"] == "true"});
    }
    for (Watcher& watcher : watchers) {
      if (!watcher.client) continue;
      for (std::string& message : watcher.client->take()) watcher.told.push_back(std::move(message));
    }
  }
  EXPECT_GT(trades.size(), 1'000u);
  for (const Watcher& watcher : watchers) {
    SCOPED_TRACE(watcher.interval.name);
    expect_candles(floor, trades, watcher.told, watcher.interval, watcher.offset_ms);
    if (HasFatalFailure()) return;
  }
}

}  // namespace
}  // namespace streams
