#include "bench/load.h"

#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <deque>
#include <vector>

#include "bench/histogram.h"
#include "pkg/core/check.h"

namespace bench {
namespace {

using core::ErrorKind;
using core::Result;

constexpr std::int64_t kStallNs = 10'000'000'000;  // without any answer: something is broken
constexpr std::int64_t kForeverNs = 100'000'000;
constexpr std::size_t kReceiveBytes = 64 * 1024;

std::int64_t busy_ns() {
  rusage used{};
  ::getrusage(RUSAGE_THREAD, &used);
  const auto ns = [](const timeval& time) { return (time.tv_sec * 1'000'000 + time.tv_usec) * 1'000; };
  return ns(used.ru_utime) + ns(used.ru_stime);
}

struct Connection {
  Connection(Socket socket_, std::unique_ptr<ClientSession> session_, int pipelined)
      : socket(std::move(socket_)), session(std::move(session_)), due_ns(static_cast<std::size_t>(pipelined), 0) {
    for (std::uint32_t ticket = static_cast<std::uint32_t>(pipelined); ticket > 0; --ticket)
      free_tickets.push_back(ticket - 1);
  }
  Socket socket;
  std::unique_ptr<ClientSession> session;
  std::string in, out;
  std::size_t out_sent = 0;
  bool is_queued = false;            // among those to flush
  bool waits_to_write = false;       // the kernel's buffer is full
  std::vector<std::int64_t> due_ns;  // by ticket; 0: free
  std::vector<std::uint32_t> free_tickets;
};

}  // namespace

struct Load::State {
  explicit State(const LoadOptions& options_) : options(options_), epoll(::epoll_create1(EPOLL_CLOEXEC)) {
    CHECK(options.connections > 0 && options.pipelined > 0 && epoll >= 0);
  }
  ~State() { ::close(epoll); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  // Of the request with this number, from 0.
  [[nodiscard]] std::int64_t due_time(std::uint64_t number) const {
    const auto ns = static_cast<unsigned __int128>(number) * 1'000'000'000 / options.rate_hz;
    return began_ns + static_cast<std::int64_t>(ns);
  }
  [[nodiscard]] bool is_open_loop() const { return options.rate_hz > 0; }

  [[nodiscard]] std::unexpected<core::Error> lost(const char* why) const {
    return core::fail(ErrorKind::unavailable,
                      std::string(why) + (first_error.empty() ? std::string() : " after " + first_error),
                      options.endpoint.host + ":" + std::to_string(options.endpoint.port));
  }

  void watch(std::size_t index, int operation, std::uint32_t events) {
    epoll_event event{};
    event.events = events;
    event.data.u64 = index;
    CHECK(::epoll_ctl(epoll, operation, connections[index].socket.descriptor(), &event) == 0);
  }

  void send_request(std::size_t index, std::int64_t due_ns) {
    Connection& connection = connections[index];
    CHECK(!connection.free_tickets.empty());
    const std::uint32_t ticket = connection.free_tickets.back();
    connection.free_tickets.pop_back();
    connection.due_ns[ticket] = due_ns;
    connection.session->append_request(ticket, connection.out);
    ++under_way;
    queue(index);
  }

  void queue(std::size_t index) {
    if (connections[index].is_queued) return;
    connections[index].is_queued = true;
    queued.push_back(index);
  }

  // Requests that are due go out on the connections that have been free for longest.
  void send_due(std::int64_t now) {
    if (is_open_loop()) {
      while (!free.empty() && next_due_ns <= now && next_due_ns < measure_until_ns) {
        send_request(take_free(), next_due_ns);
        next_due_ns = due_time(++next_number);
      }
    } else if (now < measure_until_ns) {
      while (!free.empty()) send_request(take_free(), now);
    }
  }
  std::size_t take_free() {
    const std::size_t index = free.front();
    free.pop_front();
    return index;
  }

  [[nodiscard]] bool flush_queued() {
    for (const std::size_t index : queued) {
      connections[index].is_queued = false;
      if (!flush(index)) return false;
    }
    queued.clear();
    return true;
  }

  [[nodiscard]] bool flush(std::size_t index) {
    Connection& c = connections[index];
    while (!c.waits_to_write && c.out_sent < c.out.size()) {
      const ssize_t sent = ::send(c.socket.descriptor(), c.out.data() + c.out_sent, c.out.size() - c.out_sent,
                                  MSG_NOSIGNAL | MSG_DONTWAIT);
      if (sent < 0 && errno == EINTR) continue;
      if (sent < 0 && errno != EAGAIN) return false;
      if (sent < 0) {
        c.waits_to_write = true;
        watch(index, EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT);
      } else {
        c.out_sent += static_cast<std::size_t>(sent);
      }
    }
    if (c.out_sent == c.out.size()) {
      c.out.clear();
      c.out_sent = 0;
    }
    return true;
  }

  [[nodiscard]] Result<void> receive(std::size_t index) {
    Connection& c = connections[index];
    const ssize_t size = ::recv(c.socket.descriptor(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (size < 0 && (errno == EAGAIN || errno == EINTR)) return {};
    if (size <= 0) return lost("the exchange closed a connection");
    c.in.append(buffer.data(), static_cast<std::size_t>(size));
    std::size_t at = 0;
    while (true) {
      const auto answer = c.session->take_answer(std::string_view(c.in).substr(at), c.out);
      if (!answer) return std::unexpected(answer.error());
      if (answer->bytes == 0) break;
      at += answer->bytes;
      if (!answer->is_answer) continue;
      if (answer->ticket >= c.due_ns.size() || c.due_ns[answer->ticket] == 0)
        return core::fail(ErrorKind::invalid_input, "an answer to what was not asked",
                          std::string(answer->body.substr(0, 200)));
      record(c.due_ns[answer->ticket], *answer);
      c.due_ns[answer->ticket] = 0;
      c.free_tickets.push_back(answer->ticket);
      free.push_back(index);
    }
    c.in.erase(0, at);
    if (!c.out.empty()) queue(index);
    return {};
  }

  void record(std::int64_t due_ns, const Answer& answer) {
    --under_way;
    const std::int64_t now = last_answer_ns = now_ns();
    if (!answer.is_ok && errors++ == 0) first_error = answer.body.substr(0, 200);
    const bool in_time = now >= measure_from_ns && now < measure_until_ns;
    if (in_time) ++requests;
    if (is_open_loop() ? due_ns >= measure_from_ns && due_ns < measure_until_ns : in_time) taken.record(now - due_ns);
  }

  // Measured, and nothing is missing: what the last orders left behind is taken away. Or time is up.
  void finish(std::int64_t now) {
    const bool all_sent = !is_open_loop() || next_due_ns >= measure_until_ns;
    const bool time_is_up = now >= measure_until_ns + options.drain_ns_max;
    if (busy_until_ns == 0) busy_until_ns = busy_ns();
    if (!time_is_up && !(all_sent && under_way == 0)) return;
    if (!time_is_up && !is_cleaning) {
      is_cleaning = true;
      for (std::size_t index = 0; index < connections.size(); ++index) {
        if (connections[index].session->owes_cancel()) send_request(index, now);
      }
      if (under_way > 0) return;
    }
    count_unanswered(now);
    is_done = true;
  }

  void count_unanswered(std::int64_t now) {
    const auto missing = [&](std::int64_t due_ns) {
      const bool is_measured = due_ns >= measure_from_ns && due_ns < measure_until_ns;
      if (due_ns == 0 || (is_open_loop() && !is_measured)) return;
      taken.record(now - due_ns);
      ++unanswered;
    };
    for (const Connection& connection : connections) std::ranges::for_each(connection.due_ns, missing);
    if (!is_open_loop()) return;
    for (; next_due_ns < measure_until_ns; next_due_ns = due_time(++next_number)) missing(next_due_ns);
  }

  Result<void> turn(std::int64_t wait_ns_max) {
    std::int64_t now = now_ns();
    if (now - last_answer_ns > kStallNs && under_way > 0) return lost("no answer for 10 s");
    if (busy_from_ns == 0 && now >= measure_from_ns) busy_from_ns = busy_ns();
    if (now >= measure_until_ns) finish(now);
    if (is_done) return {};
    send_due(now);
    if (!flush_queued()) return lost("the exchange closed a connection");
    if (is_open_loop() && !free.empty() && next_due_ns < measure_until_ns)
      wait_ns_max = std::clamp<std::int64_t>(next_due_ns - now_ns(), 0, wait_ns_max);
    epoll_event events[256];
    const timespec wait{wait_ns_max / 1'000'000'000, wait_ns_max % 1'000'000'000};
    const int count = ::epoll_pwait2(epoll, events, 256, &wait, nullptr);
    for (int i = 0; i < count; ++i) {
      const std::size_t index = events[i].data.u64;
      if (events[i].events & EPOLLOUT) {
        connections[index].waits_to_write = false;
        watch(index, EPOLL_CTL_MOD, EPOLLIN);
        queue(index);
      }
      if (!(events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR))) continue;
      if (auto received = receive(index); !received) return received;
    }
    if (count > 0) send_due(now_ns());
    if (!flush_queued()) return lost("the exchange closed a connection");
    return {};
  }

  const LoadOptions options;
  const int epoll;
  std::vector<Connection> connections;
  std::deque<std::size_t> free;     // one entry for each request a connection may still take, longest free first
  std::vector<std::size_t> queued;  // connections with bytes to send
  std::vector<char> buffer = std::vector<char>(kReceiveBytes);
  std::int64_t began_ns = 0, measure_from_ns = 0, measure_until_ns = 0;
  std::int64_t next_due_ns = 0, last_answer_ns = 0, busy_from_ns = 0, busy_until_ns = 0;
  std::uint64_t next_number = 0;  // of the next request, open loop
  std::uint64_t under_way = 0, requests = 0, errors = 0, unanswered = 0;
  std::string first_error;
  bool is_cleaning = false, is_done = false;
  Histogram taken;
};

Load::Load(const LoadOptions& options) : state_(std::make_unique<State>(options)) {}
Load::~Load() = default;

Result<void> Load::open(const ClientFactory& make_client) {
  State& s = *state_;
  for (int i = 0; i < s.options.connections; ++i) {
    auto session = make_client(i);
    if (!session) return std::unexpected(session.error());
    auto socket = Socket::connect(s.options.endpoint);
    if (!socket) return std::unexpected(socket.error());
    s.connections.emplace_back(std::move(*socket), std::move(*session), s.options.pipelined);
    Connection& connection = s.connections.back();
    if (auto opened = connection.session->open(connection.socket, connection.in); !opened) return opened;
    s.watch(s.connections.size() - 1, EPOLL_CTL_ADD, EPOLLIN);
  }
  for (int place = 0; place < s.options.pipelined; ++place) {
    for (std::size_t index = 0; index < s.connections.size(); ++index) s.free.push_back(index);
  }
  return {};
}

void Load::start() {
  State& s = *state_;
  // Waits end when they should: by default the kernel may add 50 µs to each.
  ::prctl(PR_SET_TIMERSLACK, 1);
  s.began_ns = s.next_due_ns = s.last_answer_ns = now_ns();
  s.measure_from_ns = s.began_ns + s.options.warm_up_ns;
  s.measure_until_ns = s.measure_from_ns + s.options.measure_ns;
}

Result<void> Load::turn(std::int64_t wait_ns_max) { return state_->turn(wait_ns_max); }

bool Load::is_done() const { return state_->is_done; }

bool Load::is_measuring() const {
  const std::int64_t now = now_ns();
  return now >= state_->measure_from_ns && now < state_->measure_until_ns;
}

int Load::descriptor() const { return state_->epoll; }

LoadResult Load::result() const {
  const State& s = *state_;
  const auto measure_ns = static_cast<double>(s.options.measure_ns);
  return {.requests = s.requests,
          .errors = s.errors,
          .unanswered = s.unanswered,
          .first_error = s.first_error,
          .requests_per_second = static_cast<double>(s.requests) / (measure_ns / 1e9),
          .generator_busy = static_cast<double>(s.busy_until_ns - s.busy_from_ns) / measure_ns,
          .latency = s.taken.latency()};
}

Result<LoadResult> run_load(const LoadOptions& options, const ClientFactory& make_client) {
  Load load(options);
  if (auto opened = load.open(make_client); !opened) return std::unexpected(opened.error());
  load.start();
  while (!load.is_done()) {
    if (auto turned = load.turn(kForeverNs); !turned) return std::unexpected(turned.error());
  }
  return load.result();
}

}  // namespace bench
