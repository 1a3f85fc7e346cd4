// The stores over real files: however the projector is stopped, and whatever befalls its files, in the end every table
// is, row by row, what one made at once from the same journal has, and what the read models hold.
#include "cmd/exchange/projector.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>

#include "cmd/exchange/data_folder.h"
#include "cmd/exchange/store_check.h"
#include "cmd/exchange/temporary_folder.h"
#include "pkg/io/real_disk.h"
#include "pkg/journal/writer.h"
#include "services/engine/random_commands.h"

namespace exchange {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kSecond = 1'000'000'000;
const std::vector<std::string> kTables[] = {
    {"orders order by id", "fills order by account_id, market_id, trade_id, is_maker"},
    {"trades order by market_id, id", "candles order by market_id, layer, open_time_ns",
     "aggregations order by market_id"}};
const char* const kStores[] = {kHistoryStore, kMarketDataStore};

TemporaryFolder temporary_folder() {
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

Content content_of(const std::string& data, std::size_t store) {
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
    journal::SnapshotStore store(disk_, kSnapshotFolder);
    ASSERT_TRUE(store.write({.sequence = last(),
                             .time = live.time(),
                             .output_digest = live.engine.output_digest(),
                             .state_hash = live.engine.state_hash(),
                             .chain = writer_->chain()},
                            bytes));
  }
  // Retention: the newest three snapshots, and what the journal needs for them.
  std::uint64_t prune() {
    journal::SnapshotStore store(disk_, kSnapshotFolder);
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

TEST_F(ProjectorTest, FollowsTheJournal) {
  Log log(disk, 1);
  auto following = projector({.log_is_new = true});
  for (int round = 0; round < 10; ++round) {
    ASSERT_NO_FATAL_FAILURE(log.append(300));
    ASSERT_NO_FATAL_FAILURE(finish(*following, log.last()));
  }
  EXPECT_EQ(said, "");
  for (const StoreFigures& one : following->figures()) {
    EXPECT_EQ(one.state, StoreState::following);
    EXPECT_EQ(one.cursor, log.last());
    EXPECT_GT(one.rows_written, 500u);
    EXPECT_EQ(one.rebuilds, 0u);
  }
  EXPECT_NE(gates.history.generation, 0u);
  following.reset();
  EXPECT_EQ(gates.history.generation, 0u);
  ASSERT_NO_FATAL_FAILURE(expect_as_in_views(log.live.views));
  ASSERT_NO_FATAL_FAILURE(expect_as_made_at_once(log.last()));
}

TEST_F(ProjectorTest, ReadsNoFurtherThanIsDurable) {
  Log log(disk, 2);
  const core::Sequence early = log.last();
  ASSERT_NO_FATAL_FAILURE(log.append(200));
  auto following = projector();
  ASSERT_NO_FATAL_FAILURE(finish(*following, early));
  EXPECT_EQ(following->position(), early);
}

// One life after another, each cut short: in the middle of a transaction, by a full disk, by the loss or the damage of
// a file, by an older copy of it.
TEST_F(ProjectorTest, EndsRightWhateverBefallsIt) {
  std::map<std::string, int> befell;
  for (std::uint64_t seed = 1; seed <= 4; ++seed) {
    for (const auto& entry : fs::directory_iterator(folder.path())) fs::remove_all(entry.path());
    Log log(disk, seed);
    core::Random random(seed);
    const TemporaryFolder copies = temporary_folder();
    for (int life = 0; life < 25; ++life) {
      ProjectorOptions options;
      options.rows_per_write = 1 + random.below(80);
      options.records_per_write = 1 + random.below(40);
      auto living = projector(options);
      bool fails = random.chance(1, 3);
      living->set_before_commit([&]() -> core::Result<void> {
        if (!fails || !random.chance(1, 3)) return {};
        ++befell["a transaction was undone"];
        return core::fail(core::ErrorKind::no_space, "no room");
      });
      for (std::uint64_t steps = random.below(25); steps > 0; --steps) {
        if (random.chance(1, 3)) {
          ASSERT_NO_FATAL_FAILURE(log.append(random.below(60)));
        }
        if (random.chance(1, 15)) {
          ASSERT_NO_FATAL_FAILURE(log.snapshot());
        }
        const auto more = living->step(log.last());
        if (!more) {
          ASSERT_EQ(more.error().kind, core::ErrorKind::no_space) << more.error().text();
        }
      }
      const std::size_t store = random.below(2);
      // As a process that is killed leaves it: the file and what belongs to it, copied while it is in use.
      if (random.chance(1, 2)) {
        for (const char* const side : {"", "-wal"}) {
          if (!fs::exists(file(store) + side)) continue;
          fs::copy_file(file(store) + side, copies.path() + "/" + kStores[store] + side,
                        fs::copy_options::overwrite_existing);
        }
      }
      living.reset();
      const auto copy = copies.path() + "/" + kStores[store];
      if (random.chance(1, 6)) {
        ++befell["a file was removed"];
        fs::remove(file(store));
      } else if (random.chance(1, 5) && fs::exists(file(store))) {
        ++befell["a file was damaged"];
        const std::uint64_t pages = fs::file_size(file(store)) / 4096;
        std::fstream(file(store), std::ios::in | std::ios::out | std::ios::binary)
                .seekp(static_cast<std::streamoff>(random.below(pages) * 4096))
            << std::string(4096, '\x7f');
      } else if (random.chance(1, 2) && fs::exists(copy)) {
        ++befell["a file was as a killed process leaves it"];
        for (const char* const side : {"", "-wal"}) {
          fs::remove(file(store) + side);
          if (fs::exists(copy + side)) fs::copy_file(copy + side, file(store) + side);
        }
      } else if (random.chance(1, 8) && fs::exists(file(store))) {
        ++befell["a file was cut short"];
        fs::resize_file(file(store), random.below(fs::file_size(file(store))));
      }
      fs::remove(copy);
      fs::remove(copy + "-wal");
    }
    auto last = projector();
    ASSERT_NO_FATAL_FAILURE(finish(*last, log.last()));
    last.reset();
    ASSERT_NO_FATAL_FAILURE(expect_as_in_views(log.live.views)) << seed;
    ASSERT_NO_FATAL_FAILURE(expect_as_made_at_once(log.last())) << seed;
  }
  EXPECT_EQ(befell.size(), 5u) << "something never happened";
  for (const auto& [what, times] : befell) EXPECT_GT(times, 3) << what;
  EXPECT_NE(said.find("set aside"), std::string::npos);
}

TEST_F(ProjectorTest, AMissingFileIsMadeAnewWhileItRuns) {
  Log log(disk, 5);
  ASSERT_NO_FATAL_FAILURE(log.append(500));
  auto following = projector({.log_is_new = true});
  ASSERT_NO_FATAL_FAILURE(finish(*following, log.last()));
  fs::remove(file(0));
  fs::remove(file(0) + "-wal");
  for (int tries = 0; rebuilds(*following) == 0 && tries < 100; ++tries) {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    ASSERT_TRUE(following->step(log.last()));
  }
  ASSERT_NO_FATAL_FAILURE(finish(*following, log.last()));
  EXPECT_EQ(rebuilds(*following), 1u);
  EXPECT_NE(said.find("is not there"), std::string::npos) << said;
  ASSERT_NO_FATAL_FAILURE(expect_as_made_at_once(log.last()));
}

TEST_F(ProjectorTest, DamageThatAReaderMeetsLeadsToANewFile) {
  Log log(disk, 6);
  ASSERT_NO_FATAL_FAILURE(log.append(500));
  auto following = projector({.log_is_new = true});
  ASSERT_NO_FATAL_FAILURE(finish(*following, log.last()));
  const std::uint64_t generation = gates.market_data.generation;
  gates.market_data.is_suspected = true;
  for (int tries = 0; rebuilds(*following) == 0 && tries < 100; ++tries) {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    ASSERT_TRUE(following->step(log.last()));
  }
  ASSERT_NO_FATAL_FAILURE(finish(*following, log.last()));
  EXPECT_EQ(rebuilds(*following), 1u);
  EXPECT_GT(gates.market_data.generation, generation);
  EXPECT_FALSE(gates.market_data.is_suspected);
  ASSERT_NO_FATAL_FAILURE(expect_as_made_at_once(log.last()));
}

TEST_F(ProjectorTest, AStoreOfAnotherJournalIsNoStoreOfThisOne) {
  core::Sequence last;
  {
    Log log(disk, 7);
    ASSERT_NO_FATAL_FAILURE(log.append(400));
    ASSERT_NO_FATAL_FAILURE(finish(*projector(), log.last()));
    last = log.last();
  }
  fs::remove_all(folder.path() + "/" + kJournalFolder);
  Log log(disk, 8);  // as long as the other and longer
  ASSERT_NO_FATAL_FAILURE(log.append(600));
  ASSERT_GT(log.last(), last);
  auto following = projector();
  ASSERT_NO_FATAL_FAILURE(finish(*following, log.last()));
  EXPECT_EQ(rebuilds(*following), 2u);
  EXPECT_NE(said.find("another journal"), std::string::npos) << said;
  ASSERT_NO_FATAL_FAILURE(expect_as_made_at_once(log.last()));
}

TEST_F(ProjectorTest, AStoreThatReachesFurtherThanTheJournalIsSetAside) {
  Log log(disk, 9);
  ASSERT_NO_FATAL_FAILURE(log.append(400));
  ASSERT_NO_FATAL_FAILURE(finish(*projector(), log.last()));
  const core::Sequence shorter{log.last().value() - 100};
  auto following = projector();
  ASSERT_NO_FATAL_FAILURE(finish(*following, shorter));
  EXPECT_EQ(rebuilds(*following), 2u);
  EXPECT_NE(said.find("reaches to record"), std::string::npos) << said;
  ASSERT_NO_FATAL_FAILURE(expect_as_made_at_once(shorter));
}

// The journal's beginning is gone: what follows is right, and of what was before there is what the snapshot holds.
TEST_F(ProjectorTest, BeginsAtTheOldestSnapshotWhenTheJournalIsPruned) {
  Log log(disk, 10);
  ASSERT_NO_FATAL_FAILURE(log.append(2'000));
  auto whole = projector({.log_is_new = true});
  ASSERT_NO_FATAL_FAILURE(finish(*whole, log.last()));
  const Content before = content_of(folder.path(), 1);
  whole.reset();
  for (int i = 0; i < 3; ++i) {
    ASSERT_NO_FATAL_FAILURE(log.append(700));
    ASSERT_NO_FATAL_FAILURE(log.snapshot());
  }
  ASSERT_GT(log.prune(), 0u);
  ASSERT_NO_FATAL_FAILURE(log.append(300));
  // History was left behind, and cannot go on; market data were lost.
  fs::remove(file(1));
  auto following = projector();
  ASSERT_NO_FATAL_FAILURE(finish(*following, log.last()));
  EXPECT_EQ(rebuilds(*following), 2u);
  EXPECT_NE(said.find("no longer has what follows"), std::string::npos) << said;
  EXPECT_NE(said.find("only what the oldest snapshot remembers"), std::string::npos) << said;
  for (const StoreFigures& one : following->figures()) EXPECT_FALSE(one.complete_from.is_none());
  following.reset();
  EXPECT_EQ(set_aside(), 1u);
  ASSERT_NO_FATAL_FAILURE(expect_as_made_at_once(log.last()));
  // So short a log is remembered whole.
  ASSERT_NO_FATAL_FAILURE(expect_as_in_views(log.live.views));
  EXPECT_GT(content_of(folder.path(), 1).rows(), before.rows());
}

TEST_F(ProjectorTest, GoesOnFromAKeptSnapshotWithoutTheJournalsBeginning) {
  Log log(disk, 11);
  ASSERT_NO_FATAL_FAILURE(log.append(1'500));
  ASSERT_NO_FATAL_FAILURE(finish(*projector({.log_is_new = true}), log.last()));
  ASSERT_NO_FATAL_FAILURE(log.snapshot());
  for (int i = 0; i < 2; ++i) {
    ASSERT_NO_FATAL_FAILURE(log.append(700));
    ASSERT_NO_FATAL_FAILURE(log.snapshot());
  }
  ASSERT_GT(log.prune(), 0u);
  auto following = projector();
  ASSERT_NO_FATAL_FAILURE(finish(*following, log.last()));
  EXPECT_EQ(rebuilds(*following), 0u) << said;
  EXPECT_EQ(said, "");
  ASSERT_NO_FATAL_FAILURE(expect_as_in_views(log.live.views));
}

TEST_F(ProjectorTest, ForgetsWhatIsOlderThanItIsToldToKeep) {
  Log log(disk, 12);
  ASSERT_NO_FATAL_FAILURE(log.append(3'000));
  const std::int64_t length_ns = log.live.time().ns - 1'700'000'000 * kSecond;
  ASSERT_GT(length_ns, 20'000 * kSecond);
  const ProjectorOptions options{.keep_ns = length_ns / 2};
  auto following = projector(options);
  ASSERT_NO_FATAL_FAILURE(finish(*following, log.last()));
  following.reset();
  ASSERT_NO_FATAL_FAILURE(expect_as_made_at_once(log.last(), options));
  const Content history = content_of(folder.path(), 0), market_data = content_of(folder.path(), 1);
  const std::int64_t before = market_data.cursor.pruned.ns;
  EXPECT_EQ(before, (log.live.time().ns - length_ns / 2) / (3'600 * kSecond) * (3'600 * kSecond));
  EXPECT_EQ(history.cursor.pruned.ns, before);
  for (const sql::Row& trade : market_data.tables[0]) ASSERT_GE(sql::integer(trade[5]), before);
  std::size_t closed = 0;
  for (const sql::Row& order : history.tables[0]) {
    if (sql::integer(order[7]) < 3) continue;
    ++closed;
    ASSERT_GE(sql::integer(order[15]), before);
  }
  EXPECT_GT(closed, 100u);
}

TEST_F(ProjectorTest, OnlyTheLatestDamagedFilesAreKept) {
  Log log(disk, 13);
  for (int i = 0; i < 6; ++i) {
    std::ofstream(file(0)) << "this is no database, at " << i << std::string(5'000, 'x');
    std::ofstream(file(0) + "-wal") << "nor is this its log";
    ASSERT_NO_FATAL_FAILURE(finish(*projector(), log.last()));
  }
  EXPECT_EQ(set_aside(), 3u);
  EXPECT_TRUE(fs::exists(file(0) + ".damaged-6"));
  EXPECT_TRUE(fs::exists(file(0) + ".damaged-6-wal"));
  EXPECT_FALSE(fs::exists(file(0) + ".damaged-3-wal"));
}

// ---- the comparison of `verify` ----

TEST_F(ProjectorTest, EveryChangedRowIsFound) {
  Log log(disk, 14);
  ASSERT_NO_FATAL_FAILURE(log.append(1'500));
  ASSERT_NO_FATAL_FAILURE(finish(*projector(), core::Sequence{log.last().value() - 200}));
  fs::copy_file(file(0), folder.path() + "/earlier");
  ASSERT_NO_FATAL_FAILURE(finish(*projector(), log.last()));
  const auto check = [&] {
    const auto stored = StoredLog::open(folder.path());
    EXPECT_TRUE(stored);
    return check_stores(*stored, folder.path(), {});
  };
  auto sound = check();
  ASSERT_TRUE(sound) << sound.error().text();
  EXPECT_EQ(sound->stores_checked, 2u);
  EXPECT_EQ(sound->rows_compared, content_of(folder.path(), 0).rows() + content_of(folder.path(), 1).rows());
  const struct {
    std::size_t store;
    const char *change, *found;
  } cases[] = {
      {0, "update orders set status = 4 where id = (select min(id) from orders where status <> 4)", "status"},
      {0, "update orders set executed_quote = '1' where id = (select max(id) from orders)", "executed_quote"},
      {0, "update orders set client_order_id = 'x' where id = (select max(id) from orders)", "client_order_id"},
      {0, "delete from orders where id = (select max(id) from orders)", "is missing"},
      {0, "update fills set fee = fee || '0' where trade_id = 3", "fee"},
      {0, "delete from fills where trade_id = 3", "missing"},
      {0, "update cursor set chain = 'another'", "another journal"},
      {0, "update cursor set sequence = sequence + 1000", "reaches to record"},
      {1, "update trades set quantity = quantity + 1 where id = 1", "quantity"},
      {1, "update trades set aggregate = aggregate + 1 where id = 1", "aggregate"},
      {1, "insert into trades select 9, id, aggregate, price, quantity, time_ns, buyer_is_maker from trades limit 1",
       "too much"},
      {1, "update candles set tick_lots = '1' where layer = 4", "tick_lots"},
      {1, "delete from candles where layer = 3", "missing"},
      {1, "update aggregations set taker_order = taker_order + 1", "taker_order"},
  };
  for (const auto& [store, change, found] : cases) {
    const std::string good = folder.path() + "/good";
    fs::copy_file(file(store), good, fs::copy_options::overwrite_existing);
    {
      auto database = sql::Database::open_sqlite(file(store));
      const auto changed = database->execute(change);
      ASSERT_TRUE(changed) << changed.error().text();
    }
    const auto checked = check();
    ASSERT_FALSE(checked) << change;
    EXPECT_EQ(checked.error().kind, core::ErrorKind::corrupt);
    EXPECT_NE(checked.error().text().find(found), std::string::npos) << checked.error().text();
    EXPECT_NE(checked.error().text().find(kStores[store]), std::string::npos) << checked.error().text();
    fs::copy_file(good, file(store), fs::copy_options::overwrite_existing);
  }
  // Stores at different records, and one that is not there.
  fs::copy_file(folder.path() + "/earlier", file(0), fs::copy_options::overwrite_existing);
  sound = check();
  ASSERT_TRUE(sound) << sound.error().text();
  EXPECT_EQ(sound->stores_checked, 2u);
  fs::remove(file(0));
  sound = check();
  ASSERT_TRUE(sound) << sound.error().text();
  EXPECT_EQ(sound->stores_checked, 1u);
  EXPECT_EQ(sound->missing.size(), 1u);
}

TEST_F(ProjectorTest, WhatThePrunedJournalStillTellsIsCompared) {
  Log log(disk, 15);
  auto following = projector({.log_is_new = true});
  ASSERT_NO_FATAL_FAILURE(log.append(3'000));
  for (int i = 0; i < 3; ++i) {
    ASSERT_NO_FATAL_FAILURE(log.append(700));
    ASSERT_NO_FATAL_FAILURE(log.snapshot());
  }
  ASSERT_NO_FATAL_FAILURE(finish(*following, log.last()));
  ASSERT_NO_FATAL_FAILURE(log.append(1'000));
  ASSERT_GT(log.prune(), 0u);
  ASSERT_NO_FATAL_FAILURE(finish(*following, log.last()));
  following.reset();
  const auto stored = StoredLog::open(folder.path());
  ASSERT_TRUE(stored);
  const auto all = content_of(folder.path(), 0).rows() + content_of(folder.path(), 1).rows();
  const auto sound = check_stores(*stored, folder.path(), {});
  ASSERT_TRUE(sound) << sound.error().text();
  EXPECT_EQ(sound->stores_checked, 2u);
  EXPECT_LT(sound->rows_compared, all);
  EXPECT_GT(sound->rows_compared, 500u);
  {
    auto database = sql::Database::open_sqlite(file(1));
    ASSERT_TRUE(database->execute("update trades set price = price + 1 where id = (select max(id) from trades)"));
  }
  EXPECT_FALSE(check_stores(*stored, folder.path(), {}));
}

}  // namespace
}  // namespace exchange
