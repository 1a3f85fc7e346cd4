// Noise as what a client sends on a stream connection: always one answer, always JSON, the same connection afterwards.
#include <memory>
#include <string>
#include <string_view>

#include "gateways/rest/test_port.h"
#include "gateways/streams/gateway.h"
#include "gateways/streams/json_reader.h"
#include "pkg/core/check.h"
#include "services/instruments/defaults.h"

namespace {

class Peer final : public websocket::Peer {
 public:
  [[nodiscard]] io::ConnectionId connection() const override { return 1; }
  [[nodiscard]] limits::Address& address() override {
    CHECK_MSG(false, "nobody asks for it");
    __builtin_unreachable();
  }
  void send(const websocket::Frame& frame) override { last = frame; }
  void send_text(std::string_view) override { CHECK_MSG(false, "answers are frames"); }
  [[nodiscard]] std::size_t unsent_bytes() const override { return 0; }
  void close(websocket::CloseCode, std::string_view) override { CHECK_MSG(false, "nothing it sends closes it"); }
  websocket::Frame last;
};

struct World {
  rest::TestPort port;
  streams::UserHub users{port};
  streams::Gateway gateway{{}, port, users, [](char* to, std::size_t size) { std::string(size, 'r').copy(to, size); }};
};

std::string_view payload_of(std::string_view frame) {
  const auto length = static_cast<unsigned char>(frame[1]);
  return frame.substr(length < 126 ? 2 : length == 126 ? 4 : 10);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static World world;
  const std::string_view input =
      size == 0 ? std::string_view{} : std::string_view(reinterpret_cast<const char*>(data), size);
  Peer peer;
  // What is in front of the first line's end is a path; the rest is sent.
  const std::size_t end = input.find('\n');
  const bool has_path = end != std::string_view::npos && input.starts_with("/");
  const std::string_view path = has_path ? input.substr(0, end) : "/ws";
  const std::size_t query = path.find('?');
  const auto connection = world.gateway.open(
      peer, path.substr(0, query), query == std::string_view::npos ? std::string_view{} : path.substr(query + 1));
  if (!connection) return 0;
  connection->on_text(has_path ? input.substr(end + 1) : input);
  CHECK(peer.last != nullptr);
  streams::JsonReader json(payload_of(*peer.last));
  json.skip();
  json.finish();
  CHECK_MSG(json.ok(), "an answer that is no JSON");
  connection->on_text(R"({"method":"LIST_SUBSCRIPTIONS","id":1})");
  CHECK(payload_of(*peer.last).starts_with(R"({"result":[)"));
  return 0;
}
