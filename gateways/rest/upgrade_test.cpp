// From HTTP to WebSocket through the whole gateway: testdata/handshakes.txt case by case, what surrounds a handshake,
// and the limits of connections.
#include <malloc.h>

#include <algorithm>

#include "gateways/rest/test_house.h"
#include "gateways/websocket/testing.h"
#include "pkg/core/testing_table.h"

#ifndef REST_TESTDATA
#error "REST_TESTDATA names the folder of the test data"
#endif

namespace rest {
namespace {

constexpr std::int64_t kSecondNs = 1'000'000'000;

class Echo final : public websocket::Application {
 public:
  Echo(websocket::Peer& peer, int& alive) : peer_(peer), alive_(alive) { ++alive_; }
  ~Echo() override { --alive_; }
  void on_text(std::string_view message) override { peer_.send_text(message); }

 private:
  websocket::Peer& peer_;
  int& alive_;
};

class House : public TestHouse {
 public:
  explicit House(desk::Options options = with_open_limits(), Options http = {}) : TestHouse(options, http) {
    gateway.set_upgrade([this](websocket::Peer& peer, std::string_view path,
                               std::string_view query) -> std::unique_ptr<websocket::Application> {
      if (path != "/ws") return nullptr;
      last_query = query;
      return std::make_unique<Echo>(peer, alive);
    });
  }
  // What came on a WebSocket connection since the last time.
  std::string frames(io::ConnectionId connection) {
    return websocket::testing::described(websocket::testing::frames_in(network.take(connection)));
  }
  int alive = 0;  // applications
  std::string last_query;
};

const std::string kAccepted =
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
const std::string kHeaders =
    "Host: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
const std::string kHandshake = "GET /ws HTTP/1.1\r\n" + kHeaders;

struct Case {
  std::string name, request;
  int status = 0, code = 0;
  std::string text;
};

std::string filled_in(std::string text) {
  const std::vector<std::pair<std::string, std::string>> names = {
      {"{good}", "{host}{upgrade}{connection}{version}{key};"},
      {"{host}", "Host: x;"},
      {"{upgrade}", "Upgrade: websocket;"},
      {"{connection}", "Connection: Upgrade;"},
      {"{version}", "Sec-WebSocket-Version: 13;"},
      {"{key}", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==;"},
      {";", "\r\n"},
  };
  for (const auto& [name, value] : names) core::testing::replace_all(text, name, value);
  core::testing::expand_escapes(text);
  return text;
}

std::vector<core::testing::Row> read_rows() { return core::testing::read_rows(REST_TESTDATA "/handshakes.txt", 5); }

std::vector<Case> read_cases() {
  std::vector<Case> cases;
  for (const core::testing::Row& row : read_rows())
    cases.push_back({row[0], filled_in(row[1]), std::stoi(row[2]), std::stoi(row[3]), row[4]});
  return cases;
}

void expect_answer(const Case& each, const std::string& answer) {
  if (each.status == 0) {
    EXPECT_EQ(answer, "");
  } else if (each.status == 101) {
    std::string expected = kAccepted;
    core::testing::replace_all(expected, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", each.text);
    EXPECT_EQ(answer, expected);
  } else {
    const auto responses = parse_responses(answer);
    ASSERT_EQ(responses.size(), 1u);
    EXPECT_EQ(responses[0].status, each.status);
    EXPECT_EQ(responses[0].body, error_json(each.code, each.text));
  }
}

TEST(Handshakes, GetTheirExactAnswersHoweverTheyAreCut) {
  const std::vector<Case> cases = read_cases();
  ASSERT_GE(cases.size(), 50u);
  House house;
  for (const Case& each : cases) {
    SCOPED_TRACE(each.name);
    for (const std::size_t piece : {std::string::npos, std::size_t{1}}) {
      const io::ConnectionId connection = house.network.connect();
      for (std::size_t at = 0; at < each.request.size(); at += std::min(piece, each.request.size()))
        house.network.feed(connection, std::string_view(each.request).substr(at, piece));
      expect_answer(each, house.network.take(connection));
      ASSERT_EQ(house.alive, each.status == 101 ? 1 : 0);
      if (each.status == 101) {
        house.network.feed(connection, websocket::testing::text("hello"));
        EXPECT_EQ(house.frames(connection), "text(hello)");
      }
      house.network.hang_up(connection);
      ASSERT_EQ(house.alive, 0);
    }
    ASSERT_EQ(house.get("/api/v3/ping").body, "{}");
  }
}

TEST(Handshakes, HaveNamesOfTheirOwn) { core::testing::expect_unique_names(read_rows()); }

TEST(Handshakes, RefusalsSayWhatWouldDo) {
  House house;
  std::string old = kHandshake;
  core::testing::replace_all(old, "Version: 13", "Version: 7");
  const Response response = house.send(old);
  EXPECT_EQ(response.header("Sec-WebSocket-Version"), "13");
  EXPECT_EQ(response.header("Upgrade"), "websocket");
  EXPECT_EQ(house.send("PUT /ws HTTP/1.1\r\n" + kHeaders).header("Allow"), "GET");
}

TEST(Handshakes, HalfOfOneIsNotWaitedForLong) {
  House house;
  const io::ConnectionId connection = house.network.connect();
  house.network.feed(connection, kHandshake.substr(0, 100));
  house.gateway.tick(21 * kSecondNs);
  EXPECT_EQ(parse_responses(house.network.take(connection)).at(0).status, 408);
  EXPECT_TRUE(house.network.closed(connection));
}

TEST(Handshakes, WithoutAnUpgradeSetThePathsAreUnknown) {
  TestHouse house;
  EXPECT_EQ(house.send(kHandshake).status, 404);
}

TEST(Upgrade, GivesPathQueryAndWhatCameBehindTheHead) {
  House house;
  const std::string frames =
      websocket::testing::text("a") + websocket::testing::ping("b") + websocket::testing::text("c");
  const std::string bytes = "GET /ws?streams=x HTTP/1.1\r\n" + kHeaders + frames;
  for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
    const io::ConnectionId connection = house.network.connect();
    house.network.feed(connection, bytes.substr(0, cut));
    if (cut < bytes.size()) house.network.feed(connection, bytes.substr(cut));
    std::string answer = house.network.take(connection);
    ASSERT_TRUE(answer.starts_with(kAccepted)) << cut;
    ASSERT_EQ(websocket::testing::described(websocket::testing::frames_in(answer.substr(kAccepted.size()))),
              "text(a) pong(b) text(c)");
    ASSERT_EQ(house.last_query, "streams=x");
    house.network.hang_up(connection);
  }
}

TEST(Upgrade, AfterOtherRequestsOnTheConnection) {
  House house;
  const io::ConnectionId connection = house.network.connect();
  house.network.feed(connection, TestHouse::http("GET", "/api/v3/ping") + kHandshake + websocket::testing::text("a"));
  const std::string answer = house.network.take(connection);
  const std::size_t at = answer.find(kAccepted);
  ASSERT_NE(at, std::string::npos);
  EXPECT_EQ(parse_responses(answer.substr(0, at)).at(0).body, "{}");
  EXPECT_TRUE(
      answer.ends_with("\x81\x01"
                       "a"));
}

TEST(Upgrade, NotWhileEarlierRequestsWaitForTheirAnswers) {
  House house;
  house.port.holding = true;
  const io::ConnectionId connection = house.network.connect();
  const std::string order = house.signed_http(house.ann, "DELETE", "/api/v3/openOrders", "symbol=BTCUSDT");
  house.network.feed(connection, order + kHandshake);
  EXPECT_EQ(house.network.take(connection), "");
  house.port.deliver();
  const auto responses = parse_responses(house.network.take(connection));
  ASSERT_EQ(responses.size(), 2u);
  EXPECT_EQ(responses[1].status, 400);
  EXPECT_NE(responses[1].body.find("behind requests without their answers"), std::string::npos);
  EXPECT_EQ(house.alive, 0);
}

// A session that takes one request at a time meets the handshake inside the reply to the request before it.
TEST(Upgrade, InsideTheReplyToAnEarlierRequest) {
  Options options;
  options.http.pipelined_max = 1;
  for (const bool by_tick : {false, true}) {
    House house(TestHouse::with_open_limits(), options);
    house.port.holding = true;
    const io::ConnectionId connection = house.network.connect();
    const std::string order = house.signed_http(house.ann, "DELETE", "/api/v3/openOrders", "symbol=BTCUSDT");
    house.network.feed(connection, order + kHandshake + websocket::testing::text("a"));
    EXPECT_EQ(house.alive, 0);
    house.port.deliver();
    EXPECT_EQ(house.alive, 1);
    EXPECT_TRUE(house.network.take(connection).ends_with(kAccepted));
    if (by_tick) {
      house.gateway.tick(1);
      EXPECT_EQ(house.frames(connection), "text(a)");
      house.network.feed(connection, websocket::testing::text("b"));
      EXPECT_EQ(house.frames(connection), "text(b)");
    } else {
      house.network.feed(connection, websocket::testing::text("b"));
      EXPECT_EQ(house.frames(connection), "text(a) text(b)");
    }
    house.network.hang_up(connection);
    EXPECT_EQ(house.alive, 0);
  }
}

TEST(Upgrade, AConnectionMayEndBeforeItsSessionHasStarted) {
  Options options;
  options.http.pipelined_max = 1;
  House house(TestHouse::with_open_limits(), options);
  house.port.holding = true;
  const io::ConnectionId connection = house.network.connect();
  house.network.feed(connection,
                     house.signed_http(house.ann, "DELETE", "/api/v3/openOrders", "symbol=BTCUSDT") + kHandshake);
  house.port.deliver();
  house.network.hang_up(connection);
  EXPECT_EQ(house.alive, 0);
  EXPECT_EQ(house.gateway.counters().connections_open, 0u);
}

TEST(Upgrade, TicksAndCountsItsSessions) {
  House house;
  const io::ConnectionId connection = house.network.connect();
  house.network.feed(connection, kHandshake);
  (void)house.network.take(connection);
  EXPECT_EQ(house.gateway.counters().connections_open, 1u);
  EXPECT_EQ(house.gateway.counters().websockets_open, 1u);
  house.gateway.tick(20 * kSecondNs);
  EXPECT_EQ(house.frames(connection), "ping(1)");
  EXPECT_NE(house.get("/metrics").body.find("exchange_websocket_connections 1\n"), std::string::npos);
  house.network.hang_up(connection);
  EXPECT_EQ(house.gateway.counters().connections_open, 0u);
}

TEST(Upgrade, StoppingRefusesNewConnectionsAndEndsTheOldOnesLast) {
  House house;
  const io::ConnectionId connection = house.network.connect();
  house.network.feed(connection, kHandshake);
  (void)house.network.take(connection);
  house.gateway.stop();
  EXPECT_EQ(house.send(kHandshake).status, 503);
  house.network.feed(connection, websocket::testing::text("still here"));
  EXPECT_EQ(house.frames(connection), "text(still here)");
  house.gateway.close_websockets();
  EXPECT_EQ(house.frames(connection), "close(1001 Server shutdown)");
  house.network.feed(connection, websocket::testing::close(1001));
  EXPECT_TRUE(house.network.closed(connection));
}

TEST(Limits, ThreeHundredNewConnectionsInFiveMinutesOfAnAddress) {
  House house{desk::Options{}};
  for (int i = 0; i < 300; ++i) {
    const io::ConnectionId connection = house.network.connect();
    house.network.feed(connection, kHandshake);
    ASSERT_EQ(house.network.take(connection), kAccepted) << i;
    house.network.hang_up(connection);
  }
  EXPECT_EQ(house.get("/api/v3/ping").header("X-MBX-USED-WEIGHT-1M"), "601") << "two for each, one for this";
  const Response refused = house.send(kHandshake);
  EXPECT_EQ(refused.status, 429);
  EXPECT_EQ(refused.body,
            R"({"code":-1003,"msg":"Too many connections; current limit is 300 WebSocket connections per 5 MINUTE."})");
  EXPECT_FALSE(refused.header("Retry-After").empty());
  const io::ConnectionId elsewhere = house.network.connect("192.0.2.2");
  house.network.feed(elsewhere, kHandshake);
  EXPECT_EQ(house.network.take(elsewhere), kAccepted);
  house.port.time = core::Time{house.port.time.ns + 300 * kSecondNs};
  const io::ConnectionId later = house.network.connect();
  house.network.feed(later, kHandshake);
  EXPECT_EQ(house.network.take(later), kAccepted);
}

TEST(Limits, ComeFromTheProfile) {
  for (const auto& profile : {limits::binance_profile(), limits::open_profile()}) {
    House house{desk::Options{.limits = profile}};
    const io::ConnectionId connection = house.network.connect();
    house.network.feed(connection, kHandshake);
    for (int i = 0; i < 6; ++i) house.network.feed(connection, websocket::testing::text("x"));
    EXPECT_EQ(house.network.closed(connection), profile.name == "binance");
  }
}

// What the gateway keeps of a connection that is idle after a busy time; the network's share is in the test of sockets.
TEST(Memory, OfAnIdleConnectionIsSmall) {
  constexpr std::size_t kConnections = 1000;
  House house;
  const std::size_t before = mallinfo2().uordblks;
  for (std::size_t i = 0; i < kConnections; ++i) {
    const io::ConnectionId connection = house.network.connect();
    house.network.feed(connection, TestHouse::http("GET", "/api/v3/exchangeInfo") + kHandshake);
    const std::string message = websocket::testing::text(std::string(60'000, 'x'));
    house.network.feed(connection, message.substr(0, 30'000));
    house.network.feed(connection, message.substr(30'000));
    (void)house.network.take(connection);
  }
  const std::size_t each = (mallinfo2().uordblks - before) / kConnections;
  RecordProperty("bytes", static_cast<int>(each));
  EXPECT_LT(each, 2'000u);
}

}  // namespace
}  // namespace rest
