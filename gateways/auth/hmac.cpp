#include "gateways/auth/hmac.h"

// The one-block-at-a-time interface is deprecated since OpenSSL 3.0 in favour of EVP, whose contexts live on the heap
// and cost more to copy than an order's whole signature costs to check. It is the same code underneath.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/crypto.h>
#include <openssl/sha.h>

#include <cstring>
#include <string>

#include "pkg/core/check.h"

namespace auth {
namespace {

constexpr std::size_t kBlockBytes = 64;
using Block = std::array<unsigned char, kBlockBytes>;

Sha256Digest finish(SHA256_CTX& hash) {
  Sha256Digest digest;
  CHECK(SHA256_Final(digest.data(), &hash) == 1);
  return digest;
}

// The value of a hex digit, 255 for anything else.
constexpr std::array<unsigned char, 256> make_hex_values() {
  std::array<unsigned char, 256> values{};
  values.fill(255);
  for (unsigned char i = 0; i < 10; ++i) values[static_cast<unsigned char>('0' + i)] = i;
  for (unsigned char i = 0; i < 6; ++i) {
    values[static_cast<unsigned char>('a' + i)] = static_cast<unsigned char>(10 + i);
    values[static_cast<unsigned char>('A' + i)] = static_cast<unsigned char>(10 + i);
  }
  return values;
}
constexpr std::array<unsigned char, 256> kHexValues = make_hex_values();

bool from_hex(std::string_view text, Sha256Digest& digest) {
  if (text.size() != 2 * digest.size()) return false;
  unsigned bad = 0;
  for (std::size_t i = 0; i < digest.size(); ++i) {
    const unsigned high = kHexValues[static_cast<unsigned char>(text[2 * i])];
    const unsigned low = kHexValues[static_cast<unsigned char>(text[2 * i + 1])];
    bad |= (high | low) & 0xF0u;
    digest[i] = static_cast<unsigned char>(high << 4 | low);
  }
  return bad == 0;
}

}  // namespace

HmacSha256::HmacSha256(std::string_view key) {
  static_assert(sizeof(SHA256_CTX) == sizeof(RunningHash));
  Block block{};
  if (key.size() > kBlockBytes) {
    SHA256_CTX hash;
    CHECK(SHA256_Init(&hash) == 1 && SHA256_Update(&hash, key.data(), key.size()) == 1);
    const Sha256Digest digest = finish(hash);
    std::memcpy(block.data(), digest.data(), digest.size());
  } else {
    std::memcpy(block.data(), key.data(), key.size());
  }
  const auto start = [&block](unsigned char pad) {
    Block padded;
    for (std::size_t i = 0; i < kBlockBytes; ++i) padded[i] = block[i] ^ pad;
    SHA256_CTX hash;
    CHECK(SHA256_Init(&hash) == 1 && SHA256_Update(&hash, padded.data(), padded.size()) == 1);
    RunningHash running;
    std::memcpy(running.bytes.data(), &hash, sizeof hash);
    OPENSSL_cleanse(padded.data(), padded.size());
    return running;
  };
  inner_ = start(0x36);
  outer_ = start(0x5C);
  OPENSSL_cleanse(block.data(), block.size());
}

Sha256Digest HmacSha256::sign(std::span<const std::string_view> pieces) const {
  SHA256_CTX hash;
  std::memcpy(&hash, inner_.bytes.data(), sizeof hash);
  for (const std::string_view piece : pieces) CHECK(SHA256_Update(&hash, piece.data(), piece.size()) == 1);
  const Sha256Digest inner = finish(hash);
  std::memcpy(&hash, outer_.bytes.data(), sizeof hash);
  CHECK(SHA256_Update(&hash, inner.data(), inner.size()) == 1);
  return finish(hash);
}

std::string to_hex(std::span<const unsigned char> bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  out.reserve(2 * bytes.size());
  for (const unsigned char byte : bytes) {
    out.push_back(kDigits[byte >> 4]);
    out.push_back(kDigits[byte & 15]);
  }
  return out;
}

Verdict HmacVerifier::verify(std::span<const std::string_view> payload, std::string_view signature) const {
  Sha256Digest claimed;
  if (!from_hex(signature, claimed)) return Verdict::malformed;
  const Sha256Digest right = hmac_.sign(payload);
  return CRYPTO_memcmp(right.data(), claimed.data(), right.size()) == 0 ? Verdict::valid : Verdict::wrong;
}

}  // namespace auth
