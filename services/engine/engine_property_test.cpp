// Random commands against the engine: its own audit and an independent model of everybody's money after every one,
// every outcome reached, the same outputs after a reload.
#include <map>

#include "services/engine/event_model.h"
#include "services/engine/random_commands.h"
#include "services/engine/test_exchange.h"

namespace engine {
namespace {

using core::Rejection;

constexpr std::uint32_t kAccounts = 5;

// A test exchange with users that have little, under random commands.
class RandomRun {
 public:
  RandomRun(std::uint64_t seed, instruments::PriceBand band) : commands(seed, kAccounts) {
    for (const Command& command : listing(band)) apply(command);
    for (std::uint32_t i = 0; i < kAccounts; ++i) {
      apply(ledger::OpenAccount{ledger::AccountName{"user" + std::to_string(i)}});
      for (const core::AssetId asset : {kBtc, kUsdt, kEth}) {
        apply(ledger::Deposit{core::AccountId{1000 + i}, asset, core::Amount{200 * kLot}, {}});
      }
    }
  }
  void apply(const Command& command) {
    output.clear();
    header.sequence = header.sequence.next();
    header.time.ns += 7;
    engine.apply(header, command, output);
    ASSERT_GE(output.account_events.size(), 1u) << "every command is answered";
    for (const matching::MarketEvent& event : output.market_events) {
      const bool traded = event.kind == matching::MarketEventKind::traded;
      auction_trades += traded && !instruments::is_continuous(event.state);
    }
    std::uint32_t index = 0;
    for (const orders::AccountEvent& event : output.account_events) {
      ASSERT_EQ(event.index, index++);
      model.apply(event);
      if (const auto* order = std::get_if<orders::OrderEvent>(&event.body)) {
        last_order = std::max(last_order, order->order.value() < 1'000'000 ? order->order.value() : 0);
        ++executions[order->execution];
        ++statuses[order->status];
        ++rejections[order->rejection];
      }
    }
  }
  void step() { apply(commands.next(last_order)); }

