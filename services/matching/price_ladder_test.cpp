// The ladder against std::map, on keys near and far.
#include "services/matching/price_ladder.h"

#include <gtest/gtest.h>

#include <map>

#include "pkg/core/random.h"

namespace matching {
namespace {

struct Value {
  std::uint64_t number = 0;
};

class Checked {
 public:
  explicit Checked(PriceLadders<Value>& ladders) : ladders_(ladders) {}

  void set(std::uint64_t key, std::uint64_t number) {
    const PageIndex page = ladders_.page_for(root_, key);
    ladders_.level(page, key).number = number;
    ladders_.occupy(page, key);
    model_[key] = number;
  }
  void remove(std::uint64_t key) {
    const PageIndex page = ladders_.find_page(root_, key);
    ASSERT_NE(page, 0u);
    ladders_.level(page, key).number = 0;
    ladders_.vacate(root_, page, key);
    model_.erase(key);
  }
  void compare() const {
    ASSERT_TRUE(ladders_.consistent(root_));
    auto expected = model_.begin();
    for (auto at = ladders_.first(root_); at.page != 0; at = ladders_.next(at.page, at.key), ++expected) {
      ASSERT_NE(expected, model_.end());
      ASSERT_EQ(at.key, expected->first);
      ASSERT_EQ(ladders_.level(at.page, at.key).number, expected->second);
      ASSERT_EQ(ladders_.find_page(root_, at.key), at.page);
      ASSERT_TRUE(ladders_.occupied(at.page, at.key));
    }
    ASSERT_EQ(expected, model_.end());
  }
  [[nodiscard]] const std::map<std::uint64_t, std::uint64_t>& model() const { return model_; }

 private:
  PriceLadders<Value>& ladders_;
  Ladder root_;
  std::map<std::uint64_t, std::uint64_t> model_;
};

std::uint64_t any_key(core::Random& random) {
  switch (random.below(5)) {
    case 0:
      return random.next();
    case 1:
      return random.next() >> random.below(64);
    case 2:
      return ~(random.next() >> random.below(64));
    case 3:
      return 1'000'000 + random.below(10'000);
    default:
      return 1'000'000 + random.below(100);
  }
}

TEST(PriceLadder, BehavesLikeASortedMapAndGivesBackWhatItTook) {
  core::Random random(11);
  PriceLadders<Value> ladders;
  Checked ladder[3] = {Checked(ladders), Checked(ladders), Checked(ladders)};
  for (int i = 0; i < 60'000; ++i) {
    Checked& one = ladder[random.below(3)];
    const bool shrink = i / 5'000 % 2 == 1;
    if (one.model().empty() || !random.chance(shrink ? 2 : 1, 3)) {
      one.set(any_key(random), random.next() | 1);
    } else {
      const auto at = one.model().lower_bound(any_key(random));
      one.remove(at != one.model().end() ? at->first : one.model().begin()->first);
    }
    if (i % 200 == 0) {
      ASSERT_NO_FATAL_FAILURE(one.compare());
    }
  }
  for (Checked& one : ladder) {
    while (!one.model().empty()) one.remove(one.model().begin()->first);
    one.compare();
  }
  EXPECT_EQ(ladders.pages_in_use(), 0u);
  EXPECT_EQ(ladders.nodes_in_use(), 0u);
}

TEST(PriceLadder, NeighboursNeedOnePageAndNoNode) {
  PriceLadders<Value> ladders;
  Checked ladder(ladders);
  for (std::uint64_t key = 640; key < 704; ++key) ladder.set(key, key);
  EXPECT_EQ(ladders.pages_in_use(), 1u);
  EXPECT_EQ(ladders.nodes_in_use(), 0u);
  ladder.set(704, 1);
  EXPECT_EQ(ladders.pages_in_use(), 2u);
  EXPECT_EQ(ladders.nodes_in_use(), 1u);
  ladder.remove(704);  // and the tree is as low again
  EXPECT_EQ(ladders.pages_in_use(), 1u);
  EXPECT_EQ(ladders.nodes_in_use(), 0u);
  ladder.compare();
}

TEST(PriceLadder, TheWholeRangeOfKeysFits) {
  PriceLadders<Value> ladders;
  Checked ladder(ladders);
  for (unsigned bit = 0; bit < 64; ++bit) {
    ladder.set(std::uint64_t{1} << bit, bit + 1);
    ladder.set(~(std::uint64_t{1} << bit), bit + 1);
  }
  ladder.set(0, 5);
  ladder.set(UINT64_MAX, 6);
  ladder.compare();
}

}  // namespace
}  // namespace matching
