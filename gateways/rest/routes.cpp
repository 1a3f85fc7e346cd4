#include "gateways/rest/routes.h"

#include <array>
#include <string>
#include <unordered_map>
#include <vector>

#include "gateways/spot/account.h"
#include "gateways/spot/market_data.h"
#include "gateways/spot/rate_limits.h"
#include "gateways/spot/user_streams.h"
#include "gateways/spot/wallet.h"

namespace rest {
namespace {

using http::Method;
using spot::Security;

constexpr Route read(Method method, std::string_view path, std::uint32_t weight, spot::Read operation,
                     Security security) {
  return {.method = method, .path = path, .weight = weight, .security = security, .read = operation};
}
constexpr Route read(std::string_view path, std::uint32_t weight, spot::Read operation,
                     Security security = Security::none) {
  return {.method = Method::get, .path = path, .weight = weight, .security = security, .read = operation};
}
constexpr Route read(std::string_view path, std::uint32_t (*weigh)(const spot::Parameters&), spot::Read operation,
                     Security security = Security::none) {
  return {.method = Method::get, .path = path, .security = security, .read = operation, .weigh = weigh};
}
constexpr Route read_past(std::string_view path, std::uint32_t weight, spot::ReadPast operation) {
  return {.method = Method::get, .path = path, .weight = weight, .read_past = operation};
}
// Of one account.
constexpr Route read_own_past(std::string_view path, std::uint32_t weight, spot::ReadPast operation) {
  return {
      .method = Method::get, .path = path, .weight = weight, .security = Security::user_data, .read_past = operation};
}
constexpr Route read_own_past(std::string_view path, std::uint32_t (*weigh)(const spot::Parameters&),
                              spot::ReadPast operation) {
  return {.method = Method::get, .path = path, .security = Security::user_data, .read_past = operation, .weigh = weigh};
}
constexpr Route change(Method method, std::string_view path, spot::Order operation, bool places_order = false) {
  return {
      .method = method, .path = path, .security = Security::trade, .order = operation, .places_order = places_order};
}
constexpr Route change(Method method, std::string_view path, std::uint32_t weight, spot::Order operation) {
  return {.method = method, .path = path, .weight = weight, .security = Security::trade, .order = operation};
}
constexpr Route internal(std::string_view path, Internal which) {
  return {.method = Method::get, .path = path, .internal = which};
}

constexpr std::array kRoutes = {
    // trading
    change(Method::post, "/api/v3/order", spot::place_order, true),
    change(Method::del, "/api/v3/order", spot::cancel_order),
    change(Method::del, "/api/v3/openOrders", spot::cancel_open_orders),
    change(Method::post, "/api/v3/order/cancelReplace", spot::cancel_replace),
    change(Method::put, "/api/v3/order/amend/keepPriority", 4, spot::amend_order),
    Route{.method = Method::post,
          .path = "/api/v3/order/test",
          .security = Security::trade,
          .read = spot::test_order,
          .weigh = spot::test_order_weight},
    // one account
    read_own_past("/api/v3/order", 4, spot::query_order),
    read("/api/v3/openOrders", spot::open_orders_weight, spot::open_orders, Security::user_data),
    read_own_past("/api/v3/allOrders", 20, spot::all_orders),
    read_own_past("/api/v3/myTrades", spot::my_trades_weight, spot::my_trades),
    read("/api/v3/account", 20, spot::account, Security::user_data),
    read("/api/v3/account/commission", 20, spot::account_commission, Security::user_data),
    read("/api/v3/rateLimit/order", 40, spot::order_limits, Security::user_data),
    read(Method::post, "/api/v3/userDataStream", 2, spot::start_user_stream, Security::user_stream),
    read(Method::put, "/api/v3/userDataStream", 2, spot::keep_user_stream, Security::user_stream),
    read(Method::del, "/api/v3/userDataStream", 2, spot::stop_user_stream, Security::user_stream),
    // everybody
    read("/api/v3/ping", 1, spot::ping),
    read("/api/v3/time", 1, spot::server_time),
    read("/api/v3/exchangeInfo", 20, spot::exchange_info),
    read("/api/v3/depth", spot::depth_weight, spot::depth),
    read("/api/v3/trades", 25, spot::recent_trades),
    read_past("/api/v3/historicalTrades", 25, spot::historical_trades),
    read_past("/api/v3/aggTrades", 4, spot::aggregate_trades),
    read_past("/api/v3/klines", 2, spot::klines),
    read_past("/api/v3/uiKlines", 2, spot::klines),
    read("/api/v3/avgPrice", 2, spot::average_price),
    read("/api/v3/ticker", spot::ticker_window_weight, spot::ticker_window),
    read("/api/v3/ticker/24hr", spot::ticker_24h_weight, spot::ticker_24h),
    read("/api/v3/ticker/tradingDay", spot::ticker_window_weight, spot::ticker_trading_day),
    read("/api/v3/ticker/price", spot::ticker_weight, spot::ticker_price),
    read("/api/v3/ticker/bookTicker", spot::ticker_weight, spot::book_ticker),
    // wallet, and what clients with default options ask for before they trade
    read("/sapi/v1/capital/config/getall", 10, spot::all_coins, Security::user_data),
    read("/sapi/v1/capital/deposit/address", 10, spot::deposit_address, Security::user_data),
    read("/sapi/v1/capital/deposit/hisrec", 1, spot::deposit_history, Security::user_data),
    read("/sapi/v1/capital/withdraw/history", 10, spot::withdraw_history, Security::user_data),
    read(Method::post, "/sapi/v1/asset/get-funding-asset", 1, spot::funding_assets, Security::user_data),
    read("/sapi/v1/asset/transfer", 1, spot::transfers, Security::user_data),
    read(Method::post, "/sapi/v1/asset/transfer", 1, spot::transfer, Security::trade),
    read("/sapi/v1/asset/tradeFee", 1, spot::trade_fees, Security::user_data),
    read("/sapi/v1/system/status", 1, spot::system_status),
    read("/sapi/v1/margin/allPairs", 1, spot::no_pairs),
    read("/sapi/v1/margin/isolated/allPairs", 1, spot::no_pairs),
    read("/fapi/v1/exchangeInfo", 1, spot::no_contracts),
    read("/dapi/v1/exchangeInfo", 1, spot::no_contracts),
    // operators
    internal("/health/live", Internal::live),
    internal("/health/ready", Internal::ready),
    internal("/metrics", Internal::metrics),
    // people
    internal("/", Internal::page),
};

using ByPath = std::unordered_map<std::string_view, std::vector<const Route*>>;

const ByPath& by_path() {
  static const ByPath kByPath = [] {
    ByPath out;
    for (const Route& route : kRoutes) out[route.path].push_back(&route);
    return out;
  }();
  return kByPath;
}

}  // namespace

std::span<const Route> routes() { return kRoutes; }

Match find_route(http::Method method, std::string_view path) {
  if (method == Method::head) method = Method::get;
  const auto found = by_path().find(path);
  if (found == by_path().end()) return {};
  for (const Route* route : found->second) {
    if (route->method == method) return {.route = route, .path_is_known = true};
  }
  return {.route = nullptr, .path_is_known = true};
}

std::string allowed_methods(std::string_view path) {
  std::string out;
  const auto found = by_path().find(path);
  if (found == by_path().end()) return out;
  for (const Route* route : found->second) {
    if (!out.empty()) out += ", ";
    out += http::name(route->method);
    if (route->method == Method::get) out += ", HEAD";
  }
  return out;
}

}  // namespace rest
