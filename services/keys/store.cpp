#include "services/keys/store.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "pkg/core/check.h"

namespace keys {

std::span<const sql::Migration> migrations() {
  static const std::array<sql::Migration, 2> all{{
      {1, "api keys",
       "create table api_keys (api_key text primary key, account_id bigint not null, account_name text not null, "
       "may_read bigint not null, may_trade bigint not null, may_withdraw bigint not null, type text not null, "
       "secret_encrypted text not null, created_ms bigint not null, revoked_ms bigint);\n"
       "create index api_keys_by_account on api_keys (account_id);\n",
       "drop table api_keys;\n"},
      // Rows of a public key have an empty secret_encrypted. An older build cannot read them, so they do not stay.
      {2, "public keys", "alter table api_keys add column public_key text;\n",
       "delete from api_keys where type <> 'hmac';\n"
       "alter table api_keys drop column public_key;\n"},
  }};
  return all;
}

core::Result<Store> Store::open(const std::string& folder) {
  auto cipher = Cipher::open(folder + "/master.key");
  if (!cipher) return std::unexpected(cipher.error());
  const std::string path = folder + "/keys.sqlite";
  // Made here first, for the owner only: SQLite gives its side files the mode of the file itself.
  const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (descriptor < 0)
    return core::fail(core::ErrorKind::denied, std::strerror(errno), path, "the data folder must be writable");
  ::close(descriptor);
  auto database = sql::Database::open_sqlite(path);
  if (!database) return std::unexpected(database.error());
  if (const auto migrated = sql::migrate(*database, migrations()); !migrated) {
    core::Error error = migrated.error();
    if (error.where.empty()) error.where = path;
    return std::unexpected(error);
  }
  Store store(std::move(*database), *cipher);
  // A wrong master key shows here, at start, and not at the first request.
  if (const auto readable = store.active(); !readable) return std::unexpected(readable.error());
  return store;
}

core::Result<ApiKey> Store::create(core::AccountId account, const std::string& account_name, bool may_read,
                                   bool may_trade, bool may_withdraw, std::int64_t now_ms) {
  auto name = random_token(64);
  if (!name) return std::unexpected(name.error());
  auto secret = random_token(64);
  if (!secret) return std::unexpected(secret.error());
  return insert({*name, account, account_name, may_read, may_trade, may_withdraw, Type::hmac, *secret, {}, now_ms, 0});
}

core::Result<ApiKey> Store::create_with_public_key(core::AccountId account, const std::string& account_name,
                                                   bool may_read, bool may_trade, bool may_withdraw, Type type,
                                                   const std::string& public_key_pem, std::int64_t now_ms) {
  CHECK(type != Type::hmac && !public_key_pem.empty());
  auto name = random_token(64);
  if (!name) return std::unexpected(name.error());
  return insert({*name, account, account_name, may_read, may_trade, may_withdraw, type, {}, public_key_pem, now_ms, 0});
}

core::Result<ApiKey> Store::insert(ApiKey key) {
  std::string encrypted;
  if (key.type == Type::hmac) {
    auto done = cipher_.encrypt(key.secret, key.api_key);
    if (!done) return std::unexpected(done.error());
    encrypted = std::move(*done);
  }
  const sql::Value row[] = {key.api_key,
                            std::int64_t{key.account.value()},
                            key.account_name,
                            std::int64_t{key.may_read},
                            std::int64_t{key.may_trade},
                            std::int64_t{key.may_withdraw},
                            std::string(name_of(key.type)),
                            encrypted,
                            key.created_ms,
                            key.type == Type::hmac ? sql::Value{} : sql::Value{key.public_key}};
  const auto done = database_->execute(
      "insert into api_keys (api_key, account_id, account_name, may_read, may_trade, may_withdraw, type, "
      "secret_encrypted, created_ms, public_key) "
      "values (:p1, :p2, :p3, :p4, :p5, :p6, :p7, :p8, :p9, :p10)",
      row);
  if (!done) return std::unexpected(done.error());
  return key;
}

core::Result<void> Store::revoke(const std::string& api_key, std::int64_t now_ms) {
  const sql::Value name[] = {api_key};
  const auto found =
      database_->query("select account_id from api_keys where api_key = :p1 and revoked_ms is null", name);
  if (!found) return std::unexpected(found.error());
  if (found->empty())
    return core::fail(core::ErrorKind::not_found, "no such key in force", api_key.substr(0, 64),
                      "see: exchange keys list");
  const sql::Value row[] = {now_ms, api_key};
  return database_->execute("update api_keys set revoked_ms = :p1 where api_key = :p2", row);
}

core::Result<std::vector<ApiKey>> Store::read(bool active_with_secrets) const {
  const auto rows =
      database_->query(std::string("select api_key, account_id, account_name, may_read, may_trade, may_withdraw, type, "
                                   "secret_encrypted, created_ms, revoked_ms, public_key "
                                   "from api_keys ") +
                       (active_with_secrets ? "where revoked_ms is null " : "") + "order by created_ms, api_key");
  if (!rows) return std::unexpected(rows.error());
  std::vector<ApiKey> keys;
  for (const sql::Row& row : *rows) {
    const auto type = type_named(sql::text(row[6]));
    if (!type) {
      return core::fail(core::ErrorKind::unsupported,
                        "API key " + sql::text(row[0]) + " is of the unknown type \"" + sql::text(row[6]) + "\"",
                        "keys.sqlite", "it was made by a newer build: use that");
    }
    ApiKey key{sql::text(row[0]),
               core::AccountId{static_cast<std::uint32_t>(sql::integer(row[1]))},
               sql::text(row[2]),
               sql::integer(row[3]) != 0,
               sql::integer(row[4]) != 0,
               sql::integer(row[5]) != 0,
               *type,
               {},
               sql::text(row[10]),
               sql::integer(row[8]),
               sql::integer(row[9])};
    if (active_with_secrets && key.type == Type::hmac) {
      auto secret = cipher_.decrypt(sql::text(row[7]), key.api_key);
      if (!secret) {
        return core::fail(
            core::ErrorKind::corrupt, "the secret of API key " + key.api_key + " does not decrypt", "master.key",
            "restore the master.key this store was made with, or delete keys.sqlite and create the keys anew");
      }
      key.secret = *secret;
    }
    keys.push_back(std::move(key));
  }
  return keys;
}

core::Result<std::vector<ApiKey>> Store::active() const { return read(true); }
core::Result<std::vector<ApiKey>> Store::list() const { return read(false); }

}  // namespace keys
