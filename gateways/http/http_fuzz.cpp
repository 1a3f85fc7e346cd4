// Noise into an HTTP session, in pieces of any size. The first byte chooses how it is cut; the parse must not depend on
// it.
#include <cstdint>
#include <string>
#include <vector>

#include "gateways/http/session.h"
#include "pkg/core/check.h"
#include "pkg/core/random.h"

namespace {

class Net final : public io::Network {
 public:
  core::Result<std::string> listen(const std::string&, io::ConnectionHandler&) override { return ""; }
  void send(io::ConnectionId, core::BytesView bytes) override {
    CHECK(!closed);
    sent += core::as_text(bytes);
  }
  [[nodiscard]] std::size_t unsent_bytes(io::ConnectionId) const override { return 0; }
  void close(io::ConnectionId) override { closed = true; }
  std::string sent;
  bool closed = false;
};

class Echo final : public http::Handler {
 public:
  void on_request(http::Session& session, const http::Request& request) override {
    std::string body(request.head.path);
    for (const std::string_view part : {request.head.query, request.body}) body.append("|").append(part);
    for (const http::Header& header : request.head.all_headers())
      body.append("|").append(header.name).append(header.value);
    session.answer(request.number, {.body = body});
  }
  void on_bad_request(http::Session& session, std::uint64_t number, const http::BadRequest& why) override {
    session.answer(number, {.status = why.status, .body = why.reason});
  }
};

// All that a client gets for these bytes, cut into pieces of at most `piece_max`.
std::string converse(std::string_view bytes, std::uint64_t seed, std::size_t piece_max) {
  const http::Options options;
  Net net;
  http::Wire wire(net);
  Echo echo;
  http::Session session(options, echo, wire, 1, 0);
  core::Random random(seed);
  while (!bytes.empty()) {
    const std::size_t size = std::min<std::size_t>(1 + random.below(piece_max), bytes.size());
    session.receive(core::as_bytes(bytes.substr(0, size)));
    bytes.remove_prefix(size);
  }
  // Whether a client is told to continue does depend on when its body came.
  const std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
  for (std::size_t at; (at = net.sent.find(go_on)) != std::string::npos;) net.sent.erase(at, go_on.size());
  return net.sent;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::string whole = converse(bytes, 0, std::string::npos);
  CHECK(converse(bytes, data[0], 7) == whole);
  return 0;
}
