// One client connection speaking HTTP/1.1: bytes in, requests out; answers in, bytes out.
//
// Requests on one connection may be sent without waiting (pipelining) and may be answered in any order and much later;
// the answers leave in the order of the requests. What a client can make a session hold is bounded by Options. The
// session owns its buffers, borrows the network and the Wire, and calls its Handler from inside receive(), answer() and
// tick(). One thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "gateways/http/options.h"
#include "gateways/http/parser.h"
#include "gateways/http/request.h"
#include "pkg/io/net.h"

namespace http {

struct Answer {
  int status = 200;
  std::string_view content_type = "application/json;charset=UTF-8";
  std::string_view header_lines;  // further headers, each "Name: value\r\n"
  std::string_view body;
  bool close = false;  // end the connection behind this answer
};

class Session;

class Handler {
 public:
  virtual ~Handler() = default;
  // The request lives until this returns. Answer it with session.answer(request.number, ...), inside or later, once.
  virtual void on_request(Session& session, const Request& request) = 0;
  // Bytes that are no request we take: to be answered the same way; the connection closes behind it.
  virtual void on_bad_request(Session& session, std::uint64_t number, const BadRequest& why) = 0;
};

// What all sessions of one gateway share to write answers with, so that in the steady state none of them allocates.
struct Wire {
  explicit Wire(io::Network& net) : network(net) {}
  io::Network& network;
  std::string date_line;  // "Date: ...\r\n", kept current by the gateway; may be empty
  std::string bytes;      // scratch
  core::BytesView assemble(const Answer& answer, bool without_body, bool close, bool is_http_1_0);
};

class Session {
 public:
  // REQUIRES options, handler and wire to outlive it.
  Session(const Options& options, Handler& handler, Wire& wire, io::ConnectionId connection, std::int64_t now_ns);
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  void receive(core::BytesView bytes);
  // Time-outs, and going on with a client that had stopped reading. Time is what the last tick said.
  void tick(std::int64_t now_ns);
  // REQUIRES the request to be one that was handed out and is not answered.
  void answer(std::uint64_t number, const Answer& answer);

  // Another protocol takes the connection over, from inside on_request: no answer to that request and nothing else will
  // be sent from here; whoever takes over sends what is due and gets `take_rest`, the bytes that came behind the
  // request, once the session is not on the stack any more. REQUIRES unanswered() == 1: earlier answers would be lost.
  void hand_over();
  [[nodiscard]] bool handed_over() const { return handed_over_; }
  [[nodiscard]] std::string take_rest() { return std::move(buffer_); }

  [[nodiscard]] io::ConnectionId connection() const { return connection_; }
  // No more requests will come out of it; what is unanswered can still be answered.
  [[nodiscard]] bool closing() const { return closing_; }
  [[nodiscard]] std::size_t unanswered() const { return static_cast<std::size_t>(next_ - first_); }

 private:
  // A request that has been handed out, until its answer has left.
  struct Slot {
    bool answered = false;
    bool without_body = false;  // HEAD
    bool close = false;
    bool is_http_1_0 = false;
    std::string held;  // an answer that waits for those before it
  };
  [[nodiscard]] Slot& slot(std::uint64_t number) { return slots_[number & (slots_.size() - 1)]; }
  std::uint64_t open_slot(const Head* head);
  void process_buffer();
  [[nodiscard]] std::size_t process(std::string_view text);
  [[nodiscard]] std::size_t take_request(std::string_view text);
  [[nodiscard]] std::size_t take_body(std::string_view text);
  void hand_out(std::string_view body);
  void refuse(const BadRequest& why);
  void release_answered();
  void leave(Slot& done);
  void end();
  void start_next_request();
  [[nodiscard]] bool may_take_more() const;

  const Options& options_;
  Handler& handler_;
  Wire& wire_;
  const io::ConnectionId connection_;

  std::string buffer_;  // bytes received and not used, from the start of a request
  Head head_;           // of the request being received, once head_bytes_ is known; views into the bytes at hand
  std::size_t scanned_ = 0;
  std::size_t head_bytes_ = 0;
  bool head_is_current_ = false;  // head_'s views point into the text being processed
  bool continue_sent_ = false;
  ChunkedBody chunked_;

  std::vector<Slot> slots_;             // ring, a power of two
  std::uint64_t first_ = 0, next_ = 0;  // requests [first_, next_) are unanswered or held

  std::int64_t now_ns_;
  std::int64_t active_ns_;  // of the last byte received
  std::int64_t request_started_ns_ = 0;
  bool processing_ = false;
  bool closing_ = false;  // nothing more is read
  bool ended_ = false;    // nothing more is written either
  bool handed_over_ = false;
};

}  // namespace http
