#include "gateways/limits/limiter.h"

#include <gtest/gtest.h>

namespace limits {
namespace {

constexpr std::int64_t kSecondNs = 1'000'000'000, kMinuteNs = 60 * kSecondNs;
constexpr core::Time kMidMinute{1'700'000'000ll / 60 * 60 * kSecondNs + 20 * kSecondNs};
constexpr core::AccountId kAnn{1000}, kBob{1001};

core::Time after(core::Time time, std::int64_t ns) { return core::Time{time.ns + ns}; }

TEST(Weight, IsCountedPerAddressInAlignedMinutes) {
  Limiter limiter(binance_profile());
  Address& here = limiter.join("192.0.2.1", kMidMinute);
  Address& there = limiter.join("192.0.2.2", kMidMinute);
  for (int i = 0; i < 300; ++i) ASSERT_EQ(limiter.request(here, 20, kMidMinute).finding, Finding::allowed) << i;
  EXPECT_EQ(limiter.used_weight(here, kMidMinute), 6000u);
  const Verdict verdict = limiter.request(here, 1, kMidMinute);
  EXPECT_EQ(verdict.finding, Finding::too_much_weight);
  EXPECT_EQ(verdict.retry_after_s, 40);
  EXPECT_EQ(verdict.until, after(kMidMinute, 40 * kSecondNs));
  EXPECT_EQ(limiter.request(there, 1, kMidMinute).finding, Finding::allowed);
  EXPECT_EQ(limiter.request(here, 1, after(kMidMinute, 40 * kSecondNs - 1)).retry_after_s, 1);
  EXPECT_EQ(limiter.request(here, 1, after(kMidMinute, 40 * kSecondNs)).finding, Finding::allowed) << "the next minute";
  EXPECT_EQ(limiter.used_weight(here, after(kMidMinute, 40 * kSecondNs)), 1u);
}

TEST(Weight, ARefundCountsOnlyInItsOwnMinute) {
  Limiter limiter(binance_profile());
  Address& here = limiter.join("192.0.2.1", kMidMinute);
  (void)limiter.request(here, 5, kMidMinute);
  limiter.refund(here, 3, kMidMinute);
  EXPECT_EQ(limiter.used_weight(here, kMidMinute), 2u);
  limiter.refund(here, 3, kMidMinute);
  EXPECT_EQ(limiter.used_weight(here, kMidMinute), 0u);
  (void)limiter.request(here, 5, kMidMinute);
  limiter.refund(here, 5, after(kMidMinute, kMinuteNs));
  EXPECT_EQ(limiter.used_weight(here, kMidMinute), 5u);
}

TEST(Weight, RawRequestsHaveALimitOfTheirOwn) {
  Profile profile = binance_profile();
  profile.raw_requests.count = 3;
  Limiter limiter(profile);
  Address& here = limiter.join("192.0.2.1", kMidMinute);
  for (int i = 0; i < 3; ++i) ASSERT_EQ(limiter.request(here, 0, kMidMinute).finding, Finding::allowed);
  EXPECT_EQ(limiter.request(here, 0, kMidMinute).finding, Finding::too_many_requests);
}

TEST(Ban, ComesToThoseWhoGoOnAndGrows) {
  Profile profile = binance_profile();
  profile.request_weight.count = 1;
  profile.violations_max = 3;
  Limiter limiter(profile);
  Address& here = limiter.join("192.0.2.1", kMidMinute);
  core::Time now = kMidMinute;
  for (const std::int64_t minutes : {2, 4, 8}) {
    ASSERT_EQ(limiter.request(here, 1, now).finding, Finding::allowed);
    for (int i = 0; i < 3; ++i) ASSERT_EQ(limiter.request(here, 1, now).finding, Finding::too_much_weight);
    const Verdict banned = limiter.request(here, 1, now);
    ASSERT_EQ(banned.finding, Finding::banned);
    EXPECT_EQ(banned.retry_after_s, minutes * 60);
    EXPECT_EQ(limiter.request(here, 0, after(now, minutes * kMinuteNs - 1)).finding, Finding::banned);
    now = after(now, minutes * kMinuteNs);
  }
}

TEST(Ban, IsForgivenToThoseWhoWait) {
  Profile profile = binance_profile();
  profile.request_weight.count = 1;
  profile.violations_max = 3;
  Limiter limiter(profile);
  Address& here = limiter.join("192.0.2.1", kMidMinute);
  core::Time now = kMidMinute;
  for (int minute = 0; minute < 5; ++minute, now = after(now, kMinuteNs)) {
    ASSERT_EQ(limiter.request(here, 1, now).finding, Finding::allowed);
    for (int i = 0; i < 3; ++i) ASSERT_EQ(limiter.request(here, 1, now).finding, Finding::too_much_weight);
  }
}

TEST(Ban, OutlivesTheConnectionAndAFloodOfOtherAddresses) {
  Profile profile = binance_profile();
  profile.request_weight.count = 1;
  profile.violations_max = 1;
  profile.addresses_max = 10;
  Limiter limiter(profile);
  Address& here = limiter.join("192.0.2.1", kMidMinute);
  for (int i = 0; i < 3; ++i) (void)limiter.request(here, 1, kMidMinute);
  limiter.leave(here);
  for (int i = 0; i < 100; ++i) limiter.leave(limiter.join("198.51.100." + std::to_string(i), kMidMinute));
  EXPECT_LE(limiter.addresses(), 11u);
  EXPECT_EQ(limiter.request(limiter.join("192.0.2.1", kMidMinute), 0, kMidMinute).finding, Finding::banned);
}

TEST(WebSockets, AreCountedPerAddressAndWeigh) {
  Profile profile = binance_profile();
  profile.websocket_connections.count = 3;
  profile.violations_max = 2;
  Limiter limiter(profile);
  Address& here = limiter.join("192.0.2.1", kMidMinute);
  Address& there = limiter.join("192.0.2.2", kMidMinute);
  for (int i = 0; i < 3; ++i) ASSERT_EQ(limiter.websocket(here, 2, kMidMinute).finding, Finding::allowed);
  EXPECT_EQ(limiter.used_weight(here, kMidMinute), 6u);
  EXPECT_EQ(limiter.websocket(here, 2, kMidMinute).finding, Finding::too_many_connections);
  EXPECT_EQ(limiter.used_weight(here, kMidMinute), 6u);
  EXPECT_EQ(limiter.websocket(there, 2, kMidMinute).finding, Finding::allowed);
  EXPECT_EQ(limiter.request(here, 1, kMidMinute).finding, Finding::allowed) << "other requests go on";
  for (int i = 0; i < 2; ++i) EXPECT_EQ(limiter.websocket(here, 2, kMidMinute).finding, Finding::too_many_connections);
  EXPECT_EQ(limiter.websocket(here, 2, kMidMinute).finding, Finding::banned);
  EXPECT_EQ(limiter.websocket(here, 2, kMidMinute).finding, Finding::banned);
}

TEST(WebSockets, AWindowLastsFiveMinutes) {
  Profile profile = binance_profile();
  profile.websocket_connections.count = 1;
  Limiter limiter(profile);
  Address& here = limiter.join("192.0.2.1", core::Time{});
  const auto at = [](std::int64_t second) { return core::Time{second * kSecondNs}; };
  EXPECT_EQ(limiter.websocket(here, 2, at(3000)).finding, Finding::allowed);
  const Verdict refused = limiter.websocket(here, 2, at(3100));
  EXPECT_EQ(refused.finding, Finding::too_many_connections);
  EXPECT_EQ(refused.retry_after_s, 200);
  EXPECT_EQ(limiter.websocket(here, 2, at(3300)).finding, Finding::allowed);
}

TEST(WebSockets, ThatAreRefusedForTheirWeightAreNotCounted) {
  Profile profile = binance_profile();
  profile.request_weight.count = 3;
  Limiter limiter(profile);
  Address& here = limiter.join("192.0.2.1", kMidMinute);
  EXPECT_EQ(limiter.websocket(here, 2, kMidMinute).finding, Finding::allowed);
  EXPECT_EQ(limiter.websocket(here, 2, kMidMinute).finding, Finding::too_much_weight);
  EXPECT_EQ(here.websockets.count, 1u);
}

TEST(Orders, AreCountedPerAccountInBothWindows) {
  Limiter limiter(binance_profile());
  for (int i = 0; i < 100; ++i) {
    ASSERT_EQ(limiter.may_place(kAnn, kMidMinute).finding, Finding::allowed);
    limiter.order_placed(kAnn, kMidMinute);
  }
  EXPECT_EQ(limiter.may_place(kAnn, kMidMinute).finding, Finding::too_many_orders_short);
  EXPECT_EQ(limiter.may_place(kAnn, kMidMinute).retry_after_s, 10);
  EXPECT_EQ(limiter.may_place(kBob, kMidMinute).finding, Finding::allowed);
  const core::Time later = after(kMidMinute, 10 * kSecondNs);
  EXPECT_EQ(limiter.may_place(kAnn, later).finding, Finding::allowed);
  EXPECT_EQ(limiter.orders(kAnn, later).in_short, 0u);
  EXPECT_EQ(limiter.orders(kAnn, later).in_day, 100u);
}

// However many are sent before the first is answered.
TEST(Orders, OnTheirWayTakeTheirPlace) {
  Profile profile = binance_profile();
  profile.orders_short.count = 3;
  Limiter limiter(profile);
  limiter.order_placed(kAnn, kMidMinute);
  limiter.order_sent(kAnn);
  limiter.order_sent(kAnn);
  EXPECT_EQ(limiter.may_place(kAnn, kMidMinute).finding, Finding::too_many_orders_short);
  EXPECT_EQ(limiter.orders(kAnn, kMidMinute).in_short, 1u) << "counted are those that were placed";
  limiter.order_answered(kAnn);
  EXPECT_EQ(limiter.may_place(kAnn, kMidMinute).finding, Finding::allowed);
  limiter.order_answered(kAnn);
  limiter.order_placed(kAnn, kMidMinute);
  EXPECT_EQ(limiter.orders(kAnn, kMidMinute).in_short, 2u);
}

TEST(Orders, TheDayHasALimitToo) {
  Profile profile = binance_profile();
  profile.orders_day.count = 2;
  Limiter limiter(profile);
  limiter.order_placed(kAnn, kMidMinute);
  limiter.order_placed(kAnn, kMidMinute);
  EXPECT_EQ(limiter.may_place(kAnn, kMidMinute).finding, Finding::too_many_orders_day);
}

// The published examples: a taker's first fill gives one back, a maker's five, never below zero.
TEST(Orders, FillsGiveOrdersBack) {
  Limiter limiter(binance_profile());
  const auto used = [&] { return limiter.orders(kAnn, kMidMinute).in_short; };
  for (int i = 0; i < 2; ++i) limiter.order_placed(kAnn, kMidMinute);
  limiter.order_filled(kAnn, false, kMidMinute);
  EXPECT_EQ(used(), 1u);
  for (int i = 0; i < 4; ++i) limiter.order_placed(kAnn, kMidMinute);
  limiter.order_filled(kAnn, true, kMidMinute);
  EXPECT_EQ(used(), 0u);
  limiter.order_filled(kAnn, true, kMidMinute);
  EXPECT_EQ(used(), 0u);
}

TEST(Open, HasNoLimitsButCounts) {
  Limiter limiter(open_profile());
  Address& here = limiter.join("192.0.2.1", kMidMinute);
  for (int i = 0; i < 100'000; ++i) ASSERT_EQ(limiter.request(here, 100, kMidMinute).finding, Finding::allowed);
  EXPECT_EQ(limiter.used_weight(here, kMidMinute), 10'000'000u);
  for (int i = 0; i < 1000; ++i) limiter.order_placed(kAnn, kMidMinute);
  EXPECT_EQ(limiter.may_place(kAnn, kMidMinute).finding, Finding::allowed);
  EXPECT_EQ(limiter.orders(kAnn, kMidMinute).in_day, 1000u);
}

TEST(Profiles, AreFoundByName) {
  EXPECT_EQ(profile_named("binance")->request_weight.count, 6000u);
  EXPECT_EQ(profile_named("open")->request_weight.count, 0u);
  EXPECT_FALSE(profile_named("Open").has_value());
}

}  // namespace
}  // namespace limits
