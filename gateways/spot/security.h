// Who may ask what: API keys, signatures, timestamps, permissions.
#pragma once

#include <cstdint>
#include <expected>
#include <span>
#include <string_view>

#include "gateways/auth/freshness.h"
#include "gateways/auth/key_ring.h"
#include "gateways/spot/arguments.h"

namespace spot {

enum class Security : std::uint8_t {
  none,         // everybody; of a request that is signed all the same: any key
  user_stream,  // an API key, no signature
  user_data,
  trade,
};

struct Signed {
  const auth::KeyEntry* key = nullptr;
  auth::Freshness freshness;
};

// Takes `timestamp`, `recvWindow` and `signature`. The order of the checks is part of the contract: form of the key,
// key, timestamp, window, signature, age, permission; the arguments of the operation itself come after all of them, so
// nobody learns anything about an account without its secret.
[[nodiscard]] std::expected<Signed, ApiError> check_signed(Arguments& arguments, const auth::KeyRing& keys,
                                                           std::string_view api_key,
                                                           std::span<const std::string_view> payload, Security security,
                                                           core::Time now);
// The same for a request of a connection that has been authenticated with a key: it brings a timestamp, and nothing
// that proves who sent it.
[[nodiscard]] std::expected<Signed, ApiError> check_session(Arguments& arguments, const auth::KeyEntry& key,
                                                            Security security, core::Time now);
// For requests that need a key that may read, and no proof.
[[nodiscard]] std::expected<Signed, ApiError> check_key(const auth::KeyRing& keys, std::string_view api_key);
// The complaint about a request that is not fresh; nothing when it is.
[[nodiscard]] std::optional<ApiError> staleness(const auth::Freshness& freshness, core::Time now);

}  // namespace spot
