// A WebSocket client that is not ours (Boost.Beast) against the gateway over real sockets; and what an idle connection
// costs with them. The only file that includes Beast: it takes half a minute to compile.
#include <gtest/gtest.h>
#include <malloc.h>

#include <array>
#include <atomic>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/websocket.hpp>
#include <thread>

#include "gateways/rest/gateway.h"
#include "gateways/rest/test_port.h"
#include "gateways/websocket/frame.h"
#include "gateways/websocket/testing.h"
#include "pkg/io/asio_network.h"

namespace rest {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using Client = beast::websocket::stream<asio::ip::tcp::socket>;

class Echo final : public websocket::Application {
 public:
  explicit Echo(websocket::Peer& peer) : peer_(peer) {}
  void on_text(std::string_view message) override {
    if (message == "bye") return peer_.close(websocket::CloseCode::going_away, "so long");
    if (message.starts_with("shared")) return peer_.send(websocket::make_text_frame(message));
    peer_.send_text(message);
  }

 private:
  websocket::Peer& peer_;
};

// The exchange on a port of its own, its loop on a thread of its own.
class Server {
 public:
  explicit Server(bool ticking) {
    gateway_.set_upgrade(
        [](websocket::Peer& peer, std::string_view path, std::string_view) -> std::unique_ptr<websocket::Application> {
          if (path != "/ws") return nullptr;
          return std::make_unique<Echo>(peer);
        });
    const auto bound = network_.listen("127.0.0.1:0", gateway_);
    EXPECT_TRUE(bound.has_value());
    port_ = static_cast<std::uint16_t>(std::stoi(bound->substr(bound->rfind(':') + 1)));
    loop_ = std::thread([this, ticking] {
      while (!stopped_) {
        network_.run_once(1'000'000);
        if (ticking) gateway_.tick(++now_ns_);
      }
    });
  }
  ~Server() {
    stopped_ = true;
    loop_.join();
  }
  [[nodiscard]] asio::ip::tcp::endpoint endpoint() const { return {asio::ip::make_address("127.0.0.1"), port_}; }

