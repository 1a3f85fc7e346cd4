#include "cmd/exchange/archive.h"

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <map>

#include "cmd/exchange/temporary_folder.h"
#include "services/history/store.h"
#include "services/market_data/store.h"

namespace exchange {
namespace {

using gateways::ArchiveAnswer;

constexpr core::MarketId kMarket{1};
constexpr core::AccountId kAccount{1000};

TemporaryFolder temporary_folder() {
  auto made = TemporaryFolder::make(std::filesystem::temp_directory_path());
  if (!made) throw std::runtime_error(made.error().text());
  return std::move(*made);
}

class ArchiveTest : public ::testing::Test, protected gateways::ArchiveHandler {
 protected:
  ArchiveTest() {
    history::Store history = std::move(*history::Store::open(store_path(folder.path(), kHistoryStore)));
    market_data::Store market_data = std::move(*market_data::Store::open(store_path(folder.path(), kMarketDataStore)));
    for (std::uint64_t id = 1; id <= 20; ++id) {
      orders::OrderEvent order{.account = kAccount,
                               .market = kMarket,
                               .order = core::OrderId{id},
                               .price = core::Price{100},
                               .quantity = core::Quantity{5},
                               .created = core::Time{static_cast<std::int64_t>(id)}};
      order.client_order_id = core::ClientOrderId{"mine-" + std::to_string(id)};
      history.apply({.time = order.created, .body = order});
      order.execution = orders::Execution::traded;
      order.status = orders::OrderStatus::filled;
      order.executed = order.last_quantity = order.quantity;
      order.executed_quote = core::Amount{500};
      order.last_price = order.price;
      order.trade = core::TradeId{id};
      order.fee_asset = core::AssetId{1};
      order.client_order_id = {};
      history.apply({.time = order.created, .body = order});
      market_data.apply({.kind = matching::MarketEventKind::traded,
                         .market = kMarket,
                         .price = order.price,
                         .quantity = order.quantity,
                         .trade = order.trade,
                         .taker_order = order.order},
                        order.created);
    }
    const sql::Cursor at{.sequence = core::Sequence{42}, .time = core::Time{20}, .chain = "c"};
    EXPECT_TRUE(history.write(at));
    EXPECT_TRUE(market_data.write(at));
    gates.history.generation = gates.market_data.generation = 1;
  }
  void on_archive(std::uint64_t token, core::Result<ArchiveAnswer> answer) override {
    answers.emplace_back(token, std::move(answer));
  }
  // The answer to one question.
  core::Result<ArchiveAnswer> ask(gateways::ArchiveQuestion question) {
    answers.clear();
    EXPECT_TRUE(archive.ask(std::move(question), 7, *this));
    wait_for(1);
    EXPECT_EQ(answers.size(), 1u);
    EXPECT_EQ(answers.front().first, 7u);
    return std::move(answers.front().second);
  }
  void wait_for(std::size_t count) {
    for (int tries = 0; answers.size() < count && tries < 10'000; ++tries) {
      archive.poll();
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }

  const TemporaryFolder folder = temporary_folder();
  StoreGates gates;
  std::atomic<int> woken{0};
  Archive archive{folder.path(), gates, [this] { ++woken; }};
  std::vector<std::pair<std::uint64_t, core::Result<ArchiveAnswer>>> answers;
};

gateways::OrdersQuestion all_orders() { return {kAccount, {.market = kMarket, .limit = 100}}; }

template <class Rows>
std::size_t count_of(const core::Result<ArchiveAnswer>& answer) {
  EXPECT_TRUE(answer) << answer.error().text();
  return answer ? std::get<Rows>(answer->rows).size() : 0;
}

TEST_F(ArchiveTest, AnswersEveryKindOfQuestion) {
  const auto orders = ask(all_orders());
  EXPECT_EQ(count_of<std::vector<history::Order>>(orders), 20u);
  EXPECT_EQ(orders->written_through, core::Sequence{42});
  EXPECT_EQ(orders->written_until, core::Time{20});
  EXPECT_EQ(count_of<std::vector<history::Fill>>(
                ask(gateways::FillsQuestion{kAccount, {.market = kMarket, .from_trade = core::TradeId{15}}})),
            6u);
  gateways::OrderQuestion by_name{.account = kAccount, .market = kMarket};
  by_name.client_order_id = core::ClientOrderId{"mine-3"};
  EXPECT_EQ(std::get<std::vector<history::Order>>(ask(by_name)->rows).front().id, core::OrderId{3});
  const gateways::OrderQuestion unknown{.account = kAccount, .market = kMarket, .order = core::OrderId{99}};
  EXPECT_EQ(count_of<std::vector<history::Order>>(ask(unknown)), 0u);
  EXPECT_EQ(count_of<std::vector<market_data::Trade>>(
                ask(market_data::TradesQuestion{kMarket, core::TradeId{5}, core::TradeId{9}, 100})),
            4u);
  EXPECT_EQ(count_of<std::vector<market_data::AggregateTrade>>(
                ask(market_data::AggregateTradesQuestion{.market = kMarket, .from_id = 18})),
            3u);
  const auto candles = ask(
      market_data::CandlesQuestion{kMarket, market_data::CandleLayer::day, core::Time{0}, core::Time{1'000'000'000}});
  ASSERT_TRUE(candles);
  EXPECT_EQ(std::get<market_data::CandlesAnswer>(candles->rows).candles.at(0).trade_count, 20u);
  EXPECT_GT(woken, 5);
  EXPECT_EQ(archive.counters().answered, 7u);
}

TEST_F(ArchiveTest, AStoreThatIsNotReadyIsUnavailable) {
  gates.history.generation = 0;
  EXPECT_EQ(ask(all_orders()).error().kind, core::ErrorKind::unavailable);
  EXPECT_TRUE(ask(market_data::TradesQuestion{kMarket, core::TradeId{5}, core::TradeId{9}, 100}));
  gates.history.generation = 2;
  EXPECT_TRUE(ask(all_orders()));
  EXPECT_EQ(archive.counters().failed, 1u);
}

TEST_F(ArchiveTest, ANewFileIsOpenedForANewGeneration) {
  EXPECT_EQ(count_of<std::vector<history::Order>>(ask(all_orders())), 20u);
  const std::string path = store_path(folder.path(), kHistoryStore);
  ASSERT_TRUE(set_store_aside(path));
  {
    auto empty = history::Store::open(path);
    ASSERT_TRUE(empty);
  }
  EXPECT_EQ(count_of<std::vector<history::Order>>(ask(all_orders())), 20u) << "the old one, until it is told";
  gates.history.generation = 2;
  EXPECT_EQ(count_of<std::vector<history::Order>>(ask(all_orders())), 0u);
}

TEST_F(ArchiveTest, DamageIsReportedToWhoeverWritesTheStore) {
  const std::string path = store_path(folder.path(), kHistoryStore);
  const auto size = std::filesystem::file_size(path);
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(4096) << std::string(size - 4096, '\x7f');
  file.close();
  EXPECT_EQ(ask(all_orders()).error().kind, core::ErrorKind::unavailable);
  EXPECT_TRUE(gates.history.is_suspected);
  EXPECT_FALSE(gates.market_data.is_suspected);
}

TEST_F(ArchiveTest, TheQueueIsBoundedAndAnswersComeInOrder) {
  std::size_t taken = 0;
  while (archive.ask(all_orders(), taken, *this)) ++taken;
  EXPECT_EQ(taken, Archive::kQuestionsMax);
  EXPECT_EQ(archive.counters().refused, 1u);
  wait_for(taken);
  ASSERT_EQ(answers.size(), taken);
  for (std::size_t i = 0; i < taken; ++i) {
    ASSERT_EQ(answers[i].first, i);
    ASSERT_TRUE(answers[i].second);
  }
  EXPECT_TRUE(archive.ask(all_orders(), 1, *this)) << "there is room again";
}

TEST_F(ArchiveTest, StoppingAnswersEverybodyAtOnce) {
  for (std::uint64_t token = 0; token < 500; ++token) ASSERT_TRUE(archive.ask(all_orders(), token, *this));
  archive.stop();
  ASSERT_EQ(answers.size(), 500u);
  for (std::uint64_t token = 0; token < 500; ++token) ASSERT_EQ(answers[token].first, token);
  EXPECT_EQ(answers.back().second.error().kind, core::ErrorKind::unavailable);
  EXPECT_FALSE(archive.ask(all_orders(), 1, *this));
  std::this_thread::sleep_for(std::chrono::milliseconds(20));
  archive.poll();
  EXPECT_EQ(answers.size(), 500u) << "nobody is answered twice";
}

TEST_F(ArchiveTest, GoesAwayWithQuestionsWaiting) {
  for (std::uint64_t token = 0; token < 500; ++token) ASSERT_TRUE(archive.ask(all_orders(), token, *this));
}

}  // namespace
}  // namespace exchange
