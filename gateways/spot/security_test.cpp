// Whatever kind of key signs: the same checks in the same order.
#include "gateways/spot/security.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

#include "gateways/auth/payload.h"

namespace spot {
namespace {

// A request of the published examples (its `timestamp` is the "now" of these tests), and what signs it: the published
// secret, and the key pairs of gateways/auth/testdata/signatures.txt.
constexpr std::string_view kQuery =
    "symbol=BTCUSDT&side=SELL&type=LIMIT&timeInForce=GTC&quantity=1&price=0.2&timestamp=1668481559918&rec"
    "vWindow=5000";
constexpr core::Time kNow{1'668'481'559'918'000'000};

struct Kind {
  const char* name;
  auth::KeyType type;
  std::string_view secret, signature, form;
};
const std::array kKinds = {
    Kind{"hmac", auth::KeyType::hmac, "NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j",
         "070a51d3f0218b15999ac36873e83c625fd45d4153498ab3e5198c141372fa67", "^[A-Fa-f0-9]{64}$"},
    Kind{"rsa", auth::KeyType::rsa, R"(-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAzD3LZQgvC3ei9tROzCKm
ryHorICApINi9HjZPO/po4HsaulMDvhaMiAWI+MVtmLf/T3Ojw9zd/7QhkiT1OPD
2OaBH84B37BAlMH/5eTx8Df/S5VHcpA+PwGkt+wpVO6a6B1IPn3o3GOofDmdgl1t
0k5AD6dHWWoduA+hnFoKHL9UdE/FNyxxWi1WXcvw/i0+unETDT/5ZK9+VLZBs88X
L2HHftfvlTjCiNWTpF6Ir9NRQr0Ca0uC48AX7rV8pNZ8IpGK4fpXrhtgGWgot4V3
Xcdv9Bfi0AJteOAATKNeI9beow+2cEaPB3qdZUzEo/N0Z+Popt49iYrsJqDONNWu
swIDAQAB
-----END PUBLIC KEY-----
)",
         "Qcgqd3W4VU+tVZaxGT9/R/DKUirMYTqTVACRDPGzADSQIHkCL7AFnDLnX8d7INDc2/ng85OVvZqH++nrHXeokdT1nT6NmWeAt/xL"
         "i1Dqvm4KfXLoXhD9EY+kPcd65JhaOp8EQ+DnyoR6H7/m9V6/jJ6SfTldb0bt+VElArqPg80mVAOtnELDZXM+kLWZC5qvGQtMgn+s"
         "kQo05l9Y0HRa0qhZDixI+tBxEcCbD80A97p/m7XbvFq/WIZYWX070dMi3g2KzYp7CyKIQhJhYI3OgEi3HQuni3HCRCCElmCHKRER"
         "HvZoVWafH4Yc9+eQ0fDKNywqIIR1rKtYSxzpoUfVXg==",
         "^[A-Za-z0-9+/]{341}[AQgw]==$"},
    Kind{"ed25519", auth::KeyType::ed25519, R"(-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEAz8R0N6S5ksfSV1aJZr0EXySEi8b4xZ6jPOU4tHIRtbM=
-----END PUBLIC KEY-----
)",
         "oB1YRjRlZs7lbwjpDH9ZAK1qeBP7kaSVB6wpWEv15XN/Afn9TK4SEGIPR2rLkly6tObjRBOW//O6rugooJASCw==",
         "^[A-Za-z0-9+/]{85}[AQgw]==$"},
};

std::string percent_encoded(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '+')
      out += "%2B";
    else if (c == '/')
      out += "%2F";
    else if (c == '=')
      out += "%3D";
    else
      out += c;
  }
  return out;
}

