#include "pkg/core/flat_index.h"

#include <gtest/gtest.h>

#include <map>
#include <unordered_map>
#include <vector>

#include "pkg/core/random.h"

namespace core {
namespace {

TEST(FlatIndex, EmptyHasNothing) {
  FlatIndex index;
  EXPECT_EQ(index.find(1), FlatIndex::kAbsent);
  EXPECT_EQ(index.find(0), FlatIndex::kAbsent);
  EXPECT_FALSE(index.erase(1));
  EXPECT_FALSE(index.erase(0));
  EXPECT_EQ(index.size(), 0u);
  EXPECT_TRUE(index.sorted().empty());
}

TEST(FlatIndex, HoldsExtremeKeysAndValues) {
  FlatIndex index;
  index.insert(~std::uint64_t{0}, ~std::uint32_t{0});
  index.insert(1, 1);
  EXPECT_EQ(index.find(~std::uint64_t{0}), ~std::uint32_t{0});
  EXPECT_EQ(index.find(1), 1u);
  EXPECT_EQ(index.find(2), FlatIndex::kAbsent);
  EXPECT_EQ(index.find(0), FlatIndex::kAbsent) << "a free place must not be taken for key zero";
}

TEST(FlatIndexDeathTest, ChecksItsRequirements) {
  FlatIndex index;
  index.insert(5, 1);
  EXPECT_DEATH(index.insert(5, 2), "the key is there already");
  EXPECT_DEATH(index.insert(0, 1), "CHECK failed");
  EXPECT_DEATH(index.insert(6, 0), "CHECK failed");
}

TEST(FlatIndex, ClearForgetsEverything) {
  FlatIndex index;
  for (std::uint32_t i = 1; i <= 100; ++i) index.insert(i, i);
  index.clear();
  EXPECT_EQ(index.size(), 0u);
  for (std::uint32_t i = 1; i <= 100; ++i) EXPECT_EQ(index.find(i), FlatIndex::kAbsent);
  index.insert(7, 70);
  EXPECT_EQ(index.find(7), 70u);
}

// Keys whose homes collide: multiples of the inverse of the hash's factor have the low homes one after the other, so a
// step back over the end of the table and long runs both occur.
std::uint64_t key_with_product(std::uint64_t product) { return product * 0xF1DE83E19937733Dull; }

TEST(FlatIndex, InverseIsRight) { ASSERT_EQ(key_with_product(1) * 0x9E3779B97F4A7C15ull, 1u); }

struct Workload {
  const char* name;
  std::uint64_t seed;
  std::size_t keys;  // drawn from this many
  std::uint64_t (*key)(std::uint64_t);
};

TEST(FlatIndex, AgreesWithUnorderedMap) {
  const Workload workloads[] = {
      {"few keys, always near empty", 1, 5, [](std::uint64_t i) { return i + 1; }},
      {"counters", 2, 2'000, [](std::uint64_t i) { return (std::uint64_t{3} << 40) + i; }},
      {"one home for all", 3, 40, [](std::uint64_t i) { return key_with_product(i + 1); }},
      {"homes at the end of the table", 4, 40, [](std::uint64_t i) { return key_with_product(~std::uint64_t{0} - i); }},
      {"neighbouring homes", 5, 60, [](std::uint64_t i) { return key_with_product((i / 3 << 60) + i + 1); }},
      {"scattered", 6, 50'000, [](std::uint64_t i) -> std::uint64_t { return (i + 1) * 0xD1342543DE82EF95; }},
  };
  for (const Workload& workload : workloads) {
    SCOPED_TRACE(workload.name);
    Random random(workload.seed);
    FlatIndex index;
    std::unordered_map<std::uint64_t, std::uint32_t> model;
    for (int i = 0; i < 200'000; ++i) {
      const std::uint64_t key = workload.key(random.below(workload.keys));
      const auto it = model.find(key);
      ASSERT_EQ(index.find(key), it == model.end() ? FlatIndex::kAbsent : it->second);
      // Swings between filling up and emptying.
      const bool filling = (i / 5'000) % 2 == 0;
      if (it == model.end() && random.chance(filling ? 3 : 1, 4)) {
        const auto value = static_cast<std::uint32_t>(random.between(1, 1'000'000));
        index.insert(key, value);
        model.emplace(key, value);
      } else if (random.chance(filling ? 1 : 3, 4)) {
        ASSERT_EQ(index.erase(key), model.erase(key) == 1);
      }
      ASSERT_EQ(index.size(), model.size());
      if (i % 10'000 == 0) {
        const std::map<std::uint64_t, std::uint32_t> ordered(model.begin(), model.end());
        const decltype(index.sorted()) expected(ordered.begin(), ordered.end());
        ASSERT_EQ(index.sorted(), expected);
      }
    }
    for (const auto& [key, value] : model) ASSERT_EQ(index.find(key), value);
  }
}

TEST(FlatIndex, GrowsFromReservedOrNotToTheSameContent) {
  FlatIndex grown, reserved;
  reserved.reserve(100'000);
  for (std::uint32_t i = 1; i <= 100'000; ++i) {
    grown.insert(i * 7ull, i);
    reserved.insert(i * 7ull, i);
  }
  reserved.reserve(10);  // never shrinks
  EXPECT_EQ(grown.sorted(), reserved.sorted());
  for (std::uint32_t i = 1; i <= 100'000; ++i) ASSERT_EQ(grown.find(i * 7ull), i);
}

}  // namespace
}  // namespace core
