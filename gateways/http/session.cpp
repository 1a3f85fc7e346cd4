#include "gateways/http/session.h"

#include <array>
#include <charconv>

#include "pkg/core/check.h"

namespace http {
namespace {

constexpr std::size_t kChunkedRawFactor = 8;  // a chunked body may be this many times as long on the wire as its limit
constexpr std::size_t kBufferKeptBytes = 4096;

std::string_view status_line(int status) {
  switch (status) {
    case 100:
      return "HTTP/1.1 100 Continue\r\n";
    case 200:
      return "HTTP/1.1 200 OK\r\n";
    case 400:
      return "HTTP/1.1 400 Bad Request\r\n";
    case 401:
      return "HTTP/1.1 401 Unauthorized\r\n";
    case 403:
      return "HTTP/1.1 403 Forbidden\r\n";
    case 404:
      return "HTTP/1.1 404 Not Found\r\n";
    case 405:
      return "HTTP/1.1 405 Method Not Allowed\r\n";
    case 408:
      return "HTTP/1.1 408 Request Timeout\r\n";
    case 409:
      return "HTTP/1.1 409 Conflict\r\n";
    case 413:
      return "HTTP/1.1 413 Content Too Large\r\n";
    case 414:
      return "HTTP/1.1 414 URI Too Long\r\n";
    case 417:
      return "HTTP/1.1 417 Expectation Failed\r\n";
    case 418:
      return "HTTP/1.1 418 I'm a teapot\r\n";
    case 426:
      return "HTTP/1.1 426 Upgrade Required\r\n";
    case 429:
      return "HTTP/1.1 429 Too Many Requests\r\n";
    case 431:
      return "HTTP/1.1 431 Request Header Fields Too Large\r\n";
    case 500:
      return "HTTP/1.1 500 Internal Server Error\r\n";
    case 501:
      return "HTTP/1.1 501 Not Implemented\r\n";
    case 503:
      return "HTTP/1.1 503 Service Unavailable\r\n";
    case 504:
      return "HTTP/1.1 504 Gateway Timeout\r\n";
    case 505:
      return "HTTP/1.1 505 HTTP Version Not Supported\r\n";
    default:
      break;
  }
  CHECK_MSG(false, "a status without a line");
  return {};
}

void append_number(std::string& out, std::size_t number) {
  std::array<char, 20> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  out.append(digits.data(), static_cast<std::size_t>(end - digits.data()));
}

}  // namespace

core::BytesView Wire::assemble(const Answer& answer, bool without_body, bool close, bool is_http_1_0) {
  bytes.clear();
  bytes += status_line(answer.status);
  bytes += date_line;
  bytes += "Content-Type: ";
  bytes += answer.content_type;
  bytes += "\r\n";
  bytes += answer.header_lines;
  bytes += "Content-Length: ";
  append_number(bytes, answer.body.size());
  bytes += "\r\n";
  if (close)
    bytes += "Connection: close\r\n";
  else if (is_http_1_0)
    bytes += "Connection: keep-alive\r\n";
  bytes += "\r\n";
  if (!without_body) bytes += answer.body;
  return core::as_bytes(bytes);
}

Session::Session(const Options& options, Handler& handler, Wire& wire, io::ConnectionId connection, std::int64_t now_ns)
    : options_(options), handler_(handler), wire_(wire), connection_(connection), now_ns_(now_ns), active_ns_(now_ns) {}

bool Session::may_take_more() const {
  return !closing_ && unanswered() < options_.pipelined_max &&
         wire_.network.unsent_bytes(connection_) <= options_.unsent_bytes_max;
}

void Session::receive(core::BytesView bytes) {
  const std::string_view text = core::as_text(bytes);
  if (handed_over_) buffer_ += text;
  if (closing_) return;
  active_ns_ = now_ns_;
  if (!buffer_.empty()) {
    buffer_ += text;
    process_buffer();
  } else {
    const std::size_t used = process(text);
    if ((!closing_ || handed_over_) && used < text.size()) {
      buffer_.assign(text.substr(used));
      head_is_current_ = false;
      request_started_ns_ = now_ns_;
    }
  }
  // A client that keeps sending while its requests wait for their answers is not one we can serve.
  if (!closing_ && buffer_.size() > options_.waiting_bytes_max + options_.head_bytes_max +
                                        kChunkedRawFactor * options_.body_bytes_max) {
    end();
  }
}

void Session::process_buffer() {
  const std::size_t used = process(buffer_);
  if (closing_ && !handed_over_) return;
  if (used > 0) {
    buffer_.erase(0, used);
    request_started_ns_ = now_ns_;
    if (buffer_.empty() && buffer_.capacity() > kBufferKeptBytes) buffer_ = {};
  }
  head_is_current_ = false;
}

// Hands out the whole requests in `text`; returns how many bytes they had.
std::size_t Session::process(std::string_view text) {
  CHECK(!processing_);
  processing_ = true;
  std::size_t used = 0;
  head_is_current_ = false;
  while (may_take_more()) {
    if (head_bytes_ == 0) {  // empty lines before a request line are passed over (RFC 9112, 2.2)
      while (text.size() - used >= 2 && text.substr(used, 2) == "\r\n") used += 2;
      if (text.substr(used) == "\r") break;
    }
    const std::size_t size = take_request(text.substr(used));
    if (size == 0) break;
    used += size;
  }
  processing_ = false;
  return used;
}

// One request from the front of `text`: its size when it was whole and has been handed out, 0 when more must come or
// the connection ends.
std::size_t Session::take_request(std::string_view text) {
  if (text.empty()) return 0;
  if (head_bytes_ == 0) {
    const auto end = find_head_end(text, scanned_, options_);
    if (!end) return refuse(end.error()), 0;
    if (*end == 0) return 0;
    head_bytes_ = *end;
    head_is_current_ = false;
  }
  if (!head_is_current_) {
    // The bytes may have moved since: a body that comes in pieces costs its head again, a request that comes whole does
    // not.
    if (const auto parsed = parse_head(text.substr(0, head_bytes_), options_, head_); !parsed)
      return refuse(parsed.error()), 0;
    head_is_current_ = true;
  }
  const std::size_t body_bytes = take_body(text.substr(head_bytes_));
  if (body_bytes == std::string_view::npos) return 0;
  const std::size_t size = head_bytes_ + body_bytes;
  hand_out(head_.is_chunked ? chunked_.body() : text.substr(head_bytes_, body_bytes));
  start_next_request();
  return size;
}

// Bytes of the body on the wire once it is whole; npos when more must come or it was refused.
std::size_t Session::take_body(std::string_view text) {
  bool is_whole = text.size() >= head_.content_length;
  if (head_.is_chunked) {
    const auto taken = chunked_.take(text, options_);
    if (!taken) return refuse(taken.error()), std::string_view::npos;
    is_whole = *taken;
    if (!is_whole && chunked_.consumed() > kChunkedRawFactor * options_.body_bytes_max) {
      return refuse({413, "the request body is too large"}), std::string_view::npos;
    }
  }
  if (is_whole) return head_.is_chunked ? chunked_.consumed() : head_.content_length;
  if (head_.expects_continue && !continue_sent_ && text.empty() && unanswered() == 0) {
    continue_sent_ = true;
    wire_.network.send(connection_, core::as_bytes("HTTP/1.1 100 Continue\r\n\r\n"));
  }
  return std::string_view::npos;
}

void Session::start_next_request() {
  scanned_ = head_bytes_ = 0;
  head_is_current_ = continue_sent_ = false;
  chunked_.clear();
}

std::uint64_t Session::open_slot(const Head* head) {
  if (unanswered() == slots_.size()) {
    std::vector<Slot> larger(slots_.empty() ? 2 : slots_.size() * 2);
    for (std::uint64_t n = first_; n != next_; ++n) larger[n & (larger.size() - 1)] = std::move(slot(n));
    slots_ = std::move(larger);
  }
  const std::uint64_t number = next_++;
  Slot& opened = slot(number);
  opened.answered = false;
  opened.held.clear();
  opened.without_body = head != nullptr && head->method == Method::head;
  opened.close = head == nullptr || !head->keep_alive;
  opened.is_http_1_0 = head != nullptr && head->is_http_1_0;
  return number;
}

void Session::hand_out(std::string_view body) {
  const std::uint64_t number = open_slot(&head_);
  if (!head_.keep_alive) closing_ = true;
  handler_.on_request(*this, Request{number, head_, body});
}

void Session::refuse(const BadRequest& why) {
  const std::uint64_t number = open_slot(nullptr);
  closing_ = true;
  handler_.on_bad_request(*this, number, why);
}

void Session::answer(std::uint64_t number, const Answer& answer) {
  CHECK(number >= first_ && number < next_);
  if (ended_) return;
  Slot& done = slot(number);
  CHECK(!done.answered);
  done.answered = true;
  done.close |= answer.close;
  const core::BytesView bytes = wire_.assemble(answer, done.without_body, done.close, done.is_http_1_0);
  if (number != first_) {
    done.held.assign(core::as_text(bytes));
    return;
  }
  wire_.network.send(connection_, bytes);
  leave(done);
  release_answered();
  if (!processing_ && !buffer_.empty() && may_take_more()) process_buffer();
}

// The answer of the first request has left.
void Session::leave(Slot& done) {
  ++first_;
  if (done.close) end();  // requests behind it will not be answered any more, as the client was told
}

void Session::hand_over() {
  CHECK(processing_ && unanswered() == 1);
  closing_ = ended_ = handed_over_ = true;
}

void Session::end() {
  closing_ = ended_ = true;
  wire_.network.close(connection_);
}

void Session::release_answered() {
  while (!ended_ && first_ != next_ && slot(first_).answered) {
    Slot& done = slot(first_);
    wire_.network.send(connection_, core::as_bytes(done.held));
    leave(done);
  }
}

void Session::tick(std::int64_t now_ns) {
  now_ns_ = now_ns;
  if (closing_) return;
  if (!buffer_.empty() && may_take_more()) process_buffer();
  if (closing_) return;
  const bool is_waiting_for_us = unanswered() > 0;
  if (!buffer_.empty() && !is_waiting_for_us) {
    if (now_ns - request_started_ns_ > options_.request_ns_max) refuse({408, "the request did not arrive in time"});
  } else if (!is_waiting_for_us && now_ns - active_ns_ > options_.idle_ns_max) {
    end();
  }
}

}  // namespace http
