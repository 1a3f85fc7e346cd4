// One client connection speaking WebSocket (RFC 6455) after its handshake: bytes in, text messages to its application;
// text messages from it, bytes out. Pings, pongs, closing and every limit are the session's business.
//
// It borrows the network and the Wire, owns its application and calls it from inside receive() and tick(). An idle
// session holds no buffer. Closing: what ends by our wish sends a close frame and waits a while for the client's; what
// ends by the client's fault sends one and does not wait. One thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "gateways/websocket/application.h"
#include "gateways/websocket/options.h"
#include "gateways/websocket/parser.h"
#include "pkg/io/net.h"

namespace websocket {

struct Counters {
  std::uint64_t opened = 0;
  std::uint64_t messages_received = 0;  // texts, pings and pongs
  std::uint64_t messages_sent = 0;      // texts
  std::uint64_t protocol_errors = 0;    // closed with 1002, 1003, 1007, 1009
  std::uint64_t evicted = 0;            // closed with 1008 by the session: too fast, too slow, no pong
};

// What all sessions of one gateway share.
struct Wire {
  explicit Wire(io::Network& net) : network(net) {}
  io::Network& network;
  std::string message;  // scratch
  Counters counters;
};

class Session final : public Peer {
 public:
  // REQUIRES options, wire and address to outlive it.
  Session(const Options& options, Wire& wire, io::ConnectionId connection, limits::Address& address,
          std::int64_t now_ns);
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // Makes the application. False: there is none for that path, and the session is of no use.
  [[nodiscard]] bool open(const Factory& factory, std::string_view path, std::string_view query);
  // Sends the answer to the handshake and behind it what the application has sent since it was made. Once.
  void start(std::string_view handshake_answer);

  // After start().
  void receive(core::BytesView bytes);
  void tick(std::int64_t now_ns);

  // Peer
  [[nodiscard]] io::ConnectionId connection() const override { return connection_; }
  [[nodiscard]] limits::Address& address() override { return address_; }
  void send(const Frame& frame) override;
  void send_text(std::string_view message) override;
  [[nodiscard]] std::size_t unsent_bytes() const override { return wire_.network.unsent_bytes(connection_); }
  void close(CloseCode code, std::string_view reason) override;

 private:
  enum class State : std::uint8_t {
    open,
    closing,  // our close frame is sent, the client's has not come
    ended,    // nothing is read or written any more; the network closes when what is queued has been sent
  };
  void take_message(std::string_view message);
  void take_ping(std::string_view payload);
  void take_pong(std::string_view payload);
  void take_close(std::string_view payload);
  [[nodiscard]] bool is_in_pace();
  [[nodiscard]] bool may_send();
  void note_progress();
  void ping();
  void tick_open();
  void write(std::string_view bytes);
  void write_frame(Opcode opcode, std::string_view payload);
  void write_close(std::uint16_t code, std::string_view reason);
  void fail(const Fault& why);
  void evict(std::string_view reason);
  void enter(State state);

  const Options& options_;
  Wire& wire_;
  limits::Address& address_;
  const io::ConnectionId connection_;
  Parser parser_;
  State state_ = State::open;
  bool started_ = false;
  std::uint32_t pace_count_ = 0;  // messages received since pace_since_ns_
  std::int64_t now_ns_;           // of the last tick
  const std::int64_t opened_ns_;
  std::int64_t state_since_ns_;
  std::int64_t pace_since_ns_;
  std::int64_t message_since_ns_ = -1;  // when the incomplete message began; -1: there is none
  std::int64_t last_ping_ns_;
  std::uint64_t pings_sent_ = 0, pings_answered_ = 0;
  std::string early_;  // written before start()
  std::unique_ptr<Application> application_;
};

}  // namespace websocket
