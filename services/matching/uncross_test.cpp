// The auction's price: worked examples, then one pass against the rules taken literally on random books.
// EXCHANGE_UNCROSS_BOOKS says how many (default a million).
#include "services/matching/uncross.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include "pkg/core/random.h"

namespace matching {
namespace {

constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();

struct Lots {
  std::int64_t price = 0, lots = 0;
};

// What an auction is held over, written down flat. Levels in any order, prices of a side distinct.
struct Call {
  std::vector<Lots> bids, asks;
  std::int64_t market_buys = 0, market_sells = 0;
  std::int64_t reference = 0;  // 0: none
};

// ---- one pass, over vectors and over ladders ----

class Listed {
 public:
  Listed(const std::vector<Lots>& levels) : levels_(&levels) {}
  [[nodiscard]] bool at_end() const { return at_ == levels_->size(); }
  [[nodiscard]] core::Price price() const { return core::Price{(*levels_)[at_].price}; }
  [[nodiscard]] std::int64_t lots() const { return (*levels_)[at_].lots; }
  void advance() { ++at_; }

 private:
  const std::vector<Lots>* levels_;
  std::size_t at_ = 0;
};

Uncross one_pass(Call call) {
  std::ranges::sort(call.bids, std::greater{}, &Lots::price);
  std::ranges::sort(call.asks, std::less{}, &Lots::price);
  return uncross(Listed(call.bids), Listed(call.asks), {call.market_buys, call.market_sells},
                 core::Price{call.reference});
}

Uncross one_pass_over_book(const Call& call) {
  Books books;
  Book& book = books.add(core::MarketId{1});
  for (const Side side : {Side::buy, Side::sell}) {
    for (const Lots& level : side == Side::buy ? call.bids : call.asks) {
      const Handle handle = books.orders.take();
      books.orders[handle] = {
          .identity = {.order = core::OrderId{handle}, .market = book.market, .side = side},
          .key = key_of(side, core::Price{level.price}),
          .open = level.lots,
      };
      EXPECT_EQ(books.append(book, handle), level.lots);
    }
  }
  return uncross(BookLevels(books, book, Side::buy), BookLevels(books, book, Side::sell),
                 {call.market_buys, call.market_sells}, core::Price{call.reference});
}

// ---- the rules taken literally ----

__extension__ using Wide = __int128;

struct Figures {
  std::int64_t price = 0;
  Wide demand = 0, supply = 0;
  [[nodiscard]] Wide volume() const { return demand < supply ? demand : supply; }
  [[nodiscard]] Wide surplus() const { return demand - supply; }  // of buyers; of sellers below zero
};

Wide absolute(Wide number) { return number < 0 ? -number : number; }

std::vector<Figures> keep(const std::vector<Figures>& from, auto wanted) {
  std::vector<Figures> kept;
  for (const Figures& one : from) {
    if (wanted(one)) kept.push_back(one);
  }
  return kept;
}

struct Literal {
  Uncross result;
  std::string decided_by;  // the rule after which one candidate was left
};

Uncross told(const Figures& at) {
  return {core::Price{at.price}, at.volume(), absolute(at.surplus()), at.surplus() < 0 ? Side::sell : Side::buy};
}

std::vector<Figures> candidates(const Call& call) {
  std::map<std::int64_t, Figures> at;
  for (const auto* side : {&call.bids, &call.asks}) {
    for (const Lots& level : *side) at[level.price].price = level.price;
  }
  if (call.reference != 0) at[call.reference].price = call.reference;
  std::vector<Figures> all;
  for (auto& [price, figures] : at) {
    figures.demand = call.market_buys;
    figures.supply = call.market_sells;
    for (const Lots& bid : call.bids) figures.demand += bid.price >= price ? bid.lots : 0;
    for (const Lots& ask : call.asks) figures.supply += ask.price <= price ? ask.lots : 0;
    all.push_back(figures);
  }
  return all;
}

Literal literally(const Call& call) {
  std::vector<Figures> left = candidates(call);
  Wide most = 0, least = 0, nearest = 0;
  for (const Figures& one : left) most = std::max(most, one.volume());
  if (most == 0) {
    const Wide net = Wide{call.market_buys} - call.market_sells;
    return {{{}, 0, absolute(net), net < 0 ? Side::sell : Side::buy},
            left.empty() && call.market_buys > 0 && call.market_sells > 0 ? "no price" : "nothing crosses"};
  }
  left = keep(left, [&](const Figures& one) { return one.volume() == most; });
  if (left.size() == 1) return {told(left.front()), "a"};
  least = absolute(left.front().surplus());
  for (const Figures& one : left) least = std::min(least, absolute(one.surplus()));
  left = keep(left, [&](const Figures& one) { return absolute(one.surplus()) == least; });
  if (left.size() == 1) return {told(left.front()), "b"};
  if (std::ranges::all_of(left, [](const Figures& one) { return one.surplus() > 0; })) {
    return {told(*std::ranges::max_element(left, {}, &Figures::price)), "c, buyers left"};
  }
  if (std::ranges::all_of(left, [](const Figures& one) { return one.surplus() < 0; })) {
    return {told(*std::ranges::min_element(left, {}, &Figures::price)), "c, sellers left"};
  }
  const bool mixed = least != 0;
  if (call.reference != 0) {
    const auto distance = [&](const Figures& one) { return absolute(Wide{one.price} - call.reference); };
    nearest = distance(left.front());
    for (const Figures& one : left) nearest = std::min(nearest, distance(one));
    left = keep(left, [&](const Figures& one) { return distance(one) == nearest; });
    if (left.size() == 1) return {told(left.front()), mixed ? "d, surplus on either side" : "d"};
  }
  const char* const rule = call.reference != 0 ? "e, as near" : "e, no reference";
  return {told(*std::ranges::max_element(left, {}, &Figures::price)), rule};
}

std::string text(const Call& call) {
  std::string out = "bids";
  for (const Lots& bid : call.bids) out += " " + std::to_string(bid.lots) + "@" + std::to_string(bid.price);
  out += ", asks";
  for (const Lots& ask : call.asks) out += " " + std::to_string(ask.lots) + "@" + std::to_string(ask.price);
  return out + ", market " + std::to_string(call.market_buys) + " to " + std::to_string(call.market_sells) +
         ", reference " + std::to_string(call.reference);
}
std::string text(const Uncross& result) {
  return std::to_string(static_cast<long long>(result.paired)) + " at " + std::to_string(result.price.value()) + ", " +
         std::to_string(static_cast<long long>(result.surplus)) +
         (result.surplus_side == Side::buy ? " buyers" : " sellers") + " left";
}

// ---- examples ----

// rule: auction-price
TEST(Uncross, ExamplesOfEachRule) {
  struct Row {
    const char* what;
    Call call;
    const char* result;
    const char* rule;
  };
  const Row rows[] = {
      {"most lots trade", {{{10, 5}, {9, 5}}, {{8, 5}, {9, 5}}}, "10 at 9, 0 buyers left", "a"},
      {"smallest surplus", {{{10, 6}, {8, 1}}, {{8, 6}}}, "6 at 10, 0 buyers left", "b"},
      {"buyers left: the highest", {{{10, 9}}, {{8, 6}}}, "6 at 10, 3 buyers left", "c, buyers left"},
      {"sellers left: the lowest", {{{10, 6}}, {{8, 9}}}, "6 at 8, 3 sellers left", "c, sellers left"},
      {"nobody left: nearest to the reference", {{{10, 6}}, {{8, 6}}, 0, 0, 12}, "6 at 10, 0 buyers left", "d"},
      {"the reference itself", {{{12, 6}}, {{8, 6}}, 0, 0, 9}, "6 at 9, 0 buyers left", "d"},
      {"no reference: the higher",
       {{{12, 5}, {9, 1}}, {{6, 5}, {11, 1}}, 0, 0, 0},
       "5 at 12, 1 sellers left",
       "e, no reference"},
      {"as near to either: the reference itself is nearer",
       {{{12, 5}, {9, 1}}, {{6, 5}, {11, 1}}, 0, 0, 10},
       "5 at 10, 0 buyers left",
       "b"},
      {"surplus on either side: nearest",
       {{{12, 5}, {9, 1}}, {{6, 5}, {11, 1}}, 0, 0, 9},
       "5 at 9, 1 buyers left",
       "d, surplus on either side"},
      {"surplus on either side, the last ask paired is nearest",
       {{{12, 5}, {9, 1}}, {{6, 5}, {11, 1}}, 0, 0, 5},
       "5 at 6, 1 buyers left",
       "d, surplus on either side"},
      {"market orders only trade at the reference", {{}, {}, 5, 7, 42}, "5 at 42, 2 sellers left", "a"},
      {"and without one not at all", {{}, {}, 5, 7, 0}, "0 at 0, 2 sellers left", "no price"},
      {"market orders meet the limits of the others", {{}, {{8, 5}, {9, 5}}, 7, 0, 0}, "7 at 9, 3 sellers left", "a"},
      {"nothing crosses", {{{8, 5}}, {{9, 5}}, 0, 0, 8}, "0 at 0, 0 buyers left", "nothing crosses"},
      {"one side only", {{{8, 5}}, {}, 3, 0, 8}, "0 at 0, 3 buyers left", "nothing crosses"},
      {"nobody at all", {{}, {}, 0, 0, 8}, "0 at 0, 0 buyers left", "nothing crosses"},
      {"one price", {{{8, 5}}, {{8, 3}}}, "3 at 8, 2 buyers left", "a"},
  };
  for (const Row& row : rows) {
    const Literal expected = literally(row.call);
    EXPECT_EQ(text(expected.result), row.result) << row.what;
    EXPECT_EQ(expected.decided_by, row.rule) << row.what;
    EXPECT_EQ(text(one_pass(row.call)), row.result) << row.what;
    EXPECT_EQ(one_pass_over_book(row.call), expected.result) << row.what;
  }
}

TEST(Uncross, SumsBeyond64BitsAreExact) {
  const Uncross all = one_pass({{{10, kMax}, {9, kMax}, {8, kMax}}, {{7, kMax}, {8, kMax}}, kMax, kMax, 8});
  EXPECT_EQ(all, (Uncross{core::Price{9}, core::int128{kMax} * 3, 0, Side::buy}));
  const Uncross most = one_pass({{{8, kMax}}, {{8, 1}}, kMax, 0, 8});
  EXPECT_EQ(most, (Uncross{core::Price{8}, 1, core::int128{kMax} * 2 - 1, Side::buy}));
}

// ---- known defects of other engines ----

// rule: defect-auction-last-candidate
TEST(Uncross, KnownDefectTheLastCandidatePriceIsSkippedAndTheReferenceNeverUsed) {
  // Whichever way the candidates are walked, one of these has its answer at the end of the walk.
  EXPECT_EQ(text(one_pass({{{10, 4}, {11, 4}, {12, 4}}, {{12, 4}}})), "4 at 12, 0 buyers left");
  EXPECT_EQ(text(one_pass({{{10, 4}}, {{8, 4}, {9, 4}, {10, 4}}})), "4 at 8, 0 buyers left");
  EXPECT_EQ(text(one_pass({{{10, 9}}, {{9, 3}, {10, 3}}})), "6 at 10, 3 buyers left");
  EXPECT_EQ(text(one_pass({{{9, 3}, {10, 3}}, {{9, 9}}})), "6 at 9, 3 sellers left");
  EXPECT_EQ(text(one_pass({{{10, 5}}, {{10, 5}}})), "5 at 10, 0 buyers left");  // the only one is the last
  // The reference decides between limits, stands for itself between them, and prices what has no limit.
  EXPECT_EQ(text(one_pass({{{20, 5}}, {{10, 5}}, 0, 0, 9})), "5 at 10, 0 buyers left");
  EXPECT_EQ(text(one_pass({{{20, 5}}, {{10, 5}}, 0, 0, 21})), "5 at 20, 0 buyers left");
  EXPECT_EQ(text(one_pass({{{20, 5}}, {{10, 5}}, 0, 0, 13})), "5 at 13, 0 buyers left");
  EXPECT_EQ(text(one_pass({{}, {}, 5, 5, 13})), "5 at 13, 0 buyers left");
}

// ---- against the rules taken literally ----

class RandomCalls {
 public:
  explicit RandomCalls(std::uint64_t seed) : random_(seed) {}

