#include "pkg/core/crc32c.h"

#include <array>
#include <cstddef>
#include <cstring>

#if defined(__x86_64__)
#include <nmmintrin.h>
#endif

namespace core {
namespace {

constexpr std::uint32_t kPolynomial = 0x82F63B78;  // Castagnoli, bits reversed

constexpr std::uint32_t byte_step(std::uint32_t state) {
  for (int bit = 0; bit < 8; ++bit) state = (state >> 1) ^ ((state & 1) != 0 ? kPolynomial : 0);
  return state;
}

constexpr auto kByteTable = [] {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < 256; ++i) table[i] = byte_step(i);
  return table;
}();

}  // namespace

std::uint32_t crc32c_portable(BytesView bytes, std::uint32_t crc) {
  std::uint32_t state = ~crc;
  for (const std::byte b : bytes) state = (state >> 8) ^ kByteTable[(state ^ static_cast<std::uint32_t>(b)) & 0xFF];
  return ~state;
}

#if defined(__x86_64__)
namespace {

// What a CRC state becomes when `Zeros` zero bytes follow. The map is linear over XOR, so it is kept as the images of
// the four bytes of a state: shifting is four look-ups.
template <std::size_t Zeros>
class ZeroShift {
 public:
  constexpr ZeroShift() {
    std::array<std::uint32_t, 32> images{};  // of each single bit
    for (std::size_t bit = 0; bit < 32; ++bit) {
      std::uint32_t state = 1u << bit;
      for (std::size_t i = 0; i < Zeros; ++i) state = (state >> 8) ^ kByteTable[state & 0xFF];
      images[bit] = state;
    }
    for (std::size_t position = 0; position < 4; ++position) {
      for (std::size_t value = 0; value < 256; ++value) {
        for (std::size_t bit = 0; bit < 8; ++bit) {
          if ((value >> bit & 1) != 0) table_[position][value] ^= images[8 * position + bit];
        }
      }
    }
  }
  [[nodiscard]] std::uint32_t operator()(std::uint32_t state) const {
    return table_[0][state & 0xFF] ^ table_[1][state >> 8 & 0xFF] ^ table_[2][state >> 16 & 0xFF] ^
           table_[3][state >> 24];
  }

 private:
  std::array<std::array<std::uint32_t, 256>, 4> table_{};
};

std::uint64_t word_at(const std::byte* at) {
  std::uint64_t word;
  std::memcpy(&word, at, sizeof word);
  return word;
}

// The instruction takes three cycles but starts one every cycle: three lanes, side by side, keep it busy. Consumes all
// the blocks of three lanes there are at the front of `at`.
template <std::size_t Lane>
__attribute__((target("sse4.2"))) std::uint64_t take_lanes(const std::byte*& at, const std::byte* end,
                                                           std::uint64_t state) {
  static_assert(Lane % 8 == 0);
  static constexpr ZeroShift<Lane> kShift;
  while (static_cast<std::size_t>(end - at) >= 3 * Lane) {
    std::uint64_t second = 0, third = 0;
    for (std::size_t i = 0; i < Lane; i += 8) {
      state = _mm_crc32_u64(state, word_at(at + i));
      second = _mm_crc32_u64(second, word_at(at + Lane + i));
      third = _mm_crc32_u64(third, word_at(at + 2 * Lane + i));
    }
    state = kShift(static_cast<std::uint32_t>(state)) ^ second;
    state = kShift(static_cast<std::uint32_t>(state)) ^ third;
    at += 3 * Lane;
  }
  return state;
}

__attribute__((target("sse4.2"))) std::uint32_t crc32c_sse42(BytesView bytes, std::uint32_t crc) {
  const std::byte* at = bytes.data();
  const std::byte* const end = at + bytes.size();
  std::uint64_t state = ~crc;
  state = take_lanes<512>(at, end, state);
  state = take_lanes<64>(at, end, state);
  for (; end - at >= 8; at += 8) state = _mm_crc32_u64(state, word_at(at));
  auto narrow = static_cast<std::uint32_t>(state);
  for (; at != end; ++at) narrow = _mm_crc32_u8(narrow, static_cast<unsigned char>(*at));
  return ~narrow;
}

}  // namespace

std::uint32_t crc32c(BytesView bytes, std::uint32_t crc) {
  static const bool has_instruction = __builtin_cpu_supports("sse4.2") != 0;
  return has_instruction ? crc32c_sse42(bytes, crc) : crc32c_portable(bytes, crc);
}
#else
std::uint32_t crc32c(BytesView bytes, std::uint32_t crc) { return crc32c_portable(bytes, crc); }
#endif

}  // namespace core
