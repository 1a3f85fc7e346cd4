// Replay: the same records give the same state, a snapshot in the middle changes nothing, and what diverges is noticed.
#include "services/engine/replica.h"

#include <gtest/gtest.h>

#include <map>

#include "pkg/core/random.h"
#include "services/engine/test_exchange.h"

namespace engine {
namespace {

template <class Saved>
core::Bytes saved(const Saved& state) {
  core::Bytes bytes;
  core::ByteWriter writer(bytes);
  state.save(writer);
  return bytes;
}

// A log as the host writes it: every record in order, with the digest of the live engine in checkpoints now and then.
class Log {
 public:
  void add(const Command& command) {
    header_.sequence = header_.sequence.next();
    header_.time.ns += 1'000;
    starts_.push_back(bytes.size());
    encode(header_, command, bytes);
    live_output_.clear();
    live.apply(header_, command, live_output_);
    for (const auto& event : live_output_.account_events) {
      if (const auto* order = std::get_if<orders::OrderEvent>(&event.body)) note(*order);
    }
  }
  void add_checkpoint() { add(Checkpoint{live.output_digest()}); }
  [[nodiscard]] std::size_t size() const { return starts_.size(); }
  [[nodiscard]] core::Record record(std::size_t i) const {
    core::BytesView rest = core::BytesView(bytes).subspan(starts_[i]);
    return *core::take_record(rest);
  }

  Engine live;
  core::Bytes bytes;
  std::vector<orders::OrderEvent> open;  // every order that was ever accepted: many commands name closed ones
  std::size_t trades = 0;

