#include "pkg/core/crc32c.h"

#include <gtest/gtest.h>

#include "pkg/core/random.h"

namespace core {
namespace {

Bytes filled(std::size_t size, auto byte_at) {
  Bytes bytes(size);
  for (std::size_t i = 0; i < size; ++i) bytes[i] = static_cast<std::byte>(byte_at(i));
  return bytes;
}

TEST(Crc32c, MatchesThePublishedVectors) {
  const unsigned char read_command[] = {0x01, 0xc0, 0, 0, 0, 0, 0,    0, 0,    0, 0, 0,    0, 0, 0, 0,
                                        0x14, 0,    0, 0, 0, 0, 0x04, 0, 0,    0, 0, 0x14, 0, 0, 0, 0x18,
                                        0x28, 0,    0, 0, 0, 0, 0,    0, 0x02, 0, 0, 0,    0, 0, 0, 0};
  const struct {
    const char* name;
    Bytes bytes;
    std::uint32_t crc;
  } cases[] = {
      // RFC 3720, appendix B.4.
      {"32 zeros", filled(32, [](std::size_t) { return 0; }), 0x8A9136AA},
      {"32 ones", filled(32, [](std::size_t) { return 0xFF; }), 0x62A8AB43},
      {"32 incrementing", filled(32, [](std::size_t i) { return i; }), 0x46DD794E},
      {"32 decrementing", filled(32, [](std::size_t i) { return 31 - i; }), 0x113FDB5C},
      {"an iSCSI read command", filled(48, [&](std::size_t i) { return read_command[i]; }), 0xD9963A56},
      // The check value of the catalogues.
      {"123456789", Bytes(as_bytes("123456789").begin(), as_bytes("123456789").end()), 0xE3069283},
      {"nothing", {}, 0},
  };
  for (const auto& [name, bytes, crc] : cases) {
    EXPECT_EQ(crc32c(bytes), crc) << name;
    EXPECT_EQ(crc32c_portable(bytes), crc) << name;
  }
}

TEST(Crc32c, FastAndPortableAgreeAtEveryLengthAndAlignment) {
  Random random(4);
  const Bytes bytes = filled(8192, [&](std::size_t) { return random.next(); });
  for (std::size_t size = 0; size < 700; ++size) {  // through several blocks of the short lanes
    const auto part = BytesView(bytes).subspan(size % 13, size);
    ASSERT_EQ(crc32c(part), crc32c_portable(part)) << size;
  }
  for (int i = 0; i < 500; ++i) {
    const auto begin = random.below(bytes.size());
    const auto part = BytesView(bytes).subspan(begin, random.below(bytes.size() - begin + 1));
    const auto before = static_cast<std::uint32_t>(random.next());
    ASSERT_EQ(crc32c(part, before), crc32c_portable(part, before)) << begin << "+" << part.size();
  }
}

TEST(Crc32c, ContinuesWhereItLeftOff) {
  Random random(5);
  const Bytes bytes = filled(4000, [&](std::size_t) { return random.next(); });
  const std::uint32_t whole = crc32c(bytes);
  for (std::size_t cut = 0; cut <= bytes.size(); cut += 37) {
    const auto front = BytesView(bytes).first(cut);
    ASSERT_EQ(crc32c(BytesView(bytes).subspan(cut), crc32c(front)), whole) << cut;
  }
}

}  // namespace
}  // namespace core
