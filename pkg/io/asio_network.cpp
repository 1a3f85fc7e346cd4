// Long because all of it hangs on one event loop, and Boost.Asio is compiled in one file only.
#include "pkg/io/asio_network.h"

#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <vector>

#include "pkg/core/check.h"

namespace io {
namespace {

namespace asio = boost::asio;
using Socket = asio::generic::stream_protocol::socket;
using boost::system::error_code;

constexpr std::size_t kReadBytes = 64 * 1024;
constexpr int kReadsPerTurnMax = 8;  // of one connection, so that a flood on one does not starve the others
constexpr std::size_t kIdleBufferBytesMax = 4'096;  // an emptied send buffer above this is given back
constexpr int kAcceptsPerTurnMax = 64;
constexpr std::uint64_t kSlotBits = 24;  // a connection id is generation << 24 | slot + 1
constexpr std::string_view kUnixPrefix = "unix:";

core::ErrorKind kind_of(const error_code& error) {
  switch (error.value()) {
    case EADDRINUSE:
      return core::ErrorKind::busy;
    case EACCES:
    case EPERM:
      return core::ErrorKind::denied;
    case EADDRNOTAVAIL:
    case ENOENT:
      return core::ErrorKind::not_found;
    default:
      return core::ErrorKind::io;
  }
}

std::string hint_of(const error_code& error) {
  switch (error.value()) {
    case EADDRINUSE:
      return "another process listens there: stop it, or choose another address with --listen";
    case EACCES:
      return "ports below 1024 need privileges: choose another port with --listen";
    case EADDRNOTAVAIL:
      return "no interface of this machine has that address";
    default:
      return {};
  }
}

std::string printable(const asio::ip::tcp::endpoint& endpoint) {
  const std::string address = endpoint.address().to_string();
  return (endpoint.address().is_v6() ? "[" + address + "]" : address) + ":" + std::to_string(endpoint.port());
}

// "host:port" with a numeric host, "[v6]:port", or "localhost:port".
core::Result<asio::ip::tcp::endpoint> parse_endpoint(const std::string& address) {
  const auto bad = [&] {
    return core::fail(core::ErrorKind::invalid_input, "not an address", address,
                      "write it as 127.0.0.1:8080, [::1]:8080 or 0.0.0.0:8080");
  };
  const std::size_t colon = address.rfind(':');
  if (colon == std::string::npos) return bad();
  std::string host = address.substr(0, colon);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  if (host == "localhost") host = "127.0.0.1";
  std::uint16_t port = 0;
  const char* end = address.data() + address.size();
  const auto [stopped, failure] = std::from_chars(address.data() + colon + 1, end, port);
  if (failure != std::errc{} || stopped != end) return bad();
  error_code error;
  const auto ip = asio::ip::make_address(host, error);
  if (error) return bad();
  return asio::ip::tcp::endpoint(ip, port);
}

class Listener {
 public:
  virtual ~Listener() = default;
  virtual void close() = 0;
};

}  // namespace

struct AsioNetwork::State {
  struct Connection {
    Connection(asio::io_context& context, ConnectionHandler& handler_, ConnectionId id_)
        : socket(context), handler(handler_), id(id_) {}
    Socket socket;
    ConnectionHandler& handler;
    ConnectionId id;
    core::Bytes out;
    std::size_t out_sent = 0;       // of `out`, already with the kernel
    bool queued = false;            // in `dirty`
    bool waiting_to_write = false;  // the kernel's buffer is full
    bool closing = false;           // close once `out` is empty
    bool broken = false;            // the peer is gone, or too slow: close without sending
    bool reported = false;          // on_closed has been called
  };
  using ConnectionPointer = std::shared_ptr<Connection>;
  struct Slot {
    ConnectionPointer connection;
    std::uint64_t generation = 0;
  };

  template <class Protocol>
  class ListenerOn;

