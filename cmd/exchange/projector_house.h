// What the tests of the stores share: a journal with random commands, a projector over real files, and comparisons of
// every row. For tests.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <tuple>
#include <vector>

#include "cmd/exchange/data_folder.h"
#include "cmd/exchange/projector.h"
#include "cmd/exchange/temporary_folder.h"
#include "pkg/io/real_disk.h"
#include "pkg/journal/writer.h"
#include "services/engine/random_commands.h"

namespace exchange {

namespace fs = std::filesystem;

inline constexpr std::int64_t kSecond = 1'000'000'000;
inline const std::vector<std::string> kTables[] = {
    {"orders order by id", "fills order by account_id, market_id, trade_id, is_maker"},
    {"trades order by market_id, id", "candles order by market_id, layer, open_time_ns",
     "aggregations order by market_id"}};
inline const char* const kStores[] = {kHistoryStore, kMarketDataStore};

inline TemporaryFolder temporary_folder() {
  auto made = TemporaryFolder::make(fs::temp_directory_path());
  if (!made) throw std::runtime_error(made.error().text());
  return std::move(*made);
}

// Every row of a store, and how far it is.
struct Content {
  std::vector<std::vector<sql::Row>> tables;
  sql::Cursor cursor;
  [[nodiscard]] std::size_t rows() const {
    std::size_t count = 0;
    for (const auto& table : tables) count += table.size();
    return count;
  }
};

inline Content content_of(const std::string& data, std::size_t store) {
  Content out;
  auto database = sql::Database::open_sqlite(store_path(data, kStores[store]), {.access = sql::Access::read_only});
  EXPECT_TRUE(database) << database.error().text();
  if (!database) return out;
  out.cursor = *sql::read_cursor(*database);
  for (const std::string& table : kTables[store]) out.tables.push_back(*database->query("select * from " + table));
  return out;
}

// A journal with random commands in it and the state they lead to.
class Log {
 public:
  Log(io::Disk& disk, std::uint64_t seed) : disk_(disk), commands_(seed, 6), random_(seed + 1) {
    auto scan = journal::recover(disk, options);
    EXPECT_TRUE(scan);
    writer_ = std::move(*journal::Writer::open(disk, options, scan->tail));
    std::vector<engine::Command> first = engine::listing();
    for (int i = 0; i < 6; ++i) {
      const core::AccountId account{core::kFirstUserAccount.value() + static_cast<std::uint32_t>(i)};
      first.emplace_back(ledger::OpenAccount{ledger::AccountName("user" + std::to_string(i))});
      for (const core::AssetId asset : {engine::kBtc, engine::kUsdt, engine::kEth})
        first.emplace_back(ledger::Deposit{account, asset, core::Amount{core::int128{1} << 60}, {}});
    }
    append(first);
  }

