#include "bench/socket.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <chrono>
#include <cstring>
#include <memory>

namespace bench {
namespace {

using core::ErrorKind;

constexpr timeval kPatience{10, 0};

}  // namespace

core::Result<Endpoint> parse_url(std::string_view url) {
  const auto bad = [&](const char* what) {
    return core::fail(ErrorKind::invalid_input, what, std::string(url), "write it as http://127.0.0.1:8080");
  };
  const std::size_t scheme_end = url.find("://");
  if (scheme_end == std::string_view::npos) return bad("not a URL");
  const std::string_view scheme = url.substr(0, scheme_end);
  if (scheme == "https" || scheme == "wss")
    return core::fail(ErrorKind::unsupported, "encrypted connections are not measured", std::string(url));
  if (scheme != "http" && scheme != "ws") return bad("neither http nor ws");
  std::string_view rest = url.substr(scheme_end + 3);
  if (rest.ends_with('/')) rest.remove_suffix(1);
  if (rest.find_first_of("/?#@") != std::string_view::npos) return bad("only host and port are taken");
  Endpoint endpoint{.host = std::string(rest), .port = 80};
  if (const std::size_t colon = rest.rfind(':');
      colon != std::string_view::npos && rest.find(']', colon) == rest.npos) {
    endpoint.host = rest.substr(0, colon);
    const char* const end = rest.data() + rest.size();
    const auto [stopped, error] = std::from_chars(rest.data() + colon + 1, end, endpoint.port);
    if (error != std::errc{} || stopped != end || endpoint.port == 0) return bad("not a port");
  }
  if (endpoint.host.starts_with('[') && endpoint.host.ends_with(']'))
    endpoint.host = endpoint.host.substr(1, endpoint.host.size() - 2);
  if (endpoint.host.empty()) return bad("no host");
  return endpoint;
}

std::int64_t now_ns() { return std::chrono::steady_clock::now().time_since_epoch().count(); }

std::int64_t wall_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

core::Result<Socket> Socket::connect(const Endpoint& endpoint) {
  const std::string port = std::to_string(endpoint.port);
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (const int error = ::getaddrinfo(endpoint.host.c_str(), port.c_str(), &wanted, &found); error != 0)
    return core::fail(ErrorKind::not_found, ::gai_strerror(error), endpoint.host);
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owned(found, ::freeaddrinfo);
  int error = 0;
  for (const addrinfo* one = found; one; one = one->ai_next) {
    const int descriptor = ::socket(one->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0 && (errno == EMFILE || errno == ENFILE))
      return core::fail(ErrorKind::busy, std::strerror(errno), "socket", "raise the limit of open files (ulimit -n)");
    if (descriptor < 0) return core::fail(ErrorKind::io, std::strerror(errno), "socket");
    Socket socket(descriptor);
    const int yes = 1;
    ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    ::setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &kPatience, sizeof kPatience);
    ::setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &kPatience, sizeof kPatience);
    if (::connect(descriptor, one->ai_addr, one->ai_addrlen) == 0) return socket;
    error = errno;
  }
  return core::fail(ErrorKind::unavailable, std::strerror(error), endpoint.host + ":" + port);
}

Socket::~Socket() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

core::Result<void> Socket::send_all(std::string_view bytes) const {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) return core::fail(ErrorKind::unavailable, std::strerror(errno), "send");
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return {};
}

core::Result<void> Socket::receive_some(std::string& in) const {
  char buffer[4096];
  while (true) {
    const ssize_t size = ::recv(descriptor_, buffer, sizeof buffer, 0);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0 && errno == EAGAIN) return core::fail(ErrorKind::unavailable, "no answer for 10 s");
    if (size < 0) return core::fail(ErrorKind::unavailable, std::strerror(errno), "receive");
    if (size == 0) return core::fail(ErrorKind::unavailable, "the other end closed the connection");
    in.append(buffer, static_cast<std::size_t>(size));
    return {};
  }
}

std::uint64_t raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  ::getrlimit(RLIMIT_NOFILE, &limit);
  return limit.rlim_cur;
}

}  // namespace bench
