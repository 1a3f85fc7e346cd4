// Public keys of clients: what is taken for one, and why something is not.
//
// One form is taken: PEM with a single block "PUBLIC KEY" (SubjectPublicKeyInfo), as `openssl pkey -pubout` writes it.
// RSA keys have 2048 to 4096 bits and an odd exponent from 65537 to 2^32 - 1, so that none is weak and none makes a
// check slow; Ed25519 keys are not of the seven encodings under which anybody can sign.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "gateways/auth/keys.h"
#include "pkg/core/error.h"

struct evp_pkey_st;  // OpenSSL's EVP_PKEY

namespace auth {

inline constexpr std::size_t kPemBytesMax = 8 * 1024;

// A key that has been read, ready for use. Immutable; movable.
class PublicKey {
 public:
  // Errors: invalid_input, with what is accepted.
  [[nodiscard]] static core::Result<PublicKey> parse(KeyType type, std::string_view pem);

  [[nodiscard]] KeyType type() const { return type_; }
  [[nodiscard]] std::size_t signature_bytes() const;
  [[nodiscard]] evp_pkey_st* get() const { return key_.get(); }

 private:
  struct Free {
    void operator()(evp_pkey_st* key) const;
  };
  PublicKey(KeyType type, evp_pkey_st* key) : type_(type), key_(key) {}
  KeyType type_;
  std::unique_ptr<evp_pkey_st, Free> key_;
};

// What parse() checks and, in milliseconds, that the modulus of an RSA key is no prime and has no small factor: for
// keys that are new. Returns the key as PEM and nothing else, whatever stood around it.
[[nodiscard]] core::Result<std::string> accept_public_key(KeyType type, std::string_view pem);

}  // namespace auth