  void append(std::size_t count) {
    for (std::size_t left = count; left > 0;) {
      const std::size_t batch = std::min<std::size_t>(left, 1 + random_.below(60));
      std::vector<engine::Command> commands;
      for (std::size_t i = 0; i < batch; ++i) commands.push_back(commands_.next(last_order_));
      append(commands);
      left -= batch;
    }
  }
  void append(const std::vector<engine::Command>& commands) {
    journal::Batch batch{.records = {}, .first = last().next(), .last = last(), .count = 0};
    for (const engine::Command& command : commands) {
      const std::uint64_t pause = random_.below(1'000);
      time_.ns += pause < 300 ? 0 : pause < 990 ? random_.between(1, kSecond) : random_.between(1, 5'000 * kSecond);
      batch.last = batch.last.next();
      ++batch.count;
      engine::encode({.sequence = batch.last, .time = time_}, command, batch.records);
    }
    while (writer_->needs_space()) ASSERT_TRUE(writer_->prepare_space());
    ASSERT_TRUE(writer_->write(batch));
    core::BytesView records = batch.records;
    while (!records.empty()) {
      ASSERT_TRUE(live.apply(*core::take_record(records)));
      for (const auto& event : live.output().account_events) {
        const auto* order = std::get_if<orders::OrderEvent>(&event.body);
        if (order != nullptr) last_order_ = std::max(last_order_, order->order.value());
      }
    }
  }
  void snapshot() {
    core::Bytes bytes;
    core::ByteWriter out(bytes);
    live.save(out);
    journal::SnapshotStore store = snapshot_store(disk_);
    ASSERT_TRUE(store.write({.sequence = last(),
                             .time = live.time(),
                             .output_digest = live.engine.output_digest(),
                             .state_hash = live.engine.state_hash(),
                             .chain = writer_->chain()},
                            bytes));
  }
  // Retention: the newest three snapshots, and what the journal needs for them.
  std::uint64_t prune() {
    journal::SnapshotStore store = snapshot_store(disk_);
    const auto oldest = store.prune();
    EXPECT_TRUE(oldest && !oldest->is_none());
    const auto removed = journal::remove_below(disk_, options, oldest->next());
    EXPECT_TRUE(removed);
    return *removed;
  }
  [[nodiscard]] core::Sequence last() const { return live.applied(); }

  const journal::Options options{.folder = kJournalFolder, .segment_bytes = 64 << 10, .zero_step_bytes = 64 << 10};
  engine::Replica live;

 private:
  io::Disk& disk_;
  engine::RandomCommands commands_;
  core::Random random_;
  std::unique_ptr<journal::Writer> writer_;
  core::Time time_{1'700'000'000 * kSecond};
  std::uint64_t last_order_ = 0;
};

class ProjectorTest : public ::testing::Test {
 protected:
  ProjectorTest() : disk(folder.path()) { EXPECT_TRUE(disk.make_folder("")); }

  std::unique_ptr<Projector> projector(ProjectorOptions options = {}) {
    if (options.data.empty()) options.data = folder.path();
    return std::make_unique<Projector>(disk, options, gates, [this](const std::string& text) { said += text + "\n"; });
  }
  static void finish(Projector& projector, core::Sequence until) {
    for (int step = 0; step < 10'000; ++step) {
      const auto more = projector.step(until);
      ASSERT_TRUE(more) << more.error().text();
      if (!*more && projector.position() == until) return;
    }
    FAIL() << "the projector does not come to an end";
  }
  // The stores as they are, and as one makes them who has never been disturbed.
  void expect_as_made_at_once(core::Sequence until, ProjectorOptions options = {}) {
    const TemporaryFolder elsewhere = temporary_folder();
    options.data = elsewhere.path();
    StoreGates other_gates;
    Projector fresh(disk, options, other_gates, [](const std::string&) {});
    ASSERT_NO_FATAL_FAILURE(finish(fresh, until));
    for (std::size_t store = 0; store < 2; ++store) {
      const Content got = content_of(folder.path(), store), expected = content_of(elsewhere.path(), store);
      EXPECT_EQ(got.cursor, expected.cursor) << kStores[store];
      ASSERT_GT(expected.rows(), 50u);
      for (std::size_t table = 0; table < expected.tables.size(); ++table) {
        ASSERT_EQ(got.tables[table].size(), expected.tables[table].size()) << kTables[store][table];
        for (std::size_t row = 0; row < expected.tables[table].size(); ++row)
          ASSERT_TRUE(got.tables[table][row] == expected.tables[table][row]) << kTables[store][table] << " " << row;
      }
    }
  }
  // By another way: the read models, which hold everything of so short a log.
  void expect_as_in_views(const engine::Views& views) {
    const Content history = content_of(folder.path(), 0), market_data = content_of(folder.path(), 1);
    std::map<std::uint64_t, history::Order> orders;
    views.accounts.visit_orders([&](const history::Order& order) { orders[order.id.value()] = order; });
    ASSERT_EQ(history.tables[0].size(), orders.size());
    std::size_t row = 0;
    for (const auto& [id, order] : orders) {
      const sql::Row& got = history.tables[0][row++];
      ASSERT_EQ(sql::integer(got[0]), static_cast<std::int64_t>(id));
      ASSERT_EQ(sql::integer(got[7]), static_cast<std::int64_t>(order.status)) << id;
      ASSERT_EQ(sql::integer(got[10]), order.executed.value()) << id;
      ASSERT_EQ(sql::text(got[13]), sql::decimal(order.executed_quote.value())) << id;
      ASSERT_EQ(sql::integer(got[15]), order.updated.ns) << id;
      ASSERT_EQ(sql::text(got[16]), order.client_order_id.view()) << id;
    }
    std::map<std::tuple<std::uint32_t, std::uint32_t, std::uint64_t, bool>, history::Fill> fills;
    views.accounts.visit_fills([&](core::AccountId account, const history::Fill& fill) {
      fills[{account.value(), fill.market.value(), fill.trade.value(), fill.is_maker}] = fill;
    });
    ASSERT_EQ(history.tables[1].size(), fills.size());
    row = 0;
    for (const auto& [key, fill] : fills) {
      const sql::Row& got = history.tables[1][row++];
      ASSERT_EQ(sql::integer(got[4]), static_cast<std::int64_t>(fill.order.value()));
      ASSERT_EQ(sql::text(got[7]), sql::decimal(fill.quote.value()));
      ASSERT_EQ(sql::text(got[8]), sql::decimal(fill.fee.value()));
    }
    std::size_t trades = 0;
    for (const core::MarketId market : {engine::kBtcUsdt, engine::kEthBtc}) {
      for (const market_data::Trade& trade : views.markets.recent_trades(market, 1'000'000)) {
        const sql::Row& got = market_data.tables[0].at(trades++);
        ASSERT_EQ(sql::integer(got[1]), static_cast<std::int64_t>(trade.id.value()));
        ASSERT_EQ(sql::integer(got[3]), trade.price.value());
        ASSERT_EQ(sql::integer(got[5]), trade.time.ns);
      }
    }
    ASSERT_EQ(market_data.tables[0].size(), trades);
  }
  [[nodiscard]] std::string file(std::size_t store) const { return store_path(folder.path(), kStores[store]); }
  [[nodiscard]] std::size_t set_aside() const {
    std::size_t count = 0;
    for (const auto& entry : fs::directory_iterator(folder.path())) {
      const std::string name = entry.path().string();
      count += name.find(".damaged-") != std::string::npos && name.back() <= '9' ? 1 : 0;
    }
    return count;
  }
  [[nodiscard]] static std::uint64_t rebuilds(const Projector& of) {
    std::uint64_t sum = 0;
    for (const StoreFigures& one : of.figures()) sum += one.rebuilds;
    return sum;
  }

  const TemporaryFolder folder = temporary_folder();
  io::RealDisk disk;
  StoreGates gates;
  std::string said;
};

}  // namespace exchange