  explicit State(Options options_) : options(options_), wake_descriptor(context), linger_timer(context) {
    const int descriptor = ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    CHECK_MSG(descriptor >= 0, "no descriptor left for the loop's wake-up");
    wake_descriptor.assign(descriptor);
    read_buffer.resize(kReadBytes);
    wait_for_wake();
  }

  void wait_for_wake() {
    wake_descriptor.async_wait(asio::posix::stream_descriptor::wait_read, [this](const error_code& error) {
      if (error) return;
      std::uint64_t count = 0;
      [[maybe_unused]] const ssize_t got = ::read(wake_descriptor.native_handle(), &count, sizeof count);
      wait_for_wake();
    });
  }

  Connection* find(ConnectionId id) const {
    const std::uint64_t slot = (id & ((1u << kSlotBits) - 1)) - 1;
    if (slot >= slots.size() || slots[slot].generation != id >> kSlotBits) return nullptr;
    return slots[slot].connection.get();
  }

  ConnectionPointer add(ConnectionHandler& handler) {
    std::size_t slot = slots.size();
    if (free_slots.empty()) {
      slots.emplace_back();
    } else {
      slot = free_slots.back();
      free_slots.pop_back();
    }
    slots[slot].generation += 1;
    const ConnectionId id = slots[slot].generation << kSlotBits | (slot + 1);
    slots[slot].connection = std::make_shared<Connection>(context, handler, id);
    counters.open += 1;
    counters.accepted += 1;
    return slots[slot].connection;
  }

  void opened(const ConnectionPointer& connection, std::string_view peer) {
    error_code ignored;
    connection->socket.non_blocking(true, ignored);
    connection->handler.on_open(connection->id, peer);
    wait_to_read(connection);
  }

  void mark(Connection& connection) {
    if (connection.queued) return;
    connection.queued = true;
    dirty.push_back(connection.id);
  }

  void end(ConnectionId id, bool Connection::* how) {
    Connection* connection = find(id);
    if (!connection || connection->*how) return;
    connection->*how = true;
    mark(*connection);
  }

  void wait_to_read(const ConnectionPointer& connection) {
    connection->socket.async_wait(Socket::wait_read, [this, connection](const error_code& error) {
      if (error || connection->reported) return;
      read(connection);
    });
  }

  void read(const ConnectionPointer& connection) {
    for (int i = 0; i < kReadsPerTurnMax && !connection->closing && !connection->broken; ++i) {
      error_code error;
      const std::size_t size = connection->socket.receive(asio::buffer(read_buffer), 0, error);
      if (error == asio::error::would_block || error == asio::error::try_again) break;
      if (error == asio::error::interrupted) continue;
      if (error || size == 0) {
        // The other side has ended its half. What is queued for it may still be wanted.
        (error && error != asio::error::eof ? connection->broken : connection->closing) = true;
        mark(*connection);
        break;
      }
      counters.bytes_in += size;
      connection->handler.on_bytes(connection->id, core::BytesView(read_buffer.data(), size));
      if (size < read_buffer.size()) break;
    }
    if (!connection->closing && !connection->broken) has_read.push_back(connection);
  }
  // Not before the turn is over: a client that sends faster than it is heard would make it last.
  void wait_to_read_again() {
    for (const ConnectionPointer& connection : has_read) {
      if (!connection->closing && !connection->broken && !connection->reported) wait_to_read(connection);
    }
    has_read.clear();
  }

  void flush_all() {
    // on_closed may queue more, also for connections that come later in the list.
    for (std::size_t i = 0; i < dirty.size(); ++i) {
      Connection* found = find(dirty[i]);
      if (!found) continue;
      const ConnectionPointer connection = slots[(dirty[i] & ((1u << kSlotBits) - 1)) - 1].connection;
      connection->queued = false;
      flush(connection);
    }
    dirty.clear();
  }

