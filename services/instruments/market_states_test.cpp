// The table of market states, cell by cell, written down a second time.
#include "services/instruments/market_states.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

namespace instruments {
namespace {

using enum MarketState;

// rule: market-states
TEST(MarketStates, WhatEachStateLetsIn) {
  struct Row {
    MarketState state;
    const char* name;
    // In the order of kActions: limit, immediate, limit maker, market, cancel, move, reduce, conditional.
    const char* accepts;
    Phase phase;
  };
  const Row rows[] = {
      {trading, "trading", "yyyyyyyy", Phase::continuous},
      {halted, "halted", "----y---", Phase::idle},
      {pre_open, "pre_open", "y---yyy-", Phase::idle},
      {auction, "auction", "y---yyy-", Phase::call},
      {auction_frozen, "auction_frozen", "y-------", Phase::call},
      {cancel_only, "cancel_only", "----y-y-", Phase::idle},
      {post_only, "post_only", "--y-yyy-", Phase::continuous},
      {limit_only, "limit_only", "yyy-yyy-", Phase::continuous},
      {closed, "closed", "----y---", Phase::idle},
  };
  ASSERT_EQ(std::size(rows), kMarketStates.size());
  for (const Row& row : rows) {
    const StateRules& rules = rules_of(row.state);
    EXPECT_EQ(rules.state, row.state);
    EXPECT_EQ(rules.name, row.name);
    EXPECT_EQ(rules.phase, row.phase) << row.name;
    EXPECT_EQ(market_state_named(row.name), row.state);
    ASSERT_EQ(std::string(row.accepts).size(), kActions.size());
    for (std::size_t i = 0; i < kActions.size(); ++i) {
      EXPECT_EQ(accepts(row.state, kActions[i]), row.accepts[i] == 'y') << row.name << ", action " << i;
    }
  }
  EXPECT_FALSE(market_state_named("open"));
  EXPECT_FALSE(is_market_state(MarketState{0}));
  EXPECT_FALSE(is_market_state(MarketState{10}));
}

// rule: market-state-changes
TEST(MarketStates, WhichMayFollowWhich) {
  // One letter per state that may follow, in the order of their numbers; "a": only where the market does not resume by
  // auction; "=": stays.
  const std::map<MarketState, std::string> rows = {
      {trading, "=y-y-yyyy"},   {halted, "a=yy-yaay"},         {pre_open, "-y=y----y"},
      {auction, "yy-=y-yyy"},   {auction_frozen, "yy-y=-yyy"}, {cancel_only, "ay-y-=aay"},
      {post_only, "yy-y-y=yy"}, {limit_only, "yy-y-yy=y"},     {closed, "-yyy----="},
  };
  for (const StateRules& from : kMarketStates) {
    for (const StateRules& to : kMarketStates) {
      const char cell = rows.at(from.state)[static_cast<std::size_t>(to.state) - 1];
      EXPECT_EQ(may_follow(from.state, to.state, false), cell != '-') << from.name << " to " << to.name;
      EXPECT_EQ(may_follow(from.state, to.state, true), cell == 'y' || cell == '=') << from.name << " to " << to.name;
    }
  }
}

// rule: auction-uncross
TEST(MarketStates, CrossedOrdersTradeBeforeMatchingBeginsAndWhenACallEndsByClosing) {
  int count = 0;
  for (const StateRules& from : kMarketStates) {
    for (const StateRules& to : kMarketStates) {
      const bool begins = from.phase != Phase::continuous && to.phase == Phase::continuous;
      const bool closes = (from.state == auction || from.state == auction_frozen) && to.state == closed;
      EXPECT_EQ(uncrosses(from.state, to.state), begins || closes) << from.name << " to " << to.name;
      count += uncrosses(from.state, to.state);
      // No way into continuous trading that leaves orders crossed.
      if (from.phase != Phase::continuous && to.phase == Phase::continuous) {
        EXPECT_TRUE(uncrosses(from.state, to.state));
      }
    }
  }
  EXPECT_EQ(count, 6 * 3 + 2);
}

TEST(MarketStates, EveryStateCanBeReachedAndLeft) {
  for (const bool resumes : {false, true}) {
    for (const StateRules& from : kMarketStates) {
      std::map<MarketState, bool> reached = {{from.state, true}};
      for (std::size_t round = 0; round < kMarketStates.size(); ++round) {
        for (const StateRules& a : kMarketStates) {
          for (const StateRules& b : kMarketStates) {
            if (reached[a.state] && may_follow(a.state, b.state, resumes)) reached[b.state] = true;
          }
        }
      }
      for (const StateRules& to : kMarketStates) EXPECT_TRUE(reached[to.state]) << from.name << " to " << to.name;
    }
  }
}

}  // namespace
}  // namespace instruments
