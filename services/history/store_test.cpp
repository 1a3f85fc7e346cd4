// The store against the read model with everything in memory, which is tested against a naive one of its own.
#include "services/history/store.h"

#include <gtest/gtest.h>

#include "pkg/sql/testing.h"
#include "services/history/merge.h"
#include "services/history/random_events.h"
#include "services/history/store_reader.h"

namespace history {
namespace {

constexpr Limits kEverything{.closed_orders_per_account = 1'000'000,
                             .fills_per_account = 1'000'000,
                             .closed_orders = 1'000'000,
                             .fills = 1'000'000};

class HistoryStore : public sql::testing::StoreTest<Store> {
 protected:
  // The next event, with a command of its own.
  orders::AccountEvent next(RandomEvents& events) {
    orders::AccountEvent out = event(events.next(), events.time().ns);
    out.command = core::Sequence{++command_};
    through_ = {.sequence = out.command, .time = out.time, .chain = "c", .complete_from = {}, .pruned = {}};
    return out;
  }
  void write() {
    const auto written = store_->write(through_);
    ASSERT_TRUE(written) << written.error().text();
  }

  std::uint64_t command_ = 0;
  sql::Cursor through_;
};

void expect_equal(const Order& got, const Order& expected) {
  ASSERT_EQ(got.id, expected.id);
  ASSERT_EQ(got.account, expected.account);
  ASSERT_EQ(got.market, expected.market);
  ASSERT_EQ(got.side, expected.side);
  ASSERT_EQ(got.type, expected.type);
  ASSERT_EQ(got.time_in_force, expected.time_in_force);
  ASSERT_EQ(got.self_trade, expected.self_trade);
  ASSERT_EQ(got.status, expected.status) << got.id.value();
  ASSERT_EQ(got.price, expected.price);
  ASSERT_EQ(got.quantity, expected.quantity);
  ASSERT_EQ(got.executed, expected.executed);
  ASSERT_EQ(got.prevented, expected.prevented);
  ASSERT_EQ(got.quote_quantity, expected.quote_quantity);
  ASSERT_EQ(got.executed_quote, expected.executed_quote);
  ASSERT_EQ(got.created, expected.created);
  ASSERT_EQ(got.updated, expected.updated);
  ASSERT_EQ(got.working, expected.working);
  ASSERT_EQ(got.condition, expected.condition);
  ASSERT_EQ(got.peak, expected.peak);
  ASSERT_EQ(got.client_order_id.view(), expected.client_order_id.view());
}
void expect_equal(const Fill& got, const Fill& expected) {
  ASSERT_EQ(got.trade, expected.trade);
  ASSERT_EQ(got.order, expected.order);
  ASSERT_EQ(got.market, expected.market);
  ASSERT_EQ(got.price, expected.price);
  ASSERT_EQ(got.quantity, expected.quantity);
  ASSERT_EQ(got.quote, expected.quote);
  ASSERT_EQ(got.fee, expected.fee);
  ASSERT_EQ(got.fee_asset, expected.fee_asset);
  ASSERT_EQ(got.time, expected.time);
  ASSERT_EQ(got.is_buyer, expected.is_buyer);
  ASSERT_EQ(got.is_maker, expected.is_maker);
}
template <class Row>
void expect_equal(const std::vector<Row>& got, const std::vector<const Row*>& expected) {
  ASSERT_EQ(got.size(), expected.size());
  for (std::size_t i = 0; i < got.size(); ++i) ASSERT_NO_FATAL_FAILURE(expect_equal(got[i], *expected[i]));
}

core::AccountId some_account(RandomEvents& events) {
  return core::AccountId{1000 + static_cast<std::uint32_t>(events.random.below(4))};
}

// No checksum shows one changed number in a row: what no exchange could have written must not get to a client's
// request.
TEST_F(HistoryStore, RowsThatCannotBeAreDamage) {
  for (const char* const change :
       {"fills set fee_asset_id = 0", "fills set price = -1", "fills set quantity = 0", "fills set fee = '-1'",
        "fills set quote = '99999999999999999999999999999999'", "orders set quantity = -5", "orders set status = 99",
        "orders set executed_quote = 'x'", "orders set condition = 3", "orders set trailing_bp = 65536",
        "orders set condition_price = -1", "orders set peak = -1"}) {
    open_empty();
    OrderEvent order = accepted(1);
    store_->apply(event(order, 1));
    order = changed(order, Execution::traded, OrderStatus::filled);
    order.trade = core::TradeId{1};
    order.last_price = order.price;
    order.last_quantity = order.executed = order.quantity;
    order.executed_quote = core::Amount{1'000};
    order.fee_asset = kBtc;
    store_->apply(event(order, 2));
    ASSERT_NO_FATAL_FAILURE(write());
    auto reader = StoreReader::open(path());
    ASSERT_TRUE(reader->fills(kAlice, {.market = kBtcUsdt}) && reader->orders(kAlice, {.market = kBtcUsdt}));
    ASSERT_TRUE(sql::Database::open_sqlite(path())->execute(std::string("update ") + change));
    const auto fills = reader->fills(kAlice, {.market = kBtcUsdt});
    const auto orders = reader->orders(kAlice, {.market = kBtcUsdt});
    ASSERT_NE(fills.has_value(), orders.has_value()) << change;
    EXPECT_EQ((fills ? orders.error() : fills.error()).kind, core::ErrorKind::corrupt) << change;
  }
}

TEST_F(HistoryStore, AnswersLikeTheReadModel) {
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    RandomEvents events(seed);
    open_empty();
    Accounts accounts = with_markets(kEverything);
    for (int step = 1; step <= 2'500; ++step) {
      const auto one = next(events);
      accounts.apply(one);
      store_->apply(one);
      if (events.random.chance(1, 40)) {
        ASSERT_NO_FATAL_FAILURE(write());
      }
      if (step % 100 == 0) {
        ASSERT_NO_FATAL_FAILURE(write());
        if (events.random.chance(1, 2)) {
          ASSERT_NO_FATAL_FAILURE(reopen());
        }
        EXPECT_EQ(store_->cursor(), through_);
      }
      if (step % 500 != 0) continue;
      auto reader = StoreReader::open(path());
      ASSERT_TRUE(reader) << reader.error().text();
      EXPECT_EQ(reader->cursor()->sequence, through_.sequence);
      for (int i = 0; i < 150; ++i) {
        const core::AccountId account = some_account(events);
        Query query = random_query(events);
        if (!query.market) query.limit = 1'000'000;  // of equal times in two markets any may be the earlier
        ASSERT_NO_FATAL_FAILURE(expect_equal(*reader->orders(account, query), accounts.orders(account, query)));
        if (query.market) {
          ASSERT_NO_FATAL_FAILURE(expect_equal(*reader->fills(account, query), accounts.fills(account, query)));
        } else {
          ASSERT_EQ(reader->fills(account, query)->size(), accounts.fills(account, query).size());
        }
      }
      for (std::uint64_t id = 1; id <= events.last_order(); id += 1 + events.random.below(20)) {
        const core::AccountId account = some_account(events);
        const core::MarketId market = events.random.chance(1, 2) ? kBtcUsdt : kEthBtc;
        const Order* expected = accounts.order(account, core::OrderId{id});
        const auto got = *reader->order(account, market, core::OrderId{id});
        ASSERT_EQ(got.has_value(), expected != nullptr && expected->market == market);
        if (got) {
          ASSERT_NO_FATAL_FAILURE(expect_equal(*got, *expected));
        }
        const core::ClientOrderId name = expected != nullptr ? expected->client_order_id : core::ClientOrderId{"c7"};
        const Order* by_name = accounts.order(account, market, name.view());
        const auto got_by_name = *reader->order(account, market, name.view());
        ASSERT_EQ(got_by_name.has_value(), by_name != nullptr) << name.view();
        if (by_name != nullptr) {
          ASSERT_NO_FATAL_FAILURE(expect_equal(*got_by_name, *by_name));
        }
      }
    }
  }
}

// Memory that forgets and a store that lags: together they answer as if nothing had been forgotten, or refuse.
TEST_F(HistoryStore, MemoryAndStoreTogetherForgetNothing) {
  std::size_t from_memory = 0, from_both = 0, refused = 0;
  for (const Limits& limits : {Limits{30, 40, 1'000, 1'000}, Limits{100, 100, 120, 130}, Limits{1, 2, 3, 4}}) {
    RandomEvents events(limits.fills);
    open_empty();
    Accounts small = with_markets(limits), all = with_markets(kEverything);
    for (int step = 1; step <= 2'000; ++step) {
      const auto one = next(events);
      small.apply(one);
      all.apply(one);
      store_->apply(one);
      if (events.random.chance(1, 60)) {
        ASSERT_NO_FATAL_FAILURE(write());
      }
      if (step % 50 != 0 || store_->cursor().sequence.is_none()) continue;
      auto reader = StoreReader::open(path());
      ASSERT_TRUE(reader);
      const sql::Cursor at = *reader->cursor();
      for (int i = 0; i < 40; ++i) {
        const core::AccountId account = some_account(events);
        Query query = random_query(events);
        if (!query.market) query.market = kBtcUsdt;
        const Forgotten forgotten = small.forgotten(account, *query.market);
        const auto compare = [&](const auto& remembered, const auto& expected, bool is_within, auto ask) {
          if (small.is_whole(account, query, std::span(remembered))) {
            ++from_memory;
            ASSERT_EQ(remembered.size(), expected.size());
            for (std::size_t k = 0; k < expected.size(); ++k)
              ASSERT_NO_FATAL_FAILURE(expect_equal(*remembered[k], *expected[k]));
          } else if (is_within) {
            ++from_both;
            ASSERT_NO_FATAL_FAILURE(expect_equal(merge(*ask(), remembered, query), expected));
          } else {
            ++refused;
          }
        };
        ASSERT_NO_FATAL_FAILURE(compare(small.orders(account, query), all.orders(account, query),
                                        forgotten.orders_are_within(at.sequence, at.time),
                                        [&] { return reader->orders(account, query); }));
        ASSERT_NO_FATAL_FAILURE(compare(small.fills(account, query), all.fills(account, query),
                                        forgotten.fills_are_within(at.sequence, at.time),
                                        [&] { return reader->fills(account, query); }));
      }
    }
  }
  EXPECT_GT(from_memory, 1'000u);
  EXPECT_GT(from_both, 500u);
  EXPECT_GT(refused, 50u);
}

TEST_F(HistoryStore, AFailedWriteLeavesNothingAndCanBeRepeated) {
  RandomEvents events(5);
  Accounts accounts = with_markets(kEverything);
  for (int i = 0; i < 300; ++i) {
    const auto one = next(events);
    accounts.apply(one);
    store_->apply(one);
    if (i % 30 != 29) continue;
    store_->set_before_commit([] { return core::fail(core::ErrorKind::no_space, "no room"); });
    const sql::Cursor before = store_->cursor();
    ASSERT_EQ(store_->write(through_).error().kind, core::ErrorKind::no_space);
    ASSERT_EQ(store_->cursor(), before);
    ASSERT_EQ(*StoreReader::open(path())->cursor(), before);
    store_->set_before_commit({});
    if (i % 60 == 59) {
      ASSERT_NO_FATAL_FAILURE(write());
    }
  }
  ASSERT_NO_FATAL_FAILURE(write());
  auto reader = StoreReader::open(path());
  for (std::uint32_t id = 1000; id < 1003; ++id) {
    const core::AccountId account{id};
    const Query query{.market = kBtcUsdt, .limit = 10'000};
    ASSERT_NO_FATAL_FAILURE(expect_equal(*reader->orders(account, query), accounts.orders(account, query)));
    ASSERT_NO_FATAL_FAILURE(expect_equal(*reader->fills(account, query), accounts.fills(account, query)));
  }
}

TEST_F(HistoryStore, BeginsWithWhatMemoryHoldsAndGoesOn) {
  RandomEvents events(6);
  Accounts accounts = with_markets({.closed_orders_per_account = 50, .fills_per_account = 60});
  for (int i = 0; i < 1'500; ++i) accounts.apply(next(events));
  ASSERT_TRUE(store_->import(accounts, through_));
  for (int i = 0; i < 500; ++i) {
    const auto one = next(events);
    accounts.apply(one);
    store_->apply(one);
    if (i % 100 == 99) {
      ASSERT_NO_FATAL_FAILURE(write());
      ASSERT_NO_FATAL_FAILURE(reopen());
    }
  }
  auto reader = StoreReader::open(path());
  std::size_t compared = 0;
  for (std::uint32_t id = 1000; id < 1003; ++id) {
    for (const core::MarketId market : {kBtcUsdt, kEthBtc}) {
      const Query query{.market = market, .limit = 10'000};
      for (const Order* order : accounts.orders(core::AccountId{id}, query)) {
        const auto got = *reader->order(core::AccountId{id}, market, order->id);
        ASSERT_TRUE(got);
        ASSERT_NO_FATAL_FAILURE(expect_equal(*got, *order));
        ++compared;
      }
      for (const Fill* fill : accounts.fills(core::AccountId{id}, query)) {
        const auto got = *reader->fills(core::AccountId{id}, {.market = market, .from_trade = fill->trade, .limit = 1});
        ASSERT_EQ(got.size(), 1u);
        ASSERT_NO_FATAL_FAILURE(expect_equal(got.front(), *fill));
        ++compared;
      }
    }
  }
  EXPECT_GT(compared, 250u);
}

TEST_F(HistoryStore, ForgetsClosedOrdersOfOldInBites) {
  RandomEvents events(8);
  Accounts accounts = with_markets(kEverything);
  for (int i = 0; i < 2'000; ++i) {
    const auto one = next(events);
    accounts.apply(one);
    store_->apply(one);
  }
  ASSERT_NO_FATAL_FAILURE(write());
  const core::Time before{events.time().ns / 2};
  std::size_t bites = 0;
  for (std::size_t looked_at = 1; looked_at > 0; ++bites) {
    const auto bite = store_->prune(before, 50);
    ASSERT_TRUE(bite) << bite.error().text();
    ASSERT_LE(*bite, 50u);
    looked_at = *bite;
  }
  EXPECT_GT(bites, 5u);
  EXPECT_EQ(store_->cursor().pruned, before);
  auto reader = StoreReader::open(path());
  std::size_t kept = 0, gone = 0;
  for (std::uint32_t id = 1000; id < 1003; ++id) {
    const Query query{.market = kBtcUsdt, .limit = 10'000};
    std::vector<const Order*> expected;
    for (const Order* order : accounts.orders(core::AccountId{id}, query)) {
      const bool is_kept = !orders::is_closed(order->status) || order->updated >= before;
      ++(is_kept ? kept : gone);
      if (is_kept) expected.push_back(order);
      const Query its{.market = kBtcUsdt, .order = order->id, .limit = 10'000};
      const auto fills = accounts.fills(core::AccountId{id}, its);
      ASSERT_EQ(reader->fills(core::AccountId{id}, its)->size(), is_kept ? fills.size() : 0);
    }
    ASSERT_NO_FATAL_FAILURE(expect_equal(*reader->orders(core::AccountId{id}, query), expected));
  }
  EXPECT_GT(kept, 100u);
  EXPECT_GT(gone, 100u);
}

}  // namespace
}  // namespace history
