// Sessions: logging on, whose key a request is of, revoked keys; user data streams on them.
#include "gateways/ws_api/testing.h"

namespace ws_api {
namespace {

constexpr std::int64_t kSecondNs = 1'000'000'000;

std::string result(std::string_view json, std::string_view id = "1") {
  return R"({"id":)" + std::string(id) + R"(,"status":200,"result":)" + std::string(json) + R"(,"rateLimits":[]})";
}
std::string error(int status, int code, std::string_view text, std::string_view id = "1") {
  return R"({"id":)" + std::string(id) + R"(,"status":)" + std::to_string(status) + R"(,"error":)" +
         rest::error_json(code, text) + R"(,"rateLimits":[]})";
}

class Sessions : public testing::Test {
 protected:
  std::string status(std::string_view api_key, bool reads) const {
    const std::string shown = api_key.empty() ? "null" : in_quotes(api_key);
    return R"({"apiKey":)" + shown + R"(,"authorizedSince":)" + (api_key.empty() ? "null" : "1700000000000") +
           R"(,"connectedSince":1700000000000,"returnRateLimits":true,"serverTime":)" + house.now_ms() +
           R"(,"userDataStream":)" + (reads ? "true" : "false") + "}";
  }
  std::string with_timestamp(std::string_view method, Params params = {}) const {
    params.emplace_back("timestamp", house.now_ms());
    return message_of("1", method, params);
  }

