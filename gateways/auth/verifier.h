// Checking signatures, the same way for every kind of key and every protocol.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "gateways/auth/keys.h"
#include "pkg/core/error.h"

namespace auth {

enum class Verdict : std::uint8_t {
  valid,
  malformed,  // not the form a signature of this kind of key has
  wrong,
};

// Holds what it needs of a key ready, so that a check costs only the hash of the message and the arithmetic of the
// signature. One thread at a time: verify() may use scratch memory of the verifier.
class Verifier {
 public:
  virtual ~Verifier() = default;
  // `payload`: the signed text, in pieces as they lie in the request (query, body), put together without separator.
  // `signature`: its text after percent-decoding (hex for HMAC, base64 for the others).
  [[nodiscard]] virtual Verdict verify(std::span<const std::string_view> payload, std::string_view signature) const = 0;
  // The regular expression of what is not malformed, for whoever must be told so. Lives as long as the verifier.
  [[nodiscard]] virtual std::string_view signature_form() const = 0;
};

// Errors: unsupported for a type this build does not know, invalid_input for a secret or a public key that is none.
[[nodiscard]] core::Result<std::unique_ptr<Verifier>> make_verifier(const Key& key);

}  // namespace auth