  Engine engine;
  Output output;
  core::RecordHeader header;
  EventModel model;
  RandomCommands commands;
  std::uint64_t last_order = 0;
  int auction_trades = 0;
  std::map<orders::Execution, int> executions;
  std::map<orders::OrderStatus, int> statuses;
  std::map<Rejection, int> rejections;
};

constexpr instruments::PriceBand kNoBand{}, kBand{10'300, 9'800, 10'200, 9'700};

// rule: double-entry
TEST(EngineProperty, MoneyIsWhatTheEventsImplyAfterEveryCommand) {
  std::map<orders::Execution, int> executions;
  std::map<orders::OrderStatus, int> statuses;
  std::map<Rejection, int> rejections;
  int auction_trades = 0;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    RandomRun run(seed, seed % 2 == 0 ? kNoBand : kBand);
    for (int i = 0; i < 10'000; ++i) {
      run.step();
      run.model.check();
      const auto audit = run.engine.audit();
      ASSERT_TRUE(audit.has_value()) << "seed " << seed << ", command " << i << ": " << audit.error().text();
      if (testing::Test::HasFatalFailure()) FAIL() << "seed " << seed << ", command " << i;
    }
    auction_trades += run.auction_trades;
    for (const auto& [what, count] : run.executions) executions[what] += count;
    for (const auto& [what, count] : run.statuses) statuses[what] += count;
    for (const auto& [what, count] : run.rejections) rejections[what] += count;
  }
  // Not vacuous: everything that can happen happened.
  EXPECT_GE(auction_trades, 500);
  for (int execution = 1; execution <= 9; ++execution) {
    EXPECT_GE(executions[static_cast<orders::Execution>(execution)], 50) << execution;
  }
  for (int status = 1; status <= 7; ++status)
    EXPECT_GE(statuses[static_cast<orders::OrderStatus>(status)], 50) << status;
  for (const Rejection rejection : {Rejection::unknown_account,
                                    Rejection::unknown_market,
                                    Rejection::market_closed,
                                    Rejection::price_out_of_range,
                                    Rejection::quantity_out_of_range,
                                    Rejection::notional_out_of_range,
                                    Rejection::insufficient_balance,
                                    Rejection::duplicate_client_order_id,
                                    Rejection::too_many_open_orders,
                                    Rejection::unknown_order,
                                    Rejection::cancel_restricted,
                                    Rejection::invalid_order,
                                    Rejection::nothing_to_do,
                                    Rejection::trailing_delta_out_of_range,
                                    Rejection::would_trigger_immediately,
                                    Rejection::order_not_working,
                                    Rejection::would_match_immediately,
                                    Rejection::price_outside_band,
                                    Rejection::book_notional_out_of_range,
                                    Rejection::price_range_reached}) {
    EXPECT_GE(rejections[rejection], 5) << core::name(rejection);
  }
}

// rule: same-commands-same-ends
TEST(EngineProperty, AReloadedEngineSaysTheSame) {
  RandomRun live(77, kBand);
  for (int i = 0; i < 3'000; ++i) live.step();
  core::Bytes bytes;
  core::ByteWriter writer(bytes);
  live.engine.save(writer);
  Engine loaded;
  core::ByteReader reader(bytes);
  const auto result = loaded.load(reader);
  ASSERT_TRUE(result.has_value()) << result.error().text();
  EXPECT_TRUE(reader.complete());
  ASSERT_EQ(loaded.state_hash(), live.engine.state_hash());
  Output output;
  for (int i = 0; i < 3'000; ++i) {
    const Command command = live.commands.next(live.last_order);
    live.apply(command);
    output.clear();
    loaded.apply(live.header, command, output);
    ASSERT_EQ(output.account_events.size(), live.output.account_events.size());
    ASSERT_EQ(loaded.output_digest(), live.engine.output_digest()) << i;
  }
  EXPECT_EQ(loaded.state_hash(), live.engine.state_hash());
  core::Bytes of_loaded, of_live;
  core::ByteWriter first(of_loaded), second(of_live);
  loaded.save(first);
  live.engine.save(second);
  EXPECT_EQ(of_loaded, of_live);
}

TEST(EngineProperty, ADamagedSnapshotIsRefusedOrLeavesASoundEngine) {
  RandomRun run(5, kNoBand);
  for (int i = 0; i < 200; ++i) run.step();
  core::Bytes bytes;
  core::ByteWriter writer(bytes);
  run.engine.save(writer);
  for (std::size_t size = 0; size < bytes.size(); size += 101) {
    Engine cut;
    core::ByteReader reader(core::BytesView(bytes).first(size));
    EXPECT_FALSE(cut.load(reader).has_value()) << size;
  }
  core::Random random(9);
  int refused = 0;
  for (int i = 0; i < 400; ++i) {
    core::Bytes damaged = bytes;
    damaged[random.below(damaged.size())] ^= static_cast<std::byte>(1u << random.below(8));
    Engine engine;
    core::ByteReader reader(damaged);
    refused += !engine.load(reader).has_value();  // what contradicts nothing is the checksum's to find
  }
  EXPECT_GT(refused, 100);
}

TEST(EngineProperty, TheDigestSeesEveryDifference) {
  RandomRun one(3, kNoBand), same(3, kNoBand), other(4, kNoBand);
  for (int i = 0; i < 300; ++i) {
    one.step();
    same.step();
    other.step();
  }
  EXPECT_EQ(one.engine.output_digest(), same.engine.output_digest());
  EXPECT_EQ(one.engine.state_hash(), same.engine.state_hash());
  EXPECT_NE(one.engine.output_digest(), other.engine.output_digest());
  EXPECT_NE(one.engine.state_hash(), other.engine.state_hash());
}

}  // namespace
}  // namespace engine
