#include "gateways/websocket/session.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "gateways/limits/limiter.h"
#include "gateways/websocket/sessions.h"
#include "gateways/websocket/testing.h"

namespace websocket {
namespace {

constexpr std::int64_t kSecondNs = 1'000'000'000;

struct Seen {
  std::vector<std::string> texts;
  std::string path, query;
  int ticks = 0;
  int ended = 0;
};

// Writes down what it hears.
class Listener final : public Application {
 public:
  explicit Listener(Seen& seen) : seen_(seen) {}
  ~Listener() override { ++seen_.ended; }
  void on_text(std::string_view message) override { seen_.texts.emplace_back(message); }
  [[nodiscard]] bool limits_its_messages() const override { return limits_itself; }
  void tick(std::int64_t) override { ++seen_.ticks; }
  bool limits_itself = false;

 private:
  Seen& seen_;
};

struct World {
  explicit World(Options given = {}) : options(given) {
    EXPECT_TRUE(session.open(
        [this](Peer&, std::string_view path, std::string_view query) {
          seen.path = path;
          seen.query = query;
          auto made = std::make_unique<Listener>(seen);
          application = made.get();
          return made;
        },
        "/ws/x", "a=b"));
    session.start("");
  }
  void feed(std::string_view bytes) { session.receive(core::as_bytes(bytes)); }
  std::string heard() { return testing::described(testing::frames_in(std::exchange(net.sent, {}))); }
  // Ticks ten times a second until then, answering pings when told.
  void pass_until(std::int64_t until_ns, bool answering) {
    for (; now < until_ns && !net.closed; now += kSecondNs / 10) {
      session.tick(now + kSecondNs / 10);
      for (const testing::Received& each : testing::frames_in(net.sent)) {
        if (each.opcode == 9 && answering) feed(testing::pong(each.payload));
        frames.push_back(each);
      }
      net.sent.clear();
    }
  }
  Options options;
  Seen seen;
  testing::Net net;
  Wire wire{net};
  limits::Address address;
  Session session{options, wire, 7, address, 0};
  Listener* application = nullptr;
  std::int64_t now = 0;
  std::vector<testing::Received> frames;
};

TEST(Session, GivesTheApplicationItsPathAndTexts) {
  World world;
  EXPECT_EQ(world.seen.path, "/ws/x");
  EXPECT_EQ(world.seen.query, "a=b");
  world.feed(testing::text("one") + testing::text("two"));
  EXPECT_EQ(world.seen.texts, (std::vector<std::string>{"one", "two"}));
  EXPECT_EQ(world.session.connection(), 7u);
  EXPECT_EQ(&world.session.address(), &world.address);
}

TEST(Session, SendsFramesMadeOnceAndTextsOfAnySize) {
  World world;
  world.session.send(make_text_frame("shared"));
  for (const std::size_t size : {0u, 125u, 126u, 65536u}) world.session.send_text(std::string(size, 'x'));
  EXPECT_EQ(world.heard(), "text(shared) text() text(125 bytes) text(126 bytes) text(65536 bytes)");
  EXPECT_EQ(world.wire.counters.messages_sent, 5u);
}

// What an application says while it is being made follows the answer to the handshake.
TEST(Session, WhatTheFactorySendsComesBehindTheHandshake) {
  const Options options;
  testing::Net net;
  Wire wire(net);
  limits::Address address;
  Seen seen;
  Session session(options, wire, 1, address, 0);
  ASSERT_TRUE(session.open(
      [&seen](Peer& peer, std::string_view, std::string_view) {
        peer.send_text("welcome");
        peer.close(CloseCode::normal, "and good-bye");
        peer.send_text("nobody hears this");
        return std::make_unique<Listener>(seen);
      },
      "/", ""));
  EXPECT_EQ(net.sent, "");
  session.start("101");
  ASSERT_TRUE(net.sent.starts_with("101"));
  EXPECT_EQ(testing::described(testing::frames_in(net.sent.substr(3))), "text(welcome) close(1000 and good-bye)");
}

TEST(Session, EvictedByTheFactoryItEndsWhenTheHandshakeIsAnswered) {
  const Options options;
  testing::Net net;
  net.unsent = options.unsent_bytes_max + 1;
  Wire wire(net);
  limits::Address address;
  Seen seen;
  Session session(options, wire, 1, address, 0);
  ASSERT_TRUE(session.open(
      [&seen](Peer& peer, std::string_view, std::string_view) {
        peer.send_text("welcome");
        return std::make_unique<Listener>(seen);
      },
      "/", ""));
  EXPECT_FALSE(net.closed);
  session.start("101");
  ASSERT_TRUE(net.sent.starts_with("101"));
  EXPECT_EQ(testing::described(testing::frames_in(net.sent.substr(3))), "close(1008 Too slow)");
  EXPECT_TRUE(net.closed);
  EXPECT_FALSE(net.sent_after_close);
}

TEST(Session, APathWithoutAnApplicationOpensNothing) {
  const Options options;
  testing::Net net;
  Sessions sessions(options, [](Peer&, std::string_view, std::string_view) { return nullptr; }, net);
  limits::Address address;
  EXPECT_EQ(sessions.make(1, address, "/", "", "accept"), nullptr);
  EXPECT_EQ(net.sent, "");
  EXPECT_EQ(sessions.counters().opened, 0u);
}

TEST(Sessions, AreFoundTickedAndClosedTogether) {
  const Options options;
  testing::Net net;
  Seen seen;
  Sessions sessions(
      options, [&seen](Peer&, std::string_view, std::string_view) { return std::make_unique<Listener>(seen); }, net);
  limits::Address address;
  for (io::ConnectionId id = 1; id <= 3; ++id) sessions.add(sessions.make(id, address, "/", "", "accept"));
  EXPECT_EQ(sessions.find(2)->connection(), 2u);
  EXPECT_EQ(sessions.find(4), nullptr);
  sessions.tick(1);
  EXPECT_EQ(seen.ticks, 3);
  net.sent.clear();
  sessions.close_all("over");
  sessions.close_all("over");
  EXPECT_EQ(testing::described(testing::frames_in(net.sent)), "close(1001 over) close(1001 over) close(1001 over)");
  for (io::ConnectionId id = 1; id <= 3; ++id) sessions.remove(id);
  EXPECT_EQ(seen.ended, 3);
  EXPECT_EQ(sessions.size(), 0u);
}

TEST(Closing, ReasonsAreShortenedBetweenCharacters) {
  for (const auto& [reason, bytes] : {std::pair{std::string(123, 'a'), 123u},
                                      {std::string(124, 'a'), 123u},
                                      {std::string(122, 'a') + "\xE2\x82\xAC", 122u},
                                      {std::string(120, 'a') + "\xE2\x82\xAC", 123u}}) {
    World world;
    world.session.close(CloseCode::normal, reason);
    const auto frames = testing::frames_in(world.net.sent);
    ASSERT_EQ(frames.size(), 1u);
    EXPECT_EQ(frames[0].payload, testing::close_payload(1000, reason.substr(0, bytes)));
  }
}

TEST(Closing, AClientThatDoesNotAnswerIsClosedAfterAWhile) {
  World world;
  world.session.tick(kSecondNs);
  world.session.close(CloseCode::normal, "bye");
  world.session.close(CloseCode::normal, "again");
  EXPECT_EQ(world.heard(), "close(1000 bye)");
  world.session.tick(kSecondNs + world.options.close_ns_max);
  EXPECT_FALSE(world.net.closed);
  world.session.tick(kSecondNs + world.options.close_ns_max + 1);
  EXPECT_TRUE(world.net.closed);
  EXPECT_FALSE(world.net.dropped);
  EXPECT_EQ(world.net.sent, "");
}

TEST(Closing, AClientThatDoesNotTakeItsLastBytesIsDropped) {
  World world;
  world.feed(testing::close(1000));
  EXPECT_TRUE(world.net.closed);
  world.session.tick(world.options.close_ns_max);
  EXPECT_FALSE(world.net.dropped);
  world.session.tick(world.options.close_ns_max + 1);
  EXPECT_TRUE(world.net.dropped);
}

// It must not go on costing anything while the client takes its time; but it may be the one that closes.
TEST(Closing, EndsTheApplicationAtTheNextTick) {
  World world;
  world.session.close(CloseCode::normal, "");
  EXPECT_EQ(world.seen.ended, 0);
  world.session.tick(1);
  EXPECT_EQ(world.seen.ended, 1);
  EXPECT_EQ(world.seen.ticks, 0);
  world.feed(testing::text("late") + testing::close(1000));
  EXPECT_TRUE(world.net.closed);
  EXPECT_TRUE(world.seen.texts.empty());
}

TEST(Closing, NothingIsSentAfterIt) {
  World world;
  world.feed(testing::close(1000));
  world.session.send_text("a");
  world.session.send(make_text_frame("b"));
  world.session.close(CloseCode::normal, "");
  world.feed(testing::text("c"));
  EXPECT_EQ(world.heard(), "close(1000)");
  EXPECT_FALSE(world.net.sent_after_close);
}

TEST(Pings, LeaveEveryTwentySecondsAndTheirAnswersKeepTheConnection) {
  World world;
  world.pass_until(100 * kSecondNs, true);
  EXPECT_EQ(testing::described(world.frames), "ping(1) ping(2) ping(3) ping(4) ping(5)");
  EXPECT_FALSE(world.net.closed);
}

TEST(Pings, WithoutAnAnswerForAMinuteTheConnectionEnds) {
  World world;
  world.pass_until(80 * kSecondNs, false);
  EXPECT_FALSE(world.net.closed) << "a minute from the first ping, which left after 20 s";
  world.pass_until(200 * kSecondNs, false);
  EXPECT_TRUE(world.net.closed);
  EXPECT_EQ(world.now, 80 * kSecondNs + kSecondNs / 10);
  EXPECT_EQ(testing::described(world.frames), "ping(1) ping(2) ping(3) ping(4) close(1008 Pong timeout)");
}

TEST(Pings, AMinuteCountsFromTheOldestWithoutAnAnswer) {
  World world;
  world.pass_until(50 * kSecondNs, false);  // pings 1 and 2 at 20 s and 40 s
  world.feed(testing::pong("1"));
  world.pass_until(100 * kSecondNs, false);
  EXPECT_FALSE(world.net.closed);
  world.pass_until(200 * kSecondNs, false);
  EXPECT_EQ(world.now, 100 * kSecondNs + kSecondNs / 10);
}

TEST(Pings, TheAnswerToTheLastStandsForAll) {
  World world;
  world.pass_until(61 * kSecondNs, false);
  world.feed(testing::pong("3"));
  world.pass_until(140 * kSecondNs, false);
  EXPECT_FALSE(world.net.closed) << "ping 4 left after 80 s";
}

TEST(Pings, PongsNobodyAskedForDoNotCount) {
  World world;
  for (std::int64_t at = 1; at <= 80; ++at) {
    world.pass_until(at * kSecondNs, false);
    for (const char* payload : {"", "0", "9", "x", "1x"}) world.feed(testing::pong(payload));
  }
  EXPECT_FALSE(world.net.closed);
  world.pass_until(81 * kSecondNs, false);
  EXPECT_TRUE(world.net.closed);
}

TEST(Life, EndsAfterADayWith1001) {
  World world;
  world.session.tick(world.options.life_ns_max);
  EXPECT_EQ(world.heard(), "ping(1)");
  world.session.tick(world.options.life_ns_max + 1);
  EXPECT_EQ(world.heard(), "close(1001 Connection lifetime is over)");
}

TEST(Pace, FiveInEverySecondForALongTime) {
  World world;
  for (std::int64_t tick = 1; tick <= 100; ++tick) {
    if (tick % 2 == 0) world.feed(testing::text("x"));
    world.session.tick(tick * kSecondNs / 10);
  }
  for (std::int64_t second = 11; second < 20; ++second) {
    world.session.tick(second * kSecondNs);
    for (int i = 0; i < 5; ++i) world.feed(testing::text("y"));
  }
  EXPECT_EQ(world.heard(), "");
  EXPECT_EQ(world.seen.texts.size(), 50u + 45u);
  EXPECT_FALSE(world.net.closed);
  world.feed(testing::text("z"));
  EXPECT_EQ(world.heard(), "close(1008 Too many requests)");
  EXPECT_TRUE(world.net.closed);
  EXPECT_EQ(world.seen.texts.back(), "y");
  EXPECT_EQ(world.wire.counters.evicted, 1u);
}

// The clock is that of the last tick: five messages just after one, five more a second later, just before another.
TEST(Pace, AClientThatKeepsToTheLimitIsNeverFoundAboveIt) {
  World world;
  for (std::int64_t second = 1; second < 30; ++second) {
    world.session.tick(second * kSecondNs - (second % 2 == 0 ? kSecondNs / 10 : 0));
    for (int i = 0; i < 5; ++i) world.feed(testing::text("x"));
    ASSERT_FALSE(world.net.closed) << second;
  }
}

TEST(Pace, OfAnApplicationThatLimitsItselfIsThatOfControlFrames) {
  World world;
  world.application->limits_itself = true;
  for (int i = 0; i < 100; ++i) world.feed(testing::text("x"));
  EXPECT_EQ(world.seen.texts.size(), 100u);
  for (int i = 0; i < 5; ++i) world.feed(testing::ping(""));
  EXPECT_FALSE(world.net.closed);
  world.feed(testing::ping(""));
  EXPECT_TRUE(world.net.closed);
  EXPECT_EQ(world.wire.counters.messages_received, 106u);
}

TEST(Pace, HasNoLimitWhenThereIsNone) {
  Options options;
  options.messages_per_second_max = 0;
  World world(options);
  for (int i = 0; i < 1000; ++i) world.feed(testing::text("x") + testing::ping(""));
  EXPECT_EQ(world.seen.texts.size(), 1000u);
}

TEST(Slow, AMessageThatDoesNotEndIsNotWaitedFor) {
  struct Case {
    const char* what;
    std::string begun;
  };
  const std::vector<Case> cases = {
      {"half a header", "\x81"},
      {"half a payload", testing::text("abc").substr(0, 8)},
      {"a fragment", testing::frame({.payload = "a", .final = false})},
      {"a fragment and pings", testing::frame({.payload = "a", .final = false}) + testing::ping("")},
  };
  for (const Case& each : cases) {
    SCOPED_TRACE(each.what);
    World world;
    world.session.tick(kSecondNs);
    world.feed(each.begun);
    (void)world.heard();
    world.session.tick(kSecondNs + world.options.message_ns_max - 1);
    EXPECT_FALSE(world.net.closed);
    world.session.tick(kSecondNs + world.options.message_ns_max + 1);
    EXPECT_TRUE(world.net.closed);
    EXPECT_TRUE(world.heard().ends_with("close(1008 Message timeout)"));
  }
}

TEST(Slow, ABusyConnectionWhoseMessagesAreAlwaysCutIsNotSlow) {
  Options options;
  options.messages_per_second_max = 0;
  for (const std::string& one : {testing::text("hello"), testing::ping("hello")}) {
    World world(options);
    world.feed(one.substr(0, 4));
    for (std::int64_t i = 1; i < 600; ++i) {
      world.session.tick(i * kSecondNs / 10);
      world.feed(one.substr(4) + one.substr(0, 4));
    }
    EXPECT_FALSE(world.net.closed);
    EXPECT_EQ(world.wire.counters.messages_received, 599u);
  }
}

TEST(Slow, AClientThatDoesNotReadIsEvicted) {
  World world;
  world.net.unsent = world.options.unsent_bytes_max;
  world.session.send_text("a");
  world.net.unsent = world.options.unsent_bytes_max + 1;
  world.session.send(make_text_frame("b"));
  world.session.send_text("c");
  EXPECT_EQ(world.heard(), "text(a) close(1008 Too slow)");
  EXPECT_TRUE(world.net.closed);
  world.session.tick(world.options.close_ns_max + 1);
  EXPECT_TRUE(world.net.dropped) << "what is queued for it would wait for ever";
}

TEST(Errors, AreCounted) {
  World world;
  world.feed("\xFF\xFF");
  EXPECT_EQ(world.wire.counters.protocol_errors, 1u);
  EXPECT_EQ(world.wire.counters.evicted, 0u);
}

}  // namespace
}  // namespace websocket
