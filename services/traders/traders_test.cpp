#include "services/traders/traders.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "services/traders/market_for_tests.h"

namespace traders {
namespace {

constexpr std::uint32_t kMarkets = 4;
constexpr core::MarketId kBtcUsdt{1};

// What is seen of the markets, second by second.
struct Watch {
  struct Seen {
    std::int64_t seconds = 0, quoted = 0, spread_ppm = 0;
    std::size_t open_orders_max = 0;
  };
  explicit Watch(TestMarket& of) : market(of) {}
  void look() {
    for (std::uint32_t id = 1; id <= kMarkets; ++id) {
      Seen& here = seen[id - 1];
      ++here.seconds;
      here.open_orders_max = std::max(here.open_orders_max, market.open_orders(core::MarketId{id}));
      const auto best = market.views.markets.best(core::MarketId{id});
      if (!best.bid || !best.ask) continue;
      ++here.quoted;
      here.spread_ppm += (best.ask->price - best.bid->price).value() * kPpm / best.bid->price.value();
    }
  }
  TestMarket& market;
  std::array<Seen, kMarkets> seen{};
};

std::uint64_t rejections(const TestMarket& market) {
  std::uint64_t sum = 0;
  for (const auto& [why, count] : market.rejections) sum += count;
  return sum;
}

// A digest of commands, by their encoding.
std::uint64_t digest(std::span<const engine::Command> commands, std::uint64_t before) {
  core::Bytes bytes;
  for (const auto& command : commands) engine::encode({}, command, bytes);
  for (const auto byte : bytes) before = (before ^ static_cast<std::uint8_t>(byte)) * 0x100000001B3ull;
  return before;
}

std::uint64_t digest_of_an_hour(std::uint64_t seed) {
  TestMarket market;
  Traders traders({.seed = seed});
  std::uint64_t sum = 0xCBF29CE484222325ull;
  for (int i = 0; i < 36'000; ++i) {
    market.time.ns += 100'000'000;
    market.turn(traders);
    sum = digest(market.sent, sum);
  }
  return sum;
}

TEST(Traders, TheSameSeedGivesTheSameCommands) {
  const std::uint64_t first = digest_of_an_hour(7);
  EXPECT_EQ(digest_of_an_hour(7), first);
  EXPECT_NE(digest_of_an_hour(8), first);
}

TEST(Traders, MakeAMarketWithinTwoSeconds) {
  TestMarket market;
  Traders traders({});
  market.run(traders, 2);
  for (std::uint32_t id = 1; id <= kMarkets; ++id) {
    const auto depth = market.views.markets.depth(core::MarketId{id}, 100);
    EXPECT_GE(depth.bids.size(), 8u) << id;
    EXPECT_GE(depth.asks.size(), 8u) << id;
  }
  market.run(traders, 30);
  for (std::uint32_t id = 1; id <= kMarkets; ++id) EXPECT_GT(market.trades[id], 5u) << id;
}

// Hours of it, for several seeds: quoted on both sides, traded, bounded, with few rejections and exact money.
TEST(Traders, AMarketThatLives) {
  constexpr std::int64_t kSeconds = 2 * 3600;
  for (const std::uint64_t seed : {1u, 2u, 3u}) {
    TestMarket market;
    Traders traders({.seed = seed, .commands_per_s = 25});
    Watch watch(market);
    std::int64_t second = 0;
    market.run(traders, kSeconds, [&] {
      watch.look();
      if (++second % 600 == 0) {
        ASSERT_TRUE(market.engine.audit()) << market.engine.audit().error().text();
      }
    });
    for (std::uint32_t id = 1; id <= kMarkets; ++id) {
      SCOPED_TRACE("seed " + std::to_string(seed) + ", market " + std::to_string(id));
      const Watch::Seen& seen = watch.seen[id - 1];
      EXPECT_GT(seen.quoted, kSeconds * 98 / 100);
      EXPECT_LT(seen.spread_ppm / seen.quoted, 1'000);
      EXPECT_GT(seen.spread_ppm / seen.quoted, 10);
      EXPECT_LE(seen.open_orders_max, Traders::open_orders_max());
      EXPECT_GT(market.trades[id], 2'000u);
    }
    const auto& counters = traders.counters();
    EXPECT_NEAR(static_cast<double>(counters.submitted), 25.0 * kSeconds, 2.5 * kSeconds);
    EXPECT_LT(counters.rejected, counters.submitted / 100);
    EXPECT_EQ(counters.rejected, rejections(market));
    EXPECT_LT(counters.top_ups, 200u);
  }
}

TEST(Traders, CrossPricesAgree) {
  TestMarket market;
  Traders traders({.seed = 4});
  const auto middle = [&](std::uint32_t id) {
    const auto best = market.views.markets.best(core::MarketId{id});
    return best.bid && best.ask ? static_cast<double>((best.bid->price + best.ask->price).value()) / 2 : 0.0;
  };
  int compared = 0, apart = 0;
  market.run(traders, 1800, [&] {
    const double btc = middle(1), eth = middle(2), cross = middle(4) / 1e5;
    if (btc == 0 || eth == 0 || cross == 0) return;
    ++compared;
    if (std::abs(cross / (eth / btc) - 1) > 0.004) ++apart;  // in the seconds behind a jump
  });
  EXPECT_GT(compared, 1700);
  EXPECT_LT(apart, compared / 20);
}

TEST(Traders, EveryRateIsKept) {
  for (const std::uint32_t rate : {1u, 5u, 200u, 2'000u, 10'000u}) {
    TestMarket market;
    Traders traders({.seed = 5, .commands_per_s = rate});
    Watch watch(market);
    market.run(traders, 5, {}, 1);
    const std::uint64_t before = traders.counters().submitted;
    const std::int64_t seconds = rate < 100 ? 600 : 10;
    market.run(traders, seconds, [&] { watch.look(); }, 1);
    const auto done = static_cast<double>(traders.counters().submitted - before) / static_cast<double>(seconds);
    EXPECT_LT(done, rate * 1.1) << rate;
    EXPECT_GT(done, rate * 0.7) << rate;
    EXPECT_LT(rejections(market), traders.counters().submitted / 20 + 5) << rate;
    for (const Watch::Seen& seen : watch.seen) {
      EXPECT_GE(seen.quoted, seen.seconds * 9 / 10) << rate;
      EXPECT_LE(seen.open_orders_max, Traders::open_orders_max()) << rate;
    }
    EXPECT_TRUE(market.engine.audit());
  }
  TestMarket market;
  Traders nobody({.seed = 5, .commands_per_s = 0});
  market.run(nobody, 100);
  EXPECT_EQ(nobody.counters().submitted, 0u);
  EXPECT_FALSE(nobody.next_at());
}

// The next process knows nothing but the views: it finds accounts and orders, and neither funds nor quotes twice.
TEST(Traders, GoOnAfterARestart) {
  TestMarket market;
  auto traders = std::make_unique<Traders>(Options{.seed = 1});
  market.run(*traders, 900);
  const auto supply = [&] {
    std::set<std::string> accounts;
    for (std::uint32_t id = core::kFirstUserAccount.value(); market.views.accounts.exists(core::AccountId{id}); ++id)
      accounts.emplace(market.views.accounts.account_name(core::AccountId{id}));
    return accounts;
  };
  const auto accounts = supply();
  for (std::uint64_t start = 2; start < 8; ++start) {
    const auto price = market.views.markets.last_price(kBtcUsdt);
    market.time.ns += 3600'000'000'000;
    const auto before = rejections(market);
    traders = std::make_unique<Traders>(Options{.seed = start});
    market.run(*traders, 3);
    EXPECT_EQ(traders->counters().top_ups, 0u);
    const auto after = market.views.markets.last_price(kBtcUsdt);
    ASSERT_TRUE(price && after);
    EXPECT_LT(std::abs((*after - *price).value()), price->value() / 50) << "goes on where it was";
    Watch watch(market);
    market.run(*traders, 120, [&] { watch.look(); });
    for (const Watch::Seen& seen : watch.seen) {
      EXPECT_GT(seen.quoted, 110);
      EXPECT_LE(seen.open_orders_max, Traders::open_orders_max());
    }
    EXPECT_LT(rejections(market) - before, 60u);
    EXPECT_EQ(supply(), accounts);
  }
  EXPECT_TRUE(market.engine.audit());
}

// An order far from the price, as one of an earlier run may be, does not stay.
TEST(Traders, StrayOrdersAreTakenBack) {
  TestMarket market;
  Traders traders({});
  market.run(traders, 10);
  const core::AccountId maker = market.account("demo-maker-2");
  orders::PlaceOrder stray;
  stray.account = maker;
  stray.market = kBtcUsdt;
  stray.price = core::Price{2'000'000};
  stray.quantity = core::Quantity{100};
  for (int i = 0; i < 10; ++i) market.apply(stray);
  market.run(traders, 60);
  for (const history::Order* order : market.views.accounts.open_orders(maker, kBtcUsdt))
    EXPECT_GT(order->price.value(), 5'000'000);
}

TEST(Traders, NothingIsLostOnAHostThatRefuses) {
  TestMarket market;
  Traders traders({});
  market.refuses = true;
  market.run(traders, 60);
  EXPECT_EQ(traders.counters().submitted, 0u);
  EXPECT_LE(traders.counters().refused, 60u * 25 * 2) << "one try a turn";
  market.refuses = false;
  market.run(traders, 10);
  EXPECT_GT(market.open_orders(kBtcUsdt), 10u);
  market.refuses = true;
  market.run(traders, 60);
  market.refuses = false;
  const std::uint64_t before = traders.counters().submitted;
  market.run(traders, 10);
  EXPECT_LT(traders.counters().submitted - before, 400u) << "what was missed is not made up for";
}

TEST(Traders, AHaltedMarketIsLeftAlone) {
  TestMarket market;
  Traders traders({});
  market.run(traders, 60);
  market.apply(instruments::SetMarketState{kBtcUsdt, instruments::MarketState::halted});
  const auto trades = market.trades;
  const auto before = rejections(market);
  market.run(traders, 60);
  EXPECT_EQ(market.trades.at(1), trades.at(1));
  EXPECT_GT(market.trades.at(2), trades.at(2));
  EXPECT_LT(rejections(market) - before, 10u);
  market.apply(instruments::SetMarketState{kBtcUsdt, instruments::MarketState::trading});
  market.run(traders, 60);
  EXPECT_GT(market.trades.at(1), trades.at(1));
}

TEST(Traders, AnExchangeWithoutTheirMarketsIsNoPlaceToTrade) {
  engine::Views views;
  Traders traders({});
  std::uint64_t orders = 0;
  core::Time time{1'700'000'000'000'000'000};
  for (int i = 0; i < 1'000; ++i) {
    time.ns += 100'000'000;
    traders.act(time, views, [&](const engine::Command& command) {
      orders += std::holds_alternative<ledger::OpenAccount>(command) ? 0 : 1;
      return true;
    });
  }
  EXPECT_EQ(orders, 0u);
}

// A client takes everything there is, and one leaves a wall far on the wrong side: the market comes back.
TEST(Traders, SurviveTheirClients) {
  TestMarket market;
  Traders traders({});
  market.run(traders, 30);
  const core::AccountId whale = market.account("whale");
  const auto coin = [&](std::string_view symbol) { return market.views.instruments.asset(symbol)->id; };
  const core::Amount much{core::int128{1'000'000} * 100'000'000};
  market.apply(ledger::Deposit{whale, coin("BTC"), much, {}});
  market.apply(ledger::Deposit{whale, coin("USDT"), core::Amount{much.value() * 10'000}, {}});
  const auto middle = [&] {
    const auto best = market.views.markets.best(kBtcUsdt);
    return best.bid && best.ask ? (best.bid->price.value() + best.ask->price.value()) / 2 : 0;
  };
  const std::int64_t before = middle();
  orders::PlaceOrder order;
  order.account = whale;
  order.market = kBtcUsdt;
  order.price = core::Price{before * 11 / 10};
  order.quantity = core::Quantity{500'000};  // 5 BTC: more than there is, so some stay behind on the wrong side
  market.apply(order);
  EXPECT_FALSE(market.views.markets.best(kBtcUsdt).ask);
  market.run(traders, 120);
  EXPECT_NEAR(static_cast<double>(middle()), static_cast<double>(before), static_cast<double>(before) / 50);
  order.side = orders::Side::sell;
  order.price = core::Price{before * 9 / 10};
  market.apply(order);
  market.run(traders, 120);
  EXPECT_NEAR(static_cast<double>(middle()), static_cast<double>(before), static_cast<double>(before) / 50);
  EXPECT_TRUE(market.engine.audit());
  EXPECT_LT(rejections(market), 300u);
}

// Money that cannot be brought (the asset's supply is used up) makes nobody try for ever.
TEST(Traders, RejectedDepositsAreTriedLessAndLess) {
  TestMarket market;
  const core::AccountId hoarder = market.account("hoarder");
  const auto* usdt = market.views.instruments.asset("USDT");
  market.apply(ledger::Deposit{hoarder, usdt->id, usdt->supply_max, {}});
  Traders traders({});
  market.run(traders, 600);
  EXPECT_LT(rejections(market), 250u);
  EXPECT_GT(market.rejections[core::Rejection::bad_amount], 10u);
}

TEST(Traders, AClockThatWentBackStopsNobody) {
  TestMarket market;
  Traders traders({});
  market.run(traders, 60);
  market.time.ns -= 3600'000'000'000;
  const auto trades = market.trades;
  market.run(traders, 60);
  for (std::uint32_t id = 1; id <= kMarkets; ++id) EXPECT_GT(market.trades[id], trades.at(id) + 10);
}

}  // namespace
}  // namespace traders
