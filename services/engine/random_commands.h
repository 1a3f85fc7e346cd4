// Random commands for property tests: few accounts, hot prices, small sums, every command and every mode, and a share
// of nonsense. For tests.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "pkg/core/random.h"
#include "services/engine/test_listing.h"
#include "services/orders/client_order_id.h"

namespace engine {

class RandomCommands {
 public:
  explicit RandomCommands(std::uint64_t seed, std::uint32_t accounts) : random_(seed), accounts_(accounts) {}

  // Order ids up to `last_order` have been given.
  Command next(std::uint64_t last_order) {
    last_order_ = last_order;
    const std::uint64_t pick = random_.below(1'000);
    if (pick < 560) return place();
    if (pick < 700) return cancel_order();
    if (pick < 720) return orders::CancelAll{account(), any_market()};
    if (pick < 780) return cancel_replace();
    if (pick < 880) return orders::MoveOrder{account(), kBtcUsdt, target(), price()};
    if (pick < 960) return reduce_order();
    if (pick < 975)
      return ledger::Deposit{account(), any_asset(), core::Amount{random_.between(0, 30'000'000)}, reference()};
    if (pick < 985) return fees::SetAccountFees{account(), random_.chance(1, 3), {rate(), rate()}};
    if (pick < 986) return instruments::SetMarketAuctions{any_market(), random_.chance(1, 4)};
    if (pick < 987) return ranges();
    if (pick < 988)
      return instruments::SetMarketAllocation{random_.chance(9, 10) ? kBtcUsdt : any_market(), allocation()};
    if (pick < 991) return instruments::SetMarketState{any_market(), market_state()};
    // Soon back to trading, often by way of an auction.
    const bool calls = random_.chance(1, 3);
    return instruments::SetMarketState{kBtcUsdt,
                                       calls ? instruments::MarketState::auction : instruments::MarketState::trading};
  }
  core::Random& random() { return random_; }

 private:
  core::AccountId account() {
    if (random_.chance(1, 200)) return core::AccountId{static_cast<std::uint32_t>(random_.below(3'000))};
    return core::AccountId{core::kFirstUserAccount.value() + static_cast<std::uint32_t>(random_.below(accounts_))};
  }
  core::MarketId any_market() {
    return core::MarketId{static_cast<std::uint32_t>(random_.chance(1, 100) ? 9 : random_.between(1, 2))};
  }
  instruments::MarketState market_state() {
    return static_cast<instruments::MarketState>(1 + random_.below(instruments::kMarketStates.size()));
  }
  // Mostly of BTCUSDT, around the hot prices, and often none.
  instruments::SetMarketRanges ranges() {
    const auto width = [&] { return static_cast<std::uint16_t>(random_.chance(1, 2) ? 0 : random_.between(100, 400)); };
    const std::uint16_t fixed = width(), dynamic = random_.chance(1, 50) ? std::uint16_t{10'000} : width();
    const core::Price center{random_.chance(1, 2) ? 0 : random_.between(random_.chance(1, 20) ? -5 : 98, 102)};
    const auto outcome = static_cast<instruments::RangeOutcome>(random_.below(2));
    return {random_.chance(9, 10) ? kBtcUsdt : any_market(), {fixed, dynamic, outcome}, center};
  }
  instruments::Allocation allocation() {
    instruments::Allocation allocation;
    if (random_.chance(1, 3)) return allocation;
    allocation.kind = static_cast<instruments::AllocationKind>(random_.chance(1, 20) ? 0 : 1);
    allocation.top_first = random_.chance(1, 2);
    allocation.share_min = core::Quantity{random_.between(-1, 8)};
    return allocation;
  }
  core::AssetId any_asset() { return core::AssetId{static_cast<std::uint32_t>(random_.between(1, 4))}; }
  core::Price price() {
    return core::Price{random_.chance(1, 50) ? random_.between(-5, 12) : random_.between(95, 105)};
  }
  core::Quantity quantity() {
    return core::Quantity{random_.chance(1, 50) ? random_.between(-2, 3) : random_.between(5, 60)};
  }
  core::FeeRate rate() { return core::FeeRate{static_cast<std::int32_t>(random_.between(-10, 400'000))}; }
  ledger::Reference reference() {
    if (random_.chance(1, 2)) return {};
    return ledger::Reference{"tx-" + std::to_string(random_.below(200))};
  }
  core::ClientOrderId text() {
    if (random_.chance(2, 3)) return {};
    if (random_.chance(1, 10)) return orders::made_client_order_id(some_order());
    return core::ClientOrderId{"c" + std::to_string(random_.below(12))};
  }
  core::OrderId some_order() {
    const std::uint64_t back = random_.below(20);
    return core::OrderId{last_order_ > back ? last_order_ - back : 1};
  }
  orders::OrderReference target() {
    if (random_.chance(3, 4)) return {some_order(), random_.chance(1, 20) ? text() : core::ClientOrderId{}};
    return {{}, text()};
  }
  orders::PlaceOrder place() {
    orders::PlaceOrder place;
    place.account = account();
    place.market = random_.chance(4, 5) ? kBtcUsdt : any_market();
    place.side = random_.chance(1, 2) ? orders::Side::buy : orders::Side::sell;
    place.self_trade = static_cast<orders::SelfTrade>(random_.below(5));
    place.client_order_id = text();
    const std::uint64_t kind = random_.below(10);
    place.type = kind < 6   ? orders::OrderType::limit
                 : kind < 7 ? orders::OrderType::limit_maker
                 : kind < 9 ? orders::OrderType::market
                            : orders::OrderType::market_by_quote;
    if (place.type == orders::OrderType::limit) {
      place.time_in_force = random_.chance(2, 3)   ? orders::TimeInForce::gtc
                            : random_.chance(1, 2) ? orders::TimeInForce::ioc
                                                   : orders::TimeInForce::fok;
    }
    const bool priced = place.type == orders::OrderType::limit || place.type == orders::OrderType::limit_maker;
    if (priced || random_.chance(1, 100)) place.price = price();
    if (place.type != orders::OrderType::market_by_quote || random_.chance(1, 100)) place.quantity = quantity();
    if (place.type == orders::OrderType::market_by_quote)
      place.quote_quantity = core::Amount{random_.between(-1, 8'000'000)};
    const bool may_wait = place.type == orders::OrderType::limit || place.type == orders::OrderType::market;
    if (random_.chance(1, may_wait ? 4 : 200)) place.condition = condition();
    add_special(place);
    return place;
  }
  // What few orders have, mostly where it means something.
  void add_special(orders::PlaceOrder& place) {
    const bool is_maker = place.type == orders::OrderType::limit_maker;
    const bool is_limit = place.type == orders::OrderType::limit;
    const bool rests = is_maker || (is_limit && place.time_in_force == orders::TimeInForce::gtc);
    if (random_.chance(1, rests ? 3 : 200)) {
      place.peak.size = core::Quantity{std::max<std::int64_t>(place.quantity.value() / random_.between(1, 4), 1)};
      if (random_.chance(1, 3)) place.peak.spread = core::Quantity{random_.between(0, place.peak.size.value() / 2)};
      if (random_.chance(1, 20)) place.peak.size = core::Quantity{random_.between(-1, 60)};
      place.peak.seed = random_.below(100);
    }
    if (random_.chance(1, is_limit ? 8 : 200)) place.minimum = core::Quantity{random_.between(0, 8)};
    place.slides = random_.chance(1, is_maker ? 2 : 200);
    const bool sells = place.side == orders::Side::sell && place.type != orders::OrderType::market_by_quote;
    place.reduce_only = random_.chance(1, sells ? 6 : 200);
  }
  orders::Condition condition() {
    orders::Condition condition;
    condition.trigger =
        random_.chance(1, 100) ? orders::Trigger::none : static_cast<orders::Trigger>(1 + random_.below(2));
    if (random_.chance(2, 3)) condition.price = price();
    if (condition.price.is_zero() || random_.chance(1, 4))
      condition.trailing_bp = static_cast<std::uint16_t>(
          random_.chance(1, 10) ? static_cast<std::int64_t>(random_.below(3'000)) : 100 * random_.between(1, 5));
    return condition;
  }
  orders::CancelOrder cancel_order() {
    orders::CancelOrder cancel;
    cancel.account = account();
    cancel.market = random_.chance(4, 5) ? kBtcUsdt : any_market();
    cancel.target = target();
    cancel.restriction = static_cast<orders::CancelRestriction>(random_.chance(3, 4) ? 0 : random_.below(3));
    if (random_.chance(1, 3)) cancel.cancel_id = core::ClientOrderId{"cancel"};
    return cancel;
  }
  orders::ReduceOrder reduce_order() {
    orders::ReduceOrder reduce{account(), kBtcUsdt, target(), {}, {}, text()};
    if (random_.chance(1, 2) || random_.chance(1, 50)) reduce.by = core::Quantity{random_.between(0, 30)};
    if (reduce.by.is_zero() || random_.chance(1, 50)) reduce.to = core::Quantity{random_.between(0, 50)};
    return reduce;
  }
  orders::CancelReplace cancel_replace() {
    orders::CancelReplace replace{cancel_order(), place(), static_cast<orders::ReplaceMode>(random_.below(2))};
    if (random_.chance(9, 10)) {
      replace.place.account = replace.cancel.account;
      replace.place.market = replace.cancel.market;
    }
    return replace;
  }

  core::Random random_;
  std::uint32_t accounts_;
  std::uint64_t last_order_ = 0;
};

}  // namespace engine