  House house;
  Client client{house};
  const std::string key = house.session_api_key;
};

TEST_F(Sessions, LogOnAskUnsignedLogOut) {
  EXPECT_EQ(client.ask(R"({"id":1,"method":"session.status"})"), result(status("", false)));
  EXPECT_EQ(client.ask(with_timestamp("openOrders.status")),
            error(400, -1102, "Mandatory parameter 'apiKey' was not sent, was empty/null, or malformed."));
  EXPECT_EQ(client.ask(house.ed25519_message("session.logon")), result(status(key, false)));
  EXPECT_EQ(client.ask(R"({"id":1,"method":"session.status"})"), result(status(key, false)));
  EXPECT_EQ(client.ask(with_timestamp("openOrders.status")), result("[]"));
  EXPECT_EQ(client.ask(R"({"id":1,"method":"openOrders.status"})"),
            error(400, -1102, "Mandatory parameter 'timestamp' was not sent, was empty/null, or malformed."));
  const std::string placed = client.ask(with_timestamp("order.place", {{"symbol", "\"BTCUSDT\""},
                                                                       {"side", "\"SELL\""},
                                                                       {"type", "\"LIMIT_MAKER\""},
                                                                       {"quantity", "1"},
                                                                       {"price", "50000"},
                                                                       {"newClientOrderId", "\"a\""}}));
  EXPECT_EQ(
      placed,
      result(R"({"symbol":"BTCUSDT","orderId":1,"orderListId":-1,"clientOrderId":"a","transactTime":1700000000000})"));
  EXPECT_EQ(client.ask(R"({"id":1,"method":"session.logout"})"), result(status("", false)));
  EXPECT_EQ(client.ask(R"({"id":1,"method":"session.logout"})"), result(status("", false))) << "again does nothing";
  EXPECT_EQ(client.ask(with_timestamp("openOrders.status")),
            error(400, -1102, "Mandatory parameter 'apiKey' was not sent, was empty/null, or malformed."));
}

TEST_F(Sessions, TimestampsAreChecked) {
  ASSERT_EQ(client.ask(house.ed25519_message("session.logon")), result(status(key, false)));
  const auto at = [&](std::int64_t offset_ms, Params params = {}) {
    params.emplace_back("timestamp", house.now_ms(offset_ms));
    return client.ask(message_of("1", "openOrders.status", params));
  };
  EXPECT_EQ(at(-5000), result("[]"));
  EXPECT_EQ(at(-5001), error(400, -1021, "Timestamp for this request is outside of the recvWindow."));
  EXPECT_EQ(at(-9000, {{"recvWindow", "9000.5"}}), result("[]"));
  EXPECT_EQ(at(999), result("[]"));
  EXPECT_EQ(at(1000), error(400, -1021, "Timestamp for this request was 1000ms ahead of the server's time."));
}

TEST_F(Sessions, OnlyEd25519KeysMayLogOn) {
  EXPECT_EQ(client.ask(house.signed_message(house.ann, "session.logon", {})),
            error(400, -4056, "HMAC_SHA256 API key is not supported."));
  EXPECT_EQ(client.ask(R"({"id":1,"method":"session.logon"})"),
            error(400, -1102, "Mandatory parameter 'apiKey' was not sent, was empty/null, or malformed."));
  Params forged{{"apiKey", in_quotes(key)}, {"timestamp", house.now_ms()}};
  forged.emplace_back("signature", in_quotes(SigningKey().sign(payload_of(forged))));
  EXPECT_EQ(client.ask(message_of("1", "session.logon", forged)),
            error(400, -1022, "Signature for this request is not valid."));
  EXPECT_EQ(client.ask(house.ed25519_message("session.logon", {{"symbol", "\"BTCUSDT\""}})),
            error(400, -1104, "Not all sent parameters were read; read '3' parameter(s) but was sent '4'."));
  EXPECT_EQ(client.ask(R"({"id":1,"method":"session.status"})"), result(status("", false)));
}

TEST_F(Sessions, ARequestMayBringAnotherKey) {
  ASSERT_EQ(client.ask(house.ed25519_message("session.logon")), result(status(key, false)));
  const rest::Trader reader = house.add_key(house.bob.account, 'R', {.read = true, .trade = false});
  const std::string bobs = client.ask(house.signed_message(reader, "account.status", {{"omitZeroBalances", "true"}}));
  EXPECT_NE(bobs.find("\"uid\":" + std::to_string(house.bob.account.value())), std::string::npos) << bobs;
  EXPECT_EQ(client.ask(house.signed_message(reader, "openOrders.cancelAll", {{"symbol", "\"BTCUSDT\""}})),
            error(401, -2015, "Invalid API-key, IP, or permissions for action."));
  const std::string own = client.ask(with_timestamp("account.status", {{"omitZeroBalances", "true"}}));
  EXPECT_NE(own.find("\"uid\":" + std::to_string(house.ann.account.value())), std::string::npos);
  // An apiKey without a signature is no request of the session.
  EXPECT_EQ(client.ask(with_timestamp("openOrders.status", {{"apiKey", in_quotes(key)}})),
            error(400, -1102, "Mandatory parameter 'signature' was not sent, was empty/null, or malformed."));
}

TEST_F(Sessions, EndWithTheirKey) {
  ASSERT_EQ(client.ask(house.ed25519_message("session.logon")), result(status(key, false)));
  ASSERT_EQ(client.ask(R"({"id":1,"method":"userDataStream.subscribe"})"), result(R"({"subscriptionId":0})"));
  ASSERT_TRUE(house.keys.revoke(key));
  client.say(with_timestamp("openOrders.status"));
  EXPECT_EQ(
      client.take(),
      (std::vector<std::string>{
          R"({"id":null,"status":401,"error":{"code":-2015,"msg":"Invalid API-key, IP, or permissions for action."}})",
          R"({"subscriptionId":0,"event":{"e":"eventStreamTerminated","E":1700000000000}})",
          error(400, -1102, "Mandatory parameter 'apiKey' was not sent, was empty/null, or malformed.")}));
  EXPECT_EQ(client.ask(R"({"id":1,"method":"session.status"})"), result(status("", false)));
}

// The published examples of signed requests, at the time they are of: their signatures are taken, what they ask for
// cannot be.
TEST_F(Sessions, PublishedSignatures) {
  const std::string api_key = "vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A";
  ASSERT_TRUE(house.keys.add({.api_key = api_key,
                              .account = house.ann.account,
                              .permissions = {.read = true, .trade = true},
                              .type = auth::KeyType::hmac,
                              .secret = "NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j"}));
  house.port.time = core::Time{1'645'423'376'532'000'000};
  Params ascii = {{"symbol", "\"BTCUSDT\""},
                  {"side", "\"SELL\""},
                  {"type", "\"LIMIT\""},
                  {"timeInForce", "\"GTC\""},
                  {"quantity", "\"0.01000000\""},
                  {"price", "\"52000.00\""},
                  {"recvWindow", "100"},
                  {"timestamp", "1645423376532"},
                  {"apiKey", in_quotes(api_key)},
                  {"signature", "\"aa1b5712c094bc4e57c05a1a5c1fd8d88dcd628338ea863fec7b88e59fe2db24\""}};
  const std::string placed = client.ask(message_of("1", "order.place", ascii));
  EXPECT_TRUE(placed.starts_with(R"({"id":1,"status":200,"result":{"symbol":"BTCUSDT")")) << placed;
  for (const std::string_view symbol : {"\"\xEF\xBC\x91\xEF\xBC\x92\xEF\xBC\x93\xEF\xBC\x94\xEF\xBC\x95\xEF\xBC\x96\"",
                                        R"("\uff11\uff12\uff13\uff14\uff15\uff16")"}) {
    Params other = {{"symbol", std::string(symbol)},
                    {"side", "\"BUY\""},
                    {"type", "\"LIMIT\""},
                    {"timeInForce", "\"GTC\""},
                    {"quantity", "\"1.00000000\""},
                    {"price", "\"0.10000000\""},
                    {"recvWindow", "5000"},
                    {"timestamp", "1645423376532"},
                    {"apiKey", in_quotes(api_key)},
                    {"signature", "\"b33892ae8e687c939f4468c6268ddd4c40ac1af18ad19a064864c47bae0752cd\""}};
    EXPECT_EQ(
        client.ask(message_of("1", "order.place", other)),
        error(400, -1100, "Illegal characters found in parameter 'symbol'; legal range is '^[A-Z0-9-_.]{1,20}$'."));
    other[4].second = "1.00000000";  // the token is what is signed, a number as much as a text
    EXPECT_EQ(
        client.ask(message_of("1", "order.place", other)),
        error(400, -1100, "Illegal characters found in parameter 'symbol'; legal range is '^[A-Z0-9-_.]{1,20}$'."));
    other[4].second = "1.0000000";
    EXPECT_EQ(client.ask(message_of("1", "order.place", other)),
              error(400, -1022, "Signature for this request is not valid."));
  }
}

// ---- user data streams ----

class Streams : public Sessions {
 protected:
  void place(const rest::Trader& as, std::string_view id) {
    ASSERT_EQ(house.limit(as, "SELL", "50000", "1", "&newClientOrderId=" + std::string(id)).status, 200);
  }
  static std::string kind(const std::string& frame) {
    const std::size_t event = frame.find("\"e\":\"");
    if (event == std::string::npos) return "reply";
    const std::size_t start = event + 5;
    return frame.substr(0, frame.find(',')) + " " + frame.substr(start, frame.find('"', start) - start);
  }
  std::vector<std::string> kinds() {
    std::vector<std::string> out;
    for (const std::string& frame : client.take()) out.push_back(kind(frame));
    return out;
  }
};

TEST_F(Streams, NeedASessionOrASignature) {
  EXPECT_EQ(client.ask(R"({"id":1,"method":"userDataStream.subscribe"})"),
            error(401, -1002, "You are not authorized to execute this request."));
  EXPECT_EQ(client.ask(R"({"id":1,"method":"userDataStream.unsubscribe"})"),
            error(400, -2036, "User Data Stream subscription not active."));
  EXPECT_EQ(client.ask(R"({"id":1,"method":"session.subscriptions"})"), result("[]"));
  EXPECT_EQ(client.ask(house.signed_message(house.ann, "userDataStream.subscribe.signature", {})),
            result(R"({"subscriptionId":0})"));
  EXPECT_EQ(client.ask(house.ed25519_message("userDataStream.subscribe.signature")),
            error(400, -2035, "User Data Stream subscription already active."))
      << "one account, one subscription, whatever the key";
  EXPECT_EQ(client.ask(house.signed_message(house.bob, "userDataStream.subscribe.signature", {})),
            result(R"({"subscriptionId":1})"));
  EXPECT_EQ(client.ask(R"({"id":1,"method":"session.subscriptions"})"),
            result(R"([{"subscriptionId":0},{"subscriptionId":1}])"));
  EXPECT_EQ(client.ask(R"({"id":1,"method":"session.status"})"), result(status("", true)));
  const rest::Trader trader = house.add_key(house.bob.account, 'T', {.read = false, .trade = true});
  EXPECT_EQ(client.ask(house.signed_message(trader, "userDataStream.subscribe.signature", {})),
            error(401, -2015, "Invalid API-key, IP, or permissions for action."));
}

// A session is no way around a key's permissions.
TEST_F(Streams, NoListenKeyForAKeyThatMayNotRead) {
  house.keys.revoke(house.session_api_key);
  ASSERT_TRUE(house.keys.add({.api_key = house.session_api_key,
                              .account = house.ann.account,
                              .permissions = {.read = false, .trade = true},
                              .type = auth::KeyType::ed25519,
                              .secret = house.signing_key.public_pem()}));
  ASSERT_NE(client.ask(house.ed25519_message("session.logon")).find("\"status\":200"), std::string::npos);
  EXPECT_EQ(client.ask(message_of("1", "userDataStream.start", {})), error(401, -2014, "API-key format invalid."));
  EXPECT_EQ(client.ask(message_of("1", "userDataStream.start", {{"apiKey", in_quotes(house.session_api_key)}})),
            error(401, -2015, "Invalid API-key, IP, or permissions for action."));
}

TEST_F(Streams, TellWhatHappensBehindTheReply) {
  ASSERT_EQ(client.ask(house.signed_message(house.ann, "userDataStream.subscribe.signature", {})),
            result(R"({"subscriptionId":0})"));
  place(house.bob, "not-hers");
  EXPECT_TRUE(client.take().empty());
  client.say(house.signed_message(house.ann, "order.place",
                                  {{"symbol", "\"BTCUSDT\""},
                                   {"side", "\"BUY\""},
                                   {"type", "\"MARKET\""},
                                   {"quantity", "0.1"},
                                   {"newOrderRespType", "\"ACK\""}}));
  EXPECT_EQ(kinds(),
            (std::vector<std::string>{
                "reply", "{\"subscriptionId\":0 executionReport", "{\"subscriptionId\":0 outboundAccountPosition",
                "{\"subscriptionId\":0 executionReport", "{\"subscriptionId\":0 outboundAccountPosition"}));
}

TEST_F(Streams, EndOneByOneOrAllTogether) {
  ASSERT_EQ(client.ask(house.signed_message(house.ann, "userDataStream.subscribe.signature", {})),
            result(R"({"subscriptionId":0})"));
  ASSERT_EQ(client.ask(house.signed_message(house.bob, "userDataStream.subscribe.signature", {})),
            result(R"({"subscriptionId":1})"));
  EXPECT_EQ(client.ask(R"({"id":1,"method":"userDataStream.unsubscribe","params":{"subscriptionId":2}})"),
            error(400, -2036, "User Data Stream subscription not active."));
  EXPECT_EQ(
      client.ask(R"({"id":1,"method":"userDataStream.unsubscribe","params":{"subscriptionId":"x"}})"),
      error(400, -1100, "Illegal characters found in parameter 'subscriptionId'; legal range is '^[0-9]{1,20}$'."));
  client.say(R"({"id":1,"method":"userDataStream.unsubscribe","params":{"subscriptionId":0}})");
  EXPECT_EQ(client.take(),
            (std::vector<std::string>{
                result("{}"), R"({"subscriptionId":0,"event":{"e":"eventStreamTerminated","E":1700000000000}})"}));
  place(house.ann, "unheard");
  EXPECT_TRUE(client.take().empty());
  ASSERT_EQ(client.ask(house.signed_message(house.ann, "userDataStream.subscribe.signature", {})),
            result(R"({"subscriptionId":2})"))
      << "ids are not used again";
  client.say(R"({"id":1,"method":"userDataStream.unsubscribe"})");
  EXPECT_EQ(client.take().size(), 3u);
  EXPECT_EQ(client.ask(R"({"id":1,"method":"session.subscriptions"})"), result("[]"));
}

TEST_F(Streams, LoggingOutEndsThoseOfTheSessionOnly) {
  ASSERT_EQ(client.ask(house.ed25519_message("session.logon")), result(status(key, false)));
  ASSERT_EQ(client.ask(R"({"id":1,"method":"userDataStream.subscribe"})"), result(R"({"subscriptionId":0})"));
  ASSERT_EQ(client.ask(house.signed_message(house.bob, "userDataStream.subscribe.signature", {})),
            result(R"({"subscriptionId":1})"));
  EXPECT_EQ(client.ask(R"({"id":1,"method":"userDataStream.subscribe","params":{"timestamp":1}})"),
            error(400, -1104, "Not all sent parameters were read; read '0' parameter(s) but was sent '1'."));
  client.say(R"({"id":1,"method":"session.logout"})");
  EXPECT_EQ(client.take(), (std::vector<std::string>{
                               result(status("", true)),
                               R"({"subscriptionId":0,"event":{"e":"eventStreamTerminated","E":1700000000000}})"}));
  EXPECT_EQ(client.ask(R"({"id":1,"method":"session.subscriptions"})"), result(R"([{"subscriptionId":1}])"));
}

TEST_F(Streams, EndSoonAfterTheirKeyIsRevoked) {
  ASSERT_EQ(client.ask(house.signed_message(house.ann, "userDataStream.subscribe.signature", {})),
            result(R"({"subscriptionId":0})"));
  ASSERT_EQ(client.ask(house.signed_message(house.bob, "userDataStream.subscribe.signature", {})),
            result(R"({"subscriptionId":1})"));
  ASSERT_TRUE(house.keys.revoke(house.ann.api_key));
  client.application->tick(10 * kSecondNs);
  EXPECT_EQ(
      client.take(),
      (std::vector<std::string>{R"({"subscriptionId":0,"event":{"e":"eventStreamTerminated","E":1700000000000}})"}));
  client.application->tick(12 * kSecondNs);
  EXPECT_TRUE(client.take().empty());
}

TEST_F(Streams, EndWithTheirConnection) {
  {
    Client leaving(house);
    ASSERT_EQ(leaving.ask(house.signed_message(house.ann, "userDataStream.subscribe.signature", {})),
              result(R"({"subscriptionId":0})"));
    EXPECT_EQ(house.users.counters().subscriptions, 1u);
  }
  EXPECT_EQ(house.users.counters().subscriptions, 0u);
  place(house.ann, "unheard");
}

TEST_F(Streams, AreBounded) {
  House small(House::with_open_limits(), {.subscriptions_max = 1, .subscription_ids_max = 2});
  Client reader(small);
  const auto subscribe = [&](const rest::Trader& as) {
    return reader.ask(small.signed_message(as, "userDataStream.subscribe.signature", {}));
  };
  EXPECT_EQ(subscribe(small.ann), result(R"({"subscriptionId":0})"));
  EXPECT_EQ(subscribe(small.bob),
            error(400, -1191, "Too many subscriptions. Connection may create up to '1' subscriptions at a time."));
  reader.say(R"({"id":1,"method":"userDataStream.unsubscribe"})");
  EXPECT_EQ(subscribe(small.bob), result(R"({"subscriptionId":1})"));
  reader.say(R"({"id":1,"method":"userDataStream.unsubscribe"})");
  EXPECT_EQ(subscribe(small.bob), error(400, -2042, "Maximum subscription ID reached for this connection."));
}

TEST_F(Streams, InMicroseconds) {
  Client micro(house, "timeUnit=MICROSECOND");
  ASSERT_EQ(micro.ask(house.signed_message(house.ann, "userDataStream.subscribe.signature", {})),
            result(R"({"subscriptionId":0})"));
  place(house.ann, "a");
  const auto events = micro.take();
  ASSERT_EQ(events.size(), 2u);
  EXPECT_TRUE(events[0].starts_with(
      R"({"subscriptionId":0,"event":{"e":"executionReport","E":1700000000000000,"s":"BTCUSDT","c":"a")"))
      << events[0];
}

// An amended order has two names: the one it had and the one it has.
TEST_F(Streams, TellBothNamesOfAnAmendedOrder) {
  ASSERT_EQ(client.ask(house.signed_message(house.ann, "userDataStream.subscribe.signature", {})),
            result(R"({"subscriptionId":0})"));
  place(house.ann, "first");
  (void)client.take();
  ASSERT_EQ(house
                .call(house.ann, "PUT", "/api/v3/order/amend/keepPriority",
                      "symbol=BTCUSDT&orderId=1&newQty=0.5&newClientOrderId=second")
                .status,
            200);
  const std::string report = client.take().at(0);
  EXPECT_NE(report.find(R"("c":"second")"), std::string::npos) << report;
  EXPECT_NE(report.find(R"("C":"first","x":"REPLACED","X":"NEW")"), std::string::npos) << report;
}

}  // namespace
}  // namespace ws_api
