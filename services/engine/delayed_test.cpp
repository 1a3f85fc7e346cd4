// The two folds with queues between them that deliver when they like: what many machines do to the protocol that the
// embedded engine drains at once.
#include <deque>
#include <map>
#include <optional>
#include <tuple>
#include <vector>

#include "services/engine/event_model.h"
#include "services/engine/nodes.h"
#include "services/engine/random_commands.h"
#include "services/engine/test_exchange.h"

namespace engine {
namespace {

using core::AccountId;
using core::Random;

template <class Body>
struct Sent {
  Envelope envelope;
  Body body;
};

// Both folds and what is on its way between them.
class Pair {
 public:
  void command(const Command& command) {
    ++commands;
    step([&](orders::Step& step) { accounts.command(step, command); });
  }
  // Delivers the oldest message of one direction; false when there is none.
  bool deliver_to_matching() {
    if (to_matching.empty()) return false;
    const Sent<orders::ToMatching> message = to_matching.front();
    to_matching.pop_front();
    std::vector<matching::Report> reports;
    EXPECT_TRUE(matching.receive(message.envelope, message.body, {reports, market_events}));
    for (const matching::Report& report : reports) to_accounts.push_back({matching.link.stamp(), report});
    last_to_matching = message;
    return true;
  }
  bool deliver_to_accounts() {
    if (to_accounts.empty()) return false;
    const Sent<matching::Report> message = to_accounts.front();
    to_accounts.pop_front();
    step([&](orders::Step& step) { EXPECT_TRUE(accounts.receive(step, message.envelope, message.body)); });
    last_to_accounts = message;
    return true;
  }
  void drain() {
    while (deliver_to_matching() || deliver_to_accounts()) {
    }
  }
  // The transport's mistakes: a message again, or one before its turn. Neither may be applied.
  void deliver_wrongly() {
    std::vector<matching::Report> reports;
    const auto none_sent = [&](bool applied) {
      EXPECT_FALSE(applied);
      ++mistakes;
    };
    if (last_to_matching) {
      none_sent(matching.receive(last_to_matching->envelope, last_to_matching->body, {reports, market_events}));
    }
    if (to_matching.size() > 1) {
      none_sent(matching.receive(to_matching[1].envelope, to_matching[1].body, {reports, market_events}));
    }
    step([&](orders::Step& step) {
      if (last_to_accounts) none_sent(accounts.receive(step, last_to_accounts->envelope, last_to_accounts->body));
      if (to_accounts.size() > 1) none_sent(accounts.receive(step, to_accounts[1].envelope, to_accounts[1].body));
    });
    EXPECT_TRUE(reports.empty());
  }
  // Both folds stop and come back from their snapshots; what is on its way stays so.
  void restart() {
    core::Bytes bytes;
    core::ByteWriter writer(bytes);
    accounts.fold.save(writer);
    accounts.link.save(writer);
    matching.fold.save(writer);
    matching.link.save(writer);
    accounts = AccountsNode{};
    matching = MatchingNode{};
    core::ByteReader reader(bytes);
    const auto first = accounts.fold.load(reader);
    ASSERT_TRUE(first.has_value()) << first.error().text();
    accounts.link.load(reader);
    ASSERT_TRUE(matching.fold.load(reader).has_value());
    matching.link.load(reader);
    ASSERT_TRUE(reader.complete());
  }

  AccountsNode accounts;
  MatchingNode matching;
  std::deque<Sent<orders::ToMatching>> to_matching;
  std::deque<Sent<matching::Report>> to_accounts;
  std::vector<orders::AccountEvent> events;  // of the last step
  std::vector<matching::MarketEvent> market_events;
  std::uint64_t commands = 0, mistakes = 0, last_order = 0;
  EventModel* model = nullptr;

