// What is saved is loaded, and damaged bytes are refused instead of believed.
#include <gtest/gtest.h>

#include "pkg/core/random.h"
#include "services/matching/matching.h"
#include "services/matching/random_commands.h"

namespace matching {
namespace {

core::Bytes saved(const Matching& matching) {
  core::Bytes bytes;
  core::ByteWriter writer(bytes);
  matching.save(writer);
  return bytes;
}

// A fold after some random commands, and the maker to go on with.
struct Driven {
  explicit Driven(std::uint64_t seed) : random(seed), maker(random, 60, 30) {
    for (const AnyCommand& command : maker.listings()) apply(matching, command);
  }
  void drive(int commands) {
    for (int i = 0; i < commands; ++i) {
      apply(matching, maker.next(matching.resting_orders(), matching.waiting_orders()));
      maker.learn(reports);
    }
  }
  void apply(Matching& to, const AnyCommand& command) {
    reports.clear();
    events.clear();
    std::visit([&](const auto& it) { to.apply(it, {reports, events}); }, command);
  }
  core::Random random;
  CommandMaker<core::Random> maker;
  Matching matching;
  std::vector<Report> reports;
  std::vector<MarketEvent> events;
};

// rule: same-commands-same-ends
TEST(BookCodec, ALoadedFoldGoesOnLikeTheSavedOne) {
  Driven driven(3);
  driven.drive(3'000);
  ASSERT_GT(driven.matching.waiting_orders(), 10u);
  Matching loaded;
  const core::Bytes bytes = saved(driven.matching);
  core::ByteReader reader(bytes);
  ASSERT_TRUE(loaded.load(reader).has_value());
  EXPECT_TRUE(reader.complete());
  for (int i = 0; i < 3'000; ++i) {
    const AnyCommand command = driven.maker.next(driven.matching.resting_orders(), driven.matching.waiting_orders());
    driven.apply(loaded, command);
    const std::vector<Report> reports = driven.reports;
    const std::vector<MarketEvent> events = driven.events;
    driven.apply(driven.matching, command);
    ASSERT_EQ(driven.reports, reports);  // handles included
    ASSERT_EQ(driven.events, events);
    driven.maker.learn(reports);
  }
  EXPECT_EQ(loaded.state_hash(), driven.matching.state_hash());
  EXPECT_EQ(saved(loaded), saved(driven.matching));
}

TEST(BookCodec, TheHashTellsContentNotSlots) {
  const auto place = [](Matching& matching, std::uint64_t order) {
    std::vector<Report> reports;
    std::vector<MarketEvent> events;
    matching.apply(NewOrder{.order = core::OrderId{order},
                            .account = core::AccountId{5},
                            .market = core::MarketId{1},
                            .price = core::Price{100},
                            .quantity = core::Quantity{1},
                            .quote_quantity = {},
                            .budget = {}},
                   {reports, events});
    return reports.front().handle;
  };
  const auto fresh = [](Matching& matching) {
    instruments::Market market;
    market.id = core::MarketId{1};
    market.lot_units = market.tick_lot_units = core::Amount{1};
    std::vector<Report> reports;
    std::vector<MarketEvent> events;
    matching.apply(ConfigureMarket{market}, {reports, events});
  };
  const auto cancel = [](Matching& matching, std::uint64_t order, Handle handle) {
    std::vector<Report> reports;
    std::vector<MarketEvent> events;
    matching.apply(CancelOrder{.order = core::OrderId{order}, .market = core::MarketId{1}, .handle = handle},
                   {reports, events});
  };
  Matching a, b;
  fresh(a);
  fresh(b);
  // Order 3 rests alone in both, in the first slot of one and the second of the other, after as many events.
  const Handle first = place(a, 1);
  cancel(a, 1, first);
  const Handle second = place(a, 2);
  cancel(a, 2, second);
  EXPECT_EQ(place(a, 3), 1u);
  const Handle one = place(b, 1), two = place(b, 2);
  cancel(b, 1, one);
  cancel(b, 2, two);
  EXPECT_EQ(place(b, 3), 2u);
  EXPECT_EQ(a.state_hash(), b.state_hash());
  place(b, 4);
  EXPECT_NE(a.state_hash(), b.state_hash());
}

TEST(BookCodec, AnyCutIsRefused) {
  Driven driven(4);
  driven.drive(300);
  const core::Bytes bytes = saved(driven.matching);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    Matching loaded;
    core::ByteReader reader(core::BytesView(bytes).first(size));
    ASSERT_FALSE(loaded.load(reader).has_value()) << size << " of " << bytes.size();
    EXPECT_EQ(loaded.resting_orders() + loaded.waiting_orders(), 0u);
  }
}

TEST(BookCodec, ADamagedByteIsRefusedOrGivesASoundBook) {
  Driven driven(5);
  driven.drive(400);
  core::Bytes bytes = saved(driven.matching);
  std::size_t refused = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const std::byte right = bytes[i];
    bytes[i] ^= std::byte{static_cast<unsigned char>(1 + driven.random.below(255))};
    Matching loaded;
    core::ByteReader reader(bytes);
    const bool accepted = loaded.load(reader).has_value();
    refused += !accepted;
    if (accepted) {
      ASSERT_TRUE(loaded.audit().has_value());
      ASSERT_NE(loaded.state_hash(), driven.matching.state_hash()) << "the hash does not see byte " << i;
    }
    bytes[i] = right;
  }
  EXPECT_GT(refused, bytes.size() / 10);
}

}  // namespace
}  // namespace matching
