#include "pkg/io/asio_network.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <functional>
#include <map>
#include <stop_token>
#include <string>
#include <thread>

namespace io {
namespace {

constexpr std::int64_t kMillisecond = 1'000'000;

// A blocking client socket.
class Client {
 public:
  explicit Client(const std::string& address) {
    if (address.starts_with("unix:")) {
      descriptor_ = ::socket(AF_UNIX, SOCK_STREAM, 0);
      sockaddr_un to{};
      to.sun_family = AF_UNIX;
      std::strncpy(to.sun_path, address.c_str() + 5, sizeof to.sun_path - 1);
      connected_ = ::connect(descriptor_, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0;
    } else {
      descriptor_ = ::socket(AF_INET, SOCK_STREAM, 0);
      sockaddr_in to{};
      to.sin_family = AF_INET;
      to.sin_port = htons(static_cast<std::uint16_t>(std::stoi(address.substr(address.rfind(':') + 1))));
      ::inet_pton(AF_INET, "127.0.0.1", &to.sin_addr);
      connected_ = ::connect(descriptor_, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0;
    }
  }
  ~Client() { close(); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  [[nodiscard]] bool connected() const { return connected_; }
  void close() {
    if (descriptor_ >= 0) ::close(descriptor_);
    descriptor_ = -1;
  }
  bool send(const std::string& text) const {
    return ::send(descriptor_, text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size());
  }
  // As a process that dies may: what is under way is lost.
  void reset() {
    const linger now{1, 0};
    ::setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    close();
  }
  void send_nothing_more() const { ::shutdown(descriptor_, SHUT_WR); }
  // What is there now, without waiting; nothing at the end.
  std::string receive(bool* ended = nullptr) const {
    std::string out(1 << 20, '\0');
    const ssize_t size = ::recv(descriptor_, out.data(), out.size(), MSG_DONTWAIT);
    if (ended) *ended = size == 0 || (size < 0 && errno != EAGAIN);
    out.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
    return out;
  }

 private:
  int descriptor_ = -1;
  bool connected_ = false;
};

// Writes down what it hears; does with bytes what the test says.
class Recorder final : public ConnectionHandler {
 public:
  void on_open(ConnectionId connection, std::string_view peer) override {
    opened[connection] = std::string(peer);
    last = connection;
  }
  void on_bytes(ConnectionId connection, core::BytesView bytes) override {
    received[connection] += core::as_text(bytes);
    if (on_text) on_text(connection, core::as_text(bytes));
  }
  void on_closed(ConnectionId connection) override { ++closed[connection]; }

  std::map<ConnectionId, std::string> opened, received;
  std::map<ConnectionId, int> closed;
  ConnectionId last = 0;
  std::function<void(ConnectionId, std::string_view)> on_text;
};

class AsioNetworkTest : public ::testing::Test {
 protected:
  AsioNetwork& make(AsioNetworkOptions options = {}) {
    network = std::make_unique<AsioNetwork>(options);
    auto bound = network->listen("127.0.0.1:0", recorder);
    EXPECT_TRUE(bound) << bound.error().text();
    address = *bound;
    return *network;
  }
  // Runs the loop until `done`, at most two seconds.
  bool run_until(const std::function<bool()>& done) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(2);
    while (!done()) {
      if (std::chrono::steady_clock::now() > until) return false;
      network->run_once(5 * kMillisecond);
    }
    return true;
  }
  void send(ConnectionId connection, std::string_view text) { network->send(connection, core::as_bytes(text)); }
  // Nothing happens: the loop waits for as long as it may, and does not turn in vain.
  void expect_sleep() {
    const auto began = std::chrono::steady_clock::now();
    for (int turns = 0; turns < 3; ++turns) network->run_once(10 * kMillisecond);
    EXPECT_GE(std::chrono::steady_clock::now() - began, std::chrono::milliseconds(15));
  }

  Recorder recorder;
  std::unique_ptr<AsioNetwork> network;
  std::string address;
};

TEST_F(AsioNetworkTest, CarriesBytesBothWaysAndReportsThePeer) {
  make();
  const Client client(address);
  ASSERT_TRUE(client.send("hello"));
  ASSERT_TRUE(run_until([&] { return recorder.received[recorder.last] == "hello"; }));
  EXPECT_EQ(recorder.opened[recorder.last], "127.0.0.1");
  send(recorder.last, "good ");
  send(recorder.last, "day");
  EXPECT_EQ(network->unsent_bytes(recorder.last), 8u);
  std::string got;
  ASSERT_TRUE(run_until([&] { return (got += client.receive()) == "good day"; }));
  EXPECT_EQ(network->unsent_bytes(recorder.last), 0u);
  EXPECT_TRUE(network->all_sent());
}

TEST_F(AsioNetworkTest, AClosedConnectionIsReportedOnceByEitherSide) {
  make();
  {
    const Client client(address);
    ASSERT_TRUE(run_until([&] { return recorder.opened.size() == 1; }));
  }
  const ConnectionId first = recorder.last;
  ASSERT_TRUE(run_until([&] { return recorder.closed[first] == 1; }));
  const Client client(address);
  ASSERT_TRUE(run_until([&] { return recorder.opened.size() == 2; }));
  const ConnectionId second = recorder.last;
  EXPECT_NE(first, second);
  send(second, "bye");
  network->close(second);
  network->close(second);
  send(second, "never");
  EXPECT_EQ(recorder.closed[second], 0) << "handlers are called from run_once only";
  std::string got;
  bool ended = false;
  ASSERT_TRUE(run_until([&] {
    got += client.receive(&ended);
    return ended;
  }));
  EXPECT_EQ(got, "bye");
  EXPECT_EQ(recorder.closed[second], 1);
  send(second, "dead ids are ignored");
  EXPECT_EQ(network->unsent_bytes(second), 0u);
  EXPECT_EQ(network->counters().open, 0u);
}

TEST_F(AsioNetworkTest, AClientThatStillSendsGetsTheAnswerBeforeTheEnd) {
  make();
  recorder.on_text = [&](ConnectionId connection, std::string_view) {
    send(connection, "too large");
    network->close(connection);
  };
  const Client client(address);
  std::string got;
  bool ended = false;
  std::thread sender([&] {
    const std::string block(64 * 1024, 'x');
    for (int i = 0; i < 64; ++i) {
      if (!client.send(block)) return;
    }
  });
  EXPECT_TRUE(run_until([&] {
    got += client.receive(&ended);
    return !got.empty() || ended;
  }));
  EXPECT_EQ(got, "too large");
  // The rest is drained, so the sender comes to its end without an error.
  std::atomic<bool> sent{false};
  std::thread joiner([&] {
    sender.join();
    sent = true;
  });
  EXPECT_TRUE(run_until([&] { return sent.load(); }));
  joiner.join();
  recorder.on_text = nullptr;
}

TEST_F(AsioNetworkTest, AHalfClosedClientGetsWhatWasQueuedForIt) {
  make();
  recorder.on_text = [&](ConnectionId connection, std::string_view) { send(connection, "answer"); };
  const Client client(address);
  client.send("question");
  client.send_nothing_more();
  std::string got;
  bool ended = false;
  ASSERT_TRUE(run_until([&] {
    got += client.receive(&ended);
    return ended;
  }));
  EXPECT_EQ(got, "answer");
}

TEST_F(AsioNetworkTest, AClientThatDoesNotReadIsDropped) {
  make({.connections_max = 10, .unsent_bytes_max = 1'000'000});
  const Client slow(address);
  ASSERT_TRUE(run_until([&] { return recorder.opened.size() == 1; }));
  const ConnectionId connection = recorder.last;
  const std::string block(100'000, 'x');
  ASSERT_TRUE(run_until([&] {
    send(connection, block);
    return recorder.closed[connection] == 1;
  }));
  EXPECT_EQ(network->counters().dropped_slow, 1u);
}

// close() waits for what is queued, for as long as the client likes; drop() does not.
TEST_F(AsioNetworkTest, DropEndsAClientThatDoesNotTakeWhatIsQueued) {
  make({.unsent_bytes_max = 100'000'000});
  const Client slow(address);
  ASSERT_TRUE(run_until([&] { return recorder.opened.size() == 1; }));
  const ConnectionId connection = recorder.last;
  send(connection, std::string(30'000'000, 'x'));
  network->close(connection);
  for (int i = 0; i < 20; ++i) network->run_once(kMillisecond);
  EXPECT_EQ(recorder.closed[connection], 0);
  network->drop(connection);
  network->drop(connection);
  EXPECT_EQ(recorder.closed[connection], 0) << "never from inside";
  ASSERT_TRUE(run_until([&] { return recorder.closed[connection] == 1; }));
  network->drop(connection);
  network->run_once(0);
  EXPECT_EQ(recorder.closed[connection], 1);
}

// Who always reads a little less than it is sent costs what waits for it, not all that it was ever sent.
TEST_F(AsioNetworkTest, AReaderThatIsNeverUpToDateHoldsNoMoreThanWaitsForIt) {
  make({.unsent_bytes_max = 100'000'000});
  const Client client(address);
  ASSERT_TRUE(run_until([&] { return recorder.opened.size() == 1; }));
  const ConnectionId connection = recorder.last;
  send(connection, std::string(20'000'000, 'x'));
  network->run_once(0);
  std::size_t got = 0, least_unsent = SIZE_MAX;
  for (const std::string block(500'000, 'y'); got < 60'000'000;) {
    network->run_once(0);
    const std::size_t took = client.receive().size();
    got += took;
    for (std::size_t more = 0; more < took; more += block.size()) send(connection, block.substr(0, took - more));
    least_unsent = std::min(least_unsent, network->unsent_bytes(connection));
  }
  ASSERT_GT(least_unsent, 1'000'000u) << "it is never up to date";
  EXPECT_LE(network->counters().buffered_bytes, 2 * network->unsent_bytes(connection) + 1'000'000);
}

TEST_F(AsioNetworkTest, LargeAnswersArriveWholeAtASlowReader) {
  make({.unsent_bytes_max = 100'000'000});
  const Client client(address);
  ASSERT_TRUE(run_until([&] { return recorder.opened.size() == 1; }));
  std::string sent;
  for (int i = 0; i < 3'000'000; ++i) sent += std::to_string(i) + ",";
  send(recorder.last, sent);
  network->run_once(0);
  EXPECT_GT(network->unsent_bytes(recorder.last), 0u) << "more than the kernel takes at once";
  network->close(recorder.last);
  std::string got;
  bool ended = false;
  ASSERT_TRUE(run_until([&] {
    got += client.receive(&ended);
    return ended;
  }));
  EXPECT_EQ(got, sent);
}

TEST_F(AsioNetworkTest, ConnectionsAboveTheLimitAreClosedAndLaterOnesTaken) {
  make({.connections_max = 2});
  auto first = std::make_unique<Client>(address);
  const Client second(address);
  ASSERT_TRUE(run_until([&] { return recorder.opened.size() == 2; }));
  const Client third(address);
  bool ended = false;
  ASSERT_TRUE(run_until([&] {
    third.receive(&ended);
    return ended;
  }));
  EXPECT_EQ(network->counters().refused, 1u);
  first.reset();
  ASSERT_TRUE(run_until([&] { return network->counters().open == 1; }));
  const Client fourth(address);
  ASSERT_TRUE(run_until([&] { return recorder.opened.size() == 3; }));
}

TEST_F(AsioNetworkTest, HandlersMayCloseAnyConnectionAtAnyTime) {
  make();
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < 20; ++i) clients.push_back(std::make_unique<Client>(address));
  ASSERT_TRUE(run_until([&] { return recorder.opened.size() == 20; }));
  recorder.on_text = [&](ConnectionId, std::string_view) {
    for (const auto& [connection, peer] : recorder.opened) network->close(connection);
  };
  for (const auto& client : clients) client->send("x");
  ASSERT_TRUE(run_until([&] { return network->counters().open == 0; }));
  for (const auto& [connection, peer] : recorder.opened) EXPECT_EQ(recorder.closed[connection], 1);
}

// With nothing queued for it, with more than the kernel takes, and already asked to close.
TEST_F(AsioNetworkTest, AResetEndsAConnectionInWhateverStateItIs) {
  make({.unsent_bytes_max = 100'000'000});
  struct Row {
    std::size_t queued;
    bool closing;
  };
  for (const Row& row : {Row{0, false}, Row{30'000'000, false}, Row{30'000'000, true}}) {
    SCOPED_TRACE(testing::Message() << row.queued << (row.closing ? ", closing" : ""));
    Client client(address);
    const ConnectionId before = recorder.last;
    ASSERT_TRUE(run_until([&] { return recorder.last != before; }));
    const ConnectionId connection = recorder.last;
    send(connection, std::string(row.queued, 'x'));
    network->run_once(0);
    EXPECT_EQ(network->unsent_bytes(connection) > 0, row.queued > 0);
    if (row.closing) network->close(connection);
    network->run_once(0);
    EXPECT_EQ(recorder.closed[connection], 0);
    client.reset();
    ASSERT_TRUE(run_until([&] { return recorder.closed[connection] == 1; }));
    expect_sleep();
  }
}

TEST_F(AsioNetworkTest, ATurnEndsHoweverFastMoreComesIn) {
  make();
  std::jthread flood([&](const std::stop_token& stop) {
    const Client client(address);
    // Ends a send that waits for room, too.
    const std::stop_callback end(stop, [&] { client.send_nothing_more(); });
    const std::string text(64 * 1024, 'x');
    // More than the turns below may take, and not without end: a turn that takes it all is to fail, not to hang.
    for (int i = 0; i < 512 && client.send(text); ++i) {
    }
    while (!stop.stop_requested()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  });
  std::size_t bytes = 0, most_in_a_turn = 0;
  recorder.on_text = [&](ConnectionId connection, std::string_view text) {
    bytes += text.size();
    recorder.received[connection].clear();                      // there may be much
    std::this_thread::sleep_for(std::chrono::milliseconds(1));  // slower than the client
  };
  ASSERT_TRUE(run_until([&] { return bytes > 1'000'000; }));
  for (int turns = 0; turns < 20; ++turns) {
    const std::size_t before = bytes;
    network->run_once(turns % 2 == 0 ? 0 : 5 * kMillisecond);
    most_in_a_turn = std::max(most_in_a_turn, bytes - before);
  }
  EXPECT_GT(most_in_a_turn, 0u);
  EXPECT_LE(most_in_a_turn, 8u * 64 * 1024) << "what one connection may have of a turn";
  flood.request_stop();
  ASSERT_TRUE(run_until([&] { return recorder.closed[recorder.last] == 1; }));
}

TEST_F(AsioNetworkTest, WakeEndsTheWaitWhetherItHasBegunOrNot) {
  make();
  using Clock = std::chrono::steady_clock;
  const auto begin = Clock::now();
  network->wake();
  network->run_once(5'000 * kMillisecond);
  EXPECT_LT(Clock::now() - begin, std::chrono::seconds(2));
  std::thread waker([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    network->wake();
  });
  network->run_once(5'000 * kMillisecond);
  waker.join();
  EXPECT_LT(Clock::now() - begin, std::chrono::seconds(4));
}

TEST_F(AsioNetworkTest, NoNewConnectionsAfterStopListening) {
  make();
  const Client before(address);
  ASSERT_TRUE(run_until([&] { return recorder.opened.size() == 1; }));
  network->stop_listening();
  network->run_once(0);
  EXPECT_FALSE(Client(address).connected());
  before.send("still here");
  EXPECT_TRUE(run_until([&] { return recorder.received[recorder.last] == "still here"; }));
}

TEST(AsioNetworkListen, ErrorsSayWhatToDo) {
  Recorder recorder;
  AsioNetwork network;
  const auto bound = network.listen("127.0.0.1:0", recorder);
  ASSERT_TRUE(bound);
  struct Case {
    std::string address;
    core::ErrorKind kind;
  };
  for (const Case& one :
       {Case{*bound, core::ErrorKind::busy}, Case{"127.0.0.1", core::ErrorKind::invalid_input},
        Case{"127.0.0.1:", core::ErrorKind::invalid_input}, Case{"127.0.0.1:http", core::ErrorKind::invalid_input},
        Case{"127.0.0.1:70000", core::ErrorKind::invalid_input}, Case{"example:80", core::ErrorKind::invalid_input},
        Case{"203.0.113.7:0", core::ErrorKind::not_found},
        Case{"unix:/no/such/folder/socket", core::ErrorKind::not_found},
        Case{"unix:/" + std::string(200, 'x'), core::ErrorKind::invalid_input}}) {
    const auto refused = network.listen(one.address, recorder);
    ASSERT_FALSE(refused) << one.address;
    EXPECT_EQ(refused.error().kind, one.kind) << refused.error().text();
    EXPECT_FALSE(refused.error().hint.empty()) << one.address;
  }
}

TEST(AsioNetworkListen, UnixSocketsAreForTheirOwnerAndReplaceAStaleOne) {
  std::string folder = std::filesystem::temp_directory_path() / "asio_test_XXXXXX";
  ASSERT_NE(::mkdtemp(folder.data()), nullptr);
  const std::string address = "unix:" + folder + "/socket";
  for (int i = 0; i < 2; ++i) {  // the second time the file of the first is in the way
    Recorder recorder;
    AsioNetwork network;
    ASSERT_TRUE(network.listen(address, recorder));
    struct stat status{};
    ASSERT_EQ(::stat((folder + "/socket").c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0777, 0600u);
    Client client(address);
    ASSERT_TRUE(client.connected());
    client.send("over a unix socket");
    for (int turns = 0; turns < 100 && recorder.received[recorder.last].empty(); ++turns)
      network.run_once(5 * kMillisecond);
    EXPECT_EQ(recorder.received[recorder.last], "over a unix socket");
    EXPECT_EQ(recorder.opened[recorder.last], "local");
    client.close();
    for (int turns = 0; turns < 100 && recorder.closed[recorder.last] == 0; ++turns) network.run_once(5 * kMillisecond);
    EXPECT_EQ(recorder.closed[recorder.last], 1);
  }
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace io
