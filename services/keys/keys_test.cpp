#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "pkg/sql/migrations.h"
#include "pkg/sql/testing.h"
#include "services/keys/store.h"

namespace {

using Folder = sql::testing::TemporaryFolder;

TEST(Keys, CreatedKeysAreThereAfterReopening) {
  const Folder folder;
  keys::ApiKey made;
  {
    auto store = keys::Store::open(folder.path());
    ASSERT_TRUE(store) << store.error().text();
    auto key = store->create(core::AccountId{1000}, "alice", true, true, false, 1234);
    ASSERT_TRUE(key) << key.error().text();
    made = *key;
    EXPECT_EQ(made.api_key.size(), 64u);
    EXPECT_EQ(made.secret.size(), 64u);
    EXPECT_NE(made.api_key, made.secret);
  }
  auto store = keys::Store::open(folder.path());
  ASSERT_TRUE(store) << store.error().text();
  const auto active = store->active();
  ASSERT_TRUE(active);
  ASSERT_EQ(active->size(), 1u);
  EXPECT_EQ(active->front().api_key, made.api_key);
  EXPECT_EQ(active->front().secret, made.secret);
  EXPECT_EQ(active->front().account, core::AccountId{1000});
  EXPECT_EQ(active->front().account_name, "alice");
  EXPECT_TRUE(active->front().may_trade);
  EXPECT_FALSE(active->front().may_withdraw);
}

TEST(Keys, RevokedKeysAreListedButNotActive) {
  const Folder folder;
  auto store = keys::Store::open(folder.path());
  ASSERT_TRUE(store);
  const auto key = store->create(core::AccountId{1000}, "alice", true, false, false, 1);
  ASSERT_TRUE(key);
  ASSERT_TRUE(store->revoke(key->api_key, 77));
  EXPECT_TRUE(store->active()->empty());
  ASSERT_EQ(store->list()->size(), 1u);
  EXPECT_EQ(store->list()->front().revoked_ms, 77);
  EXPECT_TRUE(store->list()->front().secret.empty());
  const auto again = store->revoke(key->api_key, 78);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().kind, core::ErrorKind::not_found);
}

constexpr const char* kPublicKey =
    "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAgmDRTtj2FA+wzJUIlAL9ly1eovjLBu7uXUFR+jFULmg=\n-----END PUBLIC "
    "KEY-----\n";

TEST(Keys, OfAClientsOwnPairThePublicKeyIsKept) {
  const Folder folder;
  keys::ApiKey rsa, ed25519;
  {
    auto store = keys::Store::open(folder.path());
    ASSERT_TRUE(store);
    ASSERT_TRUE(store->create(core::AccountId{1000}, "alice", true, true, false, 1));
    const auto first = store->create_with_public_key(core::AccountId{1000}, "alice", true, true, false, keys::Type::rsa,
                                                     "any text\nis kept: \"'\r\n", 2);
    const auto second = store->create_with_public_key(core::AccountId{1001}, "bob", true, false, true,
                                                      keys::Type::ed25519, kPublicKey, 3);
    ASSERT_TRUE(first && second);
    rsa = *first;
    ed25519 = *second;
    EXPECT_NE(rsa.api_key, ed25519.api_key);
    EXPECT_EQ(ed25519.api_key.size(), 64u);
    EXPECT_TRUE(ed25519.secret.empty());
  }
  auto store = keys::Store::open(folder.path());
  ASSERT_TRUE(store);
  const auto active = store->active();
  ASSERT_TRUE(active);
  ASSERT_EQ(active->size(), 3u);
  EXPECT_EQ((*active)[0].type, keys::Type::hmac);
  EXPECT_EQ((*active)[0].secret.size(), 64u);
  EXPECT_TRUE((*active)[0].public_key.empty());
  EXPECT_EQ((*active)[1].type, keys::Type::rsa);
  EXPECT_EQ((*active)[1].public_key, rsa.public_key);
  EXPECT_EQ((*active)[2].type, keys::Type::ed25519);
  EXPECT_EQ((*active)[2].api_key, ed25519.api_key);
  EXPECT_EQ((*active)[2].public_key, kPublicKey);
  EXPECT_EQ((*active)[2].account_name, "bob");
  EXPECT_FALSE((*active)[2].may_trade);
  EXPECT_TRUE((*active)[2].may_withdraw);
  ASSERT_TRUE(store->revoke(ed25519.api_key, 4));
  EXPECT_EQ(store->active()->size(), 2u);
  EXPECT_EQ(store->list()->back().type, keys::Type::ed25519);
}

TEST(Keys, TypesHaveNames) {
  for (const keys::Type type : {keys::Type::hmac, keys::Type::rsa, keys::Type::ed25519})
    EXPECT_EQ(keys::type_named(keys::name_of(type)), type);
  EXPECT_FALSE(keys::type_named("ed448"));
  EXPECT_FALSE(keys::type_named(""));
}

// The first migration as it was released: a store it made must open for ever.
const sql::Migration kFirst{
    1, "api keys",
    "create table api_keys (api_key text primary key, account_id bigint not null, account_name text not null, "
    "may_read bigint not null, may_trade bigint not null, may_withdraw bigint not null, type text not null, "
    "secret_encrypted text not null, created_ms bigint not null, revoked_ms bigint);\n"
    "create index api_keys_by_account on api_keys (account_id);\n",
    "drop table api_keys;\n"};

