// Listen keys: names by which a client reads its account's events without signing anything (POST, PUT and DELETE
// userDataStream; a stream name like any other on a stream connection).
//
// An account has one key at a time, valid for 60 minutes from its last extension. Time is the monotonic time of tick(),
// so that a clock set forward ends no key. Bounded. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateways/spot/listen_keys.h"
#include "pkg/core/ids.h"

namespace streams {

// Whoever reads by a key hears of its end.
class ListenKeyReader {
 public:
  virtual ~ListenKeyReader() = default;
  // `has_expired`: it was not extended in time; else its owner closed it. The reader is detached already.
  virtual void on_listen_key_end(std::string_view key, bool has_expired) = 0;
};

class ListenKeys final : public spot::ListenKeyStore {
 public:
  static constexpr std::int64_t kValidNs = 60ll * 60 * 1'000'000'000;
  static constexpr std::size_t kKeysMax = 100'000;
  static constexpr std::size_t kKeySize = 64;  // characters of [A-Za-z0-9]

  // Fills with bytes that nobody can guess.
  using RandomBytes = std::function<void(char* to, std::size_t size)>;
  explicit ListenKeys(RandomBytes random) : random_(std::move(random)) {}

  // spot::ListenKeyStore
  [[nodiscard]] std::optional<std::string> create(core::AccountId account) override;
  [[nodiscard]] bool extend(std::string_view key, core::AccountId account) override;
  [[nodiscard]] bool close(std::string_view key, core::AccountId account) override;

  // Whose key it is; nothing when it is none or has ended.
  [[nodiscard]] std::optional<core::AccountId> find(std::string_view key) const;
  // REQUIRES find(key), and each reader at most once per key.
  void attach(std::string_view key, ListenKeyReader& reader);
  void detach(std::string_view key, ListenKeyReader& reader);  // no-op when it is not attached

  // Ends the account's key, if it has one: a listen key does not outlive an API key that may have made it.
  void end_of(core::AccountId account);
  // Ends keys that were not extended in time, at most ten seconds late. `monotonic_ns` never falls.
  void tick(std::int64_t monotonic_ns);

  [[nodiscard]] std::size_t size() const { return keys_.size(); }

 private:
  static constexpr std::int64_t kLookEveryNs = 10ll * 1'000'000'000;  // at all keys, for those that have ended
  struct Key {
    core::AccountId account;
    std::int64_t expires_ns = 0;
    std::vector<ListenKeyReader*> readers;
  };
  using Keys = std::map<std::string, Key, std::less<>>;
  [[nodiscard]] std::string make() const;
  [[nodiscard]] Keys::iterator find(std::string_view key, core::AccountId account);
  void end(Keys::iterator at, bool has_expired);

  RandomBytes random_;
  Keys keys_;
  std::map<core::AccountId, std::string> by_account_;
  std::int64_t now_ns_ = 0, next_look_ns_ = 0;
};

}  // namespace streams
