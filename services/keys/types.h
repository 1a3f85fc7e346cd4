// API keys as they are stored: who may sign for which account, and what a signature is checked with.
#pragma once

#include <cstdint>
#include <string>

#include "pkg/core/ids.h"

namespace keys {

struct ApiKey {
  std::string api_key;  // 64 characters of [0-9A-Za-z]
  core::AccountId account;
  std::string account_name;
  bool may_read = true, may_trade = false, may_withdraw = false;
  std::string type = "hmac";
  std::string secret;  // hmac: 64 characters of [0-9A-Za-z]; encrypted in the store
  std::int64_t created_ms = 0;
  std::int64_t revoked_ms = 0;  // 0: in force
};

}  // namespace keys
