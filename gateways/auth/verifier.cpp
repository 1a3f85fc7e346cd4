#include "gateways/auth/verifier.h"

#include <utility>

#include "gateways/auth/hmac.h"
#include "gateways/auth/public_key_verifier.h"

namespace auth {

core::Result<std::unique_ptr<Verifier>> make_verifier(const Key& key) {
  if (key.type == KeyType::hmac) {
    if (key.secret.empty()) return core::fail(core::ErrorKind::invalid_input, "an HMAC key needs a secret");
    return std::make_unique<HmacVerifier>(key.secret);
  }
  auto parsed = PublicKey::parse(key.type, key.secret);
  if (!parsed) return std::unexpected(parsed.error());
  if (key.type == KeyType::rsa) return std::make_unique<RsaVerifier>(std::move(*parsed));
  return std::make_unique<Ed25519Verifier>(std::move(*parsed));
}

}  // namespace auth
