// Noise as messages to a session over the real folds: unsigned, signed, logged on. Whatever comes, it is answered once,
// by JSON with a known status and an id that was sent, and the exchange's own audit holds.
#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "gateways/auth/hmac.h"
#include "gateways/rest/test_port.h"
#include "gateways/streams/listen_keys.h"
#include "gateways/ws_api/gateway.h"
#include "gateways/ws_api/testing_key.h"

namespace {

class Peer final : public websocket::Peer {
 public:
  explicit Peer(limits::Address& address) : address_(address) {}
  [[nodiscard]] io::ConnectionId connection() const override { return 1; }
  [[nodiscard]] limits::Address& address() override { return address_; }
  void send(const websocket::Frame&) override {}
  void send_text(std::string_view message) override { sent.emplace_back(message); }
  [[nodiscard]] std::size_t unsent_bytes() const override { return 0; }
  void close(websocket::CloseCode, std::string_view) override {}
  std::vector<std::string> sent;

 private:
  limits::Address& address_;
};

struct World {
  World() {
    port.listeners.push_back(&users);
    port.apply(ledger::OpenAccount{ledger::AccountName("ann")});
    add_key(hmac_key, auth::KeyType::hmac, "secret");
    add_key(session_key, auth::KeyType::ed25519, signing_key.public_pem());
    for (const instruments::Asset& asset : port.views().instruments.assets()) {
      port.apply(ledger::Deposit{.account = core::kFirstUserAccount,
                                 .asset = asset.id,
                                 .amount = core::Amount{1'000'000'000'000},
                                 .reference = {}});
    }
    begin(true);
    carry_out(message_of("account.status", with_time({})));  // unsigned
  }
  void add_key(const std::string& api_key, auth::KeyType type, const std::string& secret) {
    CHECK(keys.add({.api_key = api_key,
                    .account = core::kFirstUserAccount,
                    .permissions = {.read = true, .trade = true},
                    .type = type,
                    .secret = secret}));
  }
  // `params`, without their braces, and the time.
  std::string with_time(const std::string& params) const {
    return params + (params.empty() ? "" : ",") + "\"timestamp\":" + std::to_string(port.time.milliseconds());
  }
  // With what makes it a signed request: nothing when it is no JSON.
  std::string sign(const std::string& params, auth::KeyType type) const {
    const bool by_hmac = type == auth::KeyType::hmac;
    const std::string with_key = with_time(params) + ",\"apiKey\":\"" + (by_hmac ? hmac_key : session_key) + "\"";
    const std::string whole = message_of("x", with_key);
    ws_api::Message message;
    if (!message.parse(whole)) return params;
    std::string scratch;
    const std::string_view payload = auth::sorted_payload(message.parameters(), scratch);
    return with_key + ",\"signature\":\"" +
           (by_hmac ? auth::to_hex(auth::HmacSha256("secret").sign(payload)) : signing_key.sign(payload)) + "\"";
  }
  static std::string message_of(std::string_view method, const std::string& params) {
    return R"({"id":1,"method":")" + std::string(method) + R"(","params":{)" + params + "}}";
  }
  // Its answer is of no interest, but it is no error.
  void carry_out(const std::string& message) {
    peer.sent.clear();
    session->on_text(message);
    CHECK(!peer.sent.empty() && peer.sent.front().starts_with(R"({"id":1,"status":200,)"));
  }
  // A session that is logged on, or one that is not; subscriptions by signature stay from input to input.
  void begin(bool logged_on) { carry_out(logged_on ? logon : R"({"id":1,"method":"session.logout"})"); }

  const std::string hmac_key = std::string(64, 'k'), session_key = std::string(64, 'e');
  const ws_api::SigningKey signing_key{{1, 2, 3}};
  rest::TestPort port;
  auth::KeyRing keys;
  streams::UserHub users{port};
  streams::ListenKeys listen_keys{[](char* to, std::size_t size) { std::fill_n(to, size, 'x'); }};
  desk::Desk desk{{.limits = limits::open_profile()}, port, keys, nullptr, &listen_keys};
  ws_api::Gateway gateway{{}, desk, users};
  Peer peer{desk.limiter().join("here", port.time)};
  std::unique_ptr<websocket::Application> session = gateway.open(peer, "/ws-api/v3", "");
  const std::string logon = message_of("session.logon", sign({}, auth::KeyType::ed25519));
};

const char* const kMethods[] = {"order.place",
                                "order.test",
                                "order.cancel",
                                "order.cancelReplace",
                                "order.amend.keepPriority",
                                "order.status",
                                "openOrders.status",
                                "openOrders.cancelAll",
                                "allOrders",
                                "myTrades",
                                "account.status",
                                "exchangeInfo",
                                "depth",
                                "klines",
                                "ticker",
                                "ticker.24hr",
                                "trades.aggregate",
                                "session.logon",
                                "session.status",
                                "session.logout",
                                "session.subscriptions",
                                "userDataStream.subscribe",
                                "userDataStream.subscribe.signature",
                                "userDataStream.unsubscribe",
                                "userDataStream.start",
                                "userDataStream.ping",
                                "userDataStream.stop"};

}  // namespace

// First byte: the method, or none: the rest is the whole message; second: what is added to the parameters (nothing, a
// signature by HMAC, the time that a session needs, a signature by Ed25519) and whether the session is logged on; the
// rest: parameters.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static World world;
  if (size < 2) return 0;
  const std::string rest(reinterpret_cast<const char*>(data) + 2, size - 2);
  if (!spot::is_valid_utf8(rest)) return 0;
  world.begin((data[1] & 4) != 0);
  std::string message = rest;
  if (data[0] < 250) {
    const unsigned added = data[1] & 3;
    const std::string params = added == 0   ? rest
                               : added == 1 ? world.sign(rest, auth::KeyType::hmac)
                               : added == 2 ? world.with_time(rest)
                                            : world.sign(rest, auth::KeyType::ed25519);
    message = World::message_of(kMethods[data[0] % std::size(kMethods)], params);
  }
  world.peer.sent.clear();
  world.session->on_text(message);
  std::size_t answers = 0;
  static const std::set<std::string> kStatuses = {"200", "400", "401", "404", "409", "503"};
  for (const std::string& sent : world.peer.sent) {
    if (sent.starts_with(R"({"subscriptionId":)")) continue;
    ++answers;
    CHECK(sent.starts_with(R"({"id":)") && sent.ends_with("}"));
    CHECK(sent.starts_with(R"({"id":null,)") ||
          message.find(sent.substr(6, sent.find(",\"status\":") - 6)) != std::string::npos);
    const std::size_t status = sent.find(",\"status\":") + 10;
    CHECK(data[0] >= 250 || kStatuses.contains(sent.substr(status, 3)));
  }
  CHECK(answers == 1);
  static std::uint64_t runs = 0;
  if (++runs % 10'000 == 0) CHECK(world.port.engine().audit());
  return 0;
}