  void flush(const ConnectionPointer& connection) {
    Connection& c = *connection;
    while (!c.broken && !c.waiting_to_write && c.out_sent < c.out.size()) {
      error_code error;
      const std::size_t sent =
          c.socket.send(asio::buffer(c.out.data() + c.out_sent, c.out.size() - c.out_sent), 0, error);
      if (error == asio::error::would_block || error == asio::error::try_again) {
        wait_to_write(connection);
      } else if (error && error != asio::error::interrupted) {
        c.broken = true;
      } else {
        c.out_sent += sent;
        counters.bytes_out += sent;
      }
    }
    if (c.broken) return finish(connection);
    if (c.out_sent < c.out.size()) return cut_sent(c);
    counters.buffered_bytes -= c.out.size();
    c.out.clear();
    c.out_sent = 0;
    if (c.out.capacity() > kIdleBufferBytesMax) core::Bytes{}.swap(c.out);
    if (c.closing) finish(connection);
  }

  // What has been sent is given back when it is the larger part, so that a reader who is never up to date costs no more
  // than twice what waits for it; moving the rest costs no more than what was sent.
  void cut_sent(Connection& c) {
    if (c.out_sent <= c.out.size() / 2) return;
    counters.buffered_bytes -= c.out_sent;
    c.out.erase(c.out.begin(), c.out.begin() + static_cast<std::ptrdiff_t>(c.out_sent));
    c.out_sent = 0;
    if (c.out.capacity() > 4 * c.out.size() + kIdleBufferBytesMax) c.out.shrink_to_fit();
  }

  void wait_to_write(const ConnectionPointer& connection) {
    connection->waiting_to_write = true;
    connection->socket.async_wait(Socket::wait_write, [this, connection](const error_code& error) {
      connection->waiting_to_write = false;
      if (connection->reported) return;
      if (error) connection->broken = true;
      mark(*connection);
    });
  }

  void finish(const ConnectionPointer& connection) {
    Connection& c = *connection;
    CHECK(!c.reported);
    c.reported = true;
    counters.buffered_bytes -= c.out.size();
    const std::size_t slot = (c.id & ((1u << kSlotBits) - 1)) - 1;
    error_code ignored;
    c.socket.cancel(ignored);
    if (c.broken) {
      c.socket.close(ignored);
    } else {
      c.socket.shutdown(Socket::shutdown_send, ignored);
      linger(connection);
    }
    slots[slot].connection.reset();
    free_slots.push_back(slot);
    counters.open -= 1;
    c.handler.on_closed(c.id);
  }

  // Closing a socket with unread bytes in it makes the kernel send a reset, which may overtake the last answer. So read
  // until the other side has closed too, for a limited time.
  void linger(const ConnectionPointer& connection) {
    connection->socket.async_wait(Socket::wait_read, [this, connection](const error_code& error) {
      error_code read_error;
      std::size_t size = 0;
      if (!error) size = connection->socket.receive(asio::buffer(read_buffer), 0, read_error);
      if (!error && (size > 0 || read_error == asio::error::would_block)) return linger(connection);
      connection->socket.close(read_error);
      std::erase_if(lingering, [&](const Lingering& one) { return one.connection == connection; });
    });
    if (std::ranges::any_of(lingering, [&](const Lingering& one) { return one.connection == connection; })) return;
    lingering.push_back(
        {connection, std::chrono::steady_clock::now() + std::chrono::nanoseconds(options.linger_ns_max)});
    if (lingering.size() == 1) wait_for_lingering();
  }

  void wait_for_lingering() {
    linger_timer.expires_at(lingering.front().until);
    linger_timer.async_wait([this](const error_code& error) {
      if (error) return;
      const auto now = std::chrono::steady_clock::now();
      error_code ignored;
      std::erase_if(lingering, [&](const Lingering& one) {
        if (one.until > now) return false;
        one.connection->socket.close(ignored);
        return true;
      });
      if (!lingering.empty()) wait_for_lingering();
    });
  }

