// The generators against a small server of both protocols on a thread of its own: what they send is right and signed,
// what comes back is counted, and a stall is seen in every request that was due in it.
#include "bench/load.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <map>
#include <thread>

#include "bench/idle.h"
#include "bench/rest_client.h"
#include "bench/stream_readers.h"
#include "bench/websocket_client.h"
#include "gateways/auth/hmac.h"
#include "pkg/io/asio_network.h"

namespace bench {
namespace {

constexpr std::int64_t kMillisecond = 1'000'000;
const Credentials kKey{.api_key = "key", .secret = "secret", .private_key_pem = {}};

std::string server_frame(unsigned first_byte, const std::string& payload) {
  std::string out(1, static_cast<char>(first_byte));
  if (payload.size() < 126) {
    out += static_cast<char>(payload.size());
  } else {
    out += static_cast<char>(126);
    out += static_cast<char>(payload.size() >> 8);
    out += static_cast<char>(payload.size() & 0xff);
  }
  return out + payload;
}

std::string between(const std::string& text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  if (at == std::string::npos) return {};
  const std::size_t begin = at + from.size();
  return text.substr(begin, text.find(to, begin) - begin);
}

// Answers requests of both protocols. What it is to do wrong is set before it is started; what it has seen is read
// after it has stopped.
class Server final : private io::ConnectionHandler {
 public:
  std::uint64_t stall_at = 0;  // the request with this number is answered late, and all behind it
  std::int64_t stall_ns = 0;
  std::uint64_t refuse_every = 0;  // requests
  std::uint64_t close_at = 0;      // request
  std::uint64_t silent_from = 0;   // request: it and all behind it are never answered
  bool reverses = false;           // answers of one turn leave in reverse, as the WebSocket API may
  bool answers_logon_with_error = false;
  int events_per_reader = 0;

  std::uint64_t requests = 0, bad_signatures = 0, cancels = 0, unmatched_cancels = 0, logons = 0;
  std::atomic<int> pongs{0};  // may be read while it runs

  ~Server() override { stop(); }
  Endpoint start() {
    auto bound = network_.listen("127.0.0.1:0", *this);
    EXPECT_TRUE(bound);
    thread_ = std::thread([this] {
      while (!stopping_) network_.run_once(10 * kMillisecond);
    });
    return *parse_url("http://" + *bound);
  }
  void stop() {
    if (!thread_.joinable()) return;
    stopping_ = true;
    network_.wake();
    thread_.join();
  }

 private:
  struct Client {
    std::string in;
    bool is_websocket = false;
    bool is_logged_on = false;
    std::string placed;  // client order id
  };

  void on_open(io::ConnectionId connection, std::string_view) override { clients_[connection]; }
  void on_closed(io::ConnectionId connection) override { clients_.erase(connection); }
  void on_bytes(io::ConnectionId connection, core::BytesView bytes) override {
    Client& client = clients_[connection];
    client.in.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    answers_.clear();
    while (client.is_websocket ? take_frame(client) : take_request(connection, client)) {
    }
    if (reverses) std::reverse(answers_.begin(), answers_.end());
    if (silent_from > 0 && requests >= silent_from) return;
    for (const std::string& answer : answers_) send(connection, answer);
  }
  void send(io::ConnectionId connection, const std::string& text) {
    network_.send(connection, std::as_bytes(std::span(text)));
    if (close_at > 0 && requests >= close_at) network_.close(connection);
  }

