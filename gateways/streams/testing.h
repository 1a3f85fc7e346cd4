// What the tests of the streams share: the real folds behind a port, clients without sockets, and orders to trade with.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateways/limits/limiter.h"
#include "gateways/rest/test_port.h"
#include "gateways/streams/gateway.h"
#include "pkg/core/random.h"
#include "services/instruments/convert.h"

namespace streams {

// The payload of a server's text frame.
inline std::string payload_of(std::string_view frame) {
  EXPECT_GE(frame.size(), 2u);
  EXPECT_EQ(static_cast<unsigned char>(frame[0]), 0x81) << "a whole text message";
  const auto length = static_cast<unsigned char>(frame[1]);
  const std::size_t head = length < 126 ? 2 : length == 126 ? 4 : 10;
  return std::string(frame.substr(head));
}

class TestPeer final : public websocket::Peer {
 public:
  [[nodiscard]] io::ConnectionId connection() const override { return 1; }
  [[nodiscard]] limits::Address& address() override { return address_; }
  void send(const websocket::Frame& frame) override {
    EXPECT_FALSE(is_closed) << "sent to a closed connection";
    frames.push_back(frame);
    if (holds_back) unsent += frame->size();
  }
  void send_text(std::string_view message) override { ADD_FAILURE() << "not by frame: " << message; }
  [[nodiscard]] std::size_t unsent_bytes() const override {
    ++times_asked;
    return unsent;
  }
  void close(websocket::CloseCode code, std::string_view why) override {
    is_closed = true;
    close_code = code;
    close_reason = why;
  }
  // What was sent since the last time.
  std::vector<std::string> take() {
    std::vector<std::string> out;
    for (const websocket::Frame& frame : std::exchange(frames, {})) out.push_back(payload_of(*frame));
    return out;
  }

  std::vector<websocket::Frame> frames;
  bool holds_back = false;  // a client that does not read
  std::size_t unsent = 0;
  mutable std::size_t times_asked = 0;
  bool is_closed = false;
  websocket::CloseCode close_code = websocket::CloseCode::normal;
  std::string close_reason;

 private:
  limits::Address address_;
};

// A client: its connection, and the application behind it.
class TestClient {
 public:
  TestClient(Gateway& gateway, std::string_view path, std::string_view query = {})
      : application(gateway.open(peer, path, query)) {}
  // The answer to a command; REQUIRES that nothing else is sent meanwhile.
  std::string ask(std::string_view message) {
    (void)peer.take();
    application->on_text(message);
    const auto answers = peer.take();
    EXPECT_EQ(answers.size(), 1u) << message;
    return answers.empty() ? "" : answers.front();
  }
  void subscribe(std::string_view stream) {
    EXPECT_EQ(ask(R"({"method":"SUBSCRIBE","params":[")" + std::string(stream) + R"("],"id":1})"),
              R"({"result":null,"id":1})");
  }
  std::vector<std::string> take() { return peer.take(); }
  // The only message since the last time.
  std::string take_one() {
    const auto messages = take();
    EXPECT_EQ(messages.size(), 1u);
    for (std::size_t i = 1; i < messages.size(); ++i) ADD_FAILURE() << messages[i];
    return messages.empty() ? "" : messages.front();
  }

  TestPeer peer;
  std::unique_ptr<websocket::Application> application;
};

// An exchange with two traders and a stream gateway.
class TestFloor : private gateways::ReplyHandler {
 public:
  explicit TestFloor(Options options = {}) : users(port), gateway(options, port, users, Letters{}) {
    port.listeners = {&users, &gateway.markets()};
    ann = open_account("ann");
    bob = open_account("bob");
    for (const core::AccountId account : {ann, bob}) {
      deposit(account, "BTC", 1'000);
      deposit(account, "ETH", 10'000);
      deposit(account, "USDT", 100'000'000);
    }
    gateway.tick(now_ns, port.time);
  }

  core::AccountId open_account(std::string_view name) {
    submit(ledger::OpenAccount{ledger::AccountName(name)});
    return *port.views().accounts.find(name);
  }
  void deposit(core::AccountId to, std::string_view asset, std::int64_t whole) {
    submit(ledger::Deposit{.account = to,
                           .asset = port.views().instruments.asset(asset)->id,
                           .amount = core::Amount{whole * core::int128{100'000'000}},
                           .reference = {}});
  }
  [[nodiscard]] const instruments::Market& market(std::string_view symbol = "BTCUSDT") const {
    return *port.views().instruments.market(symbol);
  }
  // A limit order, good till cancelled, changed by `change` before it goes.
  template <class Change>
  core::OrderId place_changed(core::AccountId account, orders::Side side, std::string_view price,
                              std::string_view quantity, Change change, std::string_view symbol = "BTCUSDT") {
    orders::PlaceOrder order{.account = account, .market = market(symbol).id, .side = side};
    order.price = *instruments::parse_price(market(symbol), price);
    order.quantity = *instruments::parse_quantity(market(symbol), quantity);
    change(order);
    return submit(order);
  }
  core::OrderId place(core::AccountId account, orders::Side side, std::string_view price, std::string_view quantity,
                      std::string_view symbol = "BTCUSDT") {
    return place_changed(account, side, price, quantity, [](orders::PlaceOrder&) {}, symbol);
  }
  core::OrderId buy(std::string_view price, std::string_view quantity) {
    return place(bob, orders::Side::buy, price, quantity);
  }
  core::OrderId sell(std::string_view price, std::string_view quantity) {
    return place(ann, orders::Side::sell, price, quantity);
  }
  void cancel(core::AccountId account, core::OrderId order) {
    submit(orders::CancelOrder{.account = account, .market = market().id, .target = {.order = order}});
  }
  // The id of the first order in the command's events; none when there is none.
  core::OrderId submit(const engine::Command& command) {
    EXPECT_TRUE(port.submit(command, ++tokens_, *this, port.time));
    return order_;
  }

  // Lets time pass, tick by tick.
  void pass(std::int64_t milliseconds) {
    constexpr std::int64_t kTickMs = 100;
    for (std::int64_t left = milliseconds; left > 0; left -= kTickMs) {
      const std::int64_t step_ns = std::min(left, kTickMs) * 1'000'000;
      port.time.ns += step_ns;
      now_ns += step_ns;
      gateway.tick(now_ns, port.time);
    }
  }

  // Bytes that differ from call to call.
  struct Letters {
    core::Random random{1};
    void operator()(char* to, std::size_t size) {
      for (std::size_t i = 0; i < size; ++i) to[i] = static_cast<char>(random.below(256));
    }
  };

  rest::TestPort port;
  UserHub users;
  Gateway gateway;
  core::AccountId ann, bob;
  std::int64_t now_ns = 1'000'000'000'000;

 private:
  void on_reply(const gateways::Reply& reply) override {
    order_ = {};
    for (const orders::AccountEvent& event : reply.events) {
      const auto* order = std::get_if<orders::OrderEvent>(&event.body);
      if (order != nullptr && order_.is_none()) order_ = order->order;
    }
  }
  core::OrderId order_;
  std::uint64_t tokens_ = 0;
};

}  // namespace streams
