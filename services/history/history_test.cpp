#include <gtest/gtest.h>
#include <malloc.h>

#include "services/history/accounts.h"
#include "services/history/naive_accounts.h"
#include "services/history/random_events.h"
#include "services/history/storage.h"
#include "services/orders/client_order_id.h"

namespace history {
namespace {

core::Bytes saved(const Accounts& accounts) {
  core::Bytes bytes;
  core::ByteWriter writer(bytes);
  accounts.save(writer);
  return bytes;
}

TEST(Accounts, KnowsNamesBalancesAndFees) {
  Accounts accounts = with_markets();
  EXPECT_EQ(accounts.find("bob"), kBob);
  EXPECT_FALSE(accounts.find("carol"));
  EXPECT_EQ(accounts.account_name(kAlice), "alice");
  EXPECT_TRUE(accounts.exists(kAlice));
  EXPECT_FALSE(accounts.exists(core::AccountId{77}));
  EXPECT_FALSE(accounts.exists(core::AccountId{}));
  accounts.apply(event(orders::BalanceEvent{kAlice, kEth, core::Amount{7}, {core::Amount{7}, core::Amount{}}}, 9));
  accounts.apply(event(orders::BalanceEvent{kAlice, kBtc, core::Amount{3}, {core::Amount{3}, core::Amount{}}}, 10));
  ASSERT_EQ(accounts.balances(kAlice).size(), 2u);
  EXPECT_EQ(accounts.balances(kAlice)[0].asset, kBtc);
  EXPECT_EQ(accounts.balance(kAlice, kEth).available, core::Amount{7});
  EXPECT_EQ(accounts.balance(kAlice, kUsdt).available, core::Amount{0});
  EXPECT_EQ(accounts.balance(kBob, kEth).available, core::Amount{0});
  EXPECT_EQ(accounts.updated(kAlice), core::Time{10});
  accounts.apply(event(orders::FeesChanged{kAlice, false, core::FeeRate{1}, core::FeeRate{2}}));
  EXPECT_EQ(accounts.fee_override(kAlice), (fees::Rates{core::FeeRate{1}, core::FeeRate{2}}));
  accounts.apply(event(orders::FeesChanged{kAlice, true, {}, {}}));
  EXPECT_FALSE(accounts.fee_override(kAlice));
}

TEST(Accounts, FindsAnOrderByItsNewClientIdOnly) {
  Accounts accounts = with_markets();
  accounts.apply(event(accepted(1, kAlice, "first"), 20));
  accounts.apply(event(accepted(2, kAlice), 21));
  const auto rename = [&](std::uint64_t id, std::string_view text) {
    OrderEvent renamed = changed(accepted(id), Execution::replaced, OrderStatus::open);
    renamed.quantity = core::Quantity{9};
    renamed.cancel_id = core::ClientOrderId{text};
    accounts.apply(event(renamed, 22));
  };
  const auto id_of = [&](std::string_view text) {
    const Order* order = accounts.order(kAlice, kBtcUsdt, text);
    return order == nullptr ? 0 : order->id.value();
  };
  rename(1, "second");
  EXPECT_EQ(id_of("first"), 0u);
  EXPECT_EQ(id_of("second"), 1u);
  EXPECT_EQ(accounts.order(kAlice, core::OrderId{1})->quantity, core::Quantity{9});
  rename(2, "first");
  EXPECT_EQ(id_of("first"), 2u);
  EXPECT_EQ(id_of(orders::made_client_order_id(core::OrderId{2}).view()), 0u);
  accounts.apply(event(changed(accepted(1), Execution::cancelled, OrderStatus::cancelled), 23));
  EXPECT_EQ(id_of("second"), 1u) << "closed orders are found by the id they had last";
  rename(2, "second");
  EXPECT_EQ(id_of("second"), 2u);
  rename(2, "first");
  EXPECT_EQ(id_of("second"), 1u) << "nobody else has it any more";
  const core::Bytes bytes = saved(accounts);
  core::ByteReader reader(bytes);
  Accounts loaded;
  ASSERT_TRUE(loaded.load(reader));
  EXPECT_EQ(saved(loaded), bytes);
  EXPECT_EQ(loaded.order(kAlice, kBtcUsdt, "second")->id, core::OrderId{1});
  EXPECT_EQ(loaded.order(kAlice, kBtcUsdt, "first")->id, core::OrderId{2});
}

TEST(Accounts, FollowsAnOrderFromAcceptedToFilled) {
  Accounts accounts = with_markets();
  OrderEvent one = accepted(1, kAlice, "mine");
  one.quote.held = core::Amount{1000};
  accounts.apply(event(one, 20));
  EXPECT_EQ(accounts.balance(kAlice, kUsdt).held, core::Amount{1000});
  EXPECT_EQ(accounts.open_order_count(kAlice, kBtcUsdt), 1u);
  EXPECT_EQ(accounts.open_order_count(kAlice, kEthBtc), 0u);

  OrderEvent fill = changed(one, Execution::traded, OrderStatus::partially_filled);
  fill.executed = fill.last_quantity = core::Quantity{4};
  fill.executed_quote = core::Amount{400};
  fill.last_price = core::Price{100};
  fill.trade = core::TradeId{50};
  fill.fee = core::Amount{2};
  fill.fee_asset = kBtc;
  fill.is_maker = true;
  accounts.apply(event(fill, 30));
  const Order* order = accounts.order(kAlice, core::OrderId{1});
  ASSERT_NE(order, nullptr);
  EXPECT_EQ(order->status, OrderStatus::partially_filled);
  EXPECT_EQ(order->client_order_id.view(), "mine");
  EXPECT_EQ(order->updated, core::Time{30});
  fill.status = OrderStatus::filled;
  fill.executed = core::Quantity{10};
  fill.last_quantity = core::Quantity{6};
  fill.executed_quote = core::Amount{990};
  fill.trade = core::TradeId{51};
  accounts.apply(event(fill, 31));
  EXPECT_TRUE(accounts.open_orders(kAlice, std::nullopt).empty());
  const auto fills = accounts.fills(kAlice, {.order = core::OrderId{1}});
  ASSERT_EQ(fills.size(), 2u);
  EXPECT_EQ(fills[1]->quote, core::Amount{590});
  EXPECT_EQ(fills[1]->fee, core::Amount{2});
  EXPECT_EQ(fills[1]->fee_asset, kBtc);
  EXPECT_TRUE(fills[1]->is_buyer && fills[1]->is_maker);
  EXPECT_EQ(accounts.order(kBob, core::OrderId{1}), nullptr) << "another account's";
  EXPECT_TRUE(accounts.fills(kBob, {.order = core::OrderId{1}}).empty());
}

TEST(Accounts, RejectionsChangeNothing) {
  Accounts accounts = with_markets();
  OrderEvent one = accepted(1);
  one.base.available = core::Amount{5};
  accounts.apply(event(one, 20));
  const core::Bytes before = saved(accounts);
  OrderEvent rejected;
  rejected.execution = Execution::rejected;
  rejected.account = core::AccountId{4711};
  accounts.apply(event(rejected, 30));
  accounts.apply(event(changed(one, Execution::cancel_rejected, OrderStatus::open), 31));
  accounts.apply(event(orders::CommandRejected{kAlice, core::Rejection::bad_amount}, 32));
  EXPECT_EQ(saved(accounts), before);
}

TEST(Accounts, ClientOrderIdsNameTheOpenOrderElseTheLatestClosed) {
  Accounts accounts = with_markets();
  const auto close = [&](std::uint64_t id) {
    accounts.apply(event(changed(accepted(id), Execution::cancelled, OrderStatus::cancelled), 99));
  };
  const auto found = [&](std::string_view text) {
    const Order* order = accounts.order(kAlice, kBtcUsdt, text);
    return order == nullptr ? 0 : order->id.value();
  };
  accounts.apply(event(accepted(1, kAlice, "a"), 1));
  EXPECT_EQ(found("a"), 1u);
  close(1);
  EXPECT_EQ(found("a"), 1u);
  accounts.apply(event(accepted(2, kAlice, "a"), 2));
  EXPECT_EQ(found("a"), 2u);
  close(2);
  EXPECT_EQ(found("a"), 2u);
  EXPECT_EQ(accounts.order(kAlice, kEthBtc, "a"), nullptr);
  EXPECT_EQ(accounts.order(kBob, kBtcUsdt, "a"), nullptr);
  EXPECT_EQ(found(""), 0u);

  accounts.apply(event(accepted(3), 3));
  const core::ClientOrderId made = orders::made_client_order_id(core::OrderId{3});
  EXPECT_EQ(found(made.view()), 3u);
  EXPECT_EQ(accounts.order(kAlice, core::OrderId{3})->client_order_id, made);
  close(3);
  accounts.apply(event(accepted(4, kAlice, made.view()), 4));  // a client that takes a made id for its own
  EXPECT_EQ(found(made.view()), 4u) << "the open one";
  EXPECT_EQ(accounts.order(kBob, kBtcUsdt, made.view()), nullptr);
}

TEST(AccountsDeathTest, AnEventOfAnUnknownOrderIsABug) {
  Accounts accounts = with_markets();
  EXPECT_DEATH(accounts.apply(event(changed(accepted(1), Execution::traded, OrderStatus::filled))),
               "never accepted, or is closed");
}

// ---- against the naive model ----

void expect_same_answers(const Accounts& accounts, const NaiveAccounts& naive, RandomEvents& events) {
  for (int i = 0; i < 60; ++i) {
    const core::AccountId account{1000 + static_cast<std::uint32_t>(events.random.below(4))};
    const Query query = random_query(events);
    std::vector<core::OrderId> orders;
    for (const Order* order : accounts.orders(account, query)) orders.push_back(order->id);
    ASSERT_EQ(orders, naive.query_orders(account, query));
    std::vector<std::pair<core::TradeId, core::OrderId>> fills;
    for (const Fill* fill : accounts.fills(account, query)) fills.emplace_back(fill->trade, fill->order);
    auto expected = naive.query_fills(account, query);
    if (!query.market) {  // trade ids of two markets at the same time: the same fills, their order is looked at below
      std::ranges::sort(fills);
      std::ranges::sort(expected);
    }
    ASSERT_EQ(fills, expected);
  }
  std::map<core::AccountId, std::vector<core::OrderId>> open;
  for (const Order& order : naive.orders) {
    const Order* same = accounts.order(order.account, order.id);
    ASSERT_NE(same, nullptr) << order.id.value();
    ASSERT_EQ(same->status, order.status);
    ASSERT_EQ(same->price, order.price);
    ASSERT_EQ(same->executed, order.executed);
    ASSERT_EQ(same->executed_quote, order.executed_quote);
    ASSERT_EQ(same->updated, order.updated);
    ASSERT_EQ(same->working, order.working);
    ASSERT_EQ(same->condition, order.condition);
    ASSERT_EQ(same->peak, order.peak);
    ASSERT_EQ(same->client_order_id, order.client_order_id);
    const Order* by_name = accounts.order(order.account, order.market, order.client_order_id.view());
    ASSERT_NE(by_name, nullptr);
    ASSERT_EQ(by_name->id, naive.find(order.account, order.market, order.client_order_id.view())->id);
    if (!orders::is_closed(order.status)) open[order.account].push_back(order.id);
  }
  for (std::uint32_t id = 1000; id < 1003; ++id) {
    std::vector<core::OrderId> ids;
    for (const Order* order : accounts.open_orders(core::AccountId{id}, std::nullopt)) ids.push_back(order->id);
    ASSERT_EQ(ids, open[core::AccountId{id}]);
    const auto fills = accounts.fills(core::AccountId{id}, {.limit = 1'000'000});
    ASSERT_TRUE(std::ranges::is_sorted(fills, {}, [](const Fill* fill) { return std::pair(fill->time, fill->trade); }));
  }
}

TEST(Accounts, EqualsTheNaiveModelAndItsOwnSavedForm) {
  const Limits all_limits[] = {
      {.closed_orders_per_account = 100'000, .fills_per_account = 100'000, .closed_orders = 100'000, .fills = 100'000},
      {.closed_orders_per_account = 40,
       .fills_per_account = 33,
       .closed_orders = 1'000,
       .fills = 1'000,
       .hash_seed = 9},
      {.closed_orders_per_account = 100, .fills_per_account = 100, .closed_orders = 150, .fills = 160},
      {.closed_orders_per_account = 1, .fills_per_account = 1, .closed_orders = 2, .fills = 1},
      {.closed_orders_per_account = 0, .fills_per_account = 0, .closed_orders = 0, .fills = 0}};
  for (const Limits& limits : all_limits) {
    RandomEvents events(limits.closed_orders);
    Accounts accounts = with_markets(limits);
    NaiveAccounts naive(limits);
    for (int step = 1; step <= 2'500; ++step) {
      const OrderEvent one = events.next();
      accounts.apply(event(one, events.time().ns));
      naive.apply(one, events.time());
      if (step % 250 != 0) continue;
      ASSERT_NO_FATAL_FAILURE(expect_same_answers(accounts, naive, events)) << step;
      const core::Bytes bytes = saved(accounts);
      Accounts loaded(limits);
      core::ByteReader reader(bytes);
      ASSERT_TRUE(loaded.load(reader));
      ASSERT_TRUE(reader.complete());
      ASSERT_EQ(saved(loaded), bytes);
      ASSERT_NO_FATAL_FAILURE(expect_same_answers(loaded, naive, events)) << step;
      if (step % 500 == 0) accounts = std::move(loaded);  // and goes on like the one it was saved from
    }
  }
}

// A resting order in front of the list must not keep anything of all the forgotten ones behind it.
TEST(Accounts, OldOpenOrdersDoNotHoldUpTheForgetting) {
  Accounts accounts =
      with_markets({.closed_orders_per_account = 10, .fills_per_account = 10, .closed_orders = 10, .fills = 10});
  accounts.apply(event(accepted(1)));
  auto trade_until = [&, id = std::uint64_t{2}](std::uint64_t end) mutable {
    for (; id < end; ++id) {
      accounts.apply(event(accepted(id, kAlice, "one of many, each with a name " + std::to_string(id % 1'000))));
      accounts.apply(event(changed(accepted(id), Execution::traded, OrderStatus::filled)));
    }
  };
  trade_until(5'000);
  const auto all = accounts.orders(kAlice, {});
  ASSERT_EQ(all.size(), 11u);
  EXPECT_EQ(all.front()->id, core::OrderId{1});
  EXPECT_EQ(all[1]->id, core::OrderId{4'990});
  EXPECT_EQ(accounts.order(kAlice, core::OrderId{4'000}), nullptr);
  const auto allocated = [] { return mallinfo2().uordblks + mallinfo2().hblkhd; };  // always zero under a sanitizer
  const std::size_t before = allocated();
  trade_until(60'000);
  EXPECT_LT(allocated(), before + 64 * 1024);
}

TEST(Accounts, NoPrefixAndNoFlippedBitOfASavedFormCrashes) {
  RandomEvents events(7);
  Accounts accounts = with_markets({.closed_orders_per_account = 3, .fills_per_account = 4});
  for (int step = 0; step < 40; ++step) {
    const OrderEvent one = events.next();
    accounts.apply(event(one, events.time().ns));
  }
  accounts.apply(event(orders::FeesChanged{kBob, false, core::FeeRate{1}, core::FeeRate{2}}));
  const core::Bytes bytes = saved(accounts);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    Accounts loaded;
    core::ByteReader reader(core::BytesView(bytes).first(size));
    ASSERT_FALSE(loaded.load(reader)) << size;
  }
  std::size_t survivors = 0;
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    core::Bytes flipped = bytes;
    flipped[bit / 8] ^= std::byte{1} << (bit % 8);
    Accounts loaded;
    core::ByteReader reader(flipped);
    if (!loaded.load(reader)) continue;
    ++survivors;
    for (std::uint32_t id = 1000; id < 1003; ++id) {
      for (const Order* order : loaded.orders(core::AccountId{id}, {}))
        ASSERT_LE(order->status, OrderStatus::expired_in_match);
      for (const Fill* fill : loaded.fills(core::AccountId{id}, {})) ASSERT_NE(fill, nullptr);
    }
  }
  EXPECT_GT(survivors, 0u);
}

TEST(OrderIndex, PagesComeAndGo) {
  OrderIndex index;
  for (const std::uint64_t base : {std::uint64_t{1}, std::uint64_t{1} << 40, (std::uint64_t{1} << 53) - 3'000}) {
    for (std::uint64_t i = 0; i < 3'000; ++i) index.insert(base + i, static_cast<Slot>(i + 1));
  }
  EXPECT_EQ(index.find((std::uint64_t{1} << 40) + 2'999), 3'000u);
  EXPECT_EQ(index.find(0), kNoSlot);
  EXPECT_EQ(index.find(3'001), kNoSlot);
  for (std::uint64_t i = 0; i < 3'000; ++i) index.erase(1 + i);
  EXPECT_EQ(index.find(1), kNoSlot);
  index.insert(5, 9);
  EXPECT_EQ(index.find(5), 9u);
  EXPECT_EQ(index.find(6), kNoSlot);
}

}  // namespace
}  // namespace history
