// The codecs of all commands; layouts are in docs/formats/records.md.
#include "services/engine/command.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "services/engine/command_samples.h"

namespace engine {
namespace {

constexpr std::size_t kTypeCount = std::variant_size_v<Command>;

core::RecordHeader header() {
  core::RecordHeader out;
  out.sender = core::SenderId{3};
  out.epoch = core::Epoch{4};
  out.sequence = core::Sequence{5};
  out.time = core::Time{6};
  return out;
}

core::Bytes encoded(const Command& command) {
  core::Bytes bytes;
  encode(header(), command, bytes);
  return bytes;
}

core::Record taken(core::BytesView bytes) {
  const auto record = core::take_record(bytes);
  EXPECT_TRUE(record.has_value());
  EXPECT_TRUE(bytes.empty());
  return *record;
}

std::string hex(core::BytesView bytes) {
  std::string out;
  for (const std::byte byte : bytes) {
    out += "0123456789abcdef"[static_cast<unsigned>(byte) >> 4];
    out += "0123456789abcdef"[static_cast<unsigned>(byte) & 15];
  }
  return out;
}

TEST(Command, EveryTypeComesBackAsItWas) {
  core::Random random(1);
  for (std::size_t type = 0; type < kTypeCount; ++type) {
    for (int i = 0; i < 2'000; ++i) {
      const Command command = samples::random_command(random, type);
      const core::Bytes bytes = encoded(command);
      const core::Record record = taken(bytes);
      EXPECT_EQ(record.header.type, static_cast<std::uint16_t>(type_of(command)));
      EXPECT_EQ(record.header.sequence, core::Sequence{5});
      const auto decoded = decode(record);
      ASSERT_TRUE(decoded) << name(type_of(command)) << ": " << decoded.error().text();
      ASSERT_TRUE(samples::same(*decoded, command)) << name(type_of(command));
    }
  }
}

TEST(Command, TypesAndNamesAreDistinct) {
  core::Random random(2);
  std::vector<RecordType> types;
  std::vector<std::string_view> names;
  for (std::size_t type = 0; type < kTypeCount; ++type) {
    types.push_back(type_of(samples::random_command(random, type)));
    names.push_back(name(types.back()));
  }
  std::ranges::sort(types);
  std::ranges::sort(names);
  EXPECT_EQ(std::ranges::adjacent_find(types), types.end());
  EXPECT_EQ(std::ranges::adjacent_find(names), names.end());
  EXPECT_EQ(name(RecordType{999}), "unknown");
}

// An enumerator or a flag out of range must not get into a fold, and what decodes has exactly one encoding.
void expect_refused_or_canonical(const core::Record& record) {
  const auto decoded = decode(record);
  if (!decoded) {
    EXPECT_TRUE(decoded.error().kind == core::ErrorKind::corrupt ||
                decoded.error().kind == core::ErrorKind::unsupported);
    return;
  }
  const core::Bytes again = encoded(*decoded);
  EXPECT_EQ(hex(taken(again).body), hex(record.body));
}

TEST(Command, NoTruncationAndNoFlippedBitGetsThroughWrong) {
  core::Random random(3);
  for (std::size_t type = 0; type < kTypeCount; ++type) {
    for (int i = 0; i < 5; ++i) {
      const core::Bytes bytes = encoded(samples::random_command(random, type));
      core::Record record = taken(bytes);
      const core::Bytes body(record.body.begin(), record.body.end());
      for (std::size_t size = 0; size < body.size(); ++size) {
        record.body = core::BytesView(body).first(size);
        EXPECT_FALSE(decode(record)) << name(static_cast<RecordType>(record.header.type)) << " cut to " << size;
      }
      core::Bytes longer = body;
      longer.push_back(std::byte{0});
      record.body = longer;
      EXPECT_FALSE(decode(record));
      for (std::size_t bit = 0; bit < body.size() * 8; ++bit) {
        core::Bytes flipped = body;
        flipped[bit / 8] ^= std::byte{1} << (bit % 8);
        record.body = flipped;
        expect_refused_or_canonical(record);
      }
    }
  }
}

TEST(Command, OtherTypesAndVersionsAreUnsupported) {
  const core::Bytes bytes = encoded(Checkpoint{1});
  core::Record record = taken(bytes);
  record.header.version = 2;
  EXPECT_EQ(decode(record).error().kind, core::ErrorKind::unsupported);
  record.header.version = 1;
  for (const int type : {0, 3, 9, 46, 65535}) {
    record.header.type = static_cast<std::uint16_t>(type);
    EXPECT_EQ(decode(record).error().kind, core::ErrorKind::unsupported) << type;
  }
}

orders::PlaceOrder sample_order() {
  orders::PlaceOrder order;
  order.account = core::AccountId{1001};
  order.market = core::MarketId{2};
  order.side = orders::Side::sell;
  order.type = orders::OrderType::limit_maker;
  order.time_in_force = orders::TimeInForce::ioc;
  order.self_trade = orders::SelfTrade::decrement;
  order.price = core::Price{0x0102'0304};
  order.quantity = core::Quantity{0x0506};
  return order;
}

TEST(Command, EnumeratorsOutOfRangeAreRefused) {
  const core::Bytes bytes = encoded(sample_order());
  core::Record record = taken(bytes);
  struct Row {
    std::size_t at;  // side, type, time in force, self trade
    int accepted_first, accepted_last;
  };
  for (const Row& row : {Row{8, 0, 1}, Row{9, 1, 4}, Row{10, 1, 3}, Row{11, 0, 4}}) {
    for (int value = 0; value < 256; ++value) {
      core::Bytes body(record.body.begin(), record.body.end());
      body[row.at] = static_cast<std::byte>(value);
      core::Record changed{record.header, body};
      EXPECT_EQ(decode(changed).has_value(), value >= row.accepted_first && value <= row.accepted_last)
          << row.at << " " << value;
    }
  }
}

TEST(Command, OptionalBlocksOfAnOrder) {
  orders::PlaceOrder order = sample_order();
  const core::Bytes plain = encoded(order);
  EXPECT_EQ(taken(plain).body.size(), 30u);  // the size that hashing and writing of almost all records depends on
  order.quote_quantity = core::Amount{77};
  const core::Bytes with_block = encoded(order);
  EXPECT_EQ(taken(with_block).body.size(), 30u + 1 + 16);

  const core::Record record = taken(with_block);
  const auto decoded_with = [&](auto change) {
    core::Bytes body(record.body.begin(), record.body.end());
    change(body);
    return decode(core::Record{record.header, body});
  };
  constexpr std::size_t kCount = 29, kTag = 30, kValue = 31;
  EXPECT_TRUE(decoded_with([](auto&) {}));
  EXPECT_EQ(decoded_with([](auto& body) { body[kTag] = std::byte{99}; }).error().kind, core::ErrorKind::unsupported);
  EXPECT_EQ(decoded_with([](auto& body) { body[kTag] = std::byte{0}; }).error().kind, core::ErrorKind::corrupt);
  EXPECT_EQ(decoded_with([](auto& body) { body[kCount] = std::byte{0}; }).error().kind, core::ErrorKind::corrupt);
  EXPECT_EQ(decoded_with([](auto& body) { body[kValue] = std::byte{0}; }).error().kind,
            core::ErrorKind::corrupt);  // zero
  const auto twice = decoded_with([](auto& body) {
    body[kCount] = std::byte{2};
    const core::Bytes block(body.begin() + kTag, body.end());
    body.insert(body.end(), block.begin(), block.end());
  });
  EXPECT_EQ(twice.error().kind, core::ErrorKind::corrupt);
}

TEST(Command, TheConditionOfAnOrderIsABlock) {
  orders::PlaceOrder order = sample_order();
  order.condition = {orders::Trigger::stop, orders::TriggerSource::last, 0, core::Price{1}};
  const core::Bytes bytes = encoded(order);
  const core::Record record = taken(bytes);
  constexpr std::size_t kTrigger = 31, kSource = 32, kDelta = 33, kPrice = 35;
  ASSERT_EQ(record.body.size(), kPrice + 8);
  const auto decoded_with = [&](std::vector<std::pair<std::size_t, int>> changes) {
    core::Bytes body(record.body.begin(), record.body.end());
    for (const auto& [at, value] : changes) body[at] = static_cast<std::byte>(value);
    return decode(core::Record{record.header, body});
  };
  EXPECT_EQ(std::get<orders::PlaceOrder>(*decoded_with({})).condition, order.condition);
  EXPECT_EQ(decoded_with({{kTrigger, 3}}).error().kind, core::ErrorKind::corrupt);
  EXPECT_EQ(decoded_with({{kSource, 0}}).error().kind, core::ErrorKind::corrupt);
  EXPECT_EQ(decoded_with({{kSource, 2}}).error().kind, core::ErrorKind::corrupt);
  // Nothing to wait for is written as no block. What makes no sense is the fold's to reject, so it is kept.
  EXPECT_EQ(decoded_with({{kTrigger, 0}, {kPrice, 0}}).error().kind, core::ErrorKind::corrupt);
  EXPECT_TRUE(decoded_with({{kTrigger, 0}, {kDelta, 1}, {kPrice, 0}}).has_value());
  order.quote_quantity = core::Amount{77};
  const core::Bytes both = encoded(order);
  EXPECT_EQ(std::get<orders::PlaceOrder>(*decode(taken(both))).condition, order.condition);
}

TEST(Command, PeakFlagsAndMinimumAreBlocks) {
  orders::PlaceOrder order = sample_order();
  order.peak = {core::Quantity{5}, core::Quantity{2}, 9};
  order.slides = true;
  order.minimum = core::Quantity{3};
  const core::Bytes bytes = encoded(order);
  const core::Record record = taken(bytes);
  constexpr std::size_t kSize = 31, kSpread = 39, kSeed = 47, kFlags = 56, kMinimum = 58;
  ASSERT_EQ(record.body.size(), kMinimum + 8);
  const auto decoded_with = [&](std::vector<std::pair<std::size_t, int>> changes) {
    core::Bytes body(record.body.begin(), record.body.end());
    for (const auto& [at, value] : changes) body[at] = static_cast<std::byte>(value);
    return decode(core::Record{record.header, body});
  };
  const auto same = std::get<orders::PlaceOrder>(*decoded_with({}));
  EXPECT_EQ(same.peak, order.peak);
  EXPECT_EQ(same.minimum, order.minimum);
  EXPECT_TRUE(same.slides && !same.reduce_only);
  EXPECT_TRUE(std::get<orders::PlaceOrder>(*decoded_with({{kFlags, 2}})).reduce_only);
  // What makes no sense is the fold's to reject; what is the default is written as no block, and there are two flags.
  EXPECT_TRUE(decoded_with({{kSpread, 50}}).has_value());
  EXPECT_EQ(decoded_with({{kSize, 0}, {kSpread, 0}, {kSeed, 0}}).error().kind, core::ErrorKind::corrupt);
  EXPECT_EQ(decoded_with({{kFlags, 0}}).error().kind, core::ErrorKind::corrupt);
  EXPECT_EQ(decoded_with({{kFlags, 4}}).error().kind, core::ErrorKind::corrupt);
  EXPECT_EQ(decoded_with({{kMinimum, 0}}).error().kind, core::ErrorKind::corrupt);
}

// ---- golden bytes: whoever changes a layout changes a version, not these ----

instruments::AddMarket sample_market() {
  instruments::Market market;
  market.symbol = core::Symbol("BTCUSDT");
  market.base = core::AssetId{1};
  market.quote = core::AssetId{4};
  market.tick_mantissa = 5;
  market.lot_mantissa = 6;
  market.price_decimals = 3;
  market.quantity_decimals = 4;
  market.price_min = core::Price{7};
  market.price_max = core::Price{8};
  market.quantity_min = core::Quantity{9};
  market.quantity_max = core::Quantity{10};
  market.market_quantity_min = core::Quantity{11};
  market.market_quantity_max = core::Quantity{12};
  market.notional_min = core::Amount{13};
  market.notional_max = core::Amount{14};
  market.band = {15, 16, 17, 18};
  market.maker_fee = core::FeeRate{19};
  market.taker_fee = core::FeeRate{20};
  market.open_orders_max = 21;
  return {market};
}

orders::CancelOrder sample_cancel() {
  orders::CancelOrder cancel;
  cancel.account = core::AccountId{1001};
  cancel.market = core::MarketId{2};
  cancel.target = {core::OrderId{0x0A0B}, core::ClientOrderId("abc")};
  cancel.restriction = orders::CancelRestriction::only_partially_filled;
  cancel.cancel_id = core::ClientOrderId("de");
  return cancel;
}

orders::PlaceOrder sample_order_with_all() {
  orders::PlaceOrder order = sample_order();
  order.client_order_id = core::ClientOrderId("my-1");
  order.quote_quantity = core::Amount{0x1234};
  return order;
}

orders::PlaceOrder sample_conditional_order() {
  orders::PlaceOrder order = sample_order();
  order.condition = {orders::Trigger::take_profit, orders::TriggerSource::last, 50, core::Price{0x0708}};
  return order;
}

orders::PlaceOrder sample_iceberg_order() {
  orders::PlaceOrder order = sample_order();
  order.peak = {core::Quantity{5}, core::Quantity{2}, 0x090A};
  order.slides = order.reduce_only = true;
  order.minimum = core::Quantity{3};
  return order;
}

TEST(Command, GoldenBytes) {
  struct Row {
    Command command;
    std::string body;
  };
  const Row rows[] = {
      {Checkpoint{0x0102030405060708}, "0807060504030201"},
      {Started{core::Epoch{9}}, "09000000"},
      {instruments::AddAsset{core::Symbol("BTC"), 8, core::Amount{0x0102}},
       "034254430802010000000000000000000000000000"},
      {sample_market(),
       "074254435553445401000000040000000500000000000000060000000000000003040700000000000000080000"
       "000000000009000000000000000a000000000000000b000000000000000c000000000000000d00000000000000"
       "00000000000000000e0000000000000000000000000000000f0000001000000011000000120000001300000014"
       "00000015000000"},
      {instruments::SetMarketState{core::MarketId{3}, instruments::MarketState::halted}, "0300000002"},
      {instruments::SetMarketState{core::MarketId{3}, instruments::MarketState::closed}, "0300000009"},
      {instruments::SetMarketAuctions{core::MarketId{3}, true}, "0300000001"},
      {instruments::SetMarketAllocation{core::MarketId{3},
                                        {instruments::AllocationKind::pro_rata, true, core::Quantity{7}}},
       "0300000001010700000000000000"},
      {instruments::SetMarketRanges{
           core::MarketId{3}, {0x0102, 0x0304, instruments::RangeOutcome::auction}, core::Price{5}},
       "0300000002010403010500000000000000"},
      {ledger::OpenAccount{ledger::AccountName("alice")}, "05616c696365"},
      {ledger::Deposit{core::AccountId{1000}, core::AssetId{2}, core::Amount{0x0304}, core::ShortText<40>("tx-1")},
       "e803000002000000040300000000000000000000000000000474782d31"},
      {fees::SetAccountFees{core::AccountId{1000}, true, {core::FeeRate{5}, core::FeeRate{6}}},
       "e8030000010500000006000000"},
      {sample_order(), "e90300000200000001040204040302010000000006050000000000000000"},
      {sample_order_with_all(),
       "e9030000020000000104020404030201000000000605000000000000046d792d31010134120000000000000000"
       "000000000000"},
      {sample_conditional_order(),
       "e9030000020000000104020404030201000000000605000000000000000102020132000807000000000000"},
      {sample_iceberg_order(),
       "e9030000020000000104020404030201000000000605000000000000000303050000000000000002000000000000000a090000000000000"
       "403"
       "050300000000000000"},
      {sample_cancel(), "e9030000020000000b0a0000000000000361626302026465"},
      {orders::CancelAll{core::AccountId{1001}, core::MarketId{2}}, "e903000002000000"},
      {orders::CancelReplace{sample_cancel(), sample_order_with_all(), orders::ReplaceMode::allow_failure},
       "01e9030000020000000b0a0000000000000361626302026465e903000002000000010402040403020100000000"
       "0605000000000000046d792d31010134120000000000000000000000000000"},
      {orders::MoveOrder{core::AccountId{1001}, core::MarketId{2}, {core::OrderId{3}, {}}, core::Price{4}},
       "e9030000020000000300000000000000000400000000000000"},
      {orders::ReduceOrder{core::AccountId{1001},
                           core::MarketId{2},
                           {core::OrderId{3}, {}},
                           core::Quantity{5},
                           core::Quantity{6},
                           core::ClientOrderId("new")},
       "e90300000200000003000000000000000005000000000000000600000000000000036e6577"},
  };
  std::vector<bool> seen(kTypeCount, false);
  for (const Row& row : rows) {
    seen[row.command.index()] = true;
    const core::Bytes bytes = encoded(row.command);
    EXPECT_EQ(hex(taken(bytes).body), row.body) << name(type_of(row.command));
  }
  EXPECT_EQ(std::ranges::count(seen, false), 0) << "a type of record without golden bytes";
}

TEST(Command, GoldenRecordWithItsHeader) {
  core::RecordHeader full = header();
  full.causation = 7;
  full.received_at_ns = 8;
  core::Bytes bytes;
  encode(full, Started{core::Epoch{9}}, bytes);
  EXPECT_EQ(hex(core::BytesView(bytes).first(48)),
            "38000000"
            "0200"
            "01"
            "00"
            "03000000"
            "04000000"
            "0500000000000000"
            "0600000000000000"
            "0700000000000000"
            "0800000000000000");
  EXPECT_EQ(hex(core::BytesView(bytes).subspan(52)), "09000000");
}

}  // namespace
}  // namespace engine
