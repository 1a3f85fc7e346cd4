#include "bench/stream_readers.h"

#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <vector>

#include "bench/websocket_client.h"
#include "pkg/core/check.h"

namespace bench {
namespace {

using core::Result;

constexpr std::size_t kReceiveBytes = 256 * 1024;

struct Reader {
  Socket socket;
  FrameReader frames;
  std::string in;  // the beginning of a frame whose end has not come
};

}  // namespace

struct StreamReaders::State {
  explicit State(const StreamReadersOptions& options_) : options(options_), epoll(::epoll_create1(EPOLL_CLOEXEC)) {
    CHECK(options.readers > 0 && epoll >= 0);
  }
  ~State() { ::close(epoll); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  void lose(std::size_t index, const std::string& why) {
    if (counts.readers_lost++ == 0) counts.first_loss = why;
    ::epoll_ctl(epoll, EPOLL_CTL_DEL, readers[index].socket.descriptor(), nullptr);
    ::shutdown(readers[index].socket.descriptor(), SHUT_RDWR);
  }

  Result<void> receive(std::size_t index) {
    Reader& reader = readers[index];
    const ssize_t size = ::recv(reader.socket.descriptor(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (size < 0 && (errno == EAGAIN || errno == EINTR)) return {};
    if (size <= 0) {
      lose(index, size == 0 ? "the exchange closed the connection" : std::strerror(errno));
      return {};
    }
    ++counts.receives;
    return take(index, std::string_view(buffer.data(), static_cast<std::size_t>(size)));
  }

  // The whole frames of what was left over and of `bytes`; keeps what is then left over.
  Result<void> take(std::size_t index, std::string_view bytes) {
    Reader& reader = readers[index];
    counts.bytes += bytes.size();
    if (!reader.in.empty()) bytes = reader.in.append(bytes);
    std::size_t at = 0;
    while (true) {
      pongs.clear();
      const auto frame = reader.frames.next(bytes.substr(at), pongs);
      if (!frame && frame.error().kind == core::ErrorKind::unavailable) {
        lose(index, frame.error().what);
        return {};
      }
      if (!frame) return std::unexpected(frame.error());
      if (frame->bytes == 0) break;
      at += frame->bytes;
      if (frame->text) ++counts.messages;
      if (!pongs.empty() && !reader.socket.send_all(pongs)) lose(index, "cannot send a pong");
    }
    if (reader.in.empty()) {
      reader.in = bytes.substr(at);
    } else {
      reader.in.erase(0, at);
    }
    return {};
  }

  const StreamReadersOptions options;
  const int epoll;
  std::vector<Reader> readers;
  std::vector<char> buffer = std::vector<char>(kReceiveBytes);
  std::string pongs;
  StreamCounts counts;
};

StreamReaders::StreamReaders(const StreamReadersOptions& options) : state_(std::make_unique<State>(options)) {}
StreamReaders::~StreamReaders() = default;

Result<void> StreamReaders::open() {
  State& s = *state_;
  for (int i = 0; i < s.options.readers; ++i) {
    auto socket = Socket::connect(s.options.endpoint);
    if (!socket) return std::unexpected(socket.error());
    s.readers.push_back({.socket = std::move(*socket), .frames = {}, .in = {}});
    std::string in;
    if (auto opened = open_websocket(s.readers.back().socket, s.options.endpoint, s.options.path, in); !opened)
      return opened;
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = s.readers.size() - 1;
    CHECK(::epoll_ctl(s.epoll, EPOLL_CTL_ADD, s.readers.back().socket.descriptor(), &event) == 0);
    if (auto taken = s.take(s.readers.size() - 1, in); !taken) return taken;
  }
  return {};
}

Result<void> StreamReaders::turn(std::int64_t wait_ns_max) {
  State& s = *state_;
  epoll_event events[128];
  const timespec wait{wait_ns_max / 1'000'000'000, wait_ns_max % 1'000'000'000};
  const int count = ::epoll_pwait2(s.epoll, events, 128, &wait, nullptr);
  for (int i = 0; i < count; ++i) {
    if (auto received = s.receive(events[i].data.u64); !received) return received;
  }
  return {};
}

const StreamCounts& StreamReaders::counts() const { return state_->counts; }

int StreamReaders::descriptor() const { return state_->epoll; }

Result<FanOutResult> run_fan_out(const StreamReadersOptions& reader_options, const LoadOptions& load_options,
                                 const ClientFactory& make_client) {
  StreamReaders readers(reader_options);
  if (auto opened = readers.open(); !opened) return std::unexpected(opened.error());
  Load load(load_options);
  if (auto opened = load.open(make_client); !opened) return std::unexpected(opened.error());
  load.start();
  FanOutResult result;
  StreamCounts before;
  bool was_measuring = false;
  while (!load.is_done()) {
    if (auto turned = load.turn(0); !turned) return std::unexpected(turned.error());
    if (auto turned = readers.turn(0); !turned) return std::unexpected(turned.error());
    if (const bool is_measuring = load.is_measuring(); is_measuring != was_measuring) {
      (is_measuring ? before : result.streams) = readers.counts();
      was_measuring = is_measuring;
    }
    pollfd ready[] = {{load.descriptor(), POLLIN, 0}, {readers.descriptor(), POLLIN, 0}};
    const timespec pause{0, 100'000};  // the next order may be due
    ::ppoll(ready, 2, &pause, nullptr);
  }
  result.orders = load.result();
  result.streams.messages -= before.messages;
  result.streams.bytes -= before.bytes;
  result.streams.receives -= before.receives;
  result.streams.readers_lost = readers.counts().readers_lost;
  result.streams.first_loss = readers.counts().first_loss;
  const double seconds = static_cast<double>(load_options.measure_ns) / 1e9;
  result.messages_per_second = static_cast<double>(result.streams.messages) / seconds;
  result.megabytes_per_second = static_cast<double>(result.streams.bytes) / seconds / 1e6;
  return result;
}

}  // namespace bench
