#include "gateways/auth/public_key.h"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <algorithm>
#include <array>
#include <utility>

namespace auth {
namespace {

constexpr int kRsaBitsMin = 2048, kRsaBitsMax = 4096;
constexpr std::string_view kBegin = "-----BEGIN ";
constexpr std::string_view kDashes = "-----";

template <auto* kFree>
struct Freed {
  template <class T>
  void operator()(T* thing) const {
    kFree(thing);
  }
};
void free_bytes(void* bytes) { OPENSSL_free(bytes); }
using Bio = std::unique_ptr<BIO, Freed<BIO_free>>;
using Number = std::unique_ptr<BIGNUM, Freed<BN_free>>;
using Context = std::unique_ptr<EVP_PKEY_CTX, Freed<EVP_PKEY_CTX_free>>;

// OpenSSL's own account of what failed says little to a person, and must not be found by the next who asks.
std::unexpected<core::Error> refuse(std::string what, std::string hint = {}) {
  ERR_clear_error();
  return core::fail(core::ErrorKind::invalid_input, std::move(what), {}, std::move(hint));
}

constexpr const char* kAccepted = "accepted: a PEM file that begins with -----BEGIN PUBLIC KEY-----";

// The text is one block "PUBLIC KEY", as far as its first line says.
core::Result<void> check_label(std::string_view pem) {
  if (pem.size() > kPemBytesMax)
    return refuse("a public key has at most " + std::to_string(kPemBytesMax) + " bytes", kAccepted);
  if (pem.find("PRIVATE KEY-----") != std::string_view::npos) {
    return refuse("this is a private key: it stays with its owner, only its public key is wanted",
                  "make that: openssl pkey -in FILE -pubout");
  }
  if (pem.starts_with("ssh-") || pem.find("---- BEGIN SSH2") != std::string_view::npos)
    return refuse("this is a key of OpenSSH", kAccepted);
  const std::size_t begin = pem.find(kBegin);
  if (begin == std::string_view::npos) return refuse("this is no public key", kAccepted);
  if (pem.find(kBegin, begin + 1) != std::string_view::npos)
    return refuse("there is more than one PEM block", "accepted: one -----BEGIN PUBLIC KEY-----");
  const std::string_view label = pem.substr(begin + kBegin.size());
  if (label.starts_with("PUBLIC KEY-----")) return {};
  if (label.starts_with("RSA PUBLIC KEY-----"))
    return refuse("this public key is in the older form of RSA alone",
                  "convert it: openssl rsa -RSAPublicKey_in -in FILE -pubout");
  if (label.starts_with("CERTIFICATE-----"))
    return refuse("this is a certificate", "take its key: openssl x509 -in FILE -noout -pubkey");
  return refuse(
      "this is no public key but \"" +
          std::string(label.substr(0, std::min<std::size_t>(40, std::min(label.find(kDashes), label.find('\n'))))) +
          "\"",
      kAccepted);
}

// Null when the block is damaged or is of an algorithm OpenSSL does not know.
EVP_PKEY* decode(std::string_view pem) {
  const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  char *name = nullptr, *header = nullptr;
  unsigned char* bytes = nullptr;
  long size = 0;
  if (!bio || PEM_read_bio(bio.get(), &name, &header, &bytes, &size) != 1) return nullptr;
  const std::unique_ptr<char, Freed<free_bytes>> owned_name(name), owned_header(header);
  const std::unique_ptr<unsigned char, Freed<free_bytes>> owned_bytes(bytes);
  const unsigned char* end = bytes;
  EVP_PKEY* key = header[0] == '\0' ? d2i_PUBKEY(nullptr, &end, size) : nullptr;
  if (key != nullptr && end != bytes + size) {  // something hangs behind the key
    EVP_PKEY_free(key);
    return nullptr;
  }
  return key;
}

core::Result<void> check_rsa(const EVP_PKEY* key) {
  const int bits = EVP_PKEY_get_bits(key);
  if (bits < kRsaBitsMin || bits > kRsaBitsMax) {
    return refuse("this RSA key has " + std::to_string(bits) + " bits",
                  "accepted: " + std::to_string(kRsaBitsMin) + " to " + std::to_string(kRsaBitsMax));
  }
  BIGNUM* exponent = nullptr;
  if (EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &exponent) != 1) return refuse("this RSA key has no exponent");
  const Number owned(exponent);
  if (BN_is_odd(exponent) == 0 || BN_num_bits(exponent) > 32 || BN_get_word(exponent) < 65537)
    return refuse("this RSA key has an unusual exponent", "accepted: odd, from 65537 to 4294967295");
  return {};
}

// The order of these points divides 8: a signature of nothing but zeros passes for every message, or nearly. The sign
// bit does not matter. (The encodings: 0, 1, -1, the two of order 8, and p and p + 1 for 0 and 1.)
constexpr std::array<std::array<unsigned char, 32>, 7> kSmallOrder = {{
    {},
    {0x01},
    {0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0,
     0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05},
    {0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f,
     0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a},
    {0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f},
    {0xed, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f},
    {0xee, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
     0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f},
}};

core::Result<void> check_ed25519(const EVP_PKEY* key) {
  std::array<unsigned char, 32> point{};
  std::size_t size = point.size();
  if (EVP_PKEY_get_raw_public_key(key, point.data(), &size) != 1 || size != point.size())
    return refuse("this Ed25519 key is damaged");
  point.back() &= 0x7F;
  if (std::ranges::find(kSmallOrder, point) != kSmallOrder.end())
    return refuse("under this Ed25519 key anybody could sign", "make a new one: openssl genpkey -algorithm ed25519");
  return {};
}

}  // namespace

