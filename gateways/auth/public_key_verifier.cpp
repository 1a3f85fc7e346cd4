#include "gateways/auth/public_key_verifier.h"

// As in hmac.cpp: the running hash of SHA-256 on the stack.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/sha.h>

#include <array>
#include <utility>

#include "gateways/auth/base64.h"
#include "pkg/core/check.h"

namespace auth {
namespace {

constexpr std::size_t kRsaBytesMax = 4096 / 8;
constexpr std::size_t kEd25519Bytes = 64;
constexpr std::size_t kScratchBytesKept = 4096;  // orders are far smaller; one large request must not cost for ever

// A signature that is wrong leaves its reasons in OpenSSL's queue of errors: they are nobody else's.
Verdict verdict(int result) {
  if (result == 1) return Verdict::valid;
  ERR_clear_error();
  return Verdict::wrong;
}

}  // namespace

void RsaVerifier::Free::operator()(evp_pkey_ctx_st* context) const { EVP_PKEY_CTX_free(context); }

RsaVerifier::RsaVerifier(PublicKey key)
    : key_(std::move(key)),
      signature_bytes_(key_.signature_bytes()),
      form_(base64_form(signature_bytes_)),
      context_(EVP_PKEY_CTX_new(key_.get(), nullptr)) {
  CHECK(key_.type() == KeyType::rsa && signature_bytes_ <= kRsaBytesMax);
  CHECK(context_ && EVP_PKEY_verify_init(context_.get()) == 1 &&
        EVP_PKEY_CTX_set_rsa_padding(context_.get(), RSA_PKCS1_PADDING) == 1 &&
        EVP_PKEY_CTX_set_signature_md(context_.get(), EVP_sha256()) == 1);
}

Verdict RsaVerifier::verify(std::span<const std::string_view> payload, std::string_view signature) const {
  std::array<unsigned char, kRsaBytesMax> claimed;
  if (!decode_base64(signature, std::span(claimed).first(signature_bytes_))) return Verdict::malformed;
  SHA256_CTX hash;
  CHECK(SHA256_Init(&hash) == 1);
  for (const std::string_view piece : payload) CHECK(SHA256_Update(&hash, piece.data(), piece.size()) == 1);
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest;
  CHECK(SHA256_Final(digest.data(), &hash) == 1);
  return verdict(EVP_PKEY_verify(context_.get(), claimed.data(), signature_bytes_, digest.data(), digest.size()));
}

void Ed25519Verifier::Free::operator()(evp_md_ctx_st* context) const { EVP_MD_CTX_free(context); }

Ed25519Verifier::Ed25519Verifier(PublicKey key)
    : key_(std::move(key)), form_(base64_form(kEd25519Bytes)), context_(EVP_MD_CTX_new()) {
  CHECK(key_.type() == KeyType::ed25519 && key_.signature_bytes() == kEd25519Bytes && context_);
}

std::string_view Ed25519Verifier::whole(std::span<const std::string_view> payload) const {
  if (payload.empty()) return {};
  if (payload.size() == 1) return payload.front();
  scratch_.clear();
  for (const std::string_view piece : payload) scratch_ += piece;
  return scratch_;
}

Verdict Ed25519Verifier::verify(std::span<const std::string_view> payload, std::string_view signature) const {
  std::array<unsigned char, kEd25519Bytes> claimed;
  if (!decode_base64(signature, claimed)) return Verdict::malformed;
  // A context takes one message; beginning anew costs nothing beside the check.
  CHECK(EVP_DigestVerifyInit(context_.get(), nullptr, nullptr, nullptr, key_.get()) == 1);
  const std::string_view message = whole(payload);
  const Verdict result =
      verdict(EVP_DigestVerify(context_.get(), claimed.data(), claimed.size(),
                               reinterpret_cast<const unsigned char*>(message.data()), message.size()));
  if (scratch_.capacity() > kScratchBytesKept) scratch_ = std::string();
  return result;
}

}  // namespace auth
