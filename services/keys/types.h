// API keys as they are stored: who may sign for which account, and what a signature is checked with.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "pkg/core/ids.h"

namespace keys {

// What signs: a secret shared with the client, or the client's own private key.
enum class Type { hmac, rsa, ed25519 };

// "hmac", "rsa", "ed25519", as stored and as people write it.
[[nodiscard]] std::string_view name_of(Type type);
[[nodiscard]] std::optional<Type> type_named(std::string_view name);

struct ApiKey {
  std::string api_key;  // 64 characters of [0-9A-Za-z]
  core::AccountId account;
  std::string account_name;
  bool may_read = true, may_trade = false, may_withdraw = false;
  Type type = Type::hmac;
  std::string secret;      // hmac alone: 64 characters of [0-9A-Za-z]; encrypted in the store
  std::string public_key;  // the others alone: PEM, as the client gave it; nothing about it is secret
  std::int64_t created_ms = 0;
  std::int64_t revoked_ms = 0;  // 0: in force
};

}  // namespace keys
