#include "pkg/io/simulated_network.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "pkg/core/check.h"

namespace io {

core::Bytes SimulatedNetwork::Queue::take(std::size_t size) {
  CHECK(size <= this->size());
  const auto begin = bytes_.begin() + static_cast<std::ptrdiff_t>(begin_);
  core::Bytes taken(begin, begin + static_cast<std::ptrdiff_t>(size));
  begin_ += size;
  if (begin_ > bytes_.size() / 2) {
    bytes_.erase(bytes_.begin(), bytes_.begin() + static_cast<std::ptrdiff_t>(begin_));
    begin_ = 0;
  }
  return taken;
}

void SimulatedNetwork::Queue::clear() {
  bytes_.clear();
  begin_ = 0;
}

SimulatedNetwork::SimulatedNetwork(Options options) : options_(options), random_(options.seed) {
  CHECK(options_.piece_bytes_max > 0 && options_.delay_steps > 0 && options_.window_bytes > 0);
}

core::Result<std::string> SimulatedNetwork::listen(const std::string& address, ConnectionHandler& handler) {
  std::string bound = address;
  if (!address.starts_with("unix:") && address.ends_with(":0")) {
    do {
      bound = address.substr(0, address.size() - 1) + std::to_string(next_port_++);
    } while (listeners_.contains(bound));
  }
  if (!listeners_.emplace(bound, &handler).second) {
    return core::fail(core::ErrorKind::busy, "the address is in use", bound);
  }
  return bound;
}

core::Result<ConnectionId> SimulatedNetwork::connect(const std::string& address, std::string_view peer_address) {
  const auto listener = listeners_.find(address);
  if (listener == listeners_.end()) return core::fail(core::ErrorKind::unavailable, "nobody listens", address);
  const ConnectionId id = next_id_++;
  Connection& connection = connections_[id];
  connection.handler = listener->second;
  connection.peer_address = peer_address;
  ++open_;
  return id;
}

SimulatedNetwork::Connection* SimulatedNetwork::open_connection(ConnectionId id) {
  const auto found = connections_.find(id);
  return found == connections_.end() || found->second.closed ? nullptr : &found->second;
}

void SimulatedNetwork::send(ConnectionId id, core::BytesView bytes) {
  Connection* connection = open_connection(id);
  if (connection == nullptr || connection->exchange_closing || connection->reset) return;
  connection->to_client.append(bytes);
}

std::size_t SimulatedNetwork::unsent_bytes(ConnectionId id) const {
  const auto found = connections_.find(id);
  return found == connections_.end() ? 0 : found->second.to_client.size();
}

void SimulatedNetwork::close(ConnectionId id) {
  if (Connection* connection = open_connection(id)) connection->exchange_closing = true;
}

void SimulatedNetwork::client_send(ConnectionId id, core::BytesView bytes) {
  Connection* connection = open_connection(id);
  if (connection == nullptr || connection->client_closing || connection->reset) return;
  connection->to_exchange.append(bytes);
}

core::Bytes SimulatedNetwork::client_take(ConnectionId id) {
  const auto found = connections_.find(id);
  if (found == connections_.end()) return {};
  Queue& received = found->second.received;
  core::Bytes taken = received.take(received.size());
  if (found->second.closed) connections_.erase(found);
  return taken;
}

void SimulatedNetwork::client_close(ConnectionId id) {
  if (Connection* connection = open_connection(id)) connection->client_closing = true;
}

void SimulatedNetwork::client_reset(ConnectionId id) {
  Connection* connection = open_connection(id);
  if (connection == nullptr) return;
  connection->reset = true;
  connection->to_exchange.clear();
  connection->to_client.clear();
}

bool SimulatedNetwork::client_closed(ConnectionId id) const {
  const auto found = connections_.find(id);
  return found == connections_.end() || found->second.closed;
}

std::size_t SimulatedNetwork::window_room(const Connection& connection) const {
  return options_.window_bytes - std::min(options_.window_bytes, connection.received.size());
}

bool SimulatedNetwork::can_close(const Connection& connection) const {
  return connection.reset || (connection.exchange_closing && connection.to_client.empty()) ||
         (connection.client_closing && connection.to_exchange.empty());
}

bool SimulatedNetwork::can_move(const Connection& connection) const {
  if (connection.closed) return false;
  if (!connection.opened || can_close(connection)) return true;
  const bool inward = !connection.to_exchange.empty() && !connection.exchange_closing;
  const bool outward = !connection.to_client.empty() && window_room(connection) > 0;
  return inward || outward;
}

// Long pieces as often as short ones, whatever the longest is: the awkward cuts are among the short.
std::size_t SimulatedNetwork::piece_size(std::size_t available) {
  const std::size_t longest = std::min(available, options_.piece_bytes_max);
  CHECK(longest > 0);
  switch (random_.below(4)) {
    case 0:
      return longest;
    case 1:
      return std::min<std::size_t>(longest, 1 + random_.below(4));
    default:
      return 1 + random_.below(longest);
  }
}

void SimulatedNetwork::deliver_to_client(Connection& connection) {
  const std::size_t movable = std::min(connection.to_client.size(), window_room(connection));
  if (movable == 0) return;
  connection.received.append(connection.to_client.take(piece_size(movable)));
}

void SimulatedNetwork::finish(ConnectionId id, Connection& connection) {
  connection.closed = true;
  connection.to_exchange.clear();
  connection.to_client.clear();
  --open_;
  connection.handler->on_closed(id);
}

// At most one callback, and it comes last: a handler may do anything, and `connection` is not touched after it.
void SimulatedNetwork::move(ConnectionId id, Connection& connection) {
  if (!connection.opened) {
    connection.opened = true;
    connection.handler->on_open(id, std::string(connection.peer_address));
    return;
  }
  if (options_.reset_one_in != 0 && random_.chance(1, options_.reset_one_in)) client_reset(id);
  if (can_close(connection)) return finish(id, connection);
  if (random_.chance(1, 2)) deliver_to_client(connection);
  if (connection.to_exchange.empty() || connection.exchange_closing || random_.chance(1, 3)) return;
  const core::Bytes piece = connection.to_exchange.take(piece_size(connection.to_exchange.size()));
  connection.handler->on_bytes(id, piece);
}

bool SimulatedNetwork::step() {
  std::vector<ConnectionId> movable;
  for (const auto& [id, connection] : connections_) {
    if (can_move(connection)) movable.push_back(id);
  }
  for (const ConnectionId id : movable) {
    if (!random_.chance(1, options_.delay_steps)) continue;
    if (Connection* connection = open_connection(id)) move(id, *connection);
  }
  return !movable.empty();
}

void SimulatedNetwork::run(std::size_t steps_max) {
  for (std::size_t i = 0; i < steps_max; ++i) {
    if (!step()) return;
  }
  CHECK_MSG(false, "the network does not come to rest");
}

}  // namespace io
