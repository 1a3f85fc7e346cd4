#include "pkg/io/simulated_network.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

namespace io {
namespace {

using core::as_bytes;
using core::as_text;

std::string text_of(const core::Bytes& bytes) { return std::string(as_text(bytes)); }

// Sends back what it hears, and writes down everything.
struct Echo : ConnectionHandler {
  explicit Echo(SimulatedNetwork& to) : network(to) {}
  void on_open(ConnectionId connection, std::string_view peer_address) override {
    EXPECT_TRUE(heard.emplace(connection, "").second) << "opened twice";
    log += "open " + std::to_string(connection) + " " + std::string(peer_address) + "\n";
  }
  void on_bytes(ConnectionId connection, core::BytesView bytes) override {
    EXPECT_FALSE(bytes.empty());
    ASSERT_TRUE(heard.contains(connection) && !closed.contains(connection));
    heard[connection] += as_text(bytes);
    pieces.push_back(bytes.size());
    log += std::to_string(connection) + ":" + std::to_string(bytes.size()) + "\n";
    if (echo) network.send(connection, bytes);
    if (const auto end = heard[connection].find('!'); close_on_mark && end != std::string::npos)
      network.close(connection);
  }
  void on_closed(ConnectionId connection) override {
    EXPECT_TRUE(heard.contains(connection)) << "closed before it was opened";
    EXPECT_EQ(closed[connection]++, 0) << "closed twice";
    log += "closed " + std::to_string(connection) + "\n";
  }

  SimulatedNetwork& network;
  bool echo = true, close_on_mark = false;
  std::map<ConnectionId, std::string> heard;
  std::map<ConnectionId, int> closed;
  std::vector<std::size_t> pieces;
  std::string log;
};

std::string numbered_lines(int count) {
  std::string text;
  for (int i = 0; i < count; ++i) text += "line " + std::to_string(i) + "\n";
  return text;
}

TEST(SimulatedNetwork, ListensOnGivenAndFreeAddresses) {
  SimulatedNetwork network({});
  Echo echo(network);
  EXPECT_EQ(network.listen("127.0.0.1:8080", echo).value(), "127.0.0.1:8080");
  EXPECT_EQ(network.listen("127.0.0.1:8080", echo).error().kind, core::ErrorKind::busy);
  EXPECT_EQ(network.listen("unix:/run/a.sock", echo).value(), "unix:/run/a.sock");
  const auto first = network.listen("127.0.0.1:0", echo).value();
  const auto second = network.listen("127.0.0.1:0", echo).value();
  EXPECT_NE(first, second);
  EXPECT_FALSE(first.ends_with(":0"));
  EXPECT_TRUE(network.connect(first).has_value());
  EXPECT_EQ(network.connect("127.0.0.1:1").error().kind, core::ErrorKind::unavailable);
}

TEST(SimulatedNetwork, NothingMovesOutsideOfSteps) {
  SimulatedNetwork network({});
  Echo echo(network);
  const auto address = network.listen("127.0.0.1:0", echo).value();
  const auto client = network.connect(address, "198.51.100.7").value();
  network.client_send(client, as_bytes("hello"));
  EXPECT_TRUE(echo.log.empty());
  network.run();
  EXPECT_TRUE(echo.log.starts_with("open 1 198.51.100.7\n"));
  EXPECT_EQ(text_of(network.client_take(client)), "hello");
  EXPECT_EQ(text_of(network.client_take(client)), "") << "bytes are taken once";
  EXPECT_FALSE(network.step());
  EXPECT_FALSE(network.client_closed(client));
}

TEST(SimulatedNetwork, BytesArriveInOrderWhateverTheCutsAndDelays) {
  for (const std::size_t piece : {1, 2, 7, 1500}) {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
      SimulatedNetwork network(
          {.seed = seed, .piece_bytes_max = piece, .delay_steps = 1 + static_cast<std::uint32_t>(seed % 4)});
      Echo echo(network);
      const auto address = network.listen("127.0.0.1:0", echo).value();
      std::map<ConnectionId, std::string> sent, received;
      for (int i = 0; i < 5; ++i) sent[network.connect(address).value()] = std::to_string(i) + numbered_lines(60);
      for (const auto& [client, text] : sent) network.client_send(client, as_bytes(text));
      while (network.step()) {
        for (const auto& [client, text] : sent) received[client] += text_of(network.client_take(client));
      }
      for (const auto& [client, text] : sent) received[client] += text_of(network.client_take(client));
      EXPECT_EQ(echo.heard, sent);
      EXPECT_EQ(received, sent);
      EXPECT_LE(*std::ranges::max_element(echo.pieces), piece);
    }
  }
}

std::string log_of(SimulatedNetwork::Options options) {
  SimulatedNetwork network(options);
  Echo echo(network);
  const auto address = network.listen("127.0.0.1:0", echo).value();
  for (int i = 0; i < 10; ++i) network.client_send(network.connect(address).value(), as_bytes(numbered_lines(100)));
  network.run();
  return echo.log;
}

TEST(SimulatedNetwork, OneSeedIsOneRun) {
  EXPECT_EQ(log_of({.seed = 5, .reset_one_in = 10}), log_of({.seed = 5, .reset_one_in = 10}));
  EXPECT_NE(log_of({.seed = 5}), log_of({.seed = 6}));
  EXPECT_NE(log_of({.seed = 5}), log_of({.seed = 5, .reset_one_in = 10}));
}

TEST(SimulatedNetwork, AClientThatDoesNotReadLeavesBytesUnsent) {
  SimulatedNetwork network({.window_bytes = 100});
  Echo echo(network);
  const auto client = network.connect(network.listen("127.0.0.1:0", echo).value()).value();
  const std::string text = numbered_lines(50);
  network.client_send(client, as_bytes(text));
  network.run();
  EXPECT_EQ(network.unsent_bytes(client), text.size() - 100);
  std::string received;
  for (int i = 0; received.size() < text.size() && i < 100; ++i) {
    const auto taken = network.client_take(client);
    EXPECT_LE(taken.size(), 100u);
    received += as_text(taken);
    network.run();
  }
  EXPECT_EQ(received, text);
  EXPECT_EQ(network.unsent_bytes(client), 0u);
}

TEST(SimulatedNetwork, CloseByTheExchangeComesAfterWhatIsQueued) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    SimulatedNetwork network({.seed = seed, .piece_bytes_max = 9});
    Echo echo(network);
    echo.close_on_mark = true;
    const auto client = network.connect(network.listen("127.0.0.1:0", echo).value()).value();
    network.client_send(client, as_bytes("some bytes in front of the mark! and some behind it, " + numbered_lines(20)));
    network.run();
    EXPECT_EQ(echo.closed[client], 1);
    EXPECT_TRUE(network.client_closed(client));
    EXPECT_EQ(network.open_connections(), 0u);
    // Nothing is heard after close(), everything said before it arrives.
    EXPECT_EQ(text_of(network.client_take(client)), echo.heard[client]);
    EXPECT_LE(echo.heard[client].size() - echo.heard[client].find('!'), 9u);
    network.send(client, as_bytes("dead"));
    network.close(client);
    network.client_send(client, as_bytes("dead"));
    EXPECT_FALSE(network.step());
    EXPECT_TRUE(network.client_take(client).empty());
  }
}

