// Once its scratch and tables have their size, an order by message allocates nothing, from its text to its answer's.
#include <cstdlib>
#include <new>

#include "gateways/ws_api/testing.h"

namespace {
std::size_t allocations = 0;  // of the whole test program; one thread asks
}  // namespace

[[gnu::noinline]] void* operator new(std::size_t size) {
  ++allocations;
  if (void* const memory = std::malloc(size == 0 ? 1 : size)) return memory;
  std::abort();
}
// What std::stable_sort asks for; a sanitizer's own would not match the delete below.
[[gnu::noinline]] void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  ++allocations;
  return std::malloc(size == 0 ? 1 : size);
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace ws_api {
namespace {

// Keeps the one command it was given, for a reply by hand.
class SilentPort final : public gateways::ExchangePort {
 public:
  explicit SilentPort(const rest::TestPort& behind) : behind_(behind) {}
  std::expected<void, gateways::Refusal> submit(const engine::Command&, std::uint64_t given,
                                                gateways::ReplyHandler& asking, core::Time) override {
    token = given;
    handler = &asking;
    return {};
  }
  [[nodiscard]] const engine::Views& views() const override { return behind_.views(); }
  [[nodiscard]] core::Time now() const override { return behind_.time; }
  [[nodiscard]] bool ready() const override { return true; }

  std::uint64_t token = 0;
  gateways::ReplyHandler* handler = nullptr;

 private:
  const rest::TestPort& behind_;
};

class SilentPeer final : public websocket::Peer {
 public:
  explicit SilentPeer(limits::Address& address) : address_(address) { last.reserve(4096); }
  [[nodiscard]] io::ConnectionId connection() const override { return 1; }
  [[nodiscard]] limits::Address& address() override { return address_; }
  void send(const websocket::Frame&) override {}
  void send_text(std::string_view message) override { last.assign(message); }
  [[nodiscard]] std::size_t unsent_bytes() const override { return 0; }
  void close(websocket::CloseCode, std::string_view) override {}
  std::string last;

 private:
  limits::Address& address_;
};

TEST(Allocation, NoneForAnOrderInSteadyState) {
  House house;
  SilentPort port(house.port);
  desk::Desk desk(desk::Options{}, port, house.keys);
  Gateway gateway({}, desk, house.users);
  SilentPeer peer(desk.limiter().join("here", port.now()));
  const auto session = gateway.open(peer, "/ws-api/v3", {});
  const std::string message = house.signed_message(house.ann, "order.place",
                                                   {{"symbol", "\"BTCUSDT\""},
                                                    {"side", "\"SELL\""},
                                                    {"type", "\"LIMIT\""},
                                                    {"timeInForce", "\"GTC\""},
                                                    {"quantity", "\"1.00000\""},
                                                    {"price", "50000.01"},
                                                    {"newClientOrderId", "\"a-name-of-its-own\""}},
                                                   "\"5f1c2b7e-93a1-4f64-9c61-0d4b2a6c7e88\"");
  std::vector<orders::AccountEvent> events(1);
  auto& event = events[0].body.emplace<orders::OrderEvent>();
  event.account = house.ann.account;
  event.market = core::MarketId{1};
  event.order = core::OrderId{7};
  event.price = core::Price{5'000'001};
  event.quantity = core::Quantity{100'000};
  event.client_order_id = core::ClientOrderId{"a-name-of-its-own"};
  const auto place = [&] {
    session->on_text(message);
    port.handler->on_reply({.token = port.token, .sequence = core::Sequence{1}, .time = port.now(), .events = events});
  };
  place();
  const std::string first = peer.last;
  EXPECT_TRUE(
      first.starts_with(R"({"id":"5f1c2b7e-93a1-4f64-9c61-0d4b2a6c7e88","status":200,"result":{"symbol":"BTCUSDT")"))
      << first;
  for (int i = 0; i < 10; ++i) place();
  const std::size_t before = allocations;
  for (int i = 0; i < 50; ++i) place();
  EXPECT_EQ(allocations, before);
  EXPECT_EQ(peer.last.substr(0, 400), first.substr(0, 400));
}

}  // namespace
}  // namespace ws_api
