#include "bench/signer.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <array>

#include "gateways/auth/hmac.h"
#include "pkg/core/check.h"

namespace bench {
namespace {

template <auto kFree>
struct Free {
  template <class T>
  void operator()(T* pointer) const {
    kFree(pointer);
  }
};
using Bio = std::unique_ptr<BIO, Free<BIO_free_all>>;
using Key = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>>;
using Digest = std::unique_ptr<EVP_MD_CTX, Free<EVP_MD_CTX_free>>;

class HmacSigner final : public Signer {
 public:
  explicit HmacSigner(std::string_view secret) : hmac_(secret) {}
  void sign(std::string_view payload, std::string& out) const override {
    for (const unsigned char byte : hmac_.sign(payload)) {
      out += "0123456789abcdef"[byte >> 4];
      out += "0123456789abcdef"[byte & 15];
    }
  }

 private:
  auth::HmacSha256 hmac_;
};

class Ed25519Signer final : public Signer {
 public:
  explicit Ed25519Signer(Key key) : key_(std::move(key)), context_(EVP_MD_CTX_new()) { CHECK(context_); }
  void sign(std::string_view payload, std::string& out) const override {
    std::array<unsigned char, 64> signature;
    std::size_t size = signature.size();
    CHECK(EVP_DigestSignInit(context_.get(), nullptr, nullptr, nullptr, key_.get()) == 1);
    CHECK(EVP_DigestSign(context_.get(), signature.data(), &size,
                         reinterpret_cast<const unsigned char*>(payload.data()), payload.size()) == 1);
    CHECK(size == signature.size());
    std::array<unsigned char, 89> text;
    const int length = EVP_EncodeBlock(text.data(), signature.data(), static_cast<int>(size));
    out.append(reinterpret_cast<const char*>(text.data()), static_cast<std::size_t>(length));
  }

 private:
  Key key_;
  Digest context_;
};

std::string text_of(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return {data, static_cast<std::size_t>(size)};
}

}  // namespace

core::Result<std::unique_ptr<Signer>> Signer::make(const Credentials& credentials) {
  if (!credentials.has_private_key()) return std::make_unique<HmacSigner>(credentials.secret);
  const std::string& pem = credentials.private_key_pem;
  const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  Key key(PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr));
  if (!key || EVP_PKEY_get_base_id(key.get()) != EVP_PKEY_ED25519)
    return core::fail(core::ErrorKind::invalid_input, "no Ed25519 private key in PEM", {},
                      "make one with: openssl genpkey -algorithm ed25519");
  return std::make_unique<Ed25519Signer>(std::move(key));
}

void Signer::sign_for_query(std::string_view payload, std::string& out) const {
  std::string signature;
  sign(payload, signature);
  for (const char c : signature) {
    if (c == '+') {
      out += "%2B";
    } else if (c == '/') {
      out += "%2F";
    } else if (c == '=') {
      out += "%3D";
    } else {
      out += c;
    }
  }
}

Ed25519KeyPair make_ed25519_keys() {
  const Key key(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
  CHECK(key);
  const Bio secret(BIO_new(BIO_s_mem())), open(BIO_new(BIO_s_mem()));
  CHECK(PEM_write_bio_PrivateKey(secret.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1);
  CHECK(PEM_write_bio_PUBKEY(open.get(), key.get()) == 1);
  return {text_of(secret.get()), text_of(open.get())};
}

}  // namespace bench
