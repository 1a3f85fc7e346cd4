#include "cmd/exchange/store_files.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <system_error>
#include <vector>

#include "pkg/sql/projection.h"

namespace exchange {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kDamagedKept = 3;
constexpr const char* kSideFiles[] = {"", "-wal", "-shm"};

// The numbers N of path.damaged-N, ascending.
std::vector<std::uint64_t> damaged_numbers(const std::string& path) {
  const std::string prefix = fs::path(path).filename().string() + ".damaged-";
  std::vector<std::uint64_t> numbers;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(fs::path(path).parent_path(), ignored)) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with(prefix)) continue;
    std::uint64_t number = 0;
    const char* const begin = name.data() + prefix.size();
    if (std::from_chars(begin, name.data() + name.size(), number).ec == std::errc()) numbers.push_back(number);
  }
  std::ranges::sort(numbers);
  numbers.erase(std::ranges::unique(numbers).begin(), numbers.end());
  return numbers;
}

}  // namespace

core::Result<std::string> set_store_aside(const std::string& path) {
  auto numbers = damaged_numbers(path);
  numbers.push_back(numbers.empty() ? 1 : numbers.back() + 1);
  std::string to = path + ".damaged-" + std::to_string(numbers.back());
  std::error_code error;
  bool moved_any = false;
  // A write-ahead log without its file, or beside another one, is not to be found by the next that is made.
  for (const char* const side : kSideFiles) {
    if (!fs::exists(path + side, error)) continue;
    fs::rename(path + side, to + side, error);
    if (error)
      return core::fail(core::ErrorKind::io, "cannot be set aside: " + error.message(), path + side,
                        "remove the file by hand: it is made anew from the journal");
    moved_any = true;
  }
  if (!moved_any) return std::string();
  for (std::size_t i = 0; i + kDamagedKept < numbers.size(); ++i) {
    for (const char* const side : kSideFiles) fs::remove(path + ".damaged-" + std::to_string(numbers[i]) + side, error);
  }
  return to;
}

core::Sequence stored_position(const std::string& data) {
  core::Sequence least;
  for (const char* const name : {kHistoryStore, kMarketDataStore}) {
    auto database = sql::Database::open_sqlite(store_path(data, name), {.access = sql::Access::read_only});
    if (!database) return {};
    const auto cursor = sql::read_cursor(*database);
    if (!cursor) return {};
    least = least.is_none() ? cursor->sequence : std::min(least, cursor->sequence);
    if (least.is_none()) return {};
  }
  return least;
}

}  // namespace exchange
