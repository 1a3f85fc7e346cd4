// What an operator can have done by a running exchange. Whatever changes state becomes a command in the log like any
// other, and is answered when it is durable.
//
// A request is a JSON object with `command` and its arguments, as the command line sends it over the control socket:
//   deposit         account, asset, amount, reference?   → account, account_id, asset, amount, available
//   keys_create     account, permissions, type?, public_key?  (hmac without, rsa and ed25519 with a public key: PEM)
//                                                        → api_key, secret (hmac), account, account_id, permissions,
//                                                          type
//   keys_list                                            → keys
//   keys_revoke     api_key                              → api_key, revoked
//   markets_list                                         → markets
//   markets_add     symbol, base, quote, tick, lot, …    → market
//   markets_halt, markets_resume   symbol                → market (resume: on towards trading, by way of an auction
//                                                          where the market is so configured)
//   markets_state   symbol, state                        → market
//   markets_auctions   symbol, resumes ("on", "off")     → market
//   markets_allocation   symbol, allocation ("price_time", "pro_rata"), top_first? ("on"), share_min?   → market
//   markets_ranges     symbol, static_bp?, dynamic_bp?, outcome? ("expire", "auction"), reference?   → market
//                      (price ranges; what is not given stays as it is)
//   snapshot                                             → sequence, state_hash, …
//   status                                               → figures of the running process
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <unordered_map>

#include "cmd/exchange/config.h"
#include "cmd/exchange/exchange.h"
#include "cmd/exchange/json.h"
#include "cmd/exchange/snapshots.h"
#include "gateways/auth/key_ring.h"
#include "services/keys/store.h"

namespace exchange {

using Answer = core::Result<json::object>;
using Respond = std::function<void(const Answer&)>;

class Operations final : private gateways::ReplyHandler {
 public:
  // Adds what the process knows of itself to the answer of `status`.
  using Status = std::function<void(json::object&)>;

  // Hears of the account whose key has been revoked.
  using KeyRevoked = std::function<void(core::AccountId)>;

  // REQUIRES all references to outlive it.
  Operations(Exchange& exchange, Snapshots& snapshots, keys::Store& store, auth::KeyRing& ring, Environment environment,
             Status status, KeyRevoked key_revoked);

  // Calls `respond` once: at once, or when what was asked for is durable.
  void handle(const json::object& request, Respond respond);

 private:
  using Events = std::span<const orders::AccountEvent>;
  using Then = std::function<void(const core::Result<Events>&)>;

  void on_reply(const gateways::Reply& reply) override;
  void submit(const engine::Command& command, Then then);
  void with_account(const std::string& name, std::function<void(const core::Result<core::AccountId>&)> then);

  void deposit(const json::object& request, Respond respond);
  void keys_create(const json::object& request, Respond respond);
  struct KeyWish {
    auth::Permissions permissions;
    keys::Type type = keys::Type::hmac;
    std::string public_key;  // PEM; empty for hmac
  };
  [[nodiscard]] static core::Result<KeyWish> parse_key_wish(const json::object& request);
  [[nodiscard]] Answer create_key(core::AccountId account, const std::string& name, const KeyWish& wish);
  [[nodiscard]] Answer keys_list() const;
  [[nodiscard]] Answer keys_revoke(const json::object& request);
  [[nodiscard]] Answer markets_list() const;
  void markets_add(const json::object& request, Respond respond);
  void add_market(const json::object& request, Respond respond);
  void set_market_state(const std::string& command, const json::object& request, Respond respond);
  void set_market_auctions(const json::object& request, Respond respond);
  // A command on the market of that symbol, answered with the market as it is then.
  void set_market_allocation(const json::object& request, Respond respond);
  void set_market_ranges(const json::object& request, Respond respond);
  void change_market(const std::string& symbol, const engine::Command& command, Respond respond);
  void snapshot(Respond respond);
  [[nodiscard]] Answer status() const;
  [[nodiscard]] json::object market_object(const instruments::Market& market) const;

  Exchange& exchange_;
  Snapshots& snapshots_;
  keys::Store& store_;
  auth::KeyRing& ring_;
  const Environment environment_;
  const Status status_;
  const KeyRevoked key_revoked_;
  std::unordered_map<std::uint64_t, Then> waiting_;
  std::uint64_t next_token_ = 1;
};

// The key as the gateways hold it.
[[nodiscard]] auth::Key ring_key(const keys::ApiKey& key);
// An event of a command that says it was not carried out, as an error; `subject` says what of.
[[nodiscard]] core::Result<void> check_events(std::span<const orders::AccountEvent> events, const std::string& subject);

}  // namespace exchange
