// What the tests of stores share: a folder of their own on the disk, and a store in it that can be opened again.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <optional>
#include <string>
#include <utility>

namespace sql::testing {

// Is gone, with all that is in it, at its end.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = std::filesystem::temp_directory_path() / "exchange_test_XXXXXX";
    if (const char* const made = ::mkdtemp(pattern.data()); made != nullptr)
      path_ = made;
    else
      ADD_FAILURE() << "no folder " << pattern;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// An open store of a type that has `Store::open(path)`.
template <class Store>
class StoreTest : public ::testing::Test {
 protected:
  void SetUp() override { reopen(); }
  [[nodiscard]] std::string path() const { return folder_.path() + "/store.sqlite"; }
  void reopen() {
    store_.reset();
    auto opened = Store::open(path());
    ASSERT_TRUE(opened) << opened.error().text();
    store_.emplace(std::move(*opened));
  }
  void open_empty() {
    store_.reset();
    std::filesystem::remove(path());
    reopen();
  }

  TemporaryFolder folder_;
  std::optional<Store> store_;
};

}  // namespace sql::testing
