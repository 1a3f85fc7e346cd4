#include <gtest/gtest.h>

#include <limits>
#include <map>

#include "pkg/core/random.h"
#include "services/market_data/level_list.h"
#include "services/market_data/markets.h"

namespace market_data {
namespace {

using matching::MarketEvent;
using matching::MarketEventKind;
using matching::Side;

constexpr core::MarketId kMarket{1};

MarketEvent level(std::uint64_t sequence, Side side, std::int64_t price, std::int64_t quantity,
                  core::MarketId market = kMarket) {
  MarketEvent event;
  event.kind = MarketEventKind::level_changed;
  event.side = side;
  event.market = market;
  event.sequence = sequence;
  event.price = core::Price{price};
  event.quantity = core::Quantity{quantity};
  return event;
}

MarketEvent traded(std::uint64_t sequence, Side taker, std::int64_t price, std::uint64_t trade,
                   core::MarketId market = kMarket) {
  MarketEvent event = level(sequence, taker, price, 7, market);
  event.kind = MarketEventKind::traded;
  event.trade = core::TradeId{trade};
  return event;
}

core::Bytes saved(const Markets& markets) {
  core::Bytes bytes;
  core::ByteWriter writer(bytes);
  markets.save(writer);
  return bytes;
}

std::vector<std::pair<std::int64_t, std::int64_t>> plain(const std::vector<DepthLevel>& levels) {
  std::vector<std::pair<std::int64_t, std::int64_t>> out;
  for (const DepthLevel& one : levels) out.emplace_back(one.price.value(), one.quantity.value());
  return out;
}

// The same read model, as plainly as it can be written.
class Naive {
 public:
  void apply(const MarketEvent& event, core::Time time) {
    last_update_id = event.sequence;
    if (event.kind == MarketEventKind::level_changed) {
      auto& levels = sides[event.side == Side::buy ? 0 : 1];
      const std::int64_t key = event.side == Side::buy ? -event.price.value() : event.price.value();
      levels.erase(key);
      if (!event.quantity.is_zero()) levels[key] = event.quantity.value();
    } else if (event.kind == MarketEventKind::traded) {
      trades.push_back({.id = event.trade,
                        .price = event.price,
                        .quantity = event.quantity,
                        .time = time,
                        .buyer_is_maker = event.side == Side::sell});
    }
  }
  [[nodiscard]] std::vector<std::pair<std::int64_t, std::int64_t>> levels(int side, std::size_t max) const {
    std::vector<std::pair<std::int64_t, std::int64_t>> out;
    for (const auto& [key, quantity] : sides[side]) {
      if (out.size() < max) out.emplace_back(side == 0 ? -key : key, quantity);
    }
    return out;
  }
  std::uint64_t last_update_id = 0;
  std::map<std::int64_t, std::int64_t> sides[2];  // best first
  std::vector<Trade> trades;
};

void expect_same(const Markets& markets, core::MarketId market, const Naive& naive, std::size_t kept) {
  for (const std::size_t max : {std::size_t{1}, std::size_t{20}, std::size_t{1'000'000}}) {
    const Depth depth = markets.depth(market, max);
    ASSERT_EQ(depth.last_update_id, naive.last_update_id);
    ASSERT_EQ(plain(depth.bids), naive.levels(0, max));
    ASSERT_EQ(plain(depth.asks), naive.levels(1, max));
  }
  const BestPrices best = markets.best(market);
  ASSERT_EQ(best.bid.has_value(), !naive.sides[0].empty());
  ASSERT_EQ(best.ask.has_value(), !naive.sides[1].empty());
  if (best.bid) {
    ASSERT_EQ(best.bid->price.value(), -naive.sides[0].begin()->first);
  }
  if (best.ask) {
    ASSERT_EQ(best.ask->price.value(), naive.sides[1].begin()->first);
  }
  const auto recent = markets.recent_trades(market, kept / 2);
  const std::size_t expected = std::min({naive.trades.size(), kept, kept / 2});
  ASSERT_EQ(recent.size(), expected);
  for (std::size_t i = 0; i < expected; ++i) {
    const Trade& trade = naive.trades[naive.trades.size() - expected + i];
    ASSERT_EQ(recent[i].id, trade.id);
    ASSERT_EQ(recent[i].price, trade.price);
    ASSERT_EQ(recent[i].time, trade.time);
    ASSERT_EQ(recent[i].buyer_is_maker, trade.buyer_is_maker);
  }
  ASSERT_EQ(markets.last_price(market), naive.trades.empty() ? std::nullopt : std::optional(naive.trades.back().price));
}

TEST(Markets, WhatIsNotListedIsEmpty) {
  const Markets markets;
  EXPECT_TRUE(markets.depth(kMarket, 10).bids.empty());
  EXPECT_FALSE(markets.best(core::MarketId{}).bid.has_value());
  EXPECT_FALSE(markets.last_price(core::MarketId{7}).has_value());
  EXPECT_TRUE(markets.recent_trades(kMarket, 10).empty());
}

TEST(Markets, DepthIsSortedBestFirstAndFollowsChanges) {
  Markets markets;
  markets.apply(level(1, Side::buy, 100, 5), {});
  markets.apply(level(2, Side::buy, 102, 6), {});
  markets.apply(level(3, Side::sell, 110, 7), {});
  markets.apply(level(4, Side::sell, 105, 8), {});
  markets.apply(level(5, Side::buy, 100, 9), {});
  using Levels = std::vector<std::pair<std::int64_t, std::int64_t>>;
  EXPECT_EQ(plain(markets.depth(kMarket, 10).bids), (Levels{{102, 6}, {100, 9}}));
  EXPECT_EQ(plain(markets.depth(kMarket, 10).asks), (Levels{{105, 8}, {110, 7}}));
  EXPECT_EQ(plain(markets.depth(kMarket, 1).asks), (Levels{{105, 8}}));
  markets.apply(level(6, Side::buy, 102, 0), {});
  EXPECT_EQ(plain(markets.depth(kMarket, 10).bids), (Levels{{100, 9}}));
  EXPECT_EQ(markets.depth(kMarket, 0).last_update_id, 6u);
  EXPECT_TRUE(markets.depth(kMarket, 0).bids.empty());
}

TEST(Markets, TakerSideTellsWhetherTheBuyerIsTheMaker) {
  Markets markets({.trades = 2});
  markets.apply(traded(1, Side::buy, 100, 1), core::Time{10});
  markets.apply(traded(2, Side::sell, 99, 2), core::Time{11});
  markets.apply(traded(3, Side::buy, 101, 3), core::Time{12});
  const auto trades = markets.recent_trades(kMarket, 10);
  ASSERT_EQ(trades.size(), 2u);  // the oldest is gone
  EXPECT_TRUE(trades[0].buyer_is_maker);
  EXPECT_FALSE(trades[1].buyer_is_maker);
  EXPECT_EQ(trades[1].time, core::Time{12});
  EXPECT_EQ(markets.last_price(kMarket), core::Price{101});
}

TEST(MarketsDeathTest, AGapInTheEventsIsABug) {
  Markets markets;
  markets.apply(level(1, Side::buy, 100, 5), {});
  EXPECT_DEATH(markets.apply(level(3, Side::buy, 100, 5), {}), "without gaps");
  EXPECT_DEATH(markets.apply(level(1, Side::buy, 100, 5), {}), "without gaps");
}

// Random events over narrow and wide bands of prices, in waves that fill the book and empty it again.
TEST(Markets, EqualsTheNaiveModelAndItsOwnSavedForm) {
  for (const std::int64_t width : {3, 200, 20'000}) {
    core::Random random(static_cast<std::uint64_t>(width));
    constexpr std::size_t kKept = 50;
    Markets markets({.trades = kKept});
    std::vector<Naive> naive(3);
    for (int step = 0; step < 60'000; ++step) {
      const std::size_t at = step < 3 ? static_cast<std::size_t>(step) : random.below(3);
      const core::MarketId market{static_cast<std::uint32_t>(at + 1)};
      const std::uint64_t sequence = naive[at].last_update_id + 1;
      const Side side = random.chance(1, 2) ? Side::buy : Side::sell;
      const bool filling = (step / 15'000) % 2 == 0;
      MarketEvent event = traded(sequence, side, random.between(1, width), sequence, market);
      if (!random.chance(1, 10)) {
        auto price = random.between(1, width);
        const auto& levels = naive[at].sides[side == Side::buy ? 0 : 1];
        if (!filling && !levels.empty()) {  // of a level that is there
          auto known = levels.lower_bound(side == Side::buy ? -price : price);
          if (known == levels.end()) known = levels.begin();
          price = side == Side::buy ? -known->first : known->first;
        }
        event = level(sequence, side, price, random.chance(filling ? 1 : 9, 10) ? 0 : random.between(1, 1000), market);
      }
      markets.apply(event, core::Time{step});
      naive[at].apply(event, core::Time{step});
      if (step % 5'000 != 0) continue;
      expect_same(markets, market, naive[at], kKept);
      const core::Bytes bytes = saved(markets);
      Markets loaded({.trades = kKept});
      core::ByteReader reader(bytes);
      ASSERT_TRUE(loaded.load(reader));
      ASSERT_TRUE(reader.complete());
      ASSERT_EQ(saved(loaded), bytes);
      if (random.chance(1, 2)) markets = std::move(loaded);  // and goes on like the one it was saved from
    }
    for (std::size_t at = 0; at < naive.size(); ++at) {
      expect_same(markets, core::MarketId{static_cast<std::uint32_t>(at + 1)}, naive[at], kKept);
    }
  }
}

TEST(Markets, AHundredThousandLevelsInAnyOrderOfArrival) {
  constexpr std::int64_t kLevels = 100'000;
  for (const std::int64_t stride : {std::int64_t{1}, std::int64_t{-1}, std::int64_t{61'803}}) {
    LevelPages pages;
    LevelList levels;
    for (std::int64_t i = 0; i < kLevels; ++i)
      levels.set(pages, ((i * stride) % kLevels + kLevels) % kLevels + 1, i + 1);
    ASSERT_EQ(levels.size(), static_cast<std::size_t>(kLevels));
    std::int64_t expected = kLevels;
    levels.visit_best_first(pages, [&](const Level& one) { return one.key == expected-- || (ADD_FAILURE(), false); });
    EXPECT_EQ(expected, 0);
    for (std::int64_t i = 0; i < kLevels; ++i) {
      if (i % 100 != 0) levels.set(pages, ((i * stride) % kLevels + kLevels) % kLevels + 1, 0);
    }
    EXPECT_EQ(levels.size(), static_cast<std::size_t>(kLevels / 100));
  }
}

TEST(Markets, NoPrefixAndNoFlippedBitOfASavedFormCrashes) {
  Markets markets({.trades = 5});
  for (std::uint64_t i = 1; i <= 20; ++i) {
    const auto price = static_cast<std::int64_t>(i);
    markets.apply(i % 3 == 0 ? traded(i, Side::buy, price, i) : level(i, i % 2 ? Side::buy : Side::sell, price, 3), {});
  }
  const core::Bytes bytes = saved(markets);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    Markets loaded({.trades = 5});
    core::ByteReader reader(core::BytesView(bytes).first(size));
    EXPECT_FALSE(loaded.load(reader)) << size;
  }
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    core::Bytes flipped = bytes;
    flipped[bit / 8] ^= std::byte{1} << (bit % 8);
    Markets loaded({.trades = 5});
    core::ByteReader reader(flipped);
    if (!loaded.load(reader)) continue;
    for (const DepthLevel& one : loaded.depth(kMarket, 100).asks) EXPECT_GT(one.price, core::Price{});
  }
}

// Found by the fuzzer: an ask is saved by its price negated, and the lowest integer is no price negated.
TEST(Markets, AnAskSavedAsTheLowestIntegerIsRefused) {
  for (const std::int64_t key : {std::numeric_limits<std::int64_t>::min(), std::int64_t{0}, std::int64_t{-1}}) {
    core::Bytes bytes;
    core::ByteWriter out(bytes);
    out.put(std::uint32_t{1});  // books
    out.put(std::uint64_t{7});  // last update
    out.put(std::uint64_t{0});  // bids
    out.put(std::uint64_t{1});  // asks
    out.put(key);
    out.put(std::int64_t{3});
    out.put(std::uint8_t{0});  // no tape
    Markets loaded({.trades = 5});
    core::ByteReader reader(bytes);
    EXPECT_EQ(static_cast<bool>(loaded.load(reader)), key == -1) << key;
  }
}

}  // namespace
}  // namespace market_data