  bool take_request(io::ConnectionId connection, Client& client) {
    const std::size_t end = client.in.find("\r\n\r\n");
    if (end == std::string::npos) return false;
    const std::string head = client.in.substr(0, end + 2);
    client.in.erase(0, end + 4);
    if (head.find("Upgrade: websocket") != std::string::npos) {
      client.is_websocket = true;
      send(connection,
           "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
           "sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n");
      for (int i = 0; i < events_per_reader; ++i) send(connection, server_frame(0x81, R"({"e":"trade"})"));
      if (events_per_reader > 0) send(connection, server_frame(0x89, "are you there"));
      return true;
    }
    if (head.starts_with("GET /api/v3/ping ")) {
      answers_.push_back("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}");
      return true;
    }
    const std::string query = between(head, "?", " ");
    const std::size_t at = query.find("&signature=");
    count_signature(query.substr(0, at), query.substr(at + 11));
    if (between(head, "X-MBX-APIKEY: ", "\r\n") != "key") ++bad_signatures;
    const bool is_cancel = head.starts_with("DELETE ");
    count_order(client, is_cancel, between(query, is_cancel ? "origClientOrderId=" : "newClientOrderId=", "&"));
    const std::string body = is_refused() ? R"({"code":-2010,"msg":"no"})" : R"({"orderId":1})";
    answers_.push_back((is_refused() ? "HTTP/1.1 400 Bad Request\r\n" : "HTTP/1.1 200 OK\r\n") +
                       std::string("content-length: ") + std::to_string(body.size()) + "\r\n\r\n" + body);
    return true;
  }

  bool take_frame(Client& client) {
    std::string& in = client.in;
    if (in.size() < 6) return false;
    const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(in[at]); };
    EXPECT_TRUE(byte(1) & 0x80) << "not masked";
    std::size_t size = byte(1) & 127u, head = 6;
    EXPECT_LT(size, 127u);
    if (size == 126) {
      if (in.size() < 8) return false;
      size = byte(2) * 256u + byte(3);
      head = 8;
    }
    if (in.size() < head + size) return false;
    std::string payload = in.substr(head, size);
    for (std::size_t i = 0; i < size; ++i) payload[i] = static_cast<char>(payload[i] ^ in[head - 4 + i % 4]);
    const unsigned opcode = byte(0) & 15u;
    in.erase(0, head + size);
    if (opcode == 10) {
      EXPECT_EQ(payload, "are you there");
      ++pongs;
    } else {
      take_call(client, payload);
    }
    return true;
  }

  void take_call(Client& client, const std::string& call) {
    const std::string id = between(call, "{\"id\":", ",");
    const std::string method = between(call, "\"method\":\"", "\"");
    const std::string params = between(call, "\"params\":{", "}");
    if (method == "session.logon") {
      ++logons;
      EXPECT_NE(params.find("\"signature\":\""), std::string::npos);
      client.is_logged_on = true;
      if (events_per_reader == 0) answers_.push_back(server_frame(0x81, R"({"event":{"e":"before any answer"}})"));
      answers_.push_back(server_frame(0x81, answers_logon_with_error ? R"({"id":0,"status":401,"error":{"code":-4056}})"
                                                                     : "{\"id\":" + id + R"(,"status":200})"));
      return;
    }
    check_call_signature(client, params);
    const bool is_cancel = method == "order.cancel";
    EXPECT_TRUE(is_cancel || method == "order.place") << method;
    count_order(client, is_cancel,
                between(params, is_cancel ? "origClientOrderId\":\"" : "newClientOrderId\":\"", "\""));
    const std::string answer =
        "{\"id\":" + id + (is_refused() ? R"(,"status":400,"error":{"code":-2010}})" : R"(,"status":200,"result":{}})");
    if (requests % 3 == 0) {  // in two fragments, with a ping between them
      answers_.push_back(server_frame(0x01, answer.substr(0, 9)) + server_frame(0x89, "are you there") +
                         server_frame(0x80, answer.substr(9)));
    } else {
      answers_.push_back(server_frame(0x81, answer));
    }
  }

  void check_call_signature(const Client& client, const std::string& params) {
    EXPECT_EQ(params.find("\"signature\"") == std::string::npos, client.is_logged_on);
    if (client.is_logged_on) return;
    std::string payload = params.substr(0, params.find(",\"signature\""));
    std::erase(payload, '"');
    std::replace(payload.begin(), payload.end(), ':', '=');
    std::replace(payload.begin(), payload.end(), ',', '&');
    count_signature(payload, between(params, "\"signature\":\"", "\""));
  }
  void count_signature(const std::string& payload, const std::string& signature) {
    static const auth::HmacSha256 hmac("secret");
    if (auth::to_hex(hmac.sign(payload)) != signature) ++bad_signatures;
  }
  void count_order(Client& client, bool is_cancel, const std::string& client_order_id) {
    ++requests;
    if (requests == stall_at) std::this_thread::sleep_for(std::chrono::nanoseconds(stall_ns));
    if (is_cancel) {
      ++cancels;
      if (client_order_id.empty() || client_order_id != client.placed) ++unmatched_cancels;
    }
    client.placed = is_cancel ? "" : client_order_id;
  }
  [[nodiscard]] bool is_refused() const { return refuse_every > 0 && requests % refuse_every == 0; }

