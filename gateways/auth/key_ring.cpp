#include "gateways/auth/key_ring.h"

#include <algorithm>

namespace auth {
namespace {

constexpr std::size_t kApiKeyChars = 64;

}  // namespace

bool is_well_formed_api_key(std::string_view text) {
  return text.size() == kApiKeyChars && std::ranges::all_of(text, [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
         });
}

core::Result<void> KeyRing::add(Key key) {
  if (!is_well_formed_api_key(key.api_key)) {
    return core::fail(core::ErrorKind::invalid_input, "an API key has 64 characters of 0-9, A-Z, a-z");
  }
  if (entries_.contains(key.api_key))
    return core::fail(core::ErrorKind::already_exists, "the API key is in force already");
  auto verifier = make_verifier(key);
  if (!verifier) return std::unexpected(verifier.error());
  std::string name = key.api_key;
  key.secret.assign(key.secret.size(), '\0');  // not needed any more: leave no second copy in memory
  key.secret.clear();
  entries_.emplace(std::move(name), KeyEntry{std::move(key), std::move(*verifier)});
  return {};
}

bool KeyRing::revoke(std::string_view api_key) {
  const auto found = entries_.find(api_key);
  if (found == entries_.end()) return false;
  entries_.erase(found);
  return true;
}

const KeyEntry* KeyRing::find(std::string_view api_key) const {
  const auto found = entries_.find(api_key);
  return found == entries_.end() ? nullptr : &found->second;
}

}  // namespace auth
