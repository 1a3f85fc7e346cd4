#include "cmd/exchange/demo.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <utility>

#include "cmd/exchange/data_folder.h"
#include "cmd/exchange/json.h"
#include "cmd/exchange/loop.h"
#include "cmd/exchange/operations.h"
#include "services/instruments/convert.h"

namespace exchange {
namespace {

constexpr const char* kName = "demo";
constexpr std::array<std::pair<const char*, const char*>, 4> kFunds{
    {{"BTC", "10"}, {"ETH", "100"}, {"SOL", "1000"}, {"USDT", "100000"}}};

core::Result<core::AccountId> demo_account(Exchange& exchange) {
  if (const auto account = exchange.views().accounts.find(kName)) return *account;
  const auto events = carry_out(exchange, ledger::OpenAccount{ledger::AccountName(kName)});
  if (!events) return std::unexpected(events.error());
  if (auto checked = check_events(*events, "demo account"); !checked) return std::unexpected(checked.error());
  const auto account = exchange.views().accounts.find(kName);
  CHECK(account);
  return *account;
}

// Each deposit has a reference, so a second one of the same is rejected by the ledger.
core::Result<void> fund(Exchange& exchange, core::AccountId account) {
  for (const auto& [symbol, text] : kFunds) {
    const instruments::Asset* asset = exchange.views().instruments.asset(symbol);
    if (!asset) continue;  // a data folder with other markets
    const auto amount = instruments::parse_amount(*asset, text);
    CHECK(amount);
    const ledger::Deposit deposit{account, asset->id, *amount, core::ShortText<40>(std::string("demo-") + symbol)};
    const auto events = carry_out(exchange, deposit);
    if (!events) return std::unexpected(events.error());
  }
  return {};
}

std::optional<DemoAccount> read_key(const std::string& path, const auth::KeyRing& ring) {
  std::ifstream in(path);
  const std::string text((std::istreambuf_iterator<char>(in)), {});
  boost::system::error_code error;
  const json::value value = json::parse(text, error);
  if (error || !value.is_object()) return std::nullopt;
  DemoAccount demo{kName, text_of(value.get_object(), "api_key"), text_of(value.get_object(), "secret"), false};
  if (!ring.find(demo.api_key)) return std::nullopt;  // revoked, or never stored
  return demo;
}

core::Result<void> write_key(const std::string& path, const DemoAccount& demo) {
  const std::string text =
      json::serialize(json::object{{"account", demo.name}, {"api_key", demo.api_key}, {"secret", demo.secret}}) + "\n";
  const std::string unfinished = path + ".new";
  const int descriptor = ::open(unfinished.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (descriptor < 0) return core::fail(core::ErrorKind::io, std::strerror(errno), unfinished);
  const bool written =
      ::write(descriptor, text.data(), text.size()) == static_cast<ssize_t>(text.size()) && ::fsync(descriptor) == 0;
  ::close(descriptor);
  if (!written || std::rename(unfinished.c_str(), path.c_str()) != 0)
    return core::fail(core::ErrorKind::io, std::strerror(errno), path);
  return {};
}

}  // namespace

core::Result<DemoAccount> prepare_demo(const std::string& data, Exchange& exchange, keys::Store& store,
                                       auth::KeyRing& ring) {
  const auto account = demo_account(exchange);
  if (!account) return std::unexpected(account.error());
  const std::string path = demo_key_path(data);
  if (auto demo = read_key(path, ring)) return *demo;
  if (auto funded = fund(exchange, *account); !funded) return std::unexpected(funded.error());
  const auto key = store.create(*account, kName, true, true, true, exchange.now().milliseconds());
  if (!key) return std::unexpected(key.error());
  if (auto added = ring.add(ring_key(*key)); !added) return std::unexpected(added.error());
  DemoAccount demo{kName, key->api_key, key->secret, true};
  if (auto written = write_key(path, demo); !written) return std::unexpected(written.error());
  return demo;
}

}  // namespace exchange