class SecurityTest : public testing::TestWithParam<Kind> {
 protected:
  SecurityTest() {
    for (const auto& [letter, permissions] : {std::pair{'a', auth::Permissions{.read = true, .trade = true}},
                                              {'r', auth::Permissions{.read = true}},
                                              {'t', auth::Permissions{.read = false, .trade = true}}}) {
      EXPECT_TRUE(keys.add({.api_key = std::string(64, letter),
                            .account = core::AccountId{1000},
                            .permissions = permissions,
                            .type = GetParam().type,
                            .secret = std::string(GetParam().secret)}));
    }
  }
  // "valid", or what the client is told.
  std::string check(const std::string& query, Security security = Security::trade, std::int64_t later_ms = 0,
                    const std::string& api_key = std::string(64, 'a')) {
    Parameters parameters;
    EXPECT_TRUE(parameters.parse(query, ""));
    Arguments arguments(parameters, registry);
    const auth::Payload payload(query, "");
    const auto checked =
        check_signed(arguments, keys, api_key, payload.pieces(), security, core::Time{kNow.ns + later_ms * 1'000'000});
    return checked ? "valid" : std::to_string(checked.error().code) + " " + checked.error().message;
  }
  [[nodiscard]] std::string signed_with(std::string_view signature) const {
    return std::string(kQuery) + "&signature=" + percent_encoded(signature);
  }
  [[nodiscard]] std::string right() const { return signed_with(GetParam().signature); }
  // Of the right form.
  [[nodiscard]] std::string wrong() const {
    std::string signature(GetParam().signature);
    signature[5] = signature[5] == '1' ? '2' : '1';
    return signed_with(signature);
  }

  auth::KeyRing keys;
  const instruments::Registry registry;
};

TEST_P(SecurityTest, ThePublishedRequestPasses) {
  EXPECT_EQ(check(right()), "valid");
  EXPECT_EQ(check(right(), Security::user_data), "valid");
  EXPECT_EQ(check("signature=" + percent_encoded(GetParam().signature) + "&" + std::string(kQuery)), "valid");
}

TEST_P(SecurityTest, ChecksComeInTheirOrder) {
  const std::string malformed = signed_with("abc");
  const std::string illegal =
      "-1100 Illegal characters found in parameter 'signature'; legal range is '" + std::string(GetParam().form) + "'.";
  const std::string not_sent = "-1102 Mandatory parameter '",
                    malformed_text = "' was not sent, was empty/null, or malformed.";
  const std::string bad_signature = "-1022 Signature for this request is not valid.";
  const std::string expired = "-1021 Timestamp for this request is outside of the recvWindow.";
  const std::string refused = "-2015 Invalid API-key, IP, or permissions for action.";
  const std::string reader(64, 'r'), trader(64, 't'), unknown(64, 'u');
  // Each request is wrong in what its row is about and in all that is checked later.
  EXPECT_EQ(check("timestamp=x&signature=abc", Security::trade, 6000, "short"), "-2014 API-key format invalid.");
  EXPECT_EQ(check("timestamp=x&signature=abc", Security::trade, 6000, unknown), refused);
  EXPECT_EQ(check("signature=abc", Security::trade, 6000, reader), not_sent + "timestamp" + malformed_text);
  EXPECT_EQ(check("timestamp=1&recvWindow=60001&signature=abc", Security::trade, 6000, reader),
            "-1131 recvWindow must be less than 60000");
  EXPECT_EQ(check(std::string(kQuery), Security::trade, 6000, reader), not_sent + "signature" + malformed_text);
  EXPECT_EQ(check(malformed, Security::trade, 6000, reader), illegal);
  EXPECT_EQ(check(wrong(), Security::trade, 6000, reader), bad_signature);
  EXPECT_EQ(check(right(), Security::trade, 6000, reader), expired);
  EXPECT_EQ(check(right(), Security::trade, -1001, reader),
            "-1021 Timestamp for this request was 1000ms ahead of the server's time.");
  EXPECT_EQ(check(right(), Security::trade, 0, reader), refused);
  EXPECT_EQ(check(right(), Security::user_data, 0, trader), refused);
  EXPECT_EQ(check(right(), Security::trade, 0, trader), "valid");
}

TEST_P(SecurityTest, SignaturesOfOtherKindsAreMalformed) {
  for (const Kind& other : kKinds) {
    const std::string answer = check(signed_with(other.signature));
    EXPECT_TRUE(other.type == GetParam().type ? answer == "valid" : answer.starts_with("-1100")) << other.name;
  }
}

INSTANTIATE_TEST_SUITE_P(Keys, SecurityTest, testing::ValuesIn(kKinds),
                         [](const auto& each) { return each.param.name; });

// '+' of a query is a space: who does not encode base64 is told that it is malformed, not that the key is wrong.
TEST(Security, Base64MustBePercentEncoded) {
  Parameters parameters;
  ASSERT_TRUE(parameters.parse("signature=a+b%2Bc", ""));
  EXPECT_EQ(parameters.read("signature"), "a b+c");
}

}  // namespace
}  // namespace spot
