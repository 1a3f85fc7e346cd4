#include "pkg/core/record.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>

#include "pkg/core/crc32c.h"
#include "pkg/core/random.h"

namespace core {
namespace {

RecordHeader header_of(std::uint64_t sequence) {
  return {.type = 40,
          .version = 3,
          .flags = 0,
          .sender = SenderId{7},
          .epoch = Epoch{8},
          .sequence = Sequence{sequence},
          .time = Time{1'700'000'000'123'456'789},
          .causation = 0xFEDCBA9876543210,
          .received_at_ns = -5};
}

void append_record(const RecordHeader& header, std::string_view body, Bytes& out) {
  const std::size_t start = start_record(header, out);
  ByteWriter(out).put_raw(as_bytes(body));
  finish_record(start, out);
}

TEST(Record, ComesBackAsItWasWritten) {
  for (const std::size_t body_size :
       {std::size_t{0}, std::size_t{1}, std::size_t{160}, kRecordBytesMax - kRecordHeaderBytes}) {
    const std::string body(body_size, 'b');
    Bytes bytes;
    append_record(header_of(9), body, bytes);
    BytesView rest = bytes;
    const auto record = take_record(rest);
    ASSERT_TRUE(record.has_value()) << record.error().text();
    EXPECT_TRUE(rest.empty());
    EXPECT_EQ(record->header.length_bytes, kRecordHeaderBytes + body_size);
    EXPECT_EQ(record->header.type, 40);
    EXPECT_EQ(record->header.version, 3);
    EXPECT_EQ(record->header.flags, 0);
    EXPECT_EQ(record->header.sender, SenderId{7});
    EXPECT_EQ(record->header.epoch, Epoch{8});
    EXPECT_EQ(record->header.sequence, Sequence{9});
    EXPECT_EQ(record->header.time, Time{1'700'000'000'123'456'789});
    EXPECT_EQ(record->header.causation, 0xFEDCBA9876543210);
    EXPECT_EQ(record->header.received_at_ns, -5);
    EXPECT_EQ(as_text(record->body), body);
    EXPECT_GE(record->body.data(), bytes.data()) << "the body points into the bytes it came from";
  }
}

// The layout is written down in docs/formats/records.md and lives in every journal: it may only change with a new
// version.
TEST(Record, LayoutIsFixed) {
  Bytes bytes;
  append_record({.type = 0x0201,
                 .version = 3,
                 .flags = 4,
                 .sender = SenderId{0x08070605},
                 .epoch = Epoch{0x0C0B0A09},
                 .sequence = Sequence{0x14131211100F0E0D},
                 .time = Time{0x1C1B1A1918171615},
                 .causation = 0x24232221201F1E1D,
                 .received_at_ns = 0x2C2B2A2928272625},
                "BODY", bytes);
  std::string expected("\x38\0\0\0", 4);  // 56 bytes
  for (char c = 1; c <= 0x2C; ++c) expected.push_back(c);
  const std::string covered = expected + "BODY";
  ASSERT_EQ(as_text(bytes).substr(0, 48), expected);
  EXPECT_EQ(as_text(bytes).substr(52), "BODY");
  ByteReader crc(BytesView(bytes).subspan(48, 4));
  EXPECT_EQ(crc.get<std::uint32_t>(), crc32c_portable(as_bytes(covered)));
}

TEST(Record, SeveralAreTakenInOrder) {
  Bytes bytes;
  for (std::uint64_t i = 1; i <= 5; ++i)
    append_record(header_of(i), std::string(i * 10, static_cast<char>('a' + i)), bytes);
  BytesView rest = bytes;
  for (std::uint64_t i = 1; i <= 5; ++i) {
    const auto record = take_record(rest);
    ASSERT_TRUE(record.has_value());
    EXPECT_EQ(record->header.sequence, Sequence{i});
    EXPECT_EQ(record->body.size(), i * 10);
  }
  EXPECT_TRUE(rest.empty());
  EXPECT_EQ(take_record(rest).error().kind, ErrorKind::corrupt);
}

TEST(Record, EveryFlippedBitIsNoticed) {
  Bytes bytes;
  append_record(header_of(1), "the body of a record", bytes);
  append_record(header_of(2), "the one behind it", bytes);
  BytesView all = bytes;
  const std::size_t first_size = take_record(all)->header.length_bytes;
  for (std::size_t bit = 0; bit < first_size * 8; ++bit) {
    bytes[bit / 8] ^= static_cast<std::byte>(1 << bit % 8);
    BytesView rest = bytes;
    const auto record = take_record(rest);
    ASSERT_FALSE(record.has_value()) << "bit " << bit;
    EXPECT_EQ(record.error().kind, ErrorKind::corrupt);
    EXPECT_EQ(rest.size(), bytes.size()) << "nothing is taken on an error";
    bytes[bit / 8] ^= static_cast<std::byte>(1 << bit % 8);
  }
}

TEST(Record, EveryCutIsNoticedWithoutReadingOutside) {
  Bytes bytes;
  append_record(header_of(1), "the body of a record", bytes);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const auto exact = std::make_unique<std::byte[]>(size);  // so that the address sanitizer guards its end
    std::copy_n(bytes.begin(), size, exact.get());
    BytesView rest(exact.get(), size);
    EXPECT_EQ(take_record(rest).error().kind, ErrorKind::corrupt) << size;
  }
}

TEST(Record, ZerosAreNoRecord) {  // what a preallocated file holds behind the last record
  const Bytes zeros(4096);
  BytesView rest = zeros;
  EXPECT_EQ(take_record(rest).error().kind, ErrorKind::corrupt);
}

TEST(Record, RandomBytesAreNoRecord) {
  Random random(6);
  for (int i = 0; i < 20'000; ++i) {
    Bytes bytes(random.below(200));
    for (auto& b : bytes) b = static_cast<std::byte>(random.next());
    if (bytes.size() >= 4) {  // a plausible length, so that more than the first test is reached
      const auto length = static_cast<std::uint32_t>(random.below(220));
      std::copy_n(reinterpret_cast<const std::byte*>(&length), 4, bytes.begin());
    }
    BytesView rest = bytes;
    ASSERT_FALSE(take_record(rest).has_value());
  }
}

TEST(RecordDeathTest, RefusesABodyTheFormatCannotHold) {
  Bytes bytes;
  const std::size_t start = start_record(header_of(1), bytes);
  bytes.resize(kRecordBytesMax + 1);
  EXPECT_DEATH(finish_record(start, bytes), "too long");
  EXPECT_DEATH(finish_record(bytes.size(), bytes), "CHECK failed");
}

}  // namespace
}  // namespace core
