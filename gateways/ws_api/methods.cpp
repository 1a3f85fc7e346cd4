#include "gateways/ws_api/methods.h"

#include <array>
#include <unordered_map>
#include <vector>

#include "gateways/rest/routes.h"
#include "pkg/core/check.h"

namespace ws_api {
namespace {

constexpr std::string_view kVersion = "v3/";
constexpr std::uint32_t kSessionWeight = 2;

struct Alias {
  std::string_view name;
  http::Method verb;
  std::string_view path;
};
constexpr http::Method kGet = http::Method::get, kPost = http::Method::post, kPut = http::Method::put,
                       kDelete = http::Method::del;

constexpr std::array kAliases = {
    // trading
    Alias{"order.place", kPost, "/api/v3/order"},
    Alias{"order.test", kPost, "/api/v3/order/test"},
    Alias{"order.cancel", kDelete, "/api/v3/order"},
    Alias{"order.cancelReplace", kPost, "/api/v3/order/cancelReplace"},
    Alias{"order.amend.keepPriority", kPut, "/api/v3/order/amend/keepPriority"},
    Alias{"openOrders.cancelAll", kDelete, "/api/v3/openOrders"},
    // one account
    Alias{"order.status", kGet, "/api/v3/order"},
    Alias{"openOrders.status", kGet, "/api/v3/openOrders"},
    Alias{"allOrders", kGet, "/api/v3/allOrders"},
    Alias{"myTrades", kGet, "/api/v3/myTrades"},
    Alias{"account.status", kGet, "/api/v3/account"},
    Alias{"account.commission", kGet, "/api/v3/account/commission"},
    Alias{"account.rateLimits.orders", kGet, "/api/v3/rateLimit/order"},
    Alias{"userDataStream.start", kPost, "/api/v3/userDataStream"},
    Alias{"userDataStream.ping", kPut, "/api/v3/userDataStream"},
    Alias{"userDataStream.stop", kDelete, "/api/v3/userDataStream"},
    // everybody
    Alias{"ping", kGet, "/api/v3/ping"},
    Alias{"time", kGet, "/api/v3/time"},
    Alias{"exchangeInfo", kGet, "/api/v3/exchangeInfo"},
    Alias{"depth", kGet, "/api/v3/depth"},
    Alias{"trades.recent", kGet, "/api/v3/trades"},
    Alias{"trades.historical", kGet, "/api/v3/historicalTrades"},
    Alias{"trades.aggregate", kGet, "/api/v3/aggTrades"},
    Alias{"klines", kGet, "/api/v3/klines"},
    Alias{"uiKlines", kGet, "/api/v3/uiKlines"},
    Alias{"avgPrice", kGet, "/api/v3/avgPrice"},
    Alias{"ticker", kGet, "/api/v3/ticker"},
    Alias{"ticker.24hr", kGet, "/api/v3/ticker/24hr"},
    Alias{"ticker.tradingDay", kGet, "/api/v3/ticker/tradingDay"},
    Alias{"ticker.price", kGet, "/api/v3/ticker/price"},
    Alias{"ticker.book", kGet, "/api/v3/ticker/bookTicker"},
};

constexpr std::array<std::pair<std::string_view, Own>, 7> kOwn = {{
    {"session.logon", Own::logon},
    {"session.status", Own::status},
    {"session.logout", Own::logout},
    {"session.subscriptions", Own::subscriptions},
    {"userDataStream.subscribe", Own::subscribe},
    {"userDataStream.subscribe.signature", Own::subscribe_signature},
    {"userDataStream.unsubscribe", Own::unsubscribe},
}};

struct Table {
  Table() {
    for (const Alias& alias : kAliases) {
      const rest::Match match = rest::find_route(alias.verb, alias.path);
      CHECK_MSG(match.route != nullptr, "a method that stands for no route");
      all.push_back({.name = alias.name, .own = Own::none, .operation = match.route->operation()});
    }
    for (const auto& [name, own] : kOwn)
      all.push_back({.name = name, .own = own, .operation = {.weight = kSessionWeight}});
    for (const Method& method : all) by_name.emplace(method.name, &method);
    CHECK_MSG(by_name.size() == all.size(), "two methods of one name");
  }
  std::vector<Method> all;
  std::unordered_map<std::string_view, const Method*> by_name;
};

const Table& table() {
  static const Table kTable;
  return kTable;
}

}  // namespace

std::span<const Method> methods() { return table().all; }

const Method* find_method(std::string_view name) {
  if (name.starts_with(kVersion)) name.remove_prefix(kVersion.size());
  const auto found = table().by_name.find(name);
  return found == table().by_name.end() ? nullptr : found->second;
}

}  // namespace ws_api
