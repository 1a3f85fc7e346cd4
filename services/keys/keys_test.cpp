#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "pkg/sql/migrations.h"
#include "services/keys/store.h"

namespace {

class Folder {
 public:
  Folder() {
    std::string pattern = std::filesystem::temp_directory_path() / "keys_test_XXXXXX";
    path_ = ::mkdtemp(pattern.data());
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

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
