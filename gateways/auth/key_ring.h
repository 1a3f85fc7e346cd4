// The API keys in force, in memory, each with what checks its signatures prepared. Filled at start from services/keys
// and kept current by `keys create` and `keys revoke`. One thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "gateways/auth/keys.h"
#include "gateways/auth/verifier.h"
#include "pkg/core/error.h"

namespace auth {

// A key in force. `secret` of `key` is not kept: the verifier has what it needs of it.
struct KeyEntry {
  Key key;
  std::unique_ptr<Verifier> verifier;
};

// 64 characters of [0-9A-Za-z].
[[nodiscard]] bool is_well_formed_api_key(std::string_view text);

class KeyRing {
 public:
  // Errors: invalid_input (form of the key, its secret or its public key), already_exists, unsupported (key type).
  [[nodiscard]] core::Result<void> add(Key key);
  // False when there is no such key.
  bool revoke(std::string_view api_key);
  // Null when unknown or revoked. Valid until the next add or revoke.
  [[nodiscard]] const KeyEntry* find(std::string_view api_key) const;
  [[nodiscard]] std::size_t size() const { return entries_.size(); }

 private:
  struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };
  std::unordered_map<std::string, KeyEntry, TextHash, std::equal_to<>> entries_;
};

}  // namespace auth
