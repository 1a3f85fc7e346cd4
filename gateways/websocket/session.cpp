#include "gateways/websocket/session.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "pkg/core/check.h"

namespace websocket {
namespace {

// The second in which messages are counted is a tick shorter, because the clock moves in ticks: who keeps to the limit
// is never found to be above it.
constexpr std::int64_t kPaceNs = 900'000'000;

// So much of a text that no character is cut.
std::string_view shortened(std::string_view text, std::size_t bytes_max) {
  if (text.size() <= bytes_max) return text;
  while (bytes_max > 0 && (static_cast<unsigned char>(text[bytes_max]) & 0xC0) == 0x80) --bytes_max;
  return text.substr(0, bytes_max);
}

}  // namespace

Session::Session(const Options& options, Wire& wire, io::ConnectionId connection, limits::Address& address,
                 std::int64_t now_ns)
    : options_(options),
      wire_(wire),
      address_(address),
      connection_(connection),
      parser_(options.message_bytes_max),
      now_ns_(now_ns),
      opened_ns_(now_ns),
      state_since_ns_(now_ns),
      pace_since_ns_(now_ns),
      last_ping_ns_(now_ns) {}

bool Session::open(const Factory& factory, std::string_view path, std::string_view query) {
  CHECK(application_ == nullptr && !started_);
  application_ = factory(*this, path, query);
  return application_ != nullptr;
}

void Session::start(std::string_view handshake_answer) {
  CHECK(application_ != nullptr && !started_);
  started_ = true;
  ++wire_.counters.opened;
  write(handshake_answer);
  if (!early_.empty()) write(early_);
  std::string{}.swap(early_);
  if (state_ == State::ended) wire_.network.close(connection_);
}

void Session::receive(core::BytesView bytes) {
  CHECK(started_);
  std::string_view input = core::as_text(bytes);
  while (state_ != State::ended) {
    switch (parser_.next(input, wire_.message)) {
      case Parser::Found::more:
        return note_progress();
      case Parser::Found::text:
        take_message(parser_.payload());
        break;
      case Parser::Found::ping:
        take_ping(parser_.payload());
        break;
      case Parser::Found::pong:
        take_pong(parser_.payload());
        break;
      case Parser::Found::close:
        take_close(parser_.payload());
        break;
      case Parser::Found::fault:
        fail(parser_.fault());
        break;
    }
    if (parser_.at_rest()) message_since_ns_ = -1;
  }
}

void Session::note_progress() {
  if (parser_.at_rest())
    message_since_ns_ = -1;
  else if (message_since_ns_ < 0)
    message_since_ns_ = now_ns_;
}

bool Session::is_in_pace() {
  ++wire_.counters.messages_received;
  if (options_.messages_per_second_max == 0) return true;
  if (now_ns_ - pace_since_ns_ >= kPaceNs) {
    pace_since_ns_ = now_ns_;
    pace_count_ = 0;
  }
  if (++pace_count_ <= options_.messages_per_second_max) return true;
  evict("Too many requests");
  return false;
}

void Session::take_message(std::string_view message) {
  if (state_ != State::open) return;
  if (application_->limits_its_messages())
    ++wire_.counters.messages_received;
  else if (!is_in_pace())
    return;
  application_->on_text(message);
}

void Session::take_ping(std::string_view payload) {
  if (state_ == State::open && is_in_pace()) write_frame(Opcode::pong, payload);
}

// Only the answer to a ping of ours shows that the client is there; one answer may stand for earlier pings too.
void Session::take_pong(std::string_view payload) {
  if (state_ != State::open || !is_in_pace()) return;
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(payload.data(), payload.data() + payload.size(), number);
  if (error != std::errc{} || end != payload.data() + payload.size()) return;
  if (number > pings_answered_ && number <= pings_sent_) pings_answered_ = number;
}

void Session::take_close(std::string_view payload) {
  const auto code = close_code_of(payload);
  if (!code) return fail(code.error());
  if (state_ == State::open) write_close(*code, {});
  enter(State::ended);
}

void Session::tick(std::int64_t now_ns) {
  now_ns_ = now_ns;
  if (state_ == State::open) return tick_open();
  application_.reset();
  if (now_ns - state_since_ns_ <= options_.close_ns_max) return;
  if (state_ == State::closing)
    enter(State::ended);
  else
    wire_.network.drop(connection_);  // it does not take what is queued for it
}

void Session::tick_open() {
  if (now_ns_ - opened_ns_ > options_.life_ns_max) return close(CloseCode::going_away, "Connection lifetime is over");
  if (message_since_ns_ >= 0 && now_ns_ - message_since_ns_ > options_.message_ns_max) return evict("Message timeout");
  if (pings_answered_ < pings_sent_) {
    // Pings leave at even intervals, so the age of the oldest without an answer follows from the last one's.
    const auto later = static_cast<std::int64_t>(pings_sent_ - pings_answered_ - 1);
    const std::int64_t waiting_ns = now_ns_ - last_ping_ns_ + later * options_.ping_every_ns;
    if (waiting_ns > options_.pong_ns_max) return evict("Pong timeout");
  }
  if (now_ns_ - last_ping_ns_ >= options_.ping_every_ns) ping();
  application_->tick(now_ns_);
}

void Session::ping() {
  last_ping_ns_ = now_ns_;
  ++pings_sent_;
  std::array<char, 20> digits;
  const char* end = std::to_chars(digits.data(), digits.data() + digits.size(), pings_sent_).ptr;
  write_frame(Opcode::ping, {digits.data(), end});
}

bool Session::may_send() {
  if (state_ != State::open) return false;
  if (unsent_bytes() > options_.unsent_bytes_max) {
    evict("Too slow");
    return false;
  }
  ++wire_.counters.messages_sent;
  return true;
}

void Session::send(const Frame& frame) {
  if (may_send()) write(*frame);
}

void Session::send_text(std::string_view message) {
  if (may_send()) write_frame(Opcode::text, message);
}

void Session::close(CloseCode code, std::string_view reason) {
  if (state_ != State::open) return;
  write_close(static_cast<std::uint16_t>(code), reason);
  enter(State::closing);
}

void Session::fail(const Fault& why) {
  if (state_ == State::open) {
    ++wire_.counters.protocol_errors;
    write_close(static_cast<std::uint16_t>(why.code), why.reason);
  }
  enter(State::ended);
}

void Session::evict(std::string_view reason) {
  ++wire_.counters.evicted;
  write_close(static_cast<std::uint16_t>(CloseCode::policy_violation), reason);
  enter(State::ended);
}

void Session::enter(State state) {
  state_ = state;
  state_since_ns_ = now_ns_;
  if (state == State::ended && started_) wire_.network.close(connection_);
}

void Session::write(std::string_view bytes) {
  if (started_)
    wire_.network.send(connection_, core::as_bytes(bytes));
  else
    early_ += bytes;
}

void Session::write_frame(Opcode opcode, std::string_view payload) {
  write(FrameHeader(opcode, payload.size()).bytes());
  write(payload);
}

// Code 0: the client's close had none, neither has ours.
void Session::write_close(std::uint16_t code, std::string_view reason) {
  if (code == 0) return write_frame(Opcode::close, {});
  std::array<char, kControlPayloadBytesMax> payload;
  payload[0] = static_cast<char>(code >> 8);
  payload[1] = static_cast<char>(code);
  const std::string_view text = shortened(reason, kCloseReasonBytesMax);
  std::ranges::copy(text, payload.begin() + 2);
  write_frame(Opcode::close, {payload.data(), 2 + text.size()});
}

}  // namespace websocket