  io::AsioNetwork network_;
  std::map<io::ConnectionId, Client> clients_;
  std::vector<std::string> answers_;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

LoadOptions short_load(const Endpoint& endpoint, int pipelined, std::uint64_t rate_hz) {
  return {.endpoint = endpoint,
          .connections = 4,
          .pipelined = pipelined,
          .rate_hz = rate_hz,
          .warm_up_ns = 20 * kMillisecond,
          .measure_ns = 200 * kMillisecond};
}

struct Protocol {
  const char* name;
  std::function<ClientFactory(const Endpoint&, OrderPattern)> clients;
};

const Protocol kProtocols[] = {
    {"rest", [](const Endpoint&, OrderPattern pattern) { return rest_clients({kKey}, {.pattern = pattern}); }},
    {"websocket",
     [](const Endpoint& endpoint, OrderPattern pattern) {
       return websocket_api_clients({endpoint, {kKey}, true, {.pattern = pattern}});
     }},
    {"websocket, logged on",
     [](const Endpoint& endpoint, OrderPattern pattern) {
       return websocket_api_clients(
           {endpoint, {{"key", "", make_ed25519_keys().private_key_pem}}, true, {.pattern = pattern}});
     }},
};

TEST(Load, OrdersAreSignedAndAnswered) {
  for (const Protocol& protocol : kProtocols) {
    for (const int pipelined : {1, 8}) {
      for (const std::uint64_t rate_hz : {0, 2'000}) {
        SCOPED_TRACE(testing::Message() << protocol.name << ", " << pipelined << " under way, " << rate_hz << "/s");
        Server server;
        const Endpoint endpoint = server.start();
        const auto result =
            run_load(short_load(endpoint, pipelined, rate_hz), protocol.clients(endpoint, OrderPattern::cancel));
        server.stop();
        ASSERT_TRUE(result) << result.error().text();
        EXPECT_GT(result->requests, 0u);
        EXPECT_EQ(result->errors, 0u) << result->first_error;
        EXPECT_EQ(result->unanswered, 0u);
        EXPECT_GT(result->latency.p50_ns, 0);
        EXPECT_GE(result->latency.max_ns, result->latency.p999_ns);
        EXPECT_GE(server.requests, result->requests);
        EXPECT_EQ(server.bad_signatures, 0u);
        EXPECT_EQ(server.unmatched_cancels, 0u);
        EXPECT_EQ(server.cancels * 2, server.requests) << "an order was left behind";
        EXPECT_EQ(server.logons, std::string_view(protocol.name).ends_with("logged on") ? 4u : 0u);
      }
    }
  }
}

TEST(Load, AtARateEveryRequestThatWasDueIsSentOnce) {
  Server server;
  const Endpoint endpoint = server.start();
  const auto result = run_load(short_load(endpoint, 4, 1'000), rest_clients({kKey}, {}));
  server.stop();
  ASSERT_TRUE(result) << result.error().text();
  EXPECT_EQ(server.requests, 220u);  // 1,000/s for 220 ms
  EXPECT_EQ(result->unanswered, 0u);
}

// 100 requests are due while the server sleeps: half of them wait for at least half of the time.
TEST(Load, AStallIsSeenInEveryRequestItDelays) {
  Server server;
  server.stall_at = 70;
  server.stall_ns = 100 * kMillisecond;
  const Endpoint endpoint = server.start();
  const auto result = run_load(short_load(endpoint, 1, 1'000), rest_clients({kKey}, {}));
  ASSERT_TRUE(result) << result.error().text();
  EXPECT_GE(result->latency.max_ns, 100 * kMillisecond);
  // 50 of 200 are due in its first half; a generator that waited for answers would have sent four.
  EXPECT_GE(result->latency.p99_ns, 90 * kMillisecond);
}

TEST(Load, WhatIsNeverAnsweredCountsWithTheTimeItHasWaited) {
  Server server;
  server.silent_from = 70;
  const Endpoint endpoint = server.start();
  LoadOptions options = short_load(endpoint, 1, 1'000);
  options.drain_ns_max = 100 * kMillisecond;
  const auto result = run_load(options, rest_clients({kKey}, {}));
  ASSERT_TRUE(result) << result.error().text();
  // Of those measured, with numbers 20 to 219, at most 69 had an answer; the others waited for 100 to 250 ms.
  EXPECT_GE(result->unanswered, 150u);
  EXPECT_GE(result->latency.max_ns, 240 * kMillisecond);
  EXPECT_GE(result->latency.p50_ns, 100 * kMillisecond);
}

// In a closed loop every place of every connection is soon waiting; what was sent last was sent before the measured
// time was over, and has waited for at least the time of draining.
TEST(Load, AClosedLoopThatFreezesCountsWhatIsUnderWay) {
  for (const int pipelined : {1, 8}) {
    SCOPED_TRACE(pipelined);
    Server server;
    server.silent_from = 20;
    const Endpoint endpoint = server.start();
    LoadOptions options = short_load(endpoint, pipelined, 0);
    options.drain_ns_max = 100 * kMillisecond;
    const auto result = run_load(options, rest_clients({kKey}, {}));
    ASSERT_TRUE(result) << result.error().text();
    EXPECT_EQ(result->unanswered, static_cast<std::uint64_t>(4 * pipelined));
    EXPECT_GE(result->latency.max_ns, 100 * kMillisecond);
  }
}

TEST(Load, RefusalsAreCountedWithTheFirstText) {
  for (const Protocol& protocol : kProtocols) {
    Server server;
    server.refuse_every = 5;
    const Endpoint endpoint = server.start();
    const auto result = run_load(short_load(endpoint, 2, 0), protocol.clients(endpoint, OrderPattern::trade));
    server.stop();
    ASSERT_TRUE(result) << result.error().text();
    EXPECT_EQ(result->errors, server.requests / 5);
    EXPECT_NE(result->first_error.find("-2010"), std::string::npos) << result->first_error;
  }
}

TEST(Load, AnswersOfTheWebSocketApiMayComeInAnyOrder) {
  Server server;
  server.reverses = true;
  const Endpoint endpoint = server.start();
  const auto result = run_load(short_load(endpoint, 8, 0), websocket_api_clients({endpoint, {kKey}, true, {}}));
  ASSERT_TRUE(result) << result.error().text();
  EXPECT_GT(result->requests, 0u);
}

TEST(Load, SaysWhyItCannotGoOn) {
  for (const Protocol& protocol : kProtocols) {
    Server server;
    server.close_at = 50;
    const Endpoint endpoint = server.start();
    const auto result = run_load(short_load(endpoint, 2, 0), protocol.clients(endpoint, OrderPattern::trade));
    ASSERT_FALSE(result) << protocol.name;
    EXPECT_EQ(result.error().kind, core::ErrorKind::unavailable) << result.error().text();
  }
  Server server;
  server.answers_logon_with_error = true;
  const Endpoint endpoint = server.start();
  const auto refused = run_load(short_load(endpoint, 2, 0), kProtocols[2].clients(endpoint, OrderPattern::trade));
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().text().find("-4056"), std::string::npos) << refused.error().text();
  server.stop();
  const auto nobody = run_load(short_load({"127.0.0.1", 1}, 1, 0), rest_clients({kKey}, {}));
  ASSERT_FALSE(nobody);
  const auto no_key = run_load(short_load(endpoint, 1, 0), rest_clients({{"key", "", "no PEM"}}, {}));
  ASSERT_FALSE(no_key);
  EXPECT_EQ(no_key.error().kind, core::ErrorKind::invalid_input);
}

TEST(StreamReaders, CountMessagesAndAnswerPings) {
  Server server;
  server.events_per_reader = 1'000;
  const Endpoint endpoint = server.start();
  StreamReaders readers({.endpoint = endpoint, .path = "/stream?streams=btcusdt@trade", .readers = 7});
  ASSERT_TRUE(readers.open());
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (server.pongs < 7 && std::chrono::steady_clock::now() < give_up) ASSERT_TRUE(readers.turn(kMillisecond));
  EXPECT_EQ(server.pongs, 7);
  EXPECT_EQ(readers.counts().messages, 7'000u);
  EXPECT_EQ(readers.counts().bytes, 7 * (1'000u * 15 + 15));
  EXPECT_EQ(readers.counts().readers_lost, 0u);
}

TEST(Idle, OpensAndKeepsConnections) {
  Server server;
  const Endpoint endpoint = server.start();
  for (const char* path : {"", "/ws"}) {
    const auto idle = open_idle(endpoint, 20, path);
    ASSERT_TRUE(idle) << idle.error().text();
    EXPECT_EQ(idle->open.size(), 20u);
    EXPECT_EQ(idle->shortfall, "");
  }
  EXPECT_FALSE(open_idle({"127.0.0.1", 1}, 1, ""));
}

TEST(Url, IsHostAndPort) {
  struct Row {
    const char *url, *host;
    int port;  // -1: refused
  };
  for (const Row& row : {Row{"http://127.0.0.1:8080", "127.0.0.1", 8080}, Row{"ws://localhost:1/", "localhost", 1},
                         Row{"http://[::1]:65535", "::1", 65535}, Row{"http://[::1]", "::1", 80},
                         Row{"http://example.org", "example.org", 80}, Row{"https://example.org", "", -1},
                         Row{"http://", "", -1}, Row{"", "", -1}, Row{"127.0.0.1:8080", "", -1},
                         Row{"http://a:0", "", -1}, Row{"http://a:65536", "", -1}, Row{"http://a:8x", "", -1},
                         Row{"http://a:80/api", "", -1}, Row{"ftp://a", "", -1}, Row{"http://:80", "", -1}}) {
    const auto endpoint = parse_url(row.url);
    ASSERT_EQ(endpoint.has_value(), row.port >= 0) << row.url;
    if (!endpoint) continue;
    EXPECT_EQ(endpoint->host, row.host);
    EXPECT_EQ(endpoint->port, row.port);
  }
}

TEST(HttpAnswer, IsCutWhole) {
  const std::string text = "HTTP/1.1 400 Bad Request\r\nServer: x\r\nCONTENT-LENGTH: 3\r\n\r\nabcHTTP/1.1";
  for (std::size_t size = 0; size < text.size(); ++size) {
    const auto answer = take_http_answer(std::string_view(text).substr(0, size));
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->bytes, size < text.size() - 8 ? 0 : text.size() - 8);
    if (answer->bytes == 0) continue;
    EXPECT_EQ(answer->status, 400);
    EXPECT_EQ(answer->body, "abc");
  }
  for (const char* bad : {"HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 2x0 OK\r\nContent-Length: 0\r\n\r\n",
                          "HTTP/1.1 200 OK\r\nContent-Length: 1x\r\n\r\n", "SSH-2.0\r\n\r\n",
                          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"})
    EXPECT_FALSE(take_http_answer(bad)) << bad;
}

TEST(FrameReader, RefusesWhatNoServerSends) {
  std::string out;
  for (const std::string& bad :
       {server_frame(0xc1, "x"), server_frame(0x82, "x"), server_frame(0x80, "x"), server_frame(0x8b, "x"),
        std::string("\x81\x81mask"), std::string("\x81\x7f\x7f\xff\xff\xff\xff\xff\xff\xff")}) {
    FrameReader reader;
    const auto read = reader.next(bad, out);
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().kind, core::ErrorKind::invalid_input);
  }
  FrameReader reader;
  const auto closed = reader.next(server_frame(0x88, "\x03\xf0slow"), out);
  ASSERT_FALSE(closed);
  EXPECT_EQ(closed.error().what, "the server closed the WebSocket with 1008 slow");
  // A second message must not begin inside the first.
  ASSERT_TRUE(reader.next(server_frame(0x01, "x"), out));
  EXPECT_FALSE(reader.next(server_frame(0x81, "x"), out));
}

}  // namespace
}  // namespace bench
