#include "bench/rest.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstring>
#include <deque>
#include <memory>
#include <string_view>

#include "gateways/auth/hmac.h"
#include "pkg/core/check.h"

namespace bench {
namespace {

using core::Result;

constexpr std::int64_t kStallNs = 10'000'000'000;  // without any answer: something is broken

std::int64_t now_ns() { return std::chrono::steady_clock::now().time_since_epoch().count(); }
std::int64_t wall_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

// Writes signed orders: buys and sells in turn at one price, so that every second one trades and the book stays small.
class Orders {
 public:
  explicit Orders(const RestKey& key) : hmac_(key.secret), api_key_(key.api_key) {}

  void append_next(std::string& out) {
    query_ = is_buy_ ? "symbol=BTCUSDT&side=BUY" : "symbol=BTCUSDT&side=SELL";
    query_ += "&type=LIMIT&timeInForce=GTC&quantity=0.001&price=50000.00&timestamp=";
    query_ += std::to_string(wall_ms());
    is_buy_ = !is_buy_;
    const auto signature = hmac_.sign(query_);
    out += "POST /api/v3/order?";
    out += query_;
    out += "&signature=";
    for (const unsigned char byte : signature) {
      out += "0123456789abcdef"[byte >> 4];
      out += "0123456789abcdef"[byte & 15];
    }
    out += " HTTP/1.1\r\nHost: localhost\r\nX-MBX-APIKEY: ";
    out += api_key_;
    out += "\r\nContent-Length: 0\r\n\r\n";
  }

 private:
  auth::HmacSha256 hmac_;
  std::string api_key_;
  std::string query_;
  bool is_buy_ = true;
};

struct Answer {
  bool is_ok = false;
  std::string_view body;
  std::size_t size = 0;  // of all of it; 0: not complete yet
};

Answer take_answer(std::string_view text) {
  const std::size_t head_end = text.find("\r\n\r\n");
  if (head_end == std::string_view::npos) return {};
  const std::string_view head = text.substr(0, head_end);
  constexpr std::string_view kLength = "Content-Length: ";
  const std::size_t at = head.find(kLength);
  std::size_t length = 0;
  if (at != std::string_view::npos)
    std::from_chars(head.data() + at + kLength.size(), head.data() + head.size(), length);
  if (text.size() < head_end + 4 + length) return {};
  return {head.starts_with("HTTP/1.1 200"), text.substr(head_end + 4, length), head_end + 4 + length};
}

class Connection {
 public:
  Connection(const RestKey& key, int descriptor) : orders_(key), descriptor_(descriptor) {}
  ~Connection() { ::close(descriptor_); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  [[nodiscard]] int descriptor() const { return descriptor_; }
  [[nodiscard]] std::size_t under_way() const { return since_ns_.size(); }
  // Queues one more request; `since_ns` is when its time begins.
  void add(std::int64_t since_ns) {
    orders_.append_next(out_);
    since_ns_.push_back(since_ns);
  }
  [[nodiscard]] bool flush() {
    while (!out_.empty()) {
      const ssize_t sent = ::send(descriptor_, out_.data(), out_.size(), MSG_NOSIGNAL);
      if (sent < 0 && errno == EINTR) continue;
      if (sent < 0) return false;
      out_.erase(0, static_cast<std::size_t>(sent));
    }
    return true;
  }
  // Reads what is there; calls `each(since_ns, answer)` for every complete answer.
  template <class Each>
  [[nodiscard]] bool receive(const Each& each) {
    char buffer[64 * 1024];
    const ssize_t size = ::recv(descriptor_, buffer, sizeof buffer, MSG_DONTWAIT);
    if (size < 0) return errno == EAGAIN || errno == EINTR;
    if (size == 0) return false;
    in_.append(buffer, static_cast<std::size_t>(size));
    std::size_t at = 0;
    while (true) {
      const Answer answer = take_answer(std::string_view(in_).substr(at));
      if (answer.size == 0 || since_ns_.empty()) break;
      const std::int64_t since_ns = since_ns_.front();
      since_ns_.pop_front();
      each(since_ns, answer);
      at += answer.size;
    }
    in_.erase(0, at);
    return true;
  }

 private:
  Orders orders_;
  const int descriptor_;
  std::string out_, in_;
  std::deque<std::int64_t> since_ns_;  // of the requests under way, oldest first
};

class Load {
 public:
  explicit Load(const RestOptions& options) : options_(options), epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
    CHECK(epoll_ >= 0);
  }
  ~Load() { ::close(epoll_); }
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;

