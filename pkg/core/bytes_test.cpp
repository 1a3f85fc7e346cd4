#include "pkg/core/bytes.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>

#include "pkg/core/ids.h"
#include "pkg/core/numbers.h"
#include "pkg/core/random.h"
#include "pkg/core/short_text.h"

namespace core {
namespace {

enum class Colour : std::uint8_t { red = 1, blue = 2 };

Bytes one_of_each() {
  Bytes bytes;
  ByteWriter out(bytes);
  out.put(std::uint8_t{0xAB});
  out.put(std::int16_t{-2});
  out.put(std::uint32_t{0x01020304});
  out.put(std::int64_t{-3});
  out.put(static_cast<int128>(-1) << 100);
  out.put(Colour::blue);
  out.put(Price{42});
  out.put(Amount{-43});
  out.put(OrderId{44});
  out.put(Time{45});
  out.put_text("text");
  out.put_raw(as_bytes("raw"));
  return bytes;
}

TEST(ByteWriter, IsLittleEndianWithoutPadding) {
  Bytes bytes;
  ByteWriter out(bytes);
  out.put(std::uint8_t{1});
  out.put(std::uint32_t{0x05040302});
  out.put_text("ab");
  out.put(MarketId{0x0A090807});
  const std::string_view expected(
      "\x01\x02\x03\x04\x05\x02\x00"
      "ab"
      "\x07\x08\x09\x0A",
      13);
  EXPECT_EQ(as_text(bytes), expected);
  EXPECT_EQ(out.size(), expected.size());
}

TEST(ByteReader, ReadsBackWhatWasWritten) {
  const Bytes bytes = one_of_each();
  ByteReader in(bytes);
  EXPECT_EQ(in.get<std::uint8_t>(), 0xAB);
  EXPECT_EQ(in.get<std::int16_t>(), -2);
  EXPECT_EQ(in.get<std::uint32_t>(), 0x01020304u);
  EXPECT_EQ(in.get<std::int64_t>(), -3);
  EXPECT_TRUE(in.get<int128>() == static_cast<int128>(-1) << 100);
  EXPECT_EQ(in.get<Colour>(), Colour::blue);
  EXPECT_EQ(in.get<Price>(), Price{42});
  Amount amount;
  in.get(amount);
  EXPECT_EQ(amount, Amount{-43});
  EXPECT_EQ(in.get<OrderId>(), OrderId{44});
  EXPECT_EQ(in.get<Time>(), Time{45});
  EXPECT_EQ(in.get_text(), "text");
  EXPECT_FALSE(in.complete());
  EXPECT_EQ(in.remaining(), 3u);
  EXPECT_EQ(as_text(in.get_raw(3)), "raw");
  EXPECT_TRUE(in.complete());
}

// The bytes lie in an allocation of exactly their size, so that the address sanitizer sees any step outside.
class Exact {
 public:
  explicit Exact(BytesView bytes) : size_(bytes.size()), data_(std::make_unique<std::byte[]>(bytes.size())) {
    std::copy(bytes.begin(), bytes.end(), data_.get());
  }
  [[nodiscard]] BytesView view() const { return {data_.get(), size_}; }

 private:
  std::size_t size_;
  std::unique_ptr<std::byte[]> data_;
};

void read_one_of_each(ByteReader& in) {
  (void)in.get<std::uint8_t>();
  (void)in.get<std::int16_t>();
  (void)in.get<std::uint32_t>();
  (void)in.get<std::int64_t>();
  (void)in.get<int128>();
  (void)in.get<Colour>();
  (void)in.get<Price>();
  (void)in.get<Amount>();
  (void)in.get<OrderId>();
  (void)in.get<Time>();
  (void)in.get_text();
  (void)in.get_raw(3);
}

TEST(ByteReader, FailsOnEveryCutAndOnlyThere) {
  const Bytes bytes = one_of_each();
  for (std::size_t size = 0; size <= bytes.size(); ++size) {
    const Exact cut(BytesView(bytes).first(size));
    ByteReader in(cut.view());
    read_one_of_each(in);
    EXPECT_EQ(in.ok(), size == bytes.size()) << size;
    EXPECT_EQ(in.complete(), size == bytes.size()) << size;
  }
}

TEST(ByteReader, StaysFailedAndReadsZeros) {
  const Bytes bytes = {std::byte{7}, std::byte{8}};
  ByteReader in(bytes);
  EXPECT_EQ(in.get<std::uint32_t>(), 0u);
  EXPECT_FALSE(in.ok());
  EXPECT_EQ(in.get<std::uint8_t>(), 0) << "what is there is not read after a failure";
  EXPECT_EQ(in.remaining(), 0u);
  EXPECT_TRUE(in.get_text().empty());
  EXPECT_TRUE(in.get_raw(0).empty());
  EXPECT_FALSE(in.complete());
}

TEST(ByteReader, LengthsFromOutsideAreNotTrusted) {
  Bytes bytes;
  ByteWriter out(bytes);
  out.put(std::uint16_t{0xFFFF});  // announces a text of 65535 bytes
  out.put_raw(as_bytes("abc"));
  const Exact exact(bytes);
  ByteReader text(exact.view());
  EXPECT_TRUE(text.get_text().empty());
  EXPECT_FALSE(text.ok());
  ByteReader raw(exact.view());
  (void)raw.get<std::uint8_t>();
  EXPECT_TRUE(raw.get_raw(~std::size_t{0}).empty()) << "sums of positions and lengths must not wrap";
  EXPECT_FALSE(raw.ok());
}

TEST(ByteReader, AnythingCanBeReadFromAnything) {
  Random random(3);
  for (int i = 0; i < 20'000; ++i) {
    Bytes bytes(random.below(96));
    for (auto& b : bytes) b = static_cast<std::byte>(random.next());
    const Exact exact(bytes);
    ByteReader in(exact.view());
    read_one_of_each(in);
    EXPECT_EQ(in.complete(), in.ok() && in.remaining() == 0);
  }
}

TEST(ByteWriterDeathTest, RefusesTextsTheFormatCannotHold) {
  Bytes bytes;
  ByteWriter out(bytes);
  out.put_text(std::string(0xFFFF, 'x'));
  EXPECT_DEATH(out.put_text(std::string(0x10000, 'x')), "CHECK failed");
}

TEST(ShortText, ComparesByContent) {
  EXPECT_EQ(Symbol("BTCUSDT"), Symbol(std::string("BTCUSDT")));
  EXPECT_NE(Symbol("BTCUSDT"), Symbol("BTCUSD"));
  EXPECT_LT(Symbol("AAA"), Symbol("AAB"));
  EXPECT_LT(Symbol("AA"), Symbol("AAA"));
  EXPECT_TRUE(Symbol().empty());
  EXPECT_EQ(Symbol("").view(), "");
  EXPECT_EQ(ClientOrderId(std::string(36, 'z')).view(), std::string(36, 'z'));
  EXPECT_DEATH((void)Symbol("ABCDEFGHIJKLMNOPQRSTU"), "CHECK failed");
}

}  // namespace
}  // namespace core
