// What is admitted, what is rejected and why, what is held.
#include "services/engine/test_exchange.h"
#include "services/orders/client_order_id.h"

namespace engine {
namespace {

using core::AccountId;
using core::Amount;
using core::int128;
using core::OrderId;
using core::Rejection;
using orders::Execution;
using orders::OrderStatus;
using orders::OrderType;
using orders::PlaceOrder;
using orders::Side;
using orders::TimeInForce;

PlaceOrder with(PlaceOrder place, OrderType type, TimeInForce time_in_force) {
  place.type = type;
  place.time_in_force = time_in_force;
  return place;
}
PlaceOrder in_market(PlaceOrder place, std::uint32_t market) {
  place.market = core::MarketId{market};
  return place;
}

// rule: admission-order, order-fields, time-in-force-by-type, price-filter, quantity-filter, notional-limit
TEST(Admission, TheFirstRuleBrokenIsTheReason) {
  TestExchange exchange;
  const AccountId alice = exchange.open("alice", 1'000 * kLot, 1'000'000 * kTickLot);
  constexpr AccountId kNobody{1001}, kWorld = core::kWorldAccount;
  const PlaceOrder good = limit(alice, Side::buy, 100, 10);
  PlaceOrder quantity_and_quote = good, quote_with_quantity = by_quote(alice, Side::buy, 5'000'000), bad_mode = good,
             bad_text = limit(alice, Side::buy, 100, 10, "a b"), market_at_price = good, limit_free = good;
  quantity_and_quote.quote_quantity = Amount{1};
  quote_with_quantity.quantity = core::Quantity{1};
  bad_mode.self_trade = static_cast<orders::SelfTrade>(5);
  market_at_price.type = OrderType::market;
  limit_free.price = {};
  struct Case {
    const char* what;
    PlaceOrder place;
    Rejection expected;
  };
  const Case cases[] = {
      {"nobody", limit(kNobody, Side::buy, 100, 10), Rejection::unknown_account},
      {"the exchange's own account", limit(kWorld, Side::buy, 100, 10), Rejection::unknown_account},
      {"no market", in_market(good, 0), Rejection::unknown_market},
      {"unlisted market", in_market(good, 3), Rejection::unknown_market},
      {"limit without price", limit_free, Rejection::invalid_order},
      {"negative price", limit(alice, Side::buy, -1, 10), Rejection::invalid_order},
      {"nothing", limit(alice, Side::buy, 100, 0), Rejection::invalid_order},
      {"less than nothing", limit(alice, Side::sell, 100, -10), Rejection::invalid_order},
      {"quantity and quote", quantity_and_quote, Rejection::invalid_order},
      {"quote and quantity", quote_with_quantity, Rejection::invalid_order},
      {"no quote", by_quote(alice, Side::buy, 0), Rejection::invalid_order},
      {"negative quote", by_quote(alice, Side::buy, -5), Rejection::invalid_order},
      {"market with a price", market_at_price, Rejection::invalid_order},
      {"market fill-or-kill", with(market(alice, Side::buy, 10), OrderType::market, TimeInForce::fok),
       Rejection::invalid_order},
      {"maker that cannot rest", with(good, OrderType::limit_maker, TimeInForce::ioc), Rejection::invalid_order},
      {"client id", bad_text, Rejection::invalid_order},
      {"mode", bad_mode, Rejection::self_trade_mode_not_allowed},
      {"price below", limit(alice, Side::buy, 9, 1'000), Rejection::price_out_of_range},
      {"price above", limit(alice, Side::buy, 100'001, 2), Rejection::price_out_of_range},
      {"quantity below", limit(alice, Side::buy, 1'000, 1), Rejection::quantity_out_of_range},
      {"quantity above", limit(alice, Side::buy, 10, 1'000'001), Rejection::quantity_out_of_range},
      {"market quantity below", market(alice, Side::buy, 1), Rejection::quantity_out_of_range},
      {"market quantity above", market(alice, Side::sell, 500'001), Rejection::market_quantity_out_of_range},
      {"notional below", limit(alice, Side::buy, 100, 4), Rejection::notional_out_of_range},
      {"notional above", limit(alice, Side::buy, 100'000, 10'001), Rejection::notional_out_of_range},
      {"more than there is", limit(alice, Side::buy, 1'000, 1'001), Rejection::insufficient_balance},
      {"more than there is", limit(alice, Side::sell, 1'000, 1'001), Rejection::insufficient_balance},
      {"more than there is", market(alice, Side::sell, 1'001), Rejection::insufficient_balance},
      {"more than there is", by_quote(alice, Side::buy, 1'000'000 * kTickLot + 1), Rejection::insufficient_balance},
      {"never had any", in_market(limit(alice, Side::sell, 100, 10), 2), Rejection::insufficient_balance},
      {"empty book", by_quote(alice, Side::sell, 1), Rejection::book_notional_out_of_range},
  };
  for (const Case& c : cases) {
    const auto& events = exchange.run(c.place);
    ASSERT_EQ(events.size(), 1u) << c.what;
    const auto& event = std::get<orders::OrderEvent>(events[0].body);
    EXPECT_EQ(event.execution, Execution::rejected) << c.what;
    EXPECT_EQ(event.status, OrderStatus::rejected) << c.what;
    EXPECT_EQ(event.rejection, c.expected) << c.what << ": " << core::name(event.rejection);
    EXPECT_EQ(event.account, c.place.account) << c.what;
    EXPECT_TRUE(event.order.is_none()) << c.what;
    EXPECT_EQ(events[0].account_sequence != 0, c.place.account == alice) << c.what;
  }
  const auto accepted = exchange.trade(good);
  EXPECT_EQ(accepted.at(0).execution, Execution::accepted) << "nothing of all that left a trace";
  EXPECT_EQ(accepted[0].quote.available, Amount{999'000 * kTickLot});
}

// rule: halted
TEST(Admission, AHaltedMarketTakesCancelsOnly) {
  TestExchange exchange;
  const AccountId alice = exchange.open("alice", 100 * kLot);
  const OrderId order = exchange.trade(limit(alice, Side::sell, 100, 10)).at(0).order;
  exchange.run(instruments::SetMarketState{kBtcUsdt, instruments::MarketState::halted});
  EXPECT_EQ(exchange.trade(limit(alice, Side::sell, 100, 10)).at(0).rejection, Rejection::market_closed);
  EXPECT_EQ(exchange.trade(move(alice, order, 101)).at(0).rejection, Rejection::market_closed);
  EXPECT_EQ(exchange.trade(reduce(alice, order, 1)).at(0).rejection, Rejection::market_closed);
  EXPECT_EQ(exchange.trade(cancel(alice, order)).at(0).execution, Execution::cancelled);
  exchange.run(instruments::SetMarketState{kBtcUsdt, instruments::MarketState::trading});
  EXPECT_EQ(exchange.trade(limit(alice, Side::sell, 100, 10)).at(0).execution, Execution::accepted);
}

// rule: client-order-id-unique, client-order-id-made
TEST(Admission, ClientOrderIdsAreUniqueAmongAnAccountsOpenOrders) {
  TestExchange exchange;
  const AccountId alice = exchange.open("alice", 100 * kLot), bob = exchange.open("bob", 100 * kLot);
  const OrderId first = exchange.trade(limit(alice, Side::sell, 100, 10, "mine")).at(0).order;
  EXPECT_EQ(exchange.trade(limit(alice, Side::sell, 100, 10, "mine")).at(0).rejection,
            Rejection::duplicate_client_order_id);
  EXPECT_EQ(exchange.trade(limit(bob, Side::sell, 100, 10, "mine")).at(0).execution, Execution::accepted);
  const OrderId unnamed = exchange.trade(limit(alice, Side::sell, 100, 10)).at(0).order;
  const auto made = orders::made_client_order_id(unnamed);
  EXPECT_EQ(exchange.trade(limit(alice, Side::sell, 100, 10, made.view())).at(0).rejection,
            Rejection::duplicate_client_order_id);
  EXPECT_EQ(exchange.trade(limit(bob, Side::sell, 100, 10, made.view())).at(0).execution, Execution::accepted);
  const auto shadow = orders::made_client_order_id(first);
  EXPECT_EQ(exchange.trade(cancel(alice, {}, shadow.view())).at(0).rejection, Rejection::unknown_order)
      << "an order that has an id of its client's is not known by the made one";
  exchange.run(cancel(alice, first));
  const auto again = exchange.trade(limit(alice, Side::sell, 100, 10, "mine"));
  EXPECT_EQ(again.at(0).execution, Execution::accepted) << "free again";
  EXPECT_EQ(again[0].client_order_id.view(), "mine");
}

// rule: open-orders-max
TEST(Admission, OpenOrdersAreCountedPerAccountAndMarket) {
  TestExchange exchange;
  const AccountId alice = exchange.open("alice", 100 * kLot, 1'000'000 * kTickLot);
  OrderId last;
  for (int i = 0; i < 5; ++i) last = exchange.trade(limit(alice, Side::sell, 200, 10)).at(0).order;
  EXPECT_EQ(exchange.trade(limit(alice, Side::sell, 200, 10)).at(0).rejection, Rejection::too_many_open_orders);
  const auto ioc = with(limit(alice, Side::buy, 100, 10), OrderType::limit, TimeInForce::ioc);
  EXPECT_EQ(exchange.trade(ioc).at(0).execution, Execution::accepted) << "never rests";
  exchange.run(cancel(alice, last));
  EXPECT_EQ(exchange.trade(limit(alice, Side::sell, 200, 10)).at(0).execution, Execution::accepted);
}

// rule: hold-market, budget
TEST(Admission, AMarketOrderHoldsWhatTheBandAllowsOrAllThereIs) {
  // Before the first trade there is no reference price.
  TestExchange exchange({.bid_up_bp = 15'000, .bid_down_bp = 5'000, .ask_up_bp = 15'000, .ask_down_bp = 5'000});
  const AccountId maker = exchange.open("maker", 1'000 * kLot, 1'000'000 * kTickLot);
  const AccountId taker = exchange.open("taker", 20 * kLot, 3'000 * kTickLot);
  exchange.run(limit(maker, Side::sell, 100, 10));
  auto events = exchange.trade(market(taker, Side::buy, 10));
  ASSERT_EQ(events.at(0).execution, Execution::accepted);
  EXPECT_EQ(events[0].quote.held, Amount{3'000 * kTickLot}) << "all there is";
  EXPECT_EQ(events[1].quote.available, Amount{2'000 * kTickLot});
  // Now it is 100: ten more could cost at most 150 each.
  exchange.run(limit(maker, Side::sell, 110, 10));
  events = exchange.trade(market(taker, Side::buy, 10));
  ASSERT_EQ(events.at(0).execution, Execution::accepted);
  EXPECT_EQ(events[0].quote.held, Amount{1'500 * kTickLot});
  EXPECT_EQ(events.at(1).quote.available, Amount{900 * kTickLot});
  // At 110 each, 900 do not buy ten, and none is bought.
  exchange.run(limit(maker, Side::sell, 110, 10));
  events = exchange.trade(market(taker, Side::buy, 10));
  EXPECT_EQ(events.at(0).execution, Execution::rejected);
  EXPECT_EQ(events[0].rejection, Rejection::budget_exceeded);
  EXPECT_EQ(events[0].quote.available, Amount{900 * kTickLot});
  EXPECT_EQ(events[0].quote.held, Amount{});
  // A sell by amount: 550 at 55 or better are at most ten lots.
  exchange.run(limit(maker, Side::buy, 100, 10));
  events = exchange.trade(by_quote(taker, Side::sell, 550 * kTickLot));
  ASSERT_EQ(events.at(0).execution, Execution::accepted) << core::name(events[0].rejection);
  EXPECT_EQ(events[0].base.held, Amount{10 * kLot});
  EXPECT_EQ(events.at(1).last_quantity, core::Quantity{5});
}

TEST(Accounts, NamesAreCheckedAndUnique) {
  TestExchange exchange;
  EXPECT_EQ(exchange.open("alice"), core::kFirstUserAccount);
  EXPECT_EQ(exchange.open("bob_2.x-Y"), core::kFirstUserAccount.next());
  const auto rejection = [&](std::string_view name) {
    const auto& events = exchange.run(ledger::OpenAccount{ledger::AccountName{name}});
    return std::get<orders::CommandRejected>(events.at(0).body).rejection;
  };
  EXPECT_EQ(rejection("alice"), Rejection::account_exists);
  for (const char* name : {"", "a b", "ä", "a/b"}) EXPECT_EQ(rejection(name), Rejection::bad_name) << name;
}

TEST(Accounts, CommandsOfOperatorsAreRejectedForAReason) {
  TestExchange exchange;
  const AccountId alice = exchange.open("alice");
  struct Case {
    Command command;
    Rejection expected;
  };
  const core::FeeRate too_high{10'000'001};
  const Case cases[] = {
      {ledger::Deposit{AccountId{1001}, kBtc, Amount{1}, {}}, Rejection::unknown_account},
      {ledger::Deposit{core::kFeesAccount, kBtc, Amount{1}, {}}, Rejection::unknown_account},
      {ledger::Deposit{alice, core::AssetId{4}, Amount{1}, {}}, Rejection::unknown_asset},
      {ledger::Deposit{alice, kBtc, Amount{0}, {}}, Rejection::bad_amount},
      {fees::SetAccountFees{AccountId{1001}, false, {}}, Rejection::unknown_account},
      {fees::SetAccountFees{alice, false, {too_high, {}}}, Rejection::bad_fee_rate},
      {instruments::AddAsset{core::Symbol{"BTC"}, 8, Amount{1}}, Rejection::symbol_taken},
      {instruments::SetMarketState{core::MarketId{9}, instruments::MarketState::halted}, Rejection::unknown_market},
  };
  for (const Case& c : cases) {
    const auto& events = exchange.run(c.command);
    ASSERT_EQ(events.size(), 1u);
    EXPECT_EQ(std::get<orders::CommandRejected>(events[0].body).rejection, c.expected) << core::name(c.expected);
  }
  EXPECT_TRUE(exchange.run(Started{core::Epoch{1}}).empty());
  EXPECT_TRUE(exchange.run(Checkpoint{}).empty());
}

}  // namespace
}  // namespace engine
