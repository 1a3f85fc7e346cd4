#include "services/traders/desk.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "services/traders/ladder.h"
#include "services/traders/market_for_tests.h"

namespace traders {
namespace {

TEST(Prices, StayPlausibleAndVisitEveryRegime) {
  for (const std::uint64_t seed : {1u, 2u}) {
    Prices prices(seed);
    prices.start(Coin::btc, 60'000 * kDollar);
    core::Time now{1'000'000'000};
    prices.advance(now);
    std::array<int, 3> visited{};
    for (int second = 0; second < 7 * 86'400; ++second) {
      now.ns += 1'000'000'000;
      prices.advance(now);
      ++visited[static_cast<std::size_t>(prices.regime(Coin::btc))];
      ASSERT_GT(prices.value(Coin::btc), 30'000 * kDollar);
      ASSERT_LT(prices.value(Coin::btc), 120'000 * kDollar);
    }
    for (const int count : visited) EXPECT_GT(count, 7 * 86'400 / 20);
    EXPECT_EQ(prices.value(Coin::usdt), kDollar);
  }
}

TEST(Prices, PassOverPauses) {
  Prices prices(1);
  prices.start(Coin::btc, 60'000 * kDollar);
  prices.advance(core::Time{1'000'000'000});
  for (const std::int64_t at : {3'600'000'000'000ll, 1'000'000'000ll, 8'000'000'000'000ll}) {
    prices.advance(core::Time{at});
    EXPECT_EQ(prices.value(Coin::btc), 60'000 * kDollar);
  }
  prices.advance(core::Time{8'001'000'000'000});
  EXPECT_NE(prices.value(Coin::btc), 60'000 * kDollar);
  EXPECT_EQ(prices.moved_ppm(Coin::usdt, 60), 0);
}

// Whatever the value of a coin: what the desk makes passes the filters, priced on the side it says.
TEST(Desk, OrdersPassTheFilters) {
  TestMarket market;
  const core::AccountId account = market.account("ann");
  for (const std::string_view symbol : {"BTC", "ETH", "SOL", "USDT"}) {
    const auto* asset = market.views.instruments.asset(symbol);
    market.apply(ledger::Deposit{account, asset->id, core::Amount{asset->supply_max.value() / 2}, {}});
  }
  const struct {
    const char* symbol;
    Coin base, quote;
  } places[] = {{"BTCUSDT", Coin::btc, Coin::usdt},
                {"ETHUSDT", Coin::eth, Coin::usdt},
                {"SOLUSDT", Coin::sol, Coin::usdt},
                {"ETHBTC", Coin::eth, Coin::btc}};
  int looked = 0;
  for (const std::int64_t cents : {12ll, 100ll, 15'050ll, 300'000ll, 6'000'000ll, 900'000'000ll, 500'000'000'000ll}) {
    Prices prices(1);
    for (const Coin coin : {Coin::btc, Coin::eth, Coin::sol}) prices.start(coin, cents * kDollar / 100);
    for (const auto& [symbol, base, quote] : places) {
      const auto desk = Desk::look(symbol, base, quote, prices, market.views);
      if (!desk) continue;
      ++looked;
      for (const std::int64_t offset : {-5'000, 0, 100, 50'000}) {
        if (offset >= 0) {
          EXPECT_LE(desk->price(Side::buy, offset), desk->price(Side::sell, offset)) << symbol << cents;
        }
        for (const Side side : {Side::buy, Side::sell}) {
          for (const std::int64_t worth : {0ll, 1'000ll, 100'000ll, 1'000'000'000'000ll}) {
            orders::PlaceOrder order = place(*desk, account, side, orders::OrderType::limit_maker);
            order.price = desk->price(side, offset);
            order.quantity = desk->lots(worth, order.price);
            market.apply(order);
            EXPECT_TRUE(market.rejections.empty()) << symbol << " " << cents << " " << offset << " " << worth << " "
                                                   << core::name(market.rejections.begin()->first);
            market.rejections.clear();
            market.apply(orders::CancelAll{account, desk->market().id});
            market.rejections.clear();
          }
        }
      }
    }
  }
  EXPECT_GT(looked, 15);
  Prices worthless(1);
  worthless.start(Coin::btc, 0);
  worthless.start(Coin::eth, kValueMax);
  EXPECT_TRUE(Desk::look("BTCUSDT", Coin::btc, Coin::usdt, worthless, market.views));
  EXPECT_FALSE(Desk::look("ETHUSDT", Coin::eth, Coin::usdt, worthless, market.views)) << "above the highest price";
  EXPECT_FALSE(Desk::look("XRPUSDT", Coin::btc, Coin::usdt, worthless, market.views));
}

TEST(Desk, OffsetsAndPricesAgree) {
  TestMarket market;
  Prices prices(1);
  prices.start(Coin::btc, 60'000 * kDollar);
  const auto desk = Desk::look("BTCUSDT", Coin::btc, Coin::usdt, prices, market.views);
  ASSERT_TRUE(desk);
  EXPECT_EQ(desk->price(Side::buy, 0).value(), 6'000'000);
  EXPECT_EQ(desk->price(Side::buy, 1'000).value(), 5'994'000);
  EXPECT_EQ(desk->price(Side::sell, 1'000).value(), 6'006'000);
  EXPECT_EQ(desk->price(Side::buy, -1'000).value(), 6'006'000);
  for (const Side side : {Side::buy, Side::sell}) EXPECT_EQ(desk->offset_ppm(side, desk->price(side, 2'000)), 2'000);
  EXPECT_EQ(desk->tick_ppm(), 1);
  EXPECT_EQ(desk->quote_units(12'345).value(), core::int128{12'345'000'000});
}

class LadderTest : public ::testing::Test {
 protected:
  LadderTest() {
    prices.start(Coin::btc, 60'000 * kDollar);
    state.account = market.account("maker");
    for (const std::string_view symbol : {"BTC", "USDT"}) {
      const auto* asset = market.views.instruments.asset(symbol);
      market.apply(ledger::Deposit{state.account, asset->id, core::Amount{asset->supply_max.value() / 2}, {}});
    }
  }
  std::vector<engine::Command> plan(std::size_t commands_max) {
    state.available_base = market.views.accounts.balance(state.account, core::AssetId{1}).available;
    state.available_quote = market.views.accounts.balance(state.account, core::AssetId{4}).available;
    state.open = market.views.accounts.open_orders(state.account, core::MarketId{1});
    return plan_ladder(*Desk::look("BTCUSDT", Coin::btc, Coin::usdt, prices, market.views), style, state, commands_max,
                       random);
  }
  void carry_out(const std::vector<engine::Command>& commands) {
    for (const auto& command : commands) market.apply(command);
  }
  TestMarket market;
  Prices prices{1};
  LadderStyle style;
  LadderState state;
  core::Random random{1};
};

TEST_F(LadderTest, IsLaidFromTheInsideOutOnBothSides) {
  const auto first = plan(4);
  ASSERT_EQ(first.size(), 4u);
  EXPECT_EQ(std::get<orders::PlaceOrder>(first[0]).side, Side::buy);
  EXPECT_EQ(std::get<orders::PlaceOrder>(first[1]).side, Side::sell);
  EXPECT_GT(std::get<orders::PlaceOrder>(first[0]).price, std::get<orders::PlaceOrder>(first[2]).price);
  EXPECT_LT(std::get<orders::PlaceOrder>(first[1]).price, std::get<orders::PlaceOrder>(first[3]).price);
  carry_out(plan(100));
  const auto depth = market.views.markets.depth(core::MarketId{1}, 100);
  EXPECT_EQ(depth.bids.size(), 6u);
  EXPECT_EQ(depth.asks.size(), 6u);
  EXPECT_TRUE(market.rejections.empty());
  EXPECT_LE(plan(100).size(), 1u) << "all in place: at most a refreshment";
  EXPECT_TRUE(plan(0).empty());
}

TEST_F(LadderTest, FollowsTheValue) {
  carry_out(plan(100));
  prices.start(Coin::btc, 60'004 * kDollar);
  const auto near = plan(100);
  EXPECT_LT(near.size(), 5u) << "a small move changes little";
  prices.start(Coin::btc, 63'000 * kDollar);
  const auto jumped = plan(100);
  ASSERT_EQ(jumped.size(), 1u) << "every ask is on the wrong side: pull all";
  EXPECT_TRUE(std::holds_alternative<orders::CancelAll>(jumped[0]));
  carry_out(jumped);
  carry_out(plan(100));
  EXPECT_GT(market.views.markets.best(core::MarketId{1}).bid->price.value(), 6'290'000);
  EXPECT_TRUE(market.rejections.empty());
}

TEST_F(LadderTest, QuotesWhatItCanPay) {
  market.apply(orders::CancelAll{state.account, core::MarketId{1}});
  const auto offers = [](const std::vector<engine::Command>& commands) {
    return std::ranges::count_if(
        commands, [](const auto& command) { return std::get<orders::PlaceOrder>(command).side == Side::sell; });
  };
  const LadderState rich{.account = state.account,
                         .open = {},
                         .available_base = core::Amount{1'000'000'000'000},
                         .available_quote = core::Amount{core::int128{1} << 55}};
  LadderState poor = rich;
  poor.available_base = core::Amount{1'000'000};
  LadderState poorest = poor;
  poorest.available_base = {};
  const auto desk = Desk::look("BTCUSDT", Coin::btc, Coin::usdt, prices, market.views);
  EXPECT_EQ(offers(plan_ladder(*desk, style, rich, 100, random)), 6);
  EXPECT_LT(offers(plan_ladder(*desk, style, poor, 100, random)), 4);
  const auto bids = plan_ladder(*desk, style, poorest, 100, random);
  EXPECT_EQ(offers(bids), 0);
  EXPECT_EQ(bids.size(), 6u);
}

TEST_F(LadderTest, LeavesTheLevelsBehindABetterOfferOut) {
  const core::AccountId other = market.account("other");
  market.apply(
      ledger::Deposit{other, market.views.instruments.asset("USDT")->id, core::Amount{core::int128{1} << 55}, {}});
  orders::PlaceOrder wall;
  wall.account = other;
  wall.market = core::MarketId{1};
  wall.price = core::Price{6'001'500};
  wall.quantity = core::Quantity{100'000};
  market.apply(wall);
  carry_out(plan(100));
  EXPECT_TRUE(market.rejections.empty()) << core::name(market.rejections.begin()->first);
  EXPECT_EQ(market.trades[1], 0u);
  EXPECT_GT(market.views.markets.depth(core::MarketId{1}, 100).asks.size(), 2u);
}

}  // namespace
}  // namespace traders
