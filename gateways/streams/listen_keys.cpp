#include "gateways/streams/listen_keys.h"

#include <algorithm>
#include <array>

#include "pkg/core/check.h"

namespace streams {

// 64 characters of an alphabet of 62 are 381 bits; bytes beyond the last multiple of 62 are drawn again.
std::string ListenKeys::make() const {
  constexpr std::string_view kAlphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  constexpr unsigned kEven = 256 / kAlphabet.size() * kAlphabet.size();
  std::string key;
  std::array<char, kKeySize> drawn{};
  while (key.size() < kKeySize) {
    random_(drawn.data(), drawn.size());
    for (const char c : drawn) {
      const auto byte = static_cast<unsigned char>(c);
      if (byte < kEven && key.size() < kKeySize) key += kAlphabet[byte % kAlphabet.size()];
    }
  }
  return key;
}

std::optional<std::string> ListenKeys::create(core::AccountId account) {
  if (const auto has = by_account_.find(account); has != by_account_.end()) {
    keys_.find(has->second)->second.expires_ns = now_ns_ + kValidNs;
    return has->second;
  }
  if (keys_.size() >= kKeysMax) return std::nullopt;
  std::string key = make();
  const bool is_new = keys_.try_emplace(key, Key{.account = account, .expires_ns = now_ns_ + kValidNs}).second;
  CHECK_MSG(is_new, "two random keys of 381 bits are equal");
  by_account_.emplace(account, key);
  return key;
}

ListenKeys::Keys::iterator ListenKeys::find(std::string_view key, core::AccountId account) {
  const auto found = keys_.find(key);
  return found != keys_.end() && found->second.account == account ? found : keys_.end();
}

bool ListenKeys::extend(std::string_view key, core::AccountId account) {
  const auto found = find(key, account);
  if (found == keys_.end()) return false;
  found->second.expires_ns = now_ns_ + kValidNs;
  return true;
}

bool ListenKeys::close(std::string_view key, core::AccountId account) {
  const auto found = find(key, account);
  if (found == keys_.end()) return false;
  end(found, false);
  return true;
}

std::optional<core::AccountId> ListenKeys::find(std::string_view key) const {
  const auto found = keys_.find(key);
  if (found == keys_.end() || found->second.account.is_none()) return std::nullopt;
  return found->second.account;
}

void ListenKeys::attach(std::string_view key, ListenKeyReader& reader) {
  const auto found = keys_.find(key);
  CHECK(found != keys_.end() && !found->second.account.is_none());
  found->second.readers.push_back(&reader);
}

void ListenKeys::detach(std::string_view key, ListenKeyReader& reader) {
  const auto found = keys_.find(key);
  if (found != keys_.end()) std::erase(found->second.readers, &reader);
}

// Readers are taken off one at a time, for each may detach others; meanwhile the key is nobody's.
void ListenKeys::end(Keys::iterator at, bool has_expired) {
  by_account_.erase(at->second.account);
  at->second.account = {};
  while (!at->second.readers.empty()) {
    ListenKeyReader* const reader = at->second.readers.back();
    at->second.readers.pop_back();
    reader->on_listen_key_end(at->first, has_expired);
  }
  keys_.erase(at);
}

void ListenKeys::end_of(core::AccountId account) {
  const auto found = by_account_.find(account);
  if (found != by_account_.end()) end(keys_.find(found->second), false);
}

void ListenKeys::tick(std::int64_t monotonic_ns) {
  CHECK(monotonic_ns >= now_ns_);
  now_ns_ = monotonic_ns;
  if (now_ns_ < next_look_ns_) return;
  next_look_ns_ = now_ns_ + kLookEveryNs;
  for (auto at = keys_.begin(); at != keys_.end();) {
    const auto next = std::next(at);
    if (at->second.expires_ns <= now_ns_) end(at, true);
    at = next;
  }
}

}  // namespace streams