TEST(SimulatedNetwork, CloseByTheClientComesAfterWhatItSent) {
  SimulatedNetwork network({.piece_bytes_max = 3});
  Echo echo(network);
  const auto client = network.connect(network.listen("127.0.0.1:0", echo).value()).value();
  network.client_send(client, as_bytes("all of this"));
  network.client_close(client);
  network.client_send(client, as_bytes("none of this"));
  network.run();
  EXPECT_EQ(echo.heard[client], "all of this");
  EXPECT_EQ(echo.closed[client], 1);
}

TEST(SimulatedNetwork, ResetLosesWhatIsUnderWay) {
  SimulatedNetwork network({.piece_bytes_max = 3, .window_bytes = 4});
  Echo echo(network);
  const auto client = network.connect(network.listen("127.0.0.1:0", echo).value()).value();
  network.client_send(client, as_bytes("0123456789"));
  network.run();
  ASSERT_EQ(network.unsent_bytes(client), 6u);
  network.client_reset(client);
  EXPECT_EQ(network.unsent_bytes(client), 0u);
  network.send(client, as_bytes("too late"));
  EXPECT_EQ(network.unsent_bytes(client), 0u);
  EXPECT_EQ(echo.closed.count(client), 0u) << "the exchange hears of it in a step";
  network.run();
  EXPECT_EQ(echo.closed[client], 1);
}

TEST(SimulatedNetwork, RandomResetsCloseEveryConnectionExactlyOnce) {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    SimulatedNetwork network({.seed = seed, .piece_bytes_max = 5, .reset_one_in = 20});
    Echo echo(network);
    const auto address = network.listen("127.0.0.1:0", echo).value();
    std::map<ConnectionId, std::string> sent;
    for (int i = 0; i < 20; ++i) sent[network.connect(address).value()] = numbered_lines(100);
    for (const auto& [client, text] : sent) network.client_send(client, as_bytes(text));
    network.run();
    EXPECT_EQ(network.open_connections(), 0u);
    for (const auto& [client, text] : sent) {
      EXPECT_EQ(echo.closed[client], 1);
      EXPECT_TRUE(text.starts_with(echo.heard[client])) << "a reset cuts the end, never the middle";
      EXPECT_TRUE(text.starts_with(text_of(network.client_take(client))));
    }
  }
}

// A handler that closes and answers from inside its callbacks, on other connections than the one that speaks.
TEST(SimulatedNetwork, HandlersMayActOnAnyConnectionFromInsideACallback) {
  struct Crossing : ConnectionHandler {
    explicit Crossing(SimulatedNetwork& to) : network(to) {}
    void on_open(ConnectionId connection, std::string_view) override { open.push_back(connection); }
    void on_bytes(ConnectionId connection, core::BytesView bytes) override {
      for (const auto other : open) {
        if (other != connection) network.send(other, bytes);
      }
      if (++heard % 10 == 0) network.close(open[heard / 10 % open.size()]);
    }
    void on_closed(ConnectionId connection) override {
      std::erase(open, connection);
      for (const auto other : open) network.send(other, as_bytes("gone"));
    }
    SimulatedNetwork& network;
    std::vector<ConnectionId> open;
    std::size_t heard = 0;
  };
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    SimulatedNetwork network({.seed = seed, .piece_bytes_max = 8});
    Crossing crossing(network);
    const auto address = network.listen("127.0.0.1:0", crossing).value();
    for (int i = 0; i < 8; ++i) network.client_send(network.connect(address).value(), as_bytes(numbered_lines(200)));
    network.run();
    EXPECT_EQ(network.open_connections(), crossing.open.size());
    EXPECT_LT(crossing.open.size(), 8u);
  }
}

}  // namespace
}  // namespace io
