// The store of API keys: a relational table whose secrets are encrypted; of a client's own key pair it holds the public
// key alone. Keys never are in the log.
//
// Single thread; calls wait for the disk, so they belong to operators' commands and to start-up, not to the order path.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "pkg/core/error.h"
#include "pkg/sql/migrations.h"
#include "services/keys/cipher.h"
#include "services/keys/types.h"

namespace keys {

// The schema's history (pkg/sql/migrations.h).
[[nodiscard]] std::span<const sql::Migration> migrations();

class Store {
 public:
  // Opens or creates `folder`/keys.sqlite and `folder`/master.key and brings the schema up to date.
  [[nodiscard]] static core::Result<Store> open(const std::string& folder);

  // Makes and stores a key with a secret; what comes back is the only time it leaves the store towards a person.
  [[nodiscard]] core::Result<ApiKey> create(core::AccountId account, const std::string& account_name, bool may_read,
                                            bool may_trade, bool may_withdraw, std::int64_t now_ms);
  // Makes and stores a key whose signatures are checked with a client's public key.
  // REQUIRES a type with one, and a PEM that the gateways accept (auth::accept_public_key).
  [[nodiscard]] core::Result<ApiKey> create_with_public_key(core::AccountId account, const std::string& account_name,
                                                            bool may_read, bool may_trade, bool may_withdraw, Type type,
                                                            const std::string& public_key_pem, std::int64_t now_ms);
  // Errors: not_found.
  [[nodiscard]] core::Result<void> revoke(const std::string& api_key, std::int64_t now_ms);
  // All that are in force with their secrets or public keys, for the gateways; ordered by creation.
  [[nodiscard]] core::Result<std::vector<ApiKey>> active() const;
  // All that ever were, without secrets.
  [[nodiscard]] core::Result<std::vector<ApiKey>> list() const;

 private:
  Store(sql::Database database, Cipher cipher)
      : database_(std::make_unique<sql::Database>(std::move(database))), cipher_(cipher) {}
  [[nodiscard]] core::Result<ApiKey> insert(ApiKey key);
  [[nodiscard]] core::Result<std::vector<ApiKey>> read(bool active_with_secrets) const;
  std::unique_ptr<sql::Database> database_;
  Cipher cipher_;
};

}  // namespace keys
