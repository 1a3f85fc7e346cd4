#include "gateways/rest/live_page.h"

#include <gtest/gtest.h>

#include "gateways/rest/test_house.h"

namespace rest {
namespace {

TEST(LivePage, IsServedWithItsPolicyOutsideTheLimits) {
  TestHouse house;
  const Response page = house.get("/");
  EXPECT_EQ(page.status, 200);
  EXPECT_EQ(page.body, live_page_text());
  EXPECT_EQ(page.header("Content-Type"), kLivePageType);
  EXPECT_EQ(page.header("Cache-Control"), "no-cache");
  EXPECT_EQ(page.header("X-Content-Type-Options"), "nosniff");
  EXPECT_EQ(page.header("Content-Security-Policy"), content_security_policy(live_page_text()));
  EXPECT_EQ(page.header("X-MBX-USED-WEIGHT"), "");
  const Response head = house.send(TestHouse::http("HEAD", "/"));
  EXPECT_EQ(head.status, 200);
  EXPECT_TRUE(head.body.empty());
  EXPECT_EQ(house.send(TestHouse::http("POST", "/")).status, 405);
  EXPECT_EQ(house.get("/index.html").status, 404);
  EXPECT_EQ(house.get("/api/v3/ping").header("Content-Security-Policy"), "") << "the next answer has none of it";
}

// Digests by `printf '%s' TEXT | openssl dgst -sha256 -binary | base64`.
TEST(LivePage, ThePolicyNamesTheScriptAndTheStyleByTheirHashes) {
  const std::string policy = content_security_policy("<style>a{}</style><script>alert(1)</script>");
  EXPECT_NE(policy.find("script-src 'sha256-bhHHL3z2vDgxUt0W3dWQOrprscmda2Y5pLsLg4GF+pI='"), std::string::npos)
      << policy;
  EXPECT_NE(policy.find("style-src 'sha256-X1RutGBrXCt9KkSaXMK7tHftWiRscFHOhxsS8tv8hBk='"), std::string::npos)
      << policy;
  EXPECT_TRUE(policy.starts_with("default-src 'none'; "));
  EXPECT_EQ(policy.find("unsafe"), std::string::npos);
  EXPECT_EQ(policy.find('\n'), std::string::npos);
}

}  // namespace
}  // namespace rest
