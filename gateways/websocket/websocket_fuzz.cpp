// Noise into a WebSocket session, in pieces of any size. The first byte chooses how it is cut; what the session says
// must not depend on it. The second makes noise of frames: bytes are given a mask and a length that fit, so that the
// fuzzer gets behind the header.
#include <cstdint>
#include <string>

#include "gateways/limits/limiter.h"
#include "gateways/websocket/session.h"
#include "gateways/websocket/testing.h"
#include "pkg/core/check.h"
#include "pkg/core/random.h"

namespace {

class Echo final : public websocket::Application {
 public:
  explicit Echo(websocket::Peer& peer) : peer_(peer) {}
  void on_text(std::string_view message) override {
    if (message == "bye") return peer_.close(websocket::CloseCode::normal, message);
    peer_.send_text(message);
  }

 private:
  websocket::Peer& peer_;
};

// All that a client gets for these bytes, cut into pieces of at most `piece_max`.
std::string converse(std::string_view bytes, std::uint64_t seed, std::size_t piece_max) {
  websocket::Options options;
  options.message_bytes_max = 300;
  options.messages_per_second_max = 20;
  websocket::testing::Net net;
  websocket::Wire wire(net);
  limits::Address address;
  websocket::Session session(options, wire, 1, address, 0);
  CHECK(session.open(
      [](websocket::Peer& peer, std::string_view, std::string_view) { return std::make_unique<Echo>(peer); }, "/", ""));
  session.start("");
  core::Random random(seed);
  while (!bytes.empty()) {
    const std::size_t size = std::min<std::size_t>(1 + random.below(piece_max), bytes.size());
    session.receive(core::as_bytes(bytes.substr(0, size)));
    bytes.remove_prefix(size);
  }
  CHECK(!net.sent_after_close);
  for (const auto& frame : websocket::testing::frames_in(net.sent)) CHECK(frame.opcode != 99);
  return net.sent + (net.closed ? "|" : "");
}

// Each record of the noise becomes a frame: opcode and bits, size, payload.
std::string framed(std::string_view noise) {
  std::string out;
  while (noise.size() >= 2) {
    const auto first = static_cast<unsigned char>(noise[0]);
    const std::size_t size = std::min<std::size_t>(static_cast<unsigned char>(noise[1]), noise.size() - 2);
    out += websocket::testing::frame({.opcode = first % 16u,
                                      .payload = std::string(noise.substr(2, size)),
                                      .final = (first & 0x10) == 0,
                                      .reserved = (first & 0xE0) == 0xE0 ? 1u : 0u});
    noise.remove_prefix(2 + size);
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::string_view noise(reinterpret_cast<const char*>(data) + 2, size - 2);
  const std::string bytes = data[1] % 4 == 0 ? std::string(noise) : framed(noise);
  const std::string whole = converse(bytes, 0, std::string::npos);
  CHECK(converse(bytes, data[0], 7) == whole);
  CHECK(converse(bytes, data[0], 1) == whole);
  return 0;
}
