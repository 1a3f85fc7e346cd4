// A whole exchange on one thread for tests and fuzzers: the real folds behind a port that carries commands out at once
// (or when told), and a network that is a string per connection.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateways/exchange_port.h"
#include "pkg/io/net.h"
#include "services/engine/engine.h"
#include "services/engine/replica.h"
#include "services/instruments/defaults.h"

namespace rest {

// Applies commands to the real engine and updates the views; replies at once, or on `deliver` when `holding`.
class TestPort final : public gateways::ExchangePort {
 public:
  TestPort() {
    for (const auto& asset : instruments::default_assets()) apply(asset);
    for (const auto& market : instruments::default_markets()) apply(market);
  }
  std::expected<void, gateways::Refusal> submit(const engine::Command& command, std::uint64_t token,
                                                gateways::ReplyHandler& handler, core::Time) override {
    if (refusal) return std::unexpected(*refusal);
    held_.push_back({command, token, &handler});
    if (!holding) deliver();
    return {};
  }
  [[nodiscard]] const engine::Views& views() const override { return views_; }
  [[nodiscard]] core::Time now() const override { return time; }
  [[nodiscard]] bool ready() const override { return is_ready; }

  // Carries out everything held, oldest first.
  void deliver() {
    while (!held_.empty()) {
      const Held next = held_.front();
      held_.pop_front();
      apply(next.command);
      const engine::Output output = output_;  // whoever hears of it may submit the next command
      const core::Sequence sequence = sequence_;
      next.handler->on_reply(
          {.token = next.token, .sequence = sequence, .time = time, .events = output.account_events});
      for (gateways::EventListener* listener : listeners) {
        listener->on_events(time, output.account_events, output.market_events);
        listener->on_batch_end();
      }
    }
  }
  void apply(const engine::Command& command) {
    core::RecordHeader header;
    header.sequence = sequence_ = sequence_.next();
    header.time = time;
    output_.clear();
    engine_.apply(header, command, output_);
    for (const auto& event : output_.account_events) views_.apply(event);
    for (const auto& event : output_.market_events) views_.apply(event, time);
  }
  [[nodiscard]] std::size_t held() const { return held_.size(); }
  [[nodiscard]] const engine::Engine& engine() const { return engine_; }

  core::Time time{1'700'000'000'000'000'000};
  bool holding = false;
  bool is_ready = true;
  std::optional<gateways::Refusal> refusal;
  std::vector<gateways::EventListener*> listeners;

 private:
  struct Held {
    engine::Command command;
    std::uint64_t token;
    gateways::ReplyHandler* handler;
  };
  engine::Engine engine_;
  engine::Views views_;
  engine::Output output_;
  core::Sequence sequence_;
  std::deque<Held> held_;
};

class TestNetwork final : public io::Network {
 public:
  core::Result<std::string> listen(const std::string&, io::ConnectionHandler& handler) override {
    handler_ = &handler;
    return "test";
  }
  void send(io::ConnectionId connection, core::BytesView bytes) override {
    clients_[connection].received += core::as_text(bytes);
  }
  [[nodiscard]] std::size_t unsent_bytes(io::ConnectionId connection) const override {
    const auto found = clients_.find(connection);
    return found == clients_.end() ? 0 : found->second.unsent;
  }
  void close(io::ConnectionId connection) override { clients_[connection].closed = true; }

  io::ConnectionId connect(std::string_view address = "192.0.2.1") {
    handler_->on_open(++last_, address);
    clients_[last_] = {};
    return last_;
  }
  void feed(io::ConnectionId connection, std::string_view bytes) {
    handler_->on_bytes(connection, core::as_bytes(bytes));
  }
  // What was sent since the last time.
  std::string take(io::ConnectionId connection) { return std::exchange(clients_[connection].received, {}); }
  [[nodiscard]] bool closed(io::ConnectionId connection) { return clients_[connection].closed; }
  void hang_up(io::ConnectionId connection) {
    clients_.erase(connection);
    handler_->on_closed(connection);
  }
  void set_unsent(io::ConnectionId connection, std::size_t bytes) { clients_[connection].unsent = bytes; }

 private:
  struct Client {
    std::string received;
    std::size_t unsent = 0;
    bool closed = false;
  };
  io::ConnectionHandler* handler_ = nullptr;
  std::map<io::ConnectionId, Client> clients_;
  io::ConnectionId last_ = 0;
};

}  // namespace rest
