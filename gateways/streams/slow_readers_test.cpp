// Readers that do not take what they are sent: what they are passed over with, when they are closed, and that nobody
// else notices.
#include "gateways/streams/testing.h"

namespace streams {
namespace {

using orders::Side;

Options small_limits() {
  return {.streams_max = 1'024, .slow = {.soft_bytes = 1'000, .hard_bytes = 4'000, .total_bytes = 1'000'000}};
}

void trade(TestFloor& floor, std::string_view price = "100") {
  floor.sell(price, "0.1");
  floor.buy(price, "0.1");
}

// The client has left that much unread. The network is asked only when what was sent may have passed the limit, so more
// is sent than that.
void fall_behind(TestClient& client, std::size_t bytes) {
  client.peer.unsent = bytes;
  client.peer.holds_back = true;
  for (int i = 0; i < 40; ++i) (void)client.ask(R"({"method":"LIST_SUBSCRIPTIONS","id":1})");
}

TEST(SlowReaders, ArePassedOverWithWhatOnlyItsLatestStateMatters) {
  TestFloor floor(small_limits());
  TestClient slow(floor.gateway, "/ws/btcusdt@bookTicker"), quick(floor.gateway, "/ws/btcusdt@bookTicker");
  floor.pass(100);
  (void)slow.take();
  (void)quick.take();
  slow.peer.holds_back = true;
  for (int i = 0; i < 100; ++i) floor.buy(std::to_string(100 + i), "1");
  EXPECT_EQ(quick.take().size(), 100u);
  const std::size_t sent = slow.take().size();
  EXPECT_GT(sent, 5u);
  EXPECT_LT(slow.peer.unsent, 1'200u) << "about the soft limit, and one message";
  EXPECT_EQ(floor.gateway.markets().fan_out().counters().messages_skipped, 100 - sent);

  slow.peer.unsent = 600;
  floor.pass(100);
  EXPECT_TRUE(slow.take().empty()) << "it has not caught up yet";
  slow.peer.unsent = 500;
  floor.pass(100);
  EXPECT_NE(slow.take_one().find(R"("b":"199.00000000")"), std::string::npos) << "the state as it is now, once";
  slow.peer.unsent = 0;
  floor.pass(1'000);
  EXPECT_TRUE(slow.take().empty());
  floor.buy("300", "1");
  EXPECT_NE(slow.take_one().find(R"("b":"300.00000000")"), std::string::npos) << "and goes on";
  EXPECT_EQ(quick.take().size(), 1u);
  EXPECT_FALSE(slow.peer.is_closed);
}

TEST(SlowReaders, AreClosedBeforeTheyMissWhatMustNotHaveGaps) {
  for (const std::string_view stream : {"btcusdt@trade", "btcusdt@aggTrade", "btcusdt@depth@100ms"}) {
    TestFloor floor(small_limits());
    TestClient slow(floor.gateway, "/ws/" + std::string(stream)), quick(floor.gateway, "/ws/" + std::string(stream));
    slow.peer.holds_back = true;
    std::size_t told = 0, sent = 0;
    while (!slow.peer.is_closed && told < 1'000) {
      trade(floor, std::to_string(100 + told % 50));
      floor.pass(100);
      const auto messages = slow.take();
      told += quick.take().size();
      sent += messages.size();
      EXPECT_TRUE(slow.peer.is_closed || sent == told) << "all or nothing";
    }
    EXPECT_TRUE(slow.peer.is_closed) << stream;
    EXPECT_EQ(slow.peer.close_code, websocket::CloseCode::policy_violation);
    EXPECT_EQ(slow.peer.close_reason, "Too slow: too many unread messages.");
    EXPECT_GT(slow.peer.unsent, 4'000u);
    EXPECT_LT(slow.peer.unsent, 4'500u);
    EXPECT_EQ(floor.gateway.markets().fan_out().counters().readers_closed_slow, 1u);
    trade(floor);
    floor.pass(100);
    EXPECT_FALSE(quick.take().empty()) << "the others read on";
    EXPECT_TRUE(slow.take().empty());
    slow.application->on_text(R"({"method":"LIST_SUBSCRIPTIONS","id":1})");
    EXPECT_TRUE(slow.take().empty()) << "nothing is sent behind the close";
  }
}

TEST(SlowReaders, AreToldOfClosedCandlesAllTheSame) {
  TestFloor floor(small_limits());
  trade(floor);
  TestClient slow(floor.gateway, "/ws/btcusdt@kline_1s");
  floor.pass(100);
  (void)slow.take();
  fall_behind(slow, 1'500);
  for (int i = 0; i < 5; ++i) {
    floor.pass(700);
    trade(floor);
    floor.pass(300);
  }
  const auto messages = slow.take();
  EXPECT_GE(messages.size(), 4u);
  for (const std::string& message : messages) EXPECT_NE(message.find(R"("x":true)"), std::string::npos) << message;
}

TEST(SlowReaders, OfAllMarketsGetWhatHasChangedMeanwhile) {
  for (const std::string_view stream : {"!miniTicker@arr", "!bookTicker"}) {
    TestFloor floor(small_limits());
    TestClient slow(floor.gateway, "/ws/" + std::string(stream));
    floor.pass(1'000);
    (void)slow.take();
    fall_behind(slow, 1'500);
    floor.place(floor.ann, Side::sell, "2000", "1", "ETHUSDT");
    floor.place(floor.bob, Side::buy, "2000", "0.5", "ETHUSDT");
    floor.pass(1'000);
    trade(floor);
    floor.sell("101", "1");
    floor.pass(1'000);
    EXPECT_TRUE(slow.take().empty()) << stream;
    slow.peer.unsent = 0;
    slow.peer.holds_back = false;
    floor.pass(100);
    std::string all;
    for (const std::string& message : slow.take()) all += message;
    EXPECT_NE(all.find("BTCUSDT"), std::string::npos) << stream;
    EXPECT_NE(all.find("ETHUSDT"), std::string::npos);
    EXPECT_EQ(all.find("SOLUSDT"), std::string::npos) << "has not changed";
    floor.pass(3'000);
    EXPECT_TRUE(slow.take().empty());
  }
}

TEST(SlowReaders, WhoReadsIsHardlyAskedAbout) {
  TestFloor floor(Options{.streams_max = 1'024, .slow = {.soft_bytes = 100'000, .hard_bytes = 400'000}});
  TestClient client(floor.gateway, "/ws/btcusdt@trade");
  std::size_t bytes = 0;
  for (int i = 0; i < 3'000; ++i) {
    trade(floor);
    for (const auto& frame : std::exchange(client.peer.frames, {})) bytes += frame->size();
  }
  EXPECT_GT(bytes, 300'000u);
  EXPECT_LE(client.peer.times_asked, bytes / 100'000 + 1) << "once per soft limit of bytes";
}

TEST(SlowReaders, TogetherAreBounded) {
  TestFloor floor(
      Options{.streams_max = 1'024, .slow = {.soft_bytes = 1'000, .hard_bytes = 1'000'000, .total_bytes = 50'000}});
  std::vector<std::unique_ptr<TestClient>> clients;
  for (int i = 0; i < 20; ++i) {
    clients.push_back(std::make_unique<TestClient>(floor.gateway, "/ws/btcusdt@trade"));
    clients.back()->peer.holds_back = i != 0;
  }
  for (int i = 0; i < 200; ++i) {
    trade(floor);
    std::size_t waiting = 0;
    for (const auto& client : clients) waiting += client->peer.is_closed ? 0 : client->peer.unsent;
    ASSERT_LT(waiting, 60'000u);
  }
  EXPECT_FALSE(clients.front()->peer.is_closed) << "it reads";
  EXPECT_TRUE(clients.back()->peer.is_closed);
  clients.erase(clients.begin() + 1, clients.end());
  (void)clients.front()->take();
  trade(floor);
  EXPECT_EQ(clients.front()->take().size(), 1u);
  TestClient late(floor.gateway, "/ws/btcusdt@trade");
  late.peer.holds_back = true;
  for (int i = 0; i < 20; ++i) trade(floor);
  EXPECT_FALSE(late.peer.is_closed) << "those who are gone do not count";
}

TEST(SlowReaders, OfAccountsEventsAreClosedToo) {
  TestFloor floor(small_limits());
  const std::string key = *floor.gateway.listen_keys().create(floor.ann);
  TestClient slow(floor.gateway, "/ws/" + key), quick(floor.gateway, "/ws/" + key);
  slow.peer.holds_back = true;
  for (int i = 0; i < 50; ++i) floor.deposit(floor.ann, "BTC", 1);
  EXPECT_TRUE(slow.peer.is_closed);
  EXPECT_EQ(quick.take().size(), 100u);
}

// The frame is made once, and all readers of a format hold the same one.
TEST(FanOut, SharesFrames) {
  TestFloor floor;
  std::vector<std::unique_ptr<TestClient>> clients;
  for (int i = 0; i < 100; ++i)
    clients.push_back(std::make_unique<TestClient>(floor.gateway, i % 2 == 0 ? "/ws/btcusdt@trade" : "/stream",
                                                   i % 2 == 0 ? "" : "streams=btcusdt@trade"));
  trade(floor);
  for (std::size_t i = 0; i < 100; ++i) {
    ASSERT_EQ(clients[i]->peer.frames.size(), 1u);
    EXPECT_EQ(clients[i]->peer.frames[0].get(), clients[i % 2]->peer.frames[0].get());
  }
  const FanOutCounters& counters = floor.gateway.markets().fan_out().counters();
  EXPECT_EQ(counters.messages_encoded, 2u);
  EXPECT_EQ(counters.messages_sent, 100u);
  EXPECT_EQ(counters.readers, 100u);
}

}  // namespace
}  // namespace streams
