#include "gateways/http/session.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "pkg/core/random.h"

namespace http {
namespace {

class Net final : public io::Network {
 public:
  core::Result<std::string> listen(const std::string&, io::ConnectionHandler&) override { return "test"; }
  void send(io::ConnectionId, core::BytesView bytes) override {
    EXPECT_FALSE(closed) << "nothing is sent after close";
    sent += core::as_text(bytes);
  }
  [[nodiscard]] std::size_t unsent_bytes(io::ConnectionId) const override { return unsent; }
  void close(io::ConnectionId) override { closed = true; }
  std::string sent;
  std::size_t unsent = 0;
  bool closed = false;
};

// Keeps what it is asked; answers at once unless told to wait.
class Asked final : public Handler {
 public:
  void on_request(Session& session, const Request& request) override {
    std::string seen = std::string(name(request.head.method)) + " " + std::string(request.head.path);
    if (!request.head.query.empty()) seen += "?" + std::string(request.head.query);
    if (!request.body.empty()) seen += " [" + std::string(request.body) + "]";
    requests.push_back(seen);
    numbers.push_back(request.number);
    if (request.head.path == hand_over_at) return session.hand_over();
    if (!wait) session.answer(request.number, {.body = request.head.path});
  }
  void on_bad_request(Session& session, std::uint64_t number, const BadRequest& why) override {
    bad.push_back(why.status);
    session.answer(number, {.status = why.status, .body = why.reason});
  }
  std::vector<std::string> requests;
  std::vector<std::uint64_t> numbers;
  std::vector<int> bad;
  bool wait = false;
  std::string hand_over_at;
};

struct World {
  explicit World(Options given = {}) : options(given), session(options, asked, wire, 1, 0) {}
  void feed(std::string_view bytes) { session.receive(core::as_bytes(bytes)); }
  void answer(std::uint64_t number, std::string_view body) { session.answer(number, {.body = body}); }
  // The bodies sent so far, in order.
  std::vector<std::string> bodies() const {
    std::vector<std::string> out;
    for (std::size_t at = 0; (at = net.sent.find("Content-Length: ", at)) != std::string::npos;) {
      const std::size_t length = std::stoul(net.sent.substr(at + 16));
      at = net.sent.find("\r\n\r\n", at) + 4;
      out.push_back(net.sent.substr(at, length));
      at += length;
    }
    return out;
  }
  Options options;
  Net net;
  Wire wire{net};
  Asked asked;
  Session session;
};

using Texts = std::vector<std::string>;
constexpr std::int64_t kSecondNs = 1'000'000'000;

std::string get(std::string_view path, std::string_view headers = "") {
  return "GET " + std::string(path) + " HTTP/1.1\r\nHost: x\r\n" + std::string(headers) + "\r\n";
}

TEST(Session, AnswersOneRequestExactly) {
  World world;
  world.wire.date_line = "Date: now\r\n";
  world.feed(get("/a"));
  EXPECT_EQ(
      world.net.sent,
      "HTTP/1.1 200 OK\r\nDate: now\r\nContent-Type: application/json;charset=UTF-8\r\nContent-Length: 2\r\n\r\n/a");
  EXPECT_FALSE(world.net.closed);
}

TEST(Session, TakesEveryFormOfARequest) {
  struct Case {
    const char* what;
    std::string bytes, seen;
  };
  const std::vector<Case> cases = {
      {"query", get("/a?b=c&d"), "GET /a?b=c&d"},
      {"empty query", get("/a?"), "GET /a"},
      {"two question marks", get("/a?b?c"), "GET /a?b?c"},
      {"absolute form", get("http://host:80/a?b=c"), "GET /a?b=c"},
      {"absolute form without a path", get("http://host"), "GET /"},
      {"brackets and quotes as curl -g sends them", get("/a?s=[\"B\"]"), "GET /a?s=[\"B\"]"},
      {"body", "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc", "POST /a [abc]"},
      {"body of a DELETE", "DELETE /a HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc", "DELETE /a [abc]"},
      {"the same length twice", "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc",
       "POST /a [abc]"},
      {"chunks",
       "POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n02;x=y\r\nde\r\n0\r\n\r\n",
       "POST /a [abcde]"},
      {"chunks with a trailer",
       "POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: Chunked\r\n\r\nA\r\n0123456789\r\n0\r\nX: y\r\n\r\n",
       "POST /a [0123456789]"},
      {"no chunks", "POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "POST /a"},
      {"headers in any case", "POST /a HTTP/1.1\r\nHOST: x\r\ncontent-LENGTH:3 \r\n\r\nabc", "POST /a [abc]"},
      {"empty lines before it", "\r\n\r\n" + get("/a"), "GET /a"},
      {"method nobody knows", "BREW /a HTTP/1.1\r\nHost: x\r\n\r\n", " /a"},
      {"OPTIONS for all", "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n", "OPTIONS *"},
  };
  for (const Case& each : cases) {
    SCOPED_TRACE(each.what);
    World whole;
    whole.feed(each.bytes + get("/next"));
    EXPECT_EQ(whole.asked.requests, (Texts{each.seen, "GET /next"}));
    World cut;
    for (const char byte : each.bytes + get("/next")) cut.feed(std::string_view(&byte, 1));
    EXPECT_EQ(cut.asked.requests, (Texts{each.seen, "GET /next"}));
  }
}

TEST(Session, ConnectionHeadersDecideWhoLives) {
  struct Case {
    std::string bytes;
    bool closes;
    const char* header;
  };
  const std::vector<Case> cases = {
      {get("/a"), false, ""},
      {get("/a", "Connection: close\r\n"), true, "Connection: close\r\n"},
      {get("/a", "Connection: x, CLOSE\r\n"), true, "Connection: close\r\n"},
      {get("/a", "Connection: keep-alive\r\n"), false, ""},
      {"GET /a HTTP/1.0\r\n\r\n", true, "Connection: close\r\n"},
      {"GET /a HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", false, "Connection: keep-alive\r\n"},
  };
  for (const Case& each : cases) {
    SCOPED_TRACE(each.bytes);
    World world;
    world.feed(each.bytes);
    EXPECT_EQ(world.net.closed, each.closes);
    EXPECT_EQ(world.net.sent.find("Connection:") != std::string::npos, *each.header != 0);
    EXPECT_NE(world.net.sent.find(each.header), std::string::npos);
  }
}

TEST(Session, NothingIsReadBehindAClose) {
  World world;
  world.feed(get("/a", "Connection: close\r\n") + get("/b"));
  world.feed(get("/c"));
  EXPECT_EQ(world.asked.requests, Texts{"GET /a"});
}

// What comes behind a request that is handed over belongs to somebody else, whenever it comes.
TEST(Session, HandsTheConnectionOverWithTheRest) {
  const std::string rest = get("/not-http") + "\x81\x82";
  const std::string bytes = get("/a") + get("/over", "Connection: close\r\n") + rest;
  for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
    World world;
    world.asked.hand_over_at = "/over";
    world.feed(bytes.substr(0, cut));
    world.feed(bytes.substr(cut));
    ASSERT_TRUE(world.session.handed_over()) << cut;
    world.feed("more");
    world.session.tick(10 * world.options.idle_ns_max);
    ASSERT_EQ(world.asked.requests, (Texts{"GET /a", "GET /over"}));
    ASSERT_EQ(world.session.take_rest(), rest + "more");
    ASSERT_EQ(world.bodies(), Texts{"/a"});
    ASSERT_FALSE(world.net.closed) << "it is the new owner's to close";
  }
}

TEST(Session, HeadGetsTheHeadersOfGetAlone) {
  World world;
  world.feed("HEAD /abc HTTP/1.1\r\nHost: x\r\n\r\n" + get("/b"));
  EXPECT_NE(world.net.sent.find("Content-Length: 4\r\n\r\nHTTP/1.1 200"), std::string::npos) << world.net.sent;
}

TEST(Session, PipelinedAnswersLeaveInTheOrderOfTheRequests) {
  // Every order of answering five requests.
  std::vector<std::uint64_t> order = {0, 1, 2, 3, 4};
  do {
    World world;
    world.asked.wait = true;
    for (int i = 0; i < 5; ++i) world.feed(get("/a"));
    for (const std::uint64_t number : order) world.answer(number, std::to_string(number));
    ASSERT_EQ(world.bodies(), (Texts{"0", "1", "2", "3", "4"}));
  } while (std::next_permutation(order.begin(), order.end()));
}

TEST(Session, ARefusedRequestIsAnsweredBehindThoseBeforeIt) {
  World world;
  world.asked.wait = true;
  world.feed(get("/a") + get("/b") + "nonsense\r\n\r\n");
  EXPECT_EQ(world.net.sent, "");
  EXPECT_FALSE(world.net.closed);
  world.answer(1, "b");
  world.answer(0, "a");
  EXPECT_EQ(world.bodies(), (Texts{"a", "b", "the request line is not METHOD TARGET VERSION"}));
  EXPECT_TRUE(world.net.closed);
}

TEST(Session, AnAnswerThatClosesSilencesThoseBehindIt) {
  World world;
  world.asked.wait = true;
  world.feed(get("/a") + get("/b"));
  world.answer(1, "b");
  world.session.answer(0, {.body = "a", .close = true});
  EXPECT_EQ(world.bodies(), Texts{"a"});
  EXPECT_TRUE(world.net.closed);
}

TEST(Session, TakesOnlySoManyRequestsAtATime) {
  Options options;
  options.pipelined_max = 4;
  World world(options);
  world.asked.wait = true;
  std::string many;
  for (int i = 0; i < 10; ++i) many += get("/a");
  world.feed(many);
  EXPECT_EQ(world.asked.requests.size(), 4u);
  world.answer(1, "x");
  EXPECT_EQ(world.asked.requests.size(), 4u) << "it is the oldest that makes room";
  world.answer(0, "x");
  EXPECT_EQ(world.asked.requests.size(), 6u);
  for (std::uint64_t i = 2; i < 10; ++i) world.answer(i, "x");
  EXPECT_EQ(world.asked.requests.size(), 10u);
  EXPECT_EQ(world.bodies().size(), 10u);
}

TEST(Session, AClientThatSendsWithoutEndIsCutOff) {
  Options options;
  options.pipelined_max = 1;
  World world(options);
  world.asked.wait = true;
  const std::string request = get("/a");
  std::size_t fed = 0;
  for (; !world.net.closed && fed < 10'000'000; fed += request.size()) world.feed(request);
  EXPECT_TRUE(world.net.closed);
  EXPECT_LT(fed, 2'000'000u);
}

TEST(Session, AClientThatDoesNotReadGetsNoMoreRequestsTaken) {
  World world;
  world.net.unsent = world.options.unsent_bytes_max + 1;
  world.feed(get("/a") + get("/b"));
  EXPECT_TRUE(world.asked.requests.empty());
  world.net.unsent = 0;
  world.session.tick(1);
  EXPECT_EQ(world.asked.requests.size(), 2u);
}

TEST(Session, ContinuesOnceWhenAsked) {
  World world;
  const std::string head = "POST /a HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n";
  world.feed(head);
  EXPECT_EQ(world.net.sent, "HTTP/1.1 100 Continue\r\n\r\n");
  world.feed("a");
  world.feed("bc");
  EXPECT_EQ(world.asked.requests, Texts{"POST /a [abc]"});
  EXPECT_EQ(world.net.sent.find("100 Continue", 20), std::string::npos);
  world.net.sent.clear();
  world.feed(head + "abc");
  EXPECT_EQ(world.net.sent.find("100 Continue"), std::string::npos) << "the body was there already";
}

TEST(Session, BodiesHaveALimit) {
  Options options;
  options.body_bytes_max = 10;
  World world(options);
  world.feed("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n0123456789");
  EXPECT_EQ(world.asked.requests.size(), 1u);
  world.feed("POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 11\r\n\r\n");
  EXPECT_EQ(world.asked.bad, std::vector{413});
  EXPECT_TRUE(world.net.closed);

  World chunked(options);
  chunked.feed("POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n6\r\n012345\r\n5\r\n");
  EXPECT_EQ(chunked.asked.bad, std::vector{413});

  World padded(options);  // tiny chunks with long extensions
  padded.feed("POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
  padded.feed("1;" + std::string(200, 'x') + "\r\na\r\n");
  EXPECT_EQ(padded.asked.bad, std::vector{413});
}

TEST(Session, TooManyHeaders) {
  World world;
  std::string headers;
  for (std::size_t i = 0; i < world.options.headers_max; ++i) headers += "A: b\r\n";
  world.feed(get("/a", headers));
  EXPECT_EQ(world.asked.bad, std::vector{431});
}

TEST(Timeouts, AnIdleConnectionIsClosedSilently) {
  World world;
  world.session.tick(kSecondNs);
  world.feed(get("/a"));
  const std::string sent = world.net.sent;
  world.session.tick(kSecondNs + world.options.idle_ns_max);
  EXPECT_FALSE(world.net.closed);
  world.session.tick(kSecondNs + world.options.idle_ns_max + 1);
  EXPECT_TRUE(world.net.closed);
  EXPECT_EQ(world.net.sent, sent);
}

TEST(Timeouts, AWaitingClientIsNotIdle) {
  World world;
  world.asked.wait = true;
  world.feed(get("/a"));
  world.session.tick(10 * world.options.idle_ns_max);
  EXPECT_FALSE(world.net.closed);
  world.answer(0, "late");
  EXPECT_EQ(world.bodies(), Texts{"late"});
}

TEST(Timeouts, HalfARequestGets408HoweverSlowlyItGrows) {
  World world;
  const std::string request = "GET /" + std::string(1000, 'a');
  world.feed(get("/a"));
  std::int64_t now = 0;
  for (const char byte : request) {
    if (world.net.closed) break;
    world.feed(std::string_view(&byte, 1));
    world.session.tick(now += kSecondNs);
  }
  EXPECT_EQ(world.asked.bad, std::vector{408});
  EXPECT_TRUE(world.net.closed);
  EXPECT_EQ(now, world.options.request_ns_max + kSecondNs);
}

// The same bytes, cut at random, with answers held back at random, always give the same conversation.
TEST(Property, CutsAndDelaysDoNotMatter) {
  core::Random random(7);
  for (int round = 0; round < 300; ++round) {
    std::string bytes;
    Texts expected;
    for (std::uint64_t i = 0, count = 1 + random.below(20); i < count; ++i) {
      const std::string path = "/" + std::to_string(i), body(random.below(50), 'b');
      switch (random.below(3)) {
        case 0:
          bytes += get(path);
          break;
        case 1:
          bytes += "POST " + path + " HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(body.size()) +
                   "\r\n\r\n" + body;
          break;
        default:
          bytes += "POST " + path + " HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n";
          break;
      }
      expected.push_back(path);
    }
    Options options;
    options.pipelined_max = 1 + random.below(8);
    World world(options);
    world.asked.wait = true;
    std::vector<std::uint64_t> open;
    std::size_t taken = 0;
    const auto note = [&] {
      for (; taken < world.asked.numbers.size(); ++taken) open.push_back(world.asked.numbers[taken]);
    };
    for (std::size_t at = 0; at < bytes.size() || !open.empty();) {
      if (at < bytes.size() && (open.empty() || random.chance(1, 2))) {
        const std::size_t size = std::min<std::size_t>(1 + random.below(60), bytes.size() - at);
        world.feed(std::string_view(bytes).substr(at, size));
        at += size;
      } else {
        const std::size_t which = random.below(open.size());
        const std::uint64_t number = open[which];
        open.erase(open.begin() + static_cast<std::ptrdiff_t>(which));
        world.answer(number, "/" + std::to_string(number));
      }
      note();
    }
    ASSERT_EQ(world.bodies(), expected) << round;
    ASSERT_TRUE(world.asked.bad.empty());
  }
}

}  // namespace
}  // namespace http