  core::Result<std::string> listen_tcp(const std::string& address, ConnectionHandler& handler);
  core::Result<std::string> listen_unix(const std::string& path, ConnectionHandler& handler);

  struct Lingering {
    ConnectionPointer connection;
    std::chrono::steady_clock::time_point until;
  };

  Options options;
  asio::io_context context{1};
  asio::posix::stream_descriptor wake_descriptor;
  asio::steady_timer linger_timer;
  std::vector<std::unique_ptr<Listener>> listeners;
  std::vector<Slot> slots;
  std::vector<std::size_t> free_slots;
  std::vector<ConnectionPointer> has_read;
  std::vector<ConnectionId> dirty;
  std::vector<Lingering> lingering;
  std::vector<std::byte> read_buffer;
  Counters counters;
  std::atomic<bool> sleeping{false}, wake_asked{false};
};

template <class Protocol>
class AsioNetwork::State::ListenerOn final : public Listener {
 public:
  ListenerOn(State& state, ConnectionHandler& handler)
      : acceptor_(state.context), retry_(state.context), state_(state), handler_(handler) {}

  error_code open(const typename Protocol::endpoint& endpoint) {
    error_code error;
    acceptor_.open(endpoint.protocol(), error);
    if (error) return error;
    if constexpr (std::is_same_v<Protocol, asio::ip::tcp>)
      acceptor_.set_option(asio::socket_base::reuse_address(true), error);
    acceptor_.bind(endpoint, error);
    if (error) return error;
    acceptor_.listen(4096, error);
    if (error) return error;
    acceptor_.non_blocking(true, error);
    return error;
  }
  typename Protocol::endpoint local_endpoint() const {
    error_code ignored;
    return acceptor_.local_endpoint(ignored);
  }
  void start() {
    acceptor_.async_wait(asio::socket_base::wait_read, [this](const error_code& error) {
      if (!error) accept();
    });
  }
  void close() override {
    error_code ignored;
    acceptor_.close(ignored);
    retry_.cancel();
  }

 private:
  void accept() {
    for (int i = 0; i < kAcceptsPerTurnMax; ++i) {
      typename Protocol::socket socket(state_.context);
      typename Protocol::endpoint peer;
      error_code error;
      acceptor_.accept(socket, peer, error);
      if (error == asio::error::would_block || error == asio::error::try_again) break;
      if (error == asio::error::connection_aborted || error == asio::error::interrupted) continue;
      if (error) return retry_later();
      if (state_.counters.open >= state_.options.connections_max) {
        state_.counters.refused += 1;
        continue;  // closed by the destructor
      }
      take(std::move(socket), peer);
    }
    start();
  }

  void take(typename Protocol::socket socket, const typename Protocol::endpoint& peer) {
    std::string address = "local";
    if constexpr (std::is_same_v<Protocol, asio::ip::tcp>) {
      error_code ignored;
      socket.set_option(asio::ip::tcp::no_delay(true), ignored);
      address = peer.address().to_string();
    }
    auto connection = state_.add(handler_);
    connection->socket = std::move(socket);
    state_.opened(connection, address);
  }

  // Out of descriptors: connections wait in the kernel's queue until some are free again.
  void retry_later() {
    retry_.expires_after(std::chrono::milliseconds(100));
    retry_.async_wait([this](const error_code& error) {
      if (!error) start();
    });
  }

