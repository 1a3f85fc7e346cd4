#include "cmd/exchange/control_client.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "cmd/exchange/data_folder.h"

namespace exchange {
namespace {

class Descriptor {
 public:
  explicit Descriptor(int descriptor) : descriptor_(descriptor) {}
  ~Descriptor() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int get() const { return descriptor_; }

 private:
  int descriptor_;
};

core::Result<void> send_all(int descriptor, std::string_view text, const std::string& path) {
  while (!text.empty()) {
    const ssize_t sent = ::send(descriptor, text.data(), text.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) return core::fail(core::ErrorKind::unavailable, std::strerror(errno), path);
    text.remove_prefix(static_cast<std::size_t>(sent));
  }
  return {};
}

core::Result<std::string> receive_line(int descriptor, const std::string& path) {
  std::string line;
  char buffer[4096];
  while (line.find('\n') == std::string::npos) {
    const ssize_t size = ::recv(descriptor, buffer, sizeof buffer, 0);
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) {
      return core::fail(core::ErrorKind::unavailable,
                        "the exchange ended before it answered; whether the command was carried out is unknown", path,
                        "start it again and look");
    }
    line.append(buffer, static_cast<std::size_t>(size));
  }
  return line.substr(0, line.find('\n'));
}

}  // namespace

core::Result<json::object> ask_exchange(const std::string& data, const json::object& request) {
  const std::string path = control_socket_path(data);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) {
    return core::fail(core::ErrorKind::invalid_input, "the path of the control socket is too long", path,
                      "use a data folder with a shorter path");
  }
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  const Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (socket.get() < 0) return core::fail(core::ErrorKind::io, std::strerror(errno), path);
  if (::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    if (errno == EACCES) return core::fail(core::ErrorKind::denied, "the control socket belongs to another user", path);
    return core::fail(core::ErrorKind::unavailable, "no exchange is running on this data folder", data,
                      "start it: exchange start --data " + data);
  }
  if (auto sent = send_all(socket.get(), json::serialize(request) + "\n", path); !sent)
    return std::unexpected(sent.error());
  const auto line = receive_line(socket.get(), path);
  if (!line) return std::unexpected(line.error());
  boost::system::error_code error;
  const json::value answer = json::parse(*line, error);
  if (error || !answer.is_object())
    return core::fail(core::ErrorKind::corrupt, "the exchange's answer is not JSON", path);
  const json::object& object = answer.get_object();
  if (const auto* result = object.if_contains("result"); result && result->is_object()) return result->get_object();
  if (const auto* failure = object.if_contains("error"); failure && failure->is_object())
    return std::unexpected(error_of(failure->get_object()));
  return core::fail(core::ErrorKind::corrupt, "the exchange's answer has neither result nor error", path);
}

}  // namespace exchange
