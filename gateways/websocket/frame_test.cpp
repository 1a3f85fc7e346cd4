#include "gateways/websocket/frame.h"

#include <gtest/gtest.h>

#include <array>
#include <cstring>

#include "gateways/websocket/parser.h"
#include "gateways/websocket/testing.h"
#include "gateways/websocket/utf8.h"
#include "pkg/core/random.h"

namespace websocket {
namespace {

using namespace std::string_view_literals;

// RFC 6455, section 5.7.
TEST(Frame, ExamplesOfTheRfc) {
  EXPECT_EQ(*make_text_frame("Hello"), "\x81\x05Hello");
  EXPECT_EQ(FrameHeader(Opcode::ping, 5).bytes(), "\x89\x05");
  EXPECT_EQ(FrameHeader(Opcode::binary, 256).bytes(), "\x82\x7E\x01\x00"sv);
  EXPECT_EQ(FrameHeader(Opcode::binary, 65536).bytes(), "\x82\x7F\x00\x00\x00\x00\x00\x01\x00\x00"sv);
}

TEST(Frame, LengthsAreAsShortAsTheyCanBe) {
  for (const std::size_t size : {0u, 1u, 125u, 126u, 127u, 65535u, 65536u, 70000u}) {
    const std::string message(size, 'x');
    const auto frames = testing::frames_in(*make_text_frame(message));
    ASSERT_EQ(frames.size(), 1u) << size;
    EXPECT_EQ(frames[0].opcode, 1u);
    EXPECT_EQ(frames[0].payload, message);
  }
}

TEST(Unmask, IsAnExclusiveOrAtEveryPhaseAndSize) {
  const std::string mask = "\x01\x80\xFE\x37";
  std::uint32_t word;
  std::memcpy(&word, mask.data(), sizeof word);
  std::string in;
  for (int i = 0; i < 40; ++i) in += static_cast<char>(i * 37);
  for (std::size_t phase = 0; phase < 8; ++phase) {
    for (std::size_t size = 0; size <= in.size(); ++size) {
      std::string expected, out(size, '?');
      for (std::size_t i = 0; i < size; ++i) expected += static_cast<char>(in[i] ^ mask[(phase + i) % 4]);
      unmask(std::string_view(in).substr(0, size), word, phase, out.data());
      ASSERT_EQ(out, expected) << phase << " " << size;
      std::string in_place = in.substr(0, size);
      unmask(in_place, word, phase, in_place.data());
      ASSERT_EQ(in_place, expected);
    }
  }
}

// Decodes by the definition and asks of each character whether it may be there.
bool is_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(text[at]); };
    const unsigned first = byte(i);
    const std::size_t size = first < 0x80 ? 1 : first >> 5 == 6 ? 2 : first >> 4 == 14 ? 3 : first >> 3 == 30 ? 4 : 0;
    if (size == 0 || i + size > text.size()) return false;
    std::uint32_t code = size == 1 ? first : first & (0x7Fu >> size);
    for (std::size_t k = 1; k < size; ++k) {
      if (byte(i + k) >> 6 != 2) return false;
      code = code << 6 | (byte(i + k) & 0x3Fu);
    }
    constexpr std::array<std::uint32_t, 5> kSmallest = {0, 0, 0x80, 0x800, 0x10000};
    if (code < kSmallest[size] || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) return false;
    i += size;
  }
  return true;
}

bool check_in_one(std::string_view text) {
  Utf8Check check;
  return check.take(text) && check.complete();
}

TEST(Utf8, EverySequenceOfUpToThreeBytesAndTheEdgesOfFour) {
  std::string text(3, '\0');
  for (unsigned word = 0; word < 1u << 24; ++word) {
    for (std::size_t i = 0; i < 3; ++i) text[i] = static_cast<char>(word >> (8 * (2 - i)));
    // The last byte matters by its class alone; its edges are enough.
    const unsigned last = word & 0xFF;
    if (last != 0 && last != 0x7F && last != 0x80 && last != 0xBF && last != 0xC0 && last != 0xFF) continue;
    ASSERT_EQ(check_in_one(text), is_utf8(text)) << std::hex << word;
  }
  constexpr std::array<unsigned char, 12> kEdges = {0x00, 0x7F, 0x80, 0x8F, 0x90, 0x9F,
                                                    0xA0, 0xBF, 0xC0, 0xF0, 0xF4, 0xF5};
  for (unsigned first = 0; first < 256; ++first) {
    for (const auto second : kEdges) {
      for (const auto third : kEdges) {
        for (const auto fourth : kEdges) {
          const std::string four = {static_cast<char>(first), static_cast<char>(second), static_cast<char>(third),
                                    static_cast<char>(fourth)};
          ASSERT_EQ(check_in_one(four), is_utf8(four)) << first << " " << +second << " " << +third << " " << +fourth;
        }
      }
    }
  }
}