 private:
  void note(const orders::OrderEvent& event) {
    if (event.execution == orders::Execution::accepted) open.push_back(event);
    if (event.execution == orders::Execution::traded) ++trades;
  }
  core::RecordHeader header_;
  std::vector<std::size_t> starts_;
  Output live_output_;
};

Command random_command(Log& log, core::Random& random, std::uint32_t accounts) {
  const core::AccountId account{core::kFirstUserAccount.value() + static_cast<std::uint32_t>(random.below(accounts))};
  const auto side = random.chance(1, 2) ? orders::Side::buy : orders::Side::sell;
  if (!log.open.empty() && random.chance(1, 3)) {
    const orders::OrderEvent& known =
        log.open[log.open.size() - 1 - random.below(std::min<std::size_t>(log.open.size(), 50))];
    switch (random.below(4)) {
      case 0:
        return move(known.account, known.order, random.between(990, 1'010));
      case 1:
        return reduce(known.account, known.order, random.between(1, 5));
      case 2: {
        orders::CancelReplace replace;
        replace.cancel = cancel(known.account, known.order);
        replace.place = limit(known.account, side, random.between(990, 1'010), random.between(2, 30));
        return replace;
      }
      default:
        return cancel(known.account, known.order);
    }
  }
  switch (random.below(20)) {
    case 0:
      return market(account, side, random.between(2, 20));
    case 1:
      return by_quote(account, side, random.between(1'000, 20'000) * kTickLot);
    case 2:
      return orders::CancelAll{account, kBtcUsdt};
    case 3:
      return limit(account, side, random.between(1, 200'000), random.between(0, 3));  // mostly refused
    default:
      break;
  }
  const std::string client_id = "c" + std::to_string(random.below(40));
  orders::PlaceOrder place =
      limit(account, side, random.between(990, 1'010), random.between(2, 30), random.chance(1, 2) ? client_id : "");
  place.self_trade = static_cast<orders::SelfTrade>(random.below(5));
  place.time_in_force = static_cast<orders::TimeInForce>(1 + random.below(3));
  return place;
}

Log random_log(std::uint64_t seed, int commands) {
  core::Random random(seed);
  Log log;
  log.add(Started{core::Epoch{1}});
  for (const Command& command : listing()) log.add(command);
  constexpr std::uint32_t kAccounts = 6;
  for (std::uint32_t i = 0; i < kAccounts; ++i) {
    log.add(ledger::OpenAccount{ledger::AccountName{"trader-" + std::to_string(i)}});
    const core::AccountId account{core::kFirstUserAccount.value() + i};
    log.add(ledger::Deposit{account, kBtc, core::Amount{kLot * 100'000}, {}});
    log.add(ledger::Deposit{account, kUsdt, core::Amount{kTickLot * 100'000'000}, {}});
  }
  log.add(fees::SetAccountFees{core::kFirstUserAccount, false, {core::FeeRate{1}, core::FeeRate{2}}});
  for (int i = 0; i < commands; ++i) {
    if (i % 100 == 50) log.add_checkpoint();
    log.add(random_command(log, random, kAccounts));
  }
  log.add(Started{core::Epoch{2}});
  log.add_checkpoint();
  return log;
}

void replay(Replica& replica, const Log& log, std::size_t from, std::size_t until) {
  for (std::size_t i = from; i < until; ++i) {
    const auto applied = replica.apply(log.record(i));
    ASSERT_TRUE(applied) << applied.error().text();
  }
}

// rule: same-commands-same-ends
TEST(Replica, ReplayReachesTheLiveState) {
  const Log log = random_log(1, 3'000);
  EXPECT_GT(log.trades, 500u);
  Replica replica;
  replay(replica, log, 0, log.size());
  EXPECT_EQ(replica.engine.output_digest(), log.live.output_digest());
  EXPECT_EQ(replica.engine.state_hash(), log.live.state_hash());
  EXPECT_EQ(saved(replica.engine), saved(log.live));
  EXPECT_EQ(replica.applied().value(), log.size());
  EXPECT_EQ(replica.epoch(), core::Epoch{2});
  EXPECT_TRUE(replica.engine.audit());
  EXPECT_EQ(replica.views.instruments.markets().size(), 2u);
  EXPECT_EQ(replica.views.accounts.find("trader-0"), core::kFirstUserAccount);
  EXPECT_TRUE(replica.views.markets.last_price(kBtcUsdt));
}

TEST(Replica, ASnapshotInTheMiddleChangesNothing) {
  const Log log = random_log(2, 2'000);
  Replica uninterrupted;
  replay(uninterrupted, log, 0, log.size());
  for (const std::size_t middle : {std::size_t{0}, std::size_t{1}, log.size() / 3, log.size() - 1}) {
    Replica before;
    replay(before, log, 0, middle);
    const core::Bytes bytes = saved(before);
    Replica after;
    core::ByteReader reader(bytes);
    const auto loaded = after.load(reader);
    ASSERT_TRUE(loaded) << loaded.error().text();
    ASSERT_TRUE(reader.complete());
    EXPECT_EQ(saved(after), bytes) << "the saved form is canonical";
    replay(after, log, middle, log.size());
    EXPECT_EQ(after.engine.state_hash(), uninterrupted.engine.state_hash());
    EXPECT_EQ(after.engine.output_digest(), uninterrupted.engine.output_digest());
    EXPECT_EQ(saved(after), saved(uninterrupted));
    EXPECT_EQ(after.epoch(), core::Epoch{2});
    EXPECT_EQ(after.time(), uninterrupted.time());
  }
}

// The read models against what the folds themselves would say: depth of the public feed, balances and open orders.
TEST(Replica, ViewsAgreeWithEachOther) {
  const Log log = random_log(3, 3'000);
  Replica replica;
  replay(replica, log, 0, log.size());
  const auto depth = replica.views.markets.depth(kBtcUsdt, 1'000);
  std::map<std::pair<bool, core::Price>, core::Quantity> from_orders, from_feed;
  core::Amount held_btc, held_btc_in_balances;
  for (std::uint32_t i = 0; i < 6; ++i) {
    const core::AccountId account{core::kFirstUserAccount.value() + i};
    held_btc_in_balances += replica.views.accounts.balance(account, kBtc).held;
    const auto open = replica.views.accounts.open_orders(account, kBtcUsdt);
    EXPECT_EQ(open.size(), replica.views.accounts.open_order_count(account, kBtcUsdt));
    for (const history::Order* order : open) {
      const core::Quantity remaining = order->quantity - order->executed - order->prevented;
      from_orders[{order->side == orders::Side::buy, order->price}] += remaining;
      if (order->side == orders::Side::sell) held_btc += core::times(remaining, core::Amount{kLot});
      EXPECT_FALSE(order->client_order_id.empty());
      EXPECT_EQ(replica.views.accounts.order(account, kBtcUsdt, order->client_order_id.view()), order);
    }
  }
  for (const auto& level : depth.bids) from_feed[{true, level.price}] = level.quantity;
  for (const auto& level : depth.asks) from_feed[{false, level.price}] = level.quantity;
  EXPECT_FALSE(from_feed.empty());
  EXPECT_EQ(from_orders, from_feed);
  EXPECT_EQ(held_btc, held_btc_in_balances);
}

TEST(Replica, NoticesWhatDoesNotBelong) {
  const Log log = random_log(4, 200);
  Replica replica;
  EXPECT_FALSE(replica.apply(log.record(1))) << "a gap";
  replay(replica, log, 0, 10);
  EXPECT_FALSE(replica.apply(log.record(8))) << "a repetition";
  core::Record earlier = log.record(10);
  earlier.header.time.ns = 1;
  EXPECT_FALSE(replica.apply(earlier)) << "time falls";
  core::Record unknown = log.record(10);
  unknown.header.type = 999;
  EXPECT_EQ(replica.apply(unknown).error().kind, core::ErrorKind::unsupported);
  replay(replica, log, 10, log.size());
  EXPECT_EQ(replica.engine.state_hash(), log.live.state_hash()) << "what was refused left no trace";
}

TEST(Replica, NoticesAReplayThatDiverges) {
  const Log log = random_log(5, 200);
  Replica replica;
  for (std::size_t i = 0; i < log.size(); ++i) {
    core::Record record = log.record(i);
    core::Bytes other;
    if (i == 9) {  // another deposit than the one that was logged
      encode(record.header, ledger::Deposit{core::kFirstUserAccount, kBtc, core::Amount{1}, {}}, other);
      core::BytesView rest = other;
      record = *core::take_record(rest);
    }
    const auto applied = replica.apply(record);
    if (applied) continue;
    EXPECT_EQ(applied.error().kind, core::ErrorKind::corrupt);
    EXPECT_NE(applied.error().text().find("replay diverged"), std::string::npos) << applied.error().text();
    EXPECT_TRUE(std::holds_alternative<Checkpoint>(*decode(log.record(i))));
    return;
  }
  FAIL() << "nobody noticed";
}

TEST(Replica, NoPrefixOfASavedFormLoads) {
  const Log log = random_log(6, 100);
  Replica replica;
  replay(replica, log, 0, log.size());
  const core::Bytes bytes = saved(replica);
  for (std::size_t size = 0; size < bytes.size(); size += size < 200 ? 1 : 37) {
    Replica loaded;
    core::ByteReader reader(core::BytesView(bytes).first(size));
    EXPECT_FALSE(loaded.load(reader)) << size;
  }
}

}  // namespace
}  // namespace engine