  Result<void> connect() {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(options_.port);
    if (::inet_pton(AF_INET, options_.host.c_str(), &address.sin_addr) != 1)
      return core::fail(core::ErrorKind::invalid_input, "not an IPv4 address", options_.host);
    for (int i = 0; i < options_.connections; ++i) {
      const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
      if (descriptor < 0) return core::fail(core::ErrorKind::io, std::strerror(errno), "socket");
      const int one = 1;
      ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
      connections_.push_back(
          std::make_unique<Connection>(options_.keys[static_cast<std::size_t>(i) % options_.keys.size()], descriptor));
      if (::connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
        return core::fail(core::ErrorKind::unavailable, std::strerror(errno), options_.host);
      epoll_event event{};
      event.events = EPOLLIN;
      event.data.u32 = static_cast<std::uint32_t>(i);
      CHECK(::epoll_ctl(epoll_, EPOLL_CTL_ADD, descriptor, &event) == 0);
    }
    return {};
  }

  Result<RestResult> run() {
    const std::int64_t began_ns = now_ns();
    measure_from_ns_ = began_ns + options_.warm_up_ns;
    measure_until_ns_ = measure_from_ns_ + options_.measure_ns;
    next_due_ns_ = last_answer_ns_ = began_ns;
    if (options_.rate_hz == 0) {
      for (auto& connection : connections_) {
        for (int i = 0; i < options_.pipelined; ++i) connection->add(began_ns);
        if (!connection->flush()) return lost();
      }
    }
    for (std::int64_t now = began_ns; now < measure_until_ns_; now = now_ns()) {
      if (now - last_answer_ns_ > kStallNs)
        return core::fail(core::ErrorKind::unavailable, "no answer for 10 s", options_.host);
      if (options_.rate_hz > 0 && !send_due(now)) return lost();
      if (!receive(options_.rate_hz > 0 ? std::clamp<std::int64_t>(next_due_ns_ - now, 0, 1'000'000) : 100'000'000))
        return lost();
    }
    const double seconds = static_cast<double>(options_.measure_ns) / 1e9;
    result_.requests_per_second = static_cast<double>(result_.requests) / seconds;
    result_.latency = percentiles(taken_ns_);
    return result_;
  }

 private:
  std::unexpected<core::Error> lost() const {
    return core::fail(core::ErrorKind::unavailable,
                      "the exchange closed a connection" +
                          (result_.first_error.empty() ? std::string() : " after " + result_.first_error),
                      options_.host);
  }

  // Open loop: every request that is due goes out on a connection that has the least under way.
  bool send_due(std::int64_t now) {
    const std::int64_t interval_ns = 1'000'000'000 / static_cast<std::int64_t>(options_.rate_hz);
    for (; next_due_ns_ <= now; next_due_ns_ += interval_ns) {
      Connection& connection = *connections_[next_connection_++ % connections_.size()];
      connection.add(next_due_ns_);
      if (!connection.flush()) return false;
    }
    return true;
  }

  bool receive(std::int64_t wait_ns_max) {
    epoll_event events[256];
    const timespec wait{wait_ns_max / 1'000'000'000, wait_ns_max % 1'000'000'000};
    const int count = ::epoll_pwait2(epoll_, events, 256, &wait, nullptr);
    for (int i = 0; i < count; ++i) {
      Connection& connection = *connections_[events[i].data.u32];
      std::size_t answered = 0;
      const bool open = connection.receive([&](std::int64_t since_ns, const Answer& answer) {
        ++answered;
        record(since_ns, answer);
      });
      if (!open) return false;
      if (options_.rate_hz > 0 || answered == 0) continue;
      const std::int64_t now = now_ns();
      for (; answered > 0; --answered) connection.add(now);
      if (!connection.flush()) return false;
    }
    return true;
  }

  void record(std::int64_t since_ns, const Answer& answer) {
    const std::int64_t now = last_answer_ns_ = now_ns();
    if (!answer.is_ok && result_.errors++ == 0) result_.first_error = answer.body.substr(0, 200);
    if (now < measure_from_ns_ || now >= measure_until_ns_) return;
    ++result_.requests;
    taken_ns_.push_back(now - since_ns);
  }

  const RestOptions& options_;
  const int epoll_;
  std::vector<std::unique_ptr<Connection>> connections_;
  std::size_t next_connection_ = 0;
  std::int64_t measure_from_ns_ = 0, measure_until_ns_ = 0, next_due_ns_ = 0, last_answer_ns_ = 0;
  std::vector<std::int64_t> taken_ns_;
  RestResult result_;
};

}  // namespace

Result<RestResult> bench_rest(const RestOptions& options) {
  CHECK(!options.keys.empty() && options.connections > 0 && options.pipelined > 0);
  Load load(options);
  if (auto connected = load.connect(); !connected) return std::unexpected(connected.error());
  return load.run();
}

}  // namespace bench