  typename Protocol::acceptor acceptor_;
  asio::steady_timer retry_;
  State& state_;
  ConnectionHandler& handler_;
};

core::Result<std::string> AsioNetwork::State::listen_tcp(const std::string& address, ConnectionHandler& handler) {
  const auto endpoint = parse_endpoint(address);
  if (!endpoint) return std::unexpected(endpoint.error());
  auto listener = std::make_unique<ListenerOn<asio::ip::tcp>>(*this, handler);
  if (const error_code error = listener->open(*endpoint)) {
    return core::fail(kind_of(error), "cannot listen: " + error.message(), address, hint_of(error));
  }
  listener->start();
  std::string bound = printable(listener->local_endpoint());
  listeners.push_back(std::move(listener));
  return bound;
}

core::Result<std::string> AsioNetwork::State::listen_unix(const std::string& path, ConnectionHandler& handler) {
  if (path.empty() || path.size() >= 108) {
    return core::fail(core::ErrorKind::invalid_input, "the path of a Unix socket has 1 to 107 characters", path,
                      "choose a data folder with a shorter path");
  }
  ::unlink(path.c_str());  // left behind by a process that was killed; who owns the folder holds its lock
  auto listener = std::make_unique<ListenerOn<asio::local::stream_protocol>>(*this, handler);
  const mode_t before = ::umask(0177);  // owner only from the first moment
  const error_code error = listener->open(asio::local::stream_protocol::endpoint(path));
  ::umask(before);
  if (error)
    return core::fail(kind_of(error), "cannot listen: " + error.message(), path, "the folder must be writable");
  listener->start();
  listeners.push_back(std::move(listener));
  return std::string(kUnixPrefix) + path;
}

AsioNetwork::AsioNetwork(Options options) : state_(std::make_unique<State>(options)) {}
AsioNetwork::~AsioNetwork() = default;

core::Result<std::string> AsioNetwork::listen(const std::string& address, ConnectionHandler& handler) {
  if (address.starts_with(kUnixPrefix)) return state_->listen_unix(address.substr(kUnixPrefix.size()), handler);
  return state_->listen_tcp(address, handler);
}

void AsioNetwork::send(ConnectionId connection, core::BytesView bytes) {
  State::Connection* c = state_->find(connection);
  if (!c || c->closing || c->broken || bytes.empty()) return;
  if (c->out.size() - c->out_sent + bytes.size() > state_->options.unsent_bytes_max) {
    c->broken = true;
    state_->counters.dropped_slow += 1;
  } else {
    c->out.insert(c->out.end(), bytes.begin(), bytes.end());
    state_->counters.buffered_bytes += bytes.size();
  }
  state_->mark(*c);
}

std::size_t AsioNetwork::unsent_bytes(ConnectionId connection) const {
  const State::Connection* c = state_->find(connection);
  return c ? c->out.size() - c->out_sent : 0;
}

void AsioNetwork::close(ConnectionId connection) { state_->end(connection, &State::Connection::closing); }
void AsioNetwork::drop(ConnectionId connection) { state_->end(connection, &State::Connection::broken); }

void AsioNetwork::run_once(std::int64_t wait_ns_max) {
  State& s = *state_;
  s.flush_all();
  if (wait_ns_max > 0) {
    // Whoever wakes us first says so and then looks whether we sleep; we first say that we sleep and then look whether
    // somebody said so: one of the two sees the other.
    s.sleeping.store(true);
    if (!s.wake_asked.load()) s.context.run_one_for(std::chrono::nanoseconds(wait_ns_max));
    s.sleeping.store(false);
  }
  s.context.poll();
  s.wait_to_read_again();
  s.wake_asked.exchange(false);
  s.flush_all();
}

void AsioNetwork::wake() {
  state_->wake_asked.store(true);
  if (!state_->sleeping.load()) return;
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(state_->wake_descriptor.native_handle(), &one, sizeof one);
}

void AsioNetwork::stop_listening() {
  for (auto& listener : state_->listeners) listener->close();
}

bool AsioNetwork::all_sent() const {
  return std::ranges::all_of(state_->slots, [](const State::Slot& slot) {
    return !slot.connection || slot.connection->out_sent == slot.connection->out.size();
  });
}

const AsioNetwork::Counters& AsioNetwork::counters() const { return state_->counters; }

}  // namespace io
