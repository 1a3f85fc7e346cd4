#include "cmd/exchange/stores.h"

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <thread>

#include "cmd/exchange/archive.h"
#include "cmd/exchange/projector_house.h"

namespace exchange {
namespace {

constexpr std::uint64_t kLagMax = 1'000'000;

class StoresTest : public ProjectorTest {
 protected:
  static void wait_until(const std::function<bool()>& condition) {
    for (int tries = 0; tries < 90'000; ++tries) {  // minutes: the thread has the lowest priority
      if (condition()) return;
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    FAIL() << "it does not come";
  }
  static bool have_reached(const Stores& stores, core::Sequence sequence) {
    for (const StoreFigures& one : stores.figures()) {
      if (one.state != StoreState::following || one.cursor != sequence) return false;
    }
    return true;
  }
};

TEST_F(StoresTest, FollowOnAThreadOfTheirOwnAndGoOnWhereTheyStopped) {
  Log log(disk, 20);
  for (int life = 0; life < 5; ++life) {
    Stores stores(disk, {.data = folder.path(), .log_is_new = true},
                  kLagMax);  // a short life may end before there is a file
    EXPECT_TRUE(stores.take_messages().empty());
    for (int round = 0; round < 5; ++round) {
      ASSERT_NO_FATAL_FAILURE(log.append(200));
      stores.follow(log.last());
    }
    if (life % 2 == 0) continue;  // stopped in the middle of it
    ASSERT_NO_FATAL_FAILURE(wait_until([&] { return have_reached(stores, log.last()); }));
    EXPECT_EQ(stores.needed(), log.last());
    EXPECT_TRUE(stores.take_messages().empty());
  }
  ASSERT_NO_FATAL_FAILURE(finish(*projector(), log.last()));
  ASSERT_NO_FATAL_FAILURE(expect_as_made_at_once(log.last()));
}

TEST_F(StoresTest, TheJournalWaitsForThemButNotForEver) {
  // A folder where the store's file should be: it cannot be opened.
  fs::create_directories(file(0) + "/x");
  Stores stores(disk, {.data = folder.path()}, 1'000);
  EXPECT_EQ(stores.needed(), core::Sequence{}) << "nothing may go before it is known";
  stores.follow(core::Sequence{500});
  EXPECT_EQ(stores.needed(), core::Sequence{});
  stores.follow(core::Sequence{5'000});
  EXPECT_EQ(stores.needed(), core::Sequence{4'000});
}

TEST_F(StoresTest, FailureIsToldOnceAndTriedAgain) {
  Log log(disk, 21);
  ASSERT_NO_FATAL_FAILURE(log.append(100));
  const std::string journal = folder.path() + "/" + kJournalFolder;
  fs::rename(journal, journal + ".away");
  Stores stores(disk, {.data = folder.path(), .log_is_new = true}, kLagMax);
  stores.follow(log.last());
  std::vector<std::string> said_now;
  ASSERT_NO_FATAL_FAILURE(wait_until([&] { return !(said_now = stores.take_messages()).empty(); }));
  EXPECT_NE(said_now.front().find("are tried again"), std::string::npos);
  EXPECT_EQ(stores.figures().front().state, StoreState::failing);
  EXPECT_FALSE(stores.figures().front().problem.empty());
  fs::rename(journal + ".away", journal);
  ASSERT_NO_FATAL_FAILURE(wait_until([&] { return have_reached(stores, log.last()); }));
  said_now = stores.take_messages();
  ASSERT_EQ(said_now.size(), 1u);
  EXPECT_NE(said_now.front().find("again"), std::string::npos);
}

// Everything at once, for the thread sanitizer: the projector writes, loses its files and makes them anew, the archive
// reads.
TEST_F(StoresTest, AreReadWhileTheyAreWrittenAndMadeAnew) {
  struct Handler final : gateways::ArchiveHandler {
    void on_archive(std::uint64_t, core::Result<gateways::ArchiveAnswer> answer) override {
      ++(answer ? answered : failed);
      if (!answer) return;
      const auto& orders = std::get<std::vector<history::Order>>(answer->rows);
      for (std::size_t i = 1; i < orders.size(); ++i) EXPECT_LT(orders[i - 1].id, orders[i].id);
    }
    std::size_t answered = 0, failed = 0;
  } handler;
  Log log(disk, 22);
  Stores stores(disk, {.data = folder.path(), .log_is_new = true}, kLagMax);
  Archive archive(folder.path(), stores.gates(), [] {});
  std::size_t asked = 0;
  const auto go_on = [&] {
    ASSERT_NO_FATAL_FAILURE(log.append(50));
    stores.follow(log.last());
    const gateways::OrdersQuestion question{core::kFirstUserAccount, {.market = engine::kBtcUsdt, .limit = 1'000}};
    asked += archive.ask(question, 1, handler) ? 1 : 0;
    archive.poll();
    (void)stores.figures();
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  };
  for (int i = 0; i < 50; ++i) ASSERT_NO_FATAL_FAILURE(go_on());
  stores.gates().history.is_suspected = true;
  const auto made_anew = [&] { return stores.figures().front().rebuilds > 0; };
  for (int i = 0; i < 50 && !made_anew(); ++i) ASSERT_NO_FATAL_FAILURE(go_on());
  ASSERT_NO_FATAL_FAILURE(wait_until([&] {
    archive.poll();
    return made_anew();
  }));
  ASSERT_NO_FATAL_FAILURE(wait_until([&] {
    archive.poll();
    return have_reached(stores, log.last()) && handler.answered + handler.failed == asked;
  }));
  EXPECT_GT(handler.answered, 10u);
}

}  // namespace
}  // namespace exchange