TEST(Utf8, PiecesAndWordsOfEightBytesDoNotMatter) {
  core::Random random(3);
  const std::vector<std::string> parts = {"abcdefghijklmnop", "a",        "\xC3\xA9", "\xE2\x82\xAC",
                                          "\xF0\x9F\x98\x80", "\xE2\x82", "\x80"};
  for (int round = 0; round < 20'000; ++round) {
    std::string text;
    for (std::uint64_t i = random.below(6); i > 0; --i) text += parts[random.below(random.chance(1, 4) ? 7 : 5)];
    Utf8Check check;
    bool good = true;
    for (std::string_view rest = text; good && !rest.empty();) {
      const std::size_t size = 1 + random.below(rest.size());
      good = check.take(rest.substr(0, size));
      rest.remove_prefix(size);
    }
    ASSERT_EQ(good && check.complete(), is_utf8(text)) << round;
  }
}

// A conversation made by the naive encoder, and what must come out of it.
struct Conversation {
  std::string bytes;
  std::vector<testing::Received> expected;
};

class RandomConversations {
 public:
  explicit RandomConversations(std::uint64_t seed) : random_(seed) {}

  Conversation next() {
    Conversation out;
    for (std::uint64_t i = 1 + random_.below(6); i > 0; --i) {
      if (random_.chance(1, 4)) add_control(out);
      add_message(out);
    }
    return out;
  }

 private:
  std::string text(std::uint64_t characters_max) {
    std::string out;
    for (std::uint64_t i = random_.below(characters_max + 1); i > 0; --i)
      out += random_.chance(1, 9) ? "\xE2\x82\xAC" : std::string(1, static_cast<char>('a' + random_.below(26)));
    return out;
  }
  std::string mask() {
    std::string out;
    for (int i = 0; i < 4; ++i) out += static_cast<char>(random_.below(256));
    return out;
  }
  void add_control(Conversation& out) {
    const unsigned opcode = random_.chance(1, 2) ? 9 : 10;
    const std::string payload = text(40);
    out.bytes += testing::frame({.opcode = opcode, .payload = payload, .mask = mask()});
    out.expected.push_back({opcode, payload});
  }
  void add_message(Conversation& out) {
    const std::string message = text(random_.chance(1, 8) ? 20'000 : 300);
    std::string_view rest = message;
    unsigned opcode = 1;
    for (std::uint64_t fragments = random_.below(4); fragments > 0; --fragments, opcode = 0) {
      const std::size_t size = random_.below(rest.size() + 1);
      out.bytes += testing::frame(
          {.opcode = opcode, .payload = std::string(rest.substr(0, size)), .final = false, .mask = mask()});
      rest.remove_prefix(size);
      if (random_.chance(1, 3)) add_control(out);
    }
    out.bytes += testing::frame({.opcode = opcode, .payload = std::string(rest), .mask = mask()});
    out.expected.push_back({1, message});
  }

  core::Random random_;
};

TEST(Parser, RandomConversationsComeOutAsTheyWentIn) {
  RandomConversations conversations(11);
  core::Random random(12);
  std::string scratch;
  for (int round = 0; round < 500; ++round) {
    const Conversation conversation = conversations.next();
    Parser parser(1 << 20);
    std::vector<testing::Received> found;
    const std::size_t piece_max = random.chance(1, 3) ? conversation.bytes.size() : 1 + random.below(200);
    for (std::string_view rest = conversation.bytes; !rest.empty();) {
      std::string_view piece = rest.substr(0, 1 + random.below(piece_max));
      rest.remove_prefix(piece.size());
      for (Parser::Found one; (one = parser.next(piece, scratch)) != Parser::Found::more;) {
        ASSERT_NE(one, Parser::Found::fault) << parser.fault().reason;
        const unsigned opcode = one == Parser::Found::text ? 1 : one == Parser::Found::ping ? 9 : 10;
        found.push_back({opcode, std::string(parser.payload())});
      }
      ASSERT_TRUE(piece.empty());
    }
    EXPECT_TRUE(parser.at_rest());
    ASSERT_EQ(found.size(), conversation.expected.size()) << round;
    for (std::size_t i = 0; i < found.size(); ++i) {
      ASSERT_EQ(found[i].opcode, conversation.expected[i].opcode);
      ASSERT_EQ(found[i].payload, conversation.expected[i].payload);
    }
  }
}

}  // namespace
}  // namespace websocket