void PublicKey::Free::operator()(evp_pkey_st* key) const { EVP_PKEY_free(key); }

std::size_t PublicKey::signature_bytes() const { return static_cast<std::size_t>(EVP_PKEY_get_size(key_.get())); }

core::Result<PublicKey> PublicKey::parse(KeyType type, std::string_view pem) {
  if (type != KeyType::rsa && type != KeyType::ed25519)
    return core::fail(core::ErrorKind::unsupported, "this kind of API key has no public key");
  if (auto labelled = check_label(pem); !labelled) return std::unexpected(labelled.error());
  PublicKey key(type, decode(pem));
  if (key.get() == nullptr) return refuse("this public key is damaged", "make it again: openssl pkey -in FILE -pubout");
  const bool is_rsa = EVP_PKEY_is_a(key.get(), "RSA") == 1, is_ed25519 = EVP_PKEY_is_a(key.get(), "ED25519") == 1;
  if (type == KeyType::rsa ? !is_rsa : !is_ed25519) {
    const char* const known = EVP_PKEY_get0_type_name(key.get());
    const std::string name = is_ed25519 ? "Ed25519" : known != nullptr ? known : "another kind";
    return refuse(
        "this is a key of " + name + ", not of " + (type == KeyType::rsa ? "RSA" : "Ed25519"),
        is_rsa || is_ed25519 ? "its type is " + std::string(is_rsa ? "rsa" : "ed25519") : "accepted: RSA and Ed25519");
  }
  if (auto checked = is_rsa ? check_rsa(key.get()) : check_ed25519(key.get()); !checked)
    return std::unexpected(checked.error());
  return key;
}

core::Result<std::string> accept_public_key(KeyType type, std::string_view pem) {
  const auto key = PublicKey::parse(type, pem);
  if (!key) return std::unexpected(key.error());
  const Context context(EVP_PKEY_CTX_new(key->get(), nullptr));
  if (!context || EVP_PKEY_public_check(context.get()) != 1)
    return refuse("this key is weak: it is no product of two large primes", "make a new one: openssl genpkey");
  const Bio out(BIO_new(BIO_s_mem()));
  char* text = nullptr;
  if (!out || PEM_write_bio_PUBKEY(out.get(), key->get()) != 1) return refuse("this key cannot be written as PEM");
  const long size = BIO_get_mem_data(out.get(), &text);
  return std::string(text, static_cast<std::size_t>(size));
}

}  // namespace auth
