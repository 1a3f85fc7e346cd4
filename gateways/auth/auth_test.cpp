#include <gtest/gtest.h>

#include <array>
#include <string>

#include "gateways/auth/freshness.h"
#include "gateways/auth/hmac.h"
#include "gateways/auth/key_ring.h"
#include "gateways/auth/payload.h"

namespace auth {
namespace {

// The key of the published signing examples (Binance Spot API documentation, "SIGNED Endpoint Examples").
constexpr std::string_view kSecret = "NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j";

std::string joined(const Payload& payload) {
  std::string out;
  for (const std::string_view piece : payload.pieces()) out += piece;
  return out;
}

TEST(Hmac, PublishedExamplesOfTheApi) {
  struct Case {
    const char* what;
    std::string_view query, body, signature;
  };
  constexpr std::array kCases = {
      Case{"all in the query",
           "symbol=LTCBTC&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=0.1&recvWindow=5000&timestamp="
           "1499827319559",
           "", "c8db56825ae71d6d79447849e617115f4a920fa2acdcab2b053c4b2838bd6b71"},
      Case{"all in the body", "",
           "symbol=LTCBTC&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=0.1&recvWindow=5000&timestamp="
           "1499827319559",
           "c8db56825ae71d6d79447849e617115f4a920fa2acdcab2b053c4b2838bd6b71"},
      Case{"in both, joined without an ampersand", "symbol=LTCBTC&side=BUY&type=LIMIT&timeInForce=GTC",
           "quantity=1&price=0.1&recvWindow=5000&timestamp=1499827319559",
           "0fd168b8ddb4876a0358a8d14d0c9f3da0e9b20c5d52b2a00fcf7d1c602f9a77"},
      Case{"a symbol that is not ASCII",
           "symbol=%EF%BC%91%EF%BC%92%EF%BC%93%EF%BC%94%EF%BC%95%EF%BC%96&side=BUY&type=LIMIT&timeInForce=GTC&quantity="
           "1&price=0.1&"
           "recvWindow=5000&timestamp=1499827319559",
           "", "e1353ec6b14d888f1164ae9af8228a3dbd508bc82eb867db8ab6046442f33ef3"},
  };
  const HmacVerifier verifier(kSecret);
  for (const Case& each : kCases) {
    const std::string signature = "&signature=" + std::string(each.signature);
    const std::string query = std::string(each.query) + (each.body.empty() ? signature : "");
    const std::string body = std::string(each.body) + (each.body.empty() ? "" : signature);
    const Payload payload(query, body);
    EXPECT_EQ(verifier.verify(payload.pieces(), each.signature), Verdict::valid) << each.what;
    std::string upper(each.signature);
    for (char& c : upper) c = static_cast<char>(std::toupper(c));
    EXPECT_EQ(verifier.verify(payload.pieces(), upper), Verdict::valid) << each.what << ", in upper case";
  }
}

TEST(Hmac, Rfc4231) {
  struct Case {
    std::string key, text, digest;
  };
  const std::array cases = {
      Case{std::string(20, '\x0b'), "Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
      Case{"Jefe", "what do ya want for nothing?", "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
      Case{std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First",
           "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
  };
  for (const Case& each : cases) EXPECT_EQ(to_hex(HmacSha256(each.key).sign(each.text)), each.digest) << each.text;
}

TEST(Hmac, EveryChangedDigitIsWrongAndEveryOtherFormMalformed) {
  const HmacVerifier verifier(kSecret);
  const std::string_view text = "a=1";
  const std::string right = to_hex(HmacSha256(kSecret).sign(text));
  const auto verify = [&](std::string_view signature) { return verifier.verify(std::span(&text, 1), signature); };
  for (std::size_t i = 0; i < right.size(); ++i) {
    std::string wrong = right;
    wrong[i] = wrong[i] == '0' ? '1' : '0';
    EXPECT_EQ(verify(wrong), Verdict::wrong) << i;
    wrong[i] = 'g';
    EXPECT_EQ(verify(wrong), Verdict::malformed) << i;
  }
  for (const std::string& bad :
       {std::string(), right.substr(1), right + "0", std::string(64, '\xff'), std::string(64, ' ')}) {
    EXPECT_EQ(verify(bad), Verdict::malformed) << bad;
  }
}

TEST(Payload, LeavesOutTheSignatureAndNothingElse) {
  struct Case {
    std::string_view query, body, payload;
  };
  constexpr std::array kCases = {
      Case{"a=1&signature=x", "", "a=1"},
      Case{"signature=x&a=1", "", "a=1"},
      Case{"a=1&signature=x&b=2", "", "a=1&b=2"},
      Case{"signature=x", "", ""},
      Case{"", "a=1&signature=x", "a=1"},
      Case{"a=1", "b=2&signature=x", "a=1b=2"},
      Case{"a=1&signature=x", "b=2", "a=1b=2"},
      Case{"a=%20+%C3%A9&signature=", "", "a=%20+%C3%A9"},
      Case{"xsignature=1&signature=2", "", "xsignature=1"},
      Case{"signature=2&xsignature=1", "", "xsignature=1"},
      Case{"signatures=1", "signature", "signatures=1signature"},
      Case{"a=1&signature=x", "signature=y", "a=1signature=y"},
      Case{"", "", ""},
  };
  for (const Case& each : kCases)
    EXPECT_EQ(joined(Payload(each.query, each.body)), each.payload) << each.query << " " << each.body;
}

TEST(Freshness, TimestampsInBothUnits) {
  struct Case {
    std::string_view text;
    std::optional<std::int64_t> ns;
  };
  constexpr std::int64_t kFarFuture = std::numeric_limits<std::int64_t>::max() / 4;
  constexpr std::array kCases = {
      Case{"1499827319559", 1'499'827'319'559'000'000},
      Case{"1499827319559123", 1'499'827'319'559'123'000},
      Case{"0", 0},
      Case{"99999999999999999999", kFarFuture},
      Case{"", std::nullopt},
      Case{"1499827319559.5", std::nullopt},
      Case{"-1", std::nullopt},
      Case{"1e12", std::nullopt},
      Case{" 1", std::nullopt},
      Case{"100000000000000000000", std::nullopt},
  };
  for (const Case& each : kCases) {
    const auto time = parse_time(each.text);
    EXPECT_EQ(time ? std::optional(time->ns) : std::nullopt, each.ns) << each.text;
  }
}

TEST(Freshness, Windows) {
  struct Case {
    std::string_view text;
    std::expected<std::int64_t, WindowError> ns;
  };
  const std::array cases = {
      Case{"5000", 5'000'000'000},
      Case{"6000.346", 6'000'346'000},
      Case{"0.1", 100'000},
      Case{"60000", 60'000'000'000},
      Case{"60000.0", 60'000'000'000},
      Case{"0", 0},
      Case{"60000.001", std::unexpected(WindowError::too_long)},
      Case{"60001", std::unexpected(WindowError::too_long)},
      Case{"99999999999999999999", std::unexpected(WindowError::too_long)},
      Case{"5000.1234", std::unexpected(WindowError::malformed)},
      Case{"5000.", std::unexpected(WindowError::malformed)},
      Case{".5", std::unexpected(WindowError::malformed)},
      Case{"-1", std::unexpected(WindowError::malformed)},
      Case{"1e3", std::unexpected(WindowError::malformed)},
      Case{"", std::unexpected(WindowError::malformed)},
      Case{"60001x", std::unexpected(WindowError::malformed)},
  };
  for (const Case& each : cases) EXPECT_EQ(parse_window(each.text), each.ns) << each.text;
}

TEST(Freshness, TheRuleAtItsEdges) {
  const core::Time now{1'700'000'000'000'000'000};
  const auto at = [&](std::int64_t offset_ms, std::int64_t window_ms = 5000) {
    return judge({core::Time{now.ns + offset_ms * 1'000'000}, window_ms * 1'000'000}, now);
  };
  EXPECT_EQ(at(0), Staleness::fresh);
  EXPECT_EQ(at(999), Staleness::fresh);
  EXPECT_EQ(at(1000), Staleness::ahead);
  EXPECT_EQ(at(-5000), Staleness::fresh);
  EXPECT_EQ(at(-5001), Staleness::expired);
  EXPECT_EQ(at(-60'000, 60'000), Staleness::fresh);
  EXPECT_EQ(at(0, 0), Staleness::fresh);
  EXPECT_EQ(at(-1, 0), Staleness::expired);
}

Key key_named(char letter, KeyType type = KeyType::hmac) {
  Key key;
  key.api_key = std::string(64, letter);
  key.account = core::AccountId{1000};
  key.type = type;
  key.secret = std::string(64, 's');
  return key;
}

TEST(KeyRing, AddsFindsAndRevokes) {
  KeyRing ring;
  ASSERT_TRUE(ring.add(key_named('a')));
  ASSERT_TRUE(ring.add(key_named('b')));
  ASSERT_NE(ring.find(std::string(64, 'a')), nullptr);
  EXPECT_EQ(ring.find(std::string(64, 'a'))->key.account, core::AccountId{1000});
  EXPECT_TRUE(ring.find(std::string(64, 'a'))->key.secret.empty()) << "the ring keeps no second copy of a secret";
  EXPECT_EQ(ring.find(std::string(64, 'c')), nullptr);
  EXPECT_EQ(ring.add(key_named('a')).error().kind, core::ErrorKind::already_exists);
  EXPECT_TRUE(ring.revoke(std::string(64, 'a')));
  EXPECT_FALSE(ring.revoke(std::string(64, 'a')));
  EXPECT_EQ(ring.find(std::string(64, 'a')), nullptr);
  EXPECT_EQ(ring.size(), 1u);
}

TEST(KeyRing, RefusesWhatIsNoKey) {
  KeyRing ring;
  EXPECT_EQ(ring.add(key_named('-')).error().kind, core::ErrorKind::invalid_input);
  EXPECT_EQ(ring.add(key_named('r', KeyType::rsa)).error().kind, core::ErrorKind::invalid_input);
  EXPECT_EQ(ring.add(key_named('t', KeyType{7})).error().kind, core::ErrorKind::unsupported);
  Key empty = key_named('e');
  empty.secret.clear();
  EXPECT_EQ(ring.add(empty).error().kind, core::ErrorKind::invalid_input);
  EXPECT_EQ(ring.size(), 0u);
}

}  // namespace
}  // namespace auth