TEST(Keys, AStoreOfTheFirstReleaseIsBroughtUpToDate) {
  const Folder folder;
  const std::string name(64, 'k'), secret(64, 's');
  {
    auto database = sql::Database::open_sqlite(folder.path() + "/keys.sqlite");
    ASSERT_TRUE(database);
    ASSERT_TRUE(sql::migrate(*database, std::span(&kFirst, 1)));
    const auto cipher = keys::Cipher::open(folder.path() + "/master.key");
    ASSERT_TRUE(cipher);
    const sql::Value row[] = {name, *cipher->encrypt(secret, name)};
    ASSERT_TRUE(database->execute(
        "insert into api_keys (api_key, account_id, account_name, may_read, may_trade, may_withdraw, type, "
        "secret_encrypted, created_ms) values (:p1, 1000, 'alice', 1, 1, 0, 'hmac', :p2, 1)",
        row));
  }
  auto store = keys::Store::open(folder.path());
  ASSERT_TRUE(store) << store.error().text();
  ASSERT_TRUE(store->create_with_public_key(core::AccountId{1000}, "alice", true, true, false, keys::Type::ed25519,
                                            kPublicKey, 2));
  const auto active = store->active();
  ASSERT_TRUE(active);
  ASSERT_EQ(active->size(), 2u);
  EXPECT_EQ((*active)[0].secret, secret);
  EXPECT_EQ((*active)[0].type, keys::Type::hmac);
  EXPECT_TRUE((*active)[0].public_key.empty());
  EXPECT_EQ((*active)[1].public_key, kPublicKey);
}

TEST(Keys, GoingBackLeavesWhatTheFirstReleaseCanRead) {
  const Folder folder;
  std::string kept;
  {
    auto store = keys::Store::open(folder.path());
    ASSERT_TRUE(store);
    kept = store->create(core::AccountId{1000}, "alice", true, false, false, 1)->api_key;
    ASSERT_TRUE(store->create_with_public_key(core::AccountId{1000}, "alice", true, true, false, keys::Type::rsa,
                                              kPublicKey, 2));
  }
  {
    auto database = sql::Database::open_sqlite(folder.path() + "/keys.sqlite");
    ASSERT_TRUE(database);
    ASSERT_TRUE(sql::migrate_down(*database, keys::migrations(), 1));
    EXPECT_EQ(sql::migrate(*database, std::span(&kFirst, 1)).value_or(-1), 0) << "it is the first release's store";
    const auto rows = database->query("select * from api_keys");
    ASSERT_TRUE(rows);
    ASSERT_EQ(rows->size(), 1u);
    EXPECT_EQ(sql::text(rows->front().front()), kept);
    EXPECT_EQ(rows->front().size(), 10u);
  }
  const auto store = keys::Store::open(folder.path());
  ASSERT_TRUE(store) << store.error().text();
  EXPECT_EQ(store->active()->size(), 1u);
}

TEST(Keys, ATypeOfANewerBuildIsNotGuessedAt) {
  const Folder folder;
  {
    auto store = keys::Store::open(folder.path());
    ASSERT_TRUE(store);
    ASSERT_TRUE(store->create(core::AccountId{1000}, "alice", true, false, false, 1));
    auto database = sql::Database::open_sqlite(folder.path() + "/keys.sqlite");
    ASSERT_TRUE(database->execute("update api_keys set type = 'falcon'"));
  }
  const auto store = keys::Store::open(folder.path());
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().kind, core::ErrorKind::unsupported);
  EXPECT_NE(store.error().text().find("falcon"), std::string::npos);
}

TEST(Keys, SecretsAreNotInTheFilesInClear) {
  const Folder folder;
  std::string secret;
  {
    auto store = keys::Store::open(folder.path());
    ASSERT_TRUE(store);
    secret = store->create(core::AccountId{1000}, "alice", true, false, false, 1)->secret;
  }
  for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
    std::ifstream in(entry.path(), std::ios::binary);
    const std::string content((std::istreambuf_iterator<char>(in)), {});
    EXPECT_EQ(content.find(secret), std::string::npos) << entry.path();
    struct stat status{};
    ASSERT_EQ(::stat(entry.path().c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0077, 0u) << entry.path();
  }
}

TEST(Keys, AnotherMasterKeyIsNoticedAtOpening) {
  const Folder folder;
  {
    auto store = keys::Store::open(folder.path());
    ASSERT_TRUE(store);
    ASSERT_TRUE(store->create(core::AccountId{1000}, "alice", true, false, false, 1));
  }
  std::filesystem::remove(folder.path() + "/master.key");
  const auto store = keys::Store::open(folder.path());
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().kind, core::ErrorKind::corrupt);
}

TEST(Keys, AMasterKeyOthersCanReadIsRefused) {
  const Folder folder;
  {
    ASSERT_TRUE(keys::Cipher::open(folder.path() + "/master.key"));
  }
  ::chmod((folder.path() + "/master.key").c_str(), 0644);
  const auto cipher = keys::Cipher::open(folder.path() + "/master.key");
  ASSERT_FALSE(cipher);
  EXPECT_EQ(cipher.error().kind, core::ErrorKind::denied);
}

TEST(Cipher, EveryChangedCharacterIsNoticed) {
  const keys::Cipher cipher({1, 2, 3});
  const auto encrypted = cipher.encrypt("attack at dawn", "row 1");
  ASSERT_TRUE(encrypted);
  EXPECT_EQ(cipher.decrypt(*encrypted, "row 1").value_or(""), "attack at dawn");
  EXPECT_FALSE(cipher.decrypt(*encrypted, "row 2"));
  for (std::size_t i = 0; i < encrypted->size(); ++i) {
    std::string changed = *encrypted;
    changed[i] = changed[i] == '0' ? '1' : '0';
    EXPECT_FALSE(cipher.decrypt(changed, "row 1")) << i;
  }
}

}  // namespace
