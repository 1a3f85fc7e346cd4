// Defects that matching engines elsewhere are known for, each as the flow that shows it.
#include <gtest/gtest.h>

#include <iterator>
#include <vector>

#include "services/matching/matching.h"
#include "services/matching/scenario.h"

namespace matching {
namespace {

constexpr TimeInForce kFok = TimeInForce::fok;

// An engine that decides a fill-or-kill order by a sum of quantities and then trades all of it at once has only the
// taker's limit at hand as the price.
// rule: defect-fok-at-takers-limit
TEST(KnownDefects, AFillOrKillIsFilledAtEachMakersPriceNotAtItsLimit) {
  struct Row {
    Side side;
    std::int64_t limit;
    std::int64_t prices[3];  // of the makers, best first; a lot each
  };
  const Row rows[] = {{Side::buy, 110, {100, 104, 110}},
                      {Side::buy, 110, {100, 100, 100}},
                      {Side::sell, 90, {100, 96, 90}},
                      {Side::sell, 1, {100, 99, 98}}};
  for (const Row& row : rows) {
    Scenario market;
    for (std::uint64_t i = 0; i < 3; ++i)
      market.rest({{.order = i + 1, .side = opposite(row.side), .price = row.prices[i], .quantity = 1}});
    market.send({.order = 9, .side = row.side, .time_in_force = kFok, .price = row.limit, .quantity = 3});
    std::vector<std::int64_t> taken, given, traded;
    for (const Report& report : market.reports) {
      if (report.kind == ReportKind::filled) (report.is_maker ? given : taken).push_back(report.price.value());
    }
    for (const MarketEvent& event : market.events) {
      if (event.kind == MarketEventKind::traded) traded.push_back(event.price.value());
    }
    const std::vector<std::int64_t> expected(std::begin(row.prices), std::end(row.prices));
    EXPECT_EQ(taken, expected);
    EXPECT_EQ(given, expected);
    EXPECT_EQ(traded, expected) << "the public is told the same";
    EXPECT_EQ(market.reports.back().price.value(), expected.back()) << "and the reference is what was traded at";
  }
}

// An engine that cancels the taker's own orders on its way through the book has done so before it finds that a
// fill-or-kill order cannot be filled.
// rule: defect-fok-side-effects
TEST(KnownDefects, AFillOrKillThatFailsCancelsNoOrderOfItsOwn) {
  for (const SelfTrade mode : {SelfTrade::expire_maker, SelfTrade::expire_both, SelfTrade::decrement}) {
    Scenario market;
    market.rest({{.order = 1, .account = 7, .side = Side::sell, .price = 100, .quantity = 2},
                 {.order = 2, .side = Side::sell, .price = 100, .quantity = 3}});
    const std::uint64_t before = market.matching.state_hash();
    EXPECT_EQ(
        market.send({.order = 9, .account = 7, .time_in_force = kFok, .self_trade = mode, .price = 100, .quantity = 4}),
        "accepted 9; 9 expired, 4 left");
    EXPECT_EQ(market.book(), "bids  | asks 100: 1x2 2x3");
    EXPECT_EQ(market.matching.state_hash(), before) << "nor is a prevented match counted";
  }
}

// An engine that refills an iceberg order where it stands lets it trade again before orders that were there first.
// rule: defect-iceberg-keeps-priority
TEST(KnownDefects, ARefreshedPeakGoesBehindOrdersThatWereThereBefore) {
  for (const Side side : {Side::buy, Side::sell}) {
    Scenario market;
    market.rest({{.order = 1, .side = side, .price = 100, .quantity = 6, .peak = 2},
                 {.order = 2, .side = side, .price = 100, .quantity = 2}});
    market.send({.order = 8, .side = opposite(side), .price = 100, .quantity = 2});
    market.send({.order = 9, .side = opposite(side), .price = 100, .quantity = 2});
    EXPECT_TRUE(market.reports.at(2).is_maker);
    EXPECT_EQ(market.reports.at(2).order.value(), 2u) << "the second aggressor meets the order that waited";
    EXPECT_EQ(market.book(), side == Side::buy ? "bids 100: 1x2+2 | asks " : "bids  | asks 100: 1x2+2");
  }
}

}  // namespace
}  // namespace matching