 private:
  template <class Act>
  void step(Act&& act) {
    std::vector<orders::ToMatching> messages;
    events.clear();
    orders::Step step{core::Sequence{commands}, core::Time{static_cast<std::int64_t>(commands)}, events, messages};
    act(step);
    for (const orders::ToMatching& message : messages) {
      to_matching.push_back({accounts.link.stamp(), message});
      if (const auto* order = std::get_if<matching::NewOrder>(&message)) last_order = order->order.value();
    }
    if (model == nullptr) return;
    for (const orders::AccountEvent& event : events) model->apply(event);
  }
  std::optional<Sent<orders::ToMatching>> last_to_matching;
  std::optional<Sent<matching::Report>> last_to_accounts;
};

constexpr std::uint32_t kAccounts = 4;

// The books, order by order in priority, without the slots and handles, which depend on how much was on its way at
// once.
auto books(const Pair& pair) {
  std::vector<std::tuple<core::MarketId, orders::Side, core::Price, core::OrderId, AccountId, core::Quantity>> all;
  pair.matching.fold.for_each_order([&](const matching::RestingOrder& order) {
    all.emplace_back(order.market, order.side, order.price, order.order, order.account, order.open);
  });
  pair.matching.fold.for_each_waiting([&](const matching::WaitingOrder& order) {
    all.emplace_back(order.market, order.side, order.extreme, order.order, order.account, order.open);
  });
  return all;
}
// Everything that was told to the public, in order.
auto told(const Pair& pair) {
  std::vector<std::tuple<core::MarketId, std::uint64_t, core::Price, core::Quantity, core::TradeId, core::OrderId,
                         core::OrderId>>
      all;
  for (const matching::MarketEvent& event : pair.market_events) {
    all.emplace_back(event.market, event.sequence, event.price, event.quantity, event.trade, event.maker_order,
                     event.taker_order);
  }
  return all;
}

void set_up(Pair& pair, instruments::PriceBand band, core::int128 money, std::uint32_t open_orders_max) {
  for (Command command : listing(band)) {
    if (auto* add = std::get_if<instruments::AddMarket>(&command)) add->market.open_orders_max = open_orders_max;
    pair.command(command);
  }
  for (std::uint32_t i = 0; i < kAccounts; ++i) {
    pair.command(ledger::OpenAccount{ledger::AccountName{"user" + std::to_string(i)}});
    for (const core::AssetId asset : {kBtc, kUsdt, kEth}) {
      pair.command(ledger::Deposit{AccountId{1000 + i}, asset, core::Amount{money}, {}});
    }
  }
  // A first trade, so that there is a reference price.
  pair.command(limit(AccountId{1000}, orders::Side::sell, 100, 10));
  pair.command(limit(AccountId{1001}, orders::Side::buy, 100, 10));
  pair.drain();
}

// Commands whose admission cannot depend on answers that are still on their way: there is money for everything, and a
// cancel, move or reduction is for an order that rests as far as accounts knows, whatever has become of it at the book.
// Others (cancel-all, cancel-replace, a cancel of an order that is still pending) mean something else when answers are
// late, rightly: the other test is for them.
Command independent_command(Random& random, const Pair& pair) {
  const AccountId account{1000 + static_cast<std::uint32_t>(random.below(kAccounts))};
  const auto side = random.chance(1, 2) ? orders::Side::buy : orders::Side::sell;
  const std::uint64_t pick = random.below(100);
  if (pick < 45) {
    const orders::OpenOrders& orders = pair.accounts.fold.orders();
    for (int attempt = 0; attempt < 20 && pair.last_order != 0; ++attempt) {
      const core::OrderId id{pair.last_order - random.below(std::min<std::uint64_t>(pair.last_order, 60))};
      const orders::OrderSlot slot = orders.find(id);
      if (slot == 0) continue;
      const orders::OpenOrder& order = orders[slot];
      if (order.handle == matching::kNoHandle || order.asked != orders::Asked::nothing || order.cancel_wanted) continue;
      const AccountId owner = orders.desk_of(order).account;
      if (pick < 20) return cancel(owner, id);
      if (orders.waits(order)) continue;
      // Another price than it has, in both runs: prices only change by what has been answered here.
      if (pick < 35) return move(owner, id, order.price.value() + (random.chance(1, 2) ? 1 : -1));
      if (order.quantity.value() < 10) continue;
      orders::ReduceOrder smaller = reduce(owner, id, random.between(1, 2));
      if (random.chance(1, 2)) smaller.new_client_order_id = core::ClientOrderId{"r" + std::to_string(pair.commands)};
      return smaller;
    }
  }
  orders::PlaceOrder place = limit(account, side, random.between(95, 105), random.between(10, 60));
  place.self_trade = static_cast<orders::SelfTrade>(random.below(5));
  if (random.chance(1, 3)) place.client_order_id = core::ClientOrderId{"c" + std::to_string(pair.commands)};
  const std::uint64_t kind = random.below(10);
  if (kind == 0) place.type = orders::OrderType::limit_maker;
  if (kind == 1) place.time_in_force = orders::TimeInForce::ioc;
  if (kind == 2) place.time_in_force = orders::TimeInForce::fok;
  if (kind == 3) place = market(account, side, random.between(10, 60));
  if (kind == 4) place = by_quote(account, side, random.between(1'000, 6'000) * static_cast<std::int64_t>(kTickLot));
  // As long as accounts, which hears of an order's end late or at once, admits one more either way.
  const std::uint32_t desk = pair.accounts.fold.orders().find_desk(account, kBtcUsdt);
  const bool may_wait = kind >= 1 && kind != 4 && desk != 0 &&
                        pair.accounts.fold.orders().conditional_count(desk) < orders::kConditionalOrdersMax;
  if (may_wait && random.chance(1, 3)) {
    place.condition.trigger = random.chance(1, 2) ? orders::Trigger::stop : orders::Trigger::take_profit;
    place.condition.price = core::Price{random.between(95, 105)};
    if (random.chance(1, 3)) place.condition.trailing_bp = static_cast<std::uint16_t>(100 * random.between(1, 4));
  }
  if (random.chance(1, 300)) {
    const auto state = 1 + random.below(instruments::kMarketStates.size());
    return instruments::SetMarketState{kBtcUsdt, static_cast<instruments::MarketState>(state)};
  }
  if (random.chance(1, 60)) return instruments::SetMarketState{kBtcUsdt, instruments::MarketState::auction};
  if (random.chance(1, 30)) return instruments::SetMarketState{kBtcUsdt, instruments::MarketState::trading};
  return place;
}

// rule: same-commands-same-ends
TEST(DelayedQueues, EndInTheSameStateAsDrainedAtOnce) {
  std::uint64_t trades = 0, auction_trades = 0, resting = 0, waiting = 0, deepest = 0;
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    Random random(seed);
    const core::int128 plenty = static_cast<core::int128>(1) << 70;
    const instruments::PriceBand band{30'000, 1'000, 30'000, 1'000};
    Pair delayed, drained;
    set_up(delayed, band, plenty, 1'000'000);
    set_up(drained, band, plenty, 1'000'000);
    for (int i = 0; i < 2'000; ++i) {
      const Command command = independent_command(random, delayed);
      delayed.command(command);
      drained.command(command);
      drained.drain();
      // Bursts of delivery after spells of none, in either direction by itself.
      if (random.chance(1, 3)) {
        for (std::uint64_t n = random.below(12); n > 0; --n) {
          (void)(random.chance(1, 2) ? delayed.deliver_to_matching() : delayed.deliver_to_accounts());
        }
      }
      if (random.chance(1, 10)) delayed.deliver_wrongly();
      if (random.chance(1, 100)) delayed.restart();
      deepest = std::max<std::uint64_t>(deepest, delayed.to_matching.size() + delayed.to_accounts.size());
      if (random.chance(1, 200)) delayed.drain();
    }
    delayed.drain();
    ASSERT_EQ(delayed.accounts.fold.state_hash(), drained.accounts.fold.state_hash()) << "seed " << seed;
    ASSERT_EQ(books(delayed), books(drained)) << "seed " << seed;
    ASSERT_EQ(told(delayed), told(drained)) << "seed " << seed;
    for (const matching::MarketEvent& event : drained.market_events) {
      trades += event.kind == matching::MarketEventKind::traded;
      auction_trades += event.kind == matching::MarketEventKind::traded && !instruments::is_continuous(event.state);
    }
    resting += drained.matching.fold.resting_orders();
    waiting += drained.matching.fold.waiting_orders();
    EXPECT_TRUE(delayed.accounts.fold.audit().has_value());
    EXPECT_TRUE(delayed.accounts.fold.is_idle());
    EXPECT_GT(delayed.mistakes, 100u);
  }
  EXPECT_GT(trades, 10'000u);
  EXPECT_GT(auction_trades, 100u);
  EXPECT_GT(resting, 300u);
  EXPECT_GT(waiting, 30u);
  EXPECT_GT(deepest, 100u) << "much was on its way at once";
}

TEST(DelayedQueues, NeverBreakAnInvariantWithLittleMoneyAndLateAnswers) {
  std::uint64_t waited = 0, refused_late = 0, interrupted = 0;
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    EventModel model;
    Pair pair;
    pair.model = &model;
    set_up(pair, {10'500, 9'500, 10'500, 9'500}, 200 * kLot, 5);
    RandomCommands commands(seed, kAccounts);
    Random& random = commands.random();
    for (int i = 0; i < 2'000; ++i) {
      pair.command(commands.next(pair.last_order));
      waited += !pair.accounts.fold.is_idle();
      const auto orders_audit = pair.accounts.fold.orders().audit();
      ASSERT_TRUE(orders_audit.has_value()) << orders_audit.error().text();
      for (std::uint64_t n = random.below(5); n > 0; --n) {
        if (!pair.to_accounts.empty()) {
          const matching::Report& report = pair.to_accounts.front().body;
          interrupted += report.kind == matching::ReportKind::market_state;
        }
        (void)(random.chance(1, 2) ? pair.deliver_to_matching() : pair.deliver_to_accounts());
        for (const orders::AccountEvent& event : pair.events) {
          const auto* order = std::get_if<orders::OrderEvent>(&event.body);
          refused_late +=
              order != nullptr && order->execution == orders::Execution::cancel_rejected && is_closed(order->status);
        }
      }
      if (random.chance(1, 100)) pair.restart();
      if (!random.chance(1, 50)) continue;
      // Drained, everything is answered and adds up.
      pair.drain();
      ASSERT_TRUE(pair.accounts.fold.is_idle()) << "seed " << seed << ", command " << i;
      const auto audit = pair.accounts.fold.audit();
      ASSERT_TRUE(audit.has_value()) << "seed " << seed << ", command " << i << ": " << audit.error().text();
      ASSERT_EQ(pair.accounts.fold.orders().count(),
                pair.matching.fold.resting_orders() + pair.matching.fold.waiting_orders());
      model.check();
      std::map<core::MarketId, instruments::MarketState> states;
      for (const matching::MarketEvent& event : pair.market_events) states[event.market] = event.state;
      for (const auto& [market, state] : states)
        ASSERT_EQ(pair.accounts.fold.instruments().market(market)->state, state) << "both folds know the same state";
      if (testing::Test::HasFatalFailure()) FAIL() << "seed " << seed << ", command " << i;
    }
  }
  EXPECT_GT(waited, 10'000u);
  EXPECT_GT(refused_late, 100u) << "answers that came after the order's end";
  EXPECT_GT(interrupted, 20u) << "markets that went to an auction by themselves";
}

}  // namespace
}  // namespace engine