  Call next() {
    span_ = random_.chance(1, 10) ? 1 : random_.between(2, 14);
    base_ = random_.chance(1, 20) ? kMax - span_ - 1 : random_.chance(1, 2) ? 1 : random_.between(1, 1'000'000);
    huge_ = random_.chance(1, 8);
    lots_max_ = random_.chance(1, 2) ? 3 : random_.chance(1, 2) ? 1 : 20;
    Call call;
    call.bids = side();
    call.asks = side();
    if (random_.chance(1, 3)) call.market_buys = lots();
    if (random_.chance(1, 3)) call.market_sells = random_.chance(1, 3) ? call.market_buys : lots();
    if (random_.chance(1, 12)) {
      call.bids.clear();
      call.asks.clear();
      call.market_buys = lots();
      call.market_sells = lots();
    }
    call.reference = reference();
    return call;
  }
  core::Random& random() { return random_; }

 private:
  std::int64_t lots() {
    if (huge_ && random_.chance(1, 2)) return kMax - random_.between(0, 1);
    return random_.between(1, lots_max_);
  }
  std::vector<Lots> side() {
    std::vector<Lots> levels;
    if (random_.chance(1, 10)) return levels;
    const bool dense = random_.chance(1, 2);
    for (std::int64_t price = base_; price < base_ + span_; ++price) {
      if (random_.chance(dense ? 2 : 1, 3)) levels.push_back({price, lots()});
    }
    return levels;
  }
  std::int64_t reference() {
    switch (random_.below(8)) {
      case 0:
        return 0;
      case 1:
        return random_.between(1, base_);  // below all
      case 2:
        return random_.chance(1, 2) ? kMax : base_ + span_;  // above all
      default:
        return random_.between(base_, base_ + span_ - 1);
    }
  }

