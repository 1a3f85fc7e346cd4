#include <gtest/gtest.h>

#include <functional>

#include "services/fees/types.h"
#include "services/instruments/convert.h"
#include "services/instruments/defaults.h"
#include "services/instruments/market_states.h"
#include "services/instruments/registry.h"

namespace instruments {
namespace {

using core::Rejection;

Registry listed() {
  Registry registry;
  for (const AddAsset& asset : default_assets()) EXPECT_TRUE(registry.add(asset));
  for (const AddMarket& market : default_markets()) EXPECT_TRUE(registry.add(market));
  return registry;
}

core::Bytes saved(const Registry& registry) {
  core::Bytes bytes;
  core::ByteWriter writer(bytes);
  registry.save(writer);
  return bytes;
}

TEST(Registry, ListsTheDefaults) {
  const Registry registry = listed();
  ASSERT_EQ(registry.assets().size(), 4u);
  ASSERT_EQ(registry.markets().size(), 4u);
  struct Row {
    std::string_view symbol, base, quote, tick, lot;
    int tick_lot_units;
  };
  for (const Row& row :
       {Row{"BTCUSDT", "BTC", "USDT", "0.01", "0.00001", 10}, Row{"ETHUSDT", "ETH", "USDT", "0.01", "0.0001", 100},
        Row{"SOLUSDT", "SOL", "USDT", "0.01", "0.001", 1000}, Row{"ETHBTC", "ETH", "BTC", "0.00001", "0.001", 1}}) {
    const Market* market = registry.market(row.symbol);
    ASSERT_NE(market, nullptr) << row.symbol;
    EXPECT_EQ(registry.asset(market->base)->symbol.view(), row.base);
    EXPECT_EQ(registry.asset(market->quote)->symbol.view(), row.quote);
    EXPECT_EQ(parse_price(*market, row.tick), core::Price{1}) << row.symbol;
    EXPECT_EQ(parse_quantity(*market, row.lot), core::Quantity{1}) << row.symbol;
    EXPECT_EQ(market->tick_lot_units, core::Amount{row.tick_lot_units}) << row.symbol;
    EXPECT_EQ(market->maker_fee, core::FeeRate{100'000});
    EXPECT_EQ(market->state, MarketState::trading);
  }
  EXPECT_EQ(format_amount(*registry.asset("USDT"), registry.market("BTCUSDT")->notional_min), "5.00000000");
  EXPECT_EQ(format_amount(*registry.asset("BTC"), registry.market("ETHBTC")->notional_min), "0.00010000");
}

TEST(Registry, FindsByIdAndSymbolOnly) {
  const Registry registry = listed();
  EXPECT_EQ(registry.asset(core::AssetId{}), nullptr);
  EXPECT_EQ(registry.asset(core::AssetId{5}), nullptr);
  EXPECT_EQ(registry.market(core::MarketId{0xFFFF'FFFF}), nullptr);
  for (const std::string_view unknown :
       {"", "btcusdt", "BTCUSD", "BTCUSDTX", "A MUCH LONGER TEXT THAN ANY SYMBOL MAY HAVE"}) {
    EXPECT_EQ(registry.market(unknown), nullptr) << unknown;
    EXPECT_EQ(registry.asset(unknown), nullptr) << unknown;
  }
}

TEST(Registry, FindsEachOfThousands) {
  Registry registry;
  for (std::uint32_t i = 1; i <= 5'000; ++i) {
    ASSERT_TRUE(registry.add(AddAsset{core::Symbol("A" + std::to_string(i)), 8, core::Amount{1}}));
  }
  for (std::uint32_t i = 1; i <= 5'000; ++i) {
    const Asset* asset = registry.asset("A" + std::to_string(i));
    ASSERT_NE(asset, nullptr);
    EXPECT_EQ(asset->id, core::AssetId{i});
  }
  EXPECT_EQ(registry.asset("A5001"), nullptr);
}

TEST(Registry, RefusesAssetsThatBreakARule) {
  struct Row {
    std::string_view symbol;
    int decimals;
    core::Amount supply;
    Rejection expected;
  };
  const core::Amount beyond = core::kAmountMax + core::Amount{1};
  for (const Row& row :
       {Row{"", 8, core::Amount{1}, Rejection::bad_symbol}, Row{"btc", 8, core::Amount{1}, Rejection::bad_symbol},
        Row{"B-C", 8, core::Amount{1}, Rejection::bad_symbol}, Row{"BTC", 8, core::Amount{1}, Rejection::symbol_taken},
        Row{"X", 19, core::Amount{1}, Rejection::bad_decimals}, Row{"X", 8, core::Amount{0}, Rejection::caps_too_large},
        Row{"X", 8, core::Amount{-1}, Rejection::caps_too_large}, Row{"X", 8, beyond, Rejection::caps_too_large}}) {
    Registry registry = listed();
    const std::uint64_t before = registry.hash();
    const auto result =
        registry.add(AddAsset{core::Symbol(row.symbol), static_cast<std::uint8_t>(row.decimals), row.supply});
    ASSERT_FALSE(result) << row.symbol;
    EXPECT_EQ(result.error(), row.expected) << row.symbol;
    EXPECT_EQ(registry.hash(), before);
  }
  Registry registry;
  EXPECT_TRUE(registry.add(AddAsset{core::Symbol("X"), 0, core::kAmountMax}));
  EXPECT_TRUE(registry.add(AddAsset{core::Symbol("Y"), 18, core::Amount{1}}));
}

// rule: exact-trades
TEST(Registry, RefusesMarketsThatBreakARule) {
  using core::Amount;
  using core::FeeRate;
  using core::Price;
  using core::Quantity;
  struct Row {
    const char* rule;
    Rejection expected;
    std::function<void(Market&)> break_it;
  };
  const Row rows[] = {
      {"lower case", Rejection::bad_symbol, [](Market& m) { m.symbol = core::Symbol("newusdt"); }},
      {"no symbol", Rejection::bad_symbol, [](Market& m) { m.symbol = {}; }},
      {"taken", Rejection::symbol_taken, [](Market& m) { m.symbol = core::Symbol("BTCUSDT"); }},
      {"base not listed", Rejection::unknown_asset, [](Market& m) { m.base = core::AssetId{9}; }},
      {"quote none", Rejection::unknown_asset, [](Market& m) { m.quote = {}; }},
      {"base is quote", Rejection::bad_symbol, [](Market& m) { m.quote = m.base; }},
      {"decimals of the price", Rejection::bad_decimals, [](Market& m) { m.price_decimals = 19; }},
      {"decimals of the quantity", Rejection::bad_decimals, [](Market& m) { m.quantity_decimals = 255; }},
      {"tick of nothing", Rejection::bad_decimals, [](Market& m) { m.tick_mantissa = 0; }},
      {"lot below nothing", Rejection::bad_decimals, [](Market& m) { m.lot_mantissa = -1; }},
      {"lot no whole unit", Rejection::tick_lot_not_whole,
       [](Market& m) {
         m.quantity_decimals = 9;
         m.price_decimals = 0;
         m.lot_mantissa = 5;
       }},
      {"tick times lot no whole unit", Rejection::tick_lot_not_whole, [](Market& m) { m.price_decimals = 4; }},
      {"price range", Rejection::bad_filter, [](Market& m) { m.price_min = m.price_max + Price{1}; }},
      {"price from zero", Rejection::bad_filter, [](Market& m) { m.price_min = Price{0}; }},
      {"quantity range", Rejection::bad_filter, [](Market& m) { m.quantity_max = Quantity{0}; }},
      {"market quantity range", Rejection::bad_filter, [](Market& m) { m.market_quantity_min = Quantity{-5}; }},
      {"notional range", Rejection::bad_filter, [](Market& m) { m.notional_max = m.notional_min - Amount{1}; }},
      {"negative notional", Rejection::bad_filter, [](Market& m) { m.notional_min = Amount{-1}; }},
      {"band upside down", Rejection::bad_filter, [](Market& m) { m.band.bid_up_bp = 1; }},
      {"no open orders", Rejection::bad_filter, [](Market& m) { m.open_orders_max = 0; }},
      {"notional above the cap", Rejection::caps_too_large,
       [](Market& m) { m.notional_max = core::kAmountMax + Amount{1}; }},
      {"price times quantity", Rejection::caps_too_large,
       [](Market& m) {
         m.price_max = Price{INT64_MAX};
         m.quantity_max = Quantity{INT64_MAX};
       }},
      {"market quantity too", Rejection::caps_too_large,
       [](Market& m) {
         m.price_max = Price{INT64_MAX};
         m.market_quantity_max = Quantity{INT64_MAX};
       }},
      {"negative fee", Rejection::bad_fee_rate, [](Market& m) { m.maker_fee = FeeRate{-1}; }},
      {"fee above the maximum", Rejection::bad_fee_rate, [](Market& m) { m.taker_fee = fees::kRateMax + FeeRate{1}; }},
  };
  for (const Row& row : rows) {
    Registry registry = listed();
    const std::uint64_t before = registry.hash();
    AddMarket command = default_markets()[0];
    command.market.symbol = core::Symbol("NEWUSDT");
    row.break_it(command.market);
    const auto result = registry.add(command);
    ASSERT_FALSE(result) << row.rule;
    EXPECT_EQ(result.error(), row.expected) << row.rule;
    EXPECT_EQ(registry.hash(), before) << row.rule;
    EXPECT_EQ(registry.markets().size(), 4u) << row.rule;
  }
}

// rule: exact-trades
TEST(Registry, TheCapIsExact) {
  Registry registry;
  ASSERT_TRUE(registry.add(AddAsset{core::Symbol("A"), 0, core::kAmountMax}));
  ASSERT_TRUE(registry.add(AddAsset{core::Symbol("B"), 0, core::kAmountMax}));
  AddMarket command = default_markets()[0];
  Market& market = command.market;
  market.base = core::AssetId{1};
  market.quote = core::AssetId{2};
  market.price_decimals = market.quantity_decimals = 0;
  market.price_max = core::Price{std::int64_t{1} << 48};
  market.quantity_max = market.market_quantity_max = core::Quantity{std::int64_t{1} << 48};
  market.symbol = core::Symbol("FITS");
  EXPECT_TRUE(registry.add(command));
  market.symbol = core::Symbol("BEYOND");
  market.quantity_max += core::Quantity{1};
  EXPECT_EQ(registry.add(command).error(), Rejection::caps_too_large);
}

TEST(Registry, StatesChange) {
  Registry registry = listed();
  const std::uint64_t before = registry.hash();
  ASSERT_TRUE(registry.set_state({core::MarketId{2}, MarketState::halted}));
  EXPECT_EQ(registry.market("ETHUSDT")->state, MarketState::halted);
  EXPECT_NE(registry.hash(), before);
  EXPECT_EQ(registry.set_state({core::MarketId{9}, MarketState::halted}).error(), Rejection::unknown_market);
  EXPECT_EQ(registry.set_state({core::MarketId{1}, MarketState{77}}).error(), Rejection::bad_state);
  EXPECT_EQ(registry.set_state({core::MarketId{1}, MarketState::pre_open}).error(), Rejection::state_not_reachable);
  EXPECT_EQ(registry.market("BTCUSDT")->state, MarketState::trading) << "a refused change leaves no trace";
}

TEST(Registry, AMarketThatResumesByAuctionTradesAgainAfterACallOnly) {
  Registry registry = listed();
  const core::MarketId market{1};
  EXPECT_EQ(registry.set_auctions({core::MarketId{9}, true}).error(), Rejection::unknown_market);
  const std::uint64_t before = registry.hash();
  ASSERT_TRUE(registry.set_auctions({market, true}));
  EXPECT_NE(registry.hash(), before);
  ASSERT_TRUE(registry.set_state({market, MarketState::halted}));
  EXPECT_EQ(registry.set_state({market, MarketState::trading}).error(), Rejection::state_not_reachable);
  EXPECT_EQ(registry.set_state({market, MarketState::post_only}).error(), Rejection::state_not_reachable);
  ASSERT_TRUE(registry.set_state({market, MarketState::auction}));
  ASSERT_TRUE(registry.set_state({market, MarketState::trading}));
  ASSERT_TRUE(registry.set_state({market, MarketState::halted}));
  ASSERT_TRUE(registry.set_auctions({market, false}));
  ASSERT_TRUE(registry.set_state({market, MarketState::trading}));
}

TEST(Registry, AFollowerThatTakesOverEqualsTheOneThatDecided) {
  Registry leader = listed();
  Registry follower;
  for (const Asset& asset : leader.assets()) follower.put(asset);
  for (const Market& market : leader.markets()) follower.put(market);
  follower.put(*leader.set_state({core::MarketId{1}, MarketState::halted}));
  EXPECT_EQ(follower.hash(), leader.hash());
  EXPECT_EQ(follower.market("BTCUSDT")->state, MarketState::halted);
}

TEST(Registry, SavesAndLoadsAndSurvivesAnyBytes) {
  Registry registry = listed();
  ASSERT_TRUE(registry.set_state({core::MarketId{3}, MarketState::halted}));
  ASSERT_TRUE(registry.set_state({core::MarketId{2}, MarketState::auction}));
  ASSERT_TRUE(registry.set_auctions({core::MarketId{2}, true}));
  const PriceRanges ranges{500, 20, RangeOutcome::auction};
  const Allocation allocation{AllocationKind::pro_rata, true, core::Quantity{3}};
  ASSERT_TRUE(registry.set_ranges({core::MarketId{2}, ranges, {}}));
  ASSERT_TRUE(registry.set_allocation({core::MarketId{2}, allocation}));
  ASSERT_TRUE(registry.set_allocation({core::MarketId{1}, allocation}));
  const core::Bytes bytes = saved(registry);
  Registry loaded;
  core::ByteReader reader(bytes);
  ASSERT_TRUE(loaded.load(reader));
  EXPECT_TRUE(reader.complete());
  EXPECT_EQ(loaded.hash(), registry.hash());
  EXPECT_EQ(saved(loaded), bytes);
  EXPECT_EQ(loaded.market(core::MarketId{2})->state, MarketState::auction);
  EXPECT_TRUE(loaded.market(core::MarketId{2})->resumes_by_auction);
  EXPECT_EQ(loaded.market(core::MarketId{2})->ranges, ranges);
  EXPECT_EQ(loaded.market(core::MarketId{2})->allocation, allocation);
  EXPECT_EQ(loaded.market(core::MarketId{1})->ranges, PriceRanges{});
  EXPECT_EQ(loaded.market("ETHBTC")->tick_lot_units, core::Amount{1});
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    core::ByteReader cut(core::BytesView(bytes).first(size));
    EXPECT_FALSE(loaded.load(cut)) << size;
  }
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    core::Bytes flipped = bytes;
    flipped[bit / 8] ^= std::byte{1} << (bit % 8);
    core::ByteReader damaged(flipped);
    if (!loaded.load(damaged)) continue;
    for (const Market& market : loaded.markets()) {
      EXPECT_TRUE(is_market_state(market.state));
      EXPECT_NE(loaded.asset(market.base), nullptr);
    }
  }
}

// rule: decimal-text
TEST(Convert, TellsWhyTextIsNoPrice) {
  const Registry registry = listed();
  const Market& btc = *registry.market("BTCUSDT");
  struct Row {
    std::string_view text;
    std::expected<core::Price, ConvertError> expected;
  };
  for (const Row& row :
       {Row{"50000.01", core::Price{5'000'001}}, Row{"50000.0100000000000000", core::Price{5'000'001}},
        Row{"0", core::Price{0}}, Row{".5", core::Price{50}}, Row{"50000.005", std::unexpected(ConvertError::off_step)},
        Row{"0.00000001", std::unexpected(ConvertError::off_step)},
        Row{"0.000000001", std::unexpected(ConvertError::too_many_decimals)},
        Row{"NaN", std::unexpected(ConvertError::malformed)}, Row{"1e5", std::unexpected(ConvertError::malformed)},
        Row{"-0", std::unexpected(ConvertError::malformed)}, Row{"", std::unexpected(ConvertError::malformed)},
        Row{"99999999999999999999", std::unexpected(ConvertError::too_large)},
        Row{"92233720368547758.07", core::Price{INT64_MAX}},
        Row{"92233720368547758.08", std::unexpected(ConvertError::too_large)}}) {
    EXPECT_EQ(parse_price(btc, row.text), row.expected) << row.text;
  }
  EXPECT_EQ(parse_quantity(btc, "0.000015").error(), ConvertError::off_step);
  EXPECT_EQ(parse_quantity(btc, "1.00001"), core::Quantity{100'001});
  EXPECT_EQ(parse_amount(*registry.asset("BTC"), "0.000000001").error(), ConvertError::too_many_decimals);
  EXPECT_EQ(parse_amount(*registry.asset("BTC"), "1.5"), core::Amount{150'000'000});
  EXPECT_FALSE(parse_amount(*registry.asset("BTC"), "99999999999999999999999"));
}

TEST(Convert, StepsNeedNotBePowersOfTen) {
  Market market = default_markets()[0].market;
  market.tick_mantissa = 25;  // 0.25
  EXPECT_EQ(parse_price(market, "10.75"), core::Price{43});
  EXPECT_EQ(parse_price(market, "10.80").error(), ConvertError::off_step);
  EXPECT_EQ(format_price(market, core::Price{43}, 2), "10.75");
}

TEST(Convert, WritesWhatItReads) {
  const Registry registry = listed();
  for (const Market& market : registry.markets()) {
    for (const std::int64_t count :
         {std::int64_t{0}, std::int64_t{1}, std::int64_t{99}, std::int64_t{123'456'789}, INT64_MAX}) {
      EXPECT_EQ(parse_price(market, format_price(market, core::Price{count})), core::Price{count});
      EXPECT_EQ(parse_quantity(market, format_quantity(market, core::Quantity{count})), core::Quantity{count});
    }
  }
  EXPECT_EQ(format_price(*registry.market("BTCUSDT"), core::Price{5'000'001}), "50000.01000000");
}

}  // namespace
}  // namespace instruments
