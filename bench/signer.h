// The client's half of gateways/auth: signs requests with an HMAC secret or an Ed25519 private key.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "pkg/core/error.h"

namespace bench {

struct Credentials {
  std::string api_key;
  std::string secret;           // HMAC; or
  std::string private_key_pem;  // Ed25519 (PKCS #8, PEM)

  [[nodiscard]] bool has_private_key() const { return !private_key_pem.empty(); }
};

class Signer {
 public:
  // Errors: invalid_input when the private key is none, or of another kind than Ed25519.
  [[nodiscard]] static core::Result<std::unique_ptr<Signer>> make(const Credentials& credentials);
  virtual ~Signer() = default;
  // Appends the signature as the WebSocket API takes it: hex, or base64.
  virtual void sign(std::string_view payload, std::string& out) const = 0;
  // The same, fit for a query string.
  void sign_for_query(std::string_view payload, std::string& out) const;
};

// A new Ed25519 key: what Credentials take, and what the exchange is told.
struct Ed25519KeyPair {
  std::string private_key_pem, public_key_pem;
};
[[nodiscard]] Ed25519KeyPair make_ed25519_keys();

}  // namespace bench