 private:
  static Options options() {
    Options options;
    options.websocket.ping_every_ns = 50;  // of the test's clock: a ping every fifty turns
    return options;
  }
  TestPort exchange_;
  auth::KeyRing keys_;
  io::AsioNetwork network_;
  desk::Desk desk_{{.limits = limits::open_profile()}, exchange_, keys_};
  Gateway gateway_{options(), desk_, network_};
  std::int64_t now_ns_ = 0;
  std::uint16_t port_ = 0;
  std::atomic<bool> stopped_{false};
  std::thread loop_;
};

class Foreign : public ::testing::Test {
 protected:
  void connect(const std::string& path = "/ws") {
    client.next_layer().connect(server.endpoint());
    client.handshake("127.0.0.1", path);
  }
  void say(const std::string& text) { client.write(asio::buffer(text)); }
  std::string hear() {
    beast::flat_buffer buffer;
    client.read(buffer);
    EXPECT_TRUE(client.got_text());
    return beast::buffers_to_string(buffer.data());
  }
  // The code the server closed with.
  std::uint16_t expect_closed() {
    beast::flat_buffer buffer;
    beast::error_code error;
    client.read(buffer, error);
    EXPECT_EQ(error, beast::websocket::error::closed) << error.message();
    return client.reason().code;
  }
  Server server{true};
  asio::io_context context;
  Client client{context};
};

TEST_F(Foreign, MessagesOfAllSizes) {
  connect();
  for (const std::size_t size : {1u, 125u, 126u, 65'535u, 65'536u}) {
    const std::string text(size, 'x');
    say(text);
    EXPECT_EQ(hear(), text);
  }
  const std::string shared = "shared" + std::string(100'000 - 40'000, 'y');
  say(shared);
  EXPECT_EQ(hear(), shared);
}

TEST_F(Foreign, ManyMessagesInOneWrite) {
  connect();
  for (int i = 0; i < 1000; ++i) say(std::to_string(i));
  for (int i = 0; i < 1000; ++i) ASSERT_EQ(hear(), std::to_string(i));
}

TEST_F(Foreign, Fragments) {
  connect();
  client.auto_fragment(false);
  client.write_some(false, asio::buffer(std::string("Grüß ")));
  client.write_some(false, asio::buffer(std::string("\xE2\x82", 2)));
  client.ping("between");
  client.write_some(true, asio::buffer(std::string("\xAC")));
  EXPECT_EQ(hear(), "Grüß €");
}

TEST_F(Foreign, PingsBothWays) {
  std::vector<std::string> pongs;
  int pings = 0;
  client.control_callback([&](beast::websocket::frame_type type, beast::string_view payload) {
    if (type == beast::websocket::frame_type::pong) pongs.emplace_back(payload);
    if (type == beast::websocket::frame_type::ping) ++pings;
  });
  connect();
  client.ping("mine");
  say("a");
  EXPECT_EQ(hear(), "a");
  EXPECT_EQ(pongs, std::vector<std::string>{"mine"});
  while (pings < 3) {  // answered by Beast while it reads
    say("b");
    EXPECT_EQ(hear(), "b");
  }
}

TEST_F(Foreign, ClosesByTheClient) {
  connect();
  say("a");
  EXPECT_EQ(hear(), "a");
  client.close({beast::websocket::close_code::normal, "done"});  // throws when the server's close does not come
  EXPECT_EQ(client.reason().code, beast::websocket::close_code::normal);
}

TEST_F(Foreign, ClosesByTheServer) {
  connect();
  say("bye");
  EXPECT_EQ(expect_closed(), beast::websocket::close_code::going_away);
  EXPECT_EQ(client.reason().reason, "so long");
}

TEST_F(Foreign, IsToldWhatItDidWrong) {
  connect();
  client.binary(true);
  say("binary");
  EXPECT_EQ(expect_closed(), beast::websocket::close_code::unknown_data);
}

TEST_F(Foreign, AMessageTooBig) {
  connect();
  client.auto_fragment(false);
  beast::error_code ignored;
  client.write(asio::buffer(std::string(70'000, 'x')), ignored);
  EXPECT_EQ(expect_closed(), beast::websocket::close_code::too_big);
}

TEST_F(Foreign, AnExtensionItOffersIsNotNegotiated) {
  beast::websocket::permessage_deflate deflate;
  deflate.client_enable = true;
  client.set_option(deflate);
  connect();
  say(std::string(1000, 'x'));
  EXPECT_EQ(hear(), std::string(1000, 'x'));
}

TEST_F(Foreign, AnUnknownPathIsRefused) {
  client.next_layer().connect(server.endpoint());
  beast::websocket::response_type response;
  beast::error_code error;
  client.handshake(response, "127.0.0.1", "/nothing", error);
  EXPECT_EQ(error, beast::websocket::error::upgrade_declined);
  EXPECT_EQ(response.result_int(), 404u);
}

class IdleConnections : public ::testing::Test {
 protected:
  void open() {
    auto& socket = *clients.emplace_back(std::make_unique<asio::ip::tcp::socket>(context));
    socket.connect(server.endpoint());
    const std::string request =
        "GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    asio::write(socket, asio::buffer(request));
    std::array<char, 129> answer{};
    asio::read(socket, asio::buffer(answer));
    EXPECT_EQ(std::string(answer.data(), 12), "HTTP/1.1 101");
    EXPECT_EQ(std::string(answer.data() + answer.size() - 4, 4), "\r\n\r\n");
  }
  static void exchange(asio::ip::tcp::socket& socket, const std::string& message, std::vector<char>& answer) {
    asio::write(socket, asio::buffer(message));
    asio::read(socket, asio::buffer(answer));
  }
  static std::size_t allocated() {
    const auto info = mallinfo2();
    return info.uordblks + info.hblkhd;
  }
  Server server{false};
  asio::io_context context;
  std::vector<std::unique_ptr<asio::ip::tcp::socket>> clients;
};

// Sockets, session and application together, and the client's end, which is small; the kernel's buffers aside.
// Sanitizers keep other books: there it shows nothing.
TEST_F(IdleConnections, CostLittleMemory) {
  constexpr std::size_t kConnections = 300, kPayloadBytes = 3'000;  // of which the buffers are kept
  open();
  const std::string message = websocket::testing::text(std::string(kPayloadBytes, 'x'));
  std::vector<char> answer(kPayloadBytes + 4);
  exchange(*clients.front(), message, answer);
  const std::size_t before = allocated();
  while (clients.size() <= kConnections) open();
  const std::size_t silent = (allocated() - before) / kConnections;
  for (auto& client : clients) exchange(*client, message, answer);
  const std::size_t used = (allocated() - before) / kConnections;
  RecordProperty("bytes_silent", static_cast<int>(silent));
  RecordProperty("bytes_used", static_cast<int>(used));
  EXPECT_LT(silent, 3'000u);
  EXPECT_LT(used, 10'000u);
}

}  // namespace
}  // namespace rest