  core::Random random_;
  std::int64_t span_ = 1, base_ = 1, lots_max_ = 1;
  bool huge_ = false;
};

// rule: auction-price
TEST(Uncross, OnePassIsTheRulesTakenLiterally) {
  const char* const wanted = std::getenv("EXCHANGE_UNCROSS_BOOKS");
  const std::uint64_t books = wanted != nullptr ? std::strtoull(wanted, nullptr, 10) : 1'000'000;
  std::map<std::string, std::uint64_t> seen;
  RandomCalls calls(1);
  for (std::uint64_t i = 0; i < books; ++i) {
    const Call call = calls.next();
    const Literal expected = literally(call);
    const Uncross result = one_pass(call);
    ASSERT_EQ(result, expected.result) << "book " << i << ": " << text(call) << "\n one pass:  " << text(result)
                                       << "\n literally: " << text(expected.result) << " by " << expected.decided_by;
    if (i % 16 == 0) {
      ASSERT_EQ(one_pass_over_book(call), expected.result) << "book " << i << ": " << text(call);
    }

    ++seen[expected.decided_by];
    const bool trades = !expected.result.price.is_zero();
    if (call.bids.empty() && call.asks.empty() && trades) ++seen["market orders only"];
    if (call.bids.size() == 1 && call.asks.size() == 1 && call.bids[0].price == call.asks[0].price) ++seen["one price"];
    if (call.bids.empty() != call.asks.empty()) ++seen["an empty side"];
    if (expected.result.paired > kMax) ++seen["beyond 64 bits"];
    if (trades && expected.result.price.value() == call.reference) ++seen["at the reference"];
    if (trades && call.market_buys > 0 && call.market_sells > 0) ++seen["market orders on both sides"];
    if (trades && expected.result.surplus == 0) ++seen["nothing left"];
  }
  if (books < 1'000'000) return;
  for (const char* const what :
       {"a", "b", "c, buyers left", "c, sellers left", "d", "d, surplus on either side", "e, no reference", "no price",
        "nothing crosses", "market orders only", "one price", "an empty side", "beyond 64 bits", "at the reference",
        "market orders on both sides", "nothing left"}) {
    EXPECT_GE(seen[what], 1'000u) << what;
  }
  EXPECT_EQ(seen["e, as near"], 0u) << "the reference price itself would have been nearer";
}

}  // namespace
}  // namespace matching
