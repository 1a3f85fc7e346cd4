// API keys as the gateways hold them in memory; services/keys stores them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "pkg/core/ids.h"

namespace auth {

enum class KeyType : std::uint8_t { hmac = 1, rsa = 2, ed25519 = 3 };

struct Permissions {
  bool read = true, trade = false, withdraw = false;
};

struct Key {
  std::string api_key;  // 64 characters of [0-9A-Za-z]
  core::AccountId account;
  Permissions permissions;
  KeyType type = KeyType::hmac;
  std::string secret;  // hmac: the shared secret (64 characters); else the public key, PEM
};

}  // namespace auth
