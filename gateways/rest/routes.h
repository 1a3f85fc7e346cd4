// Which path and method is which operation, what it weighs and who may ask for it: the whole table, one line each.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "gateways/http/request.h"
#include "gateways/spot/context.h"
#include "gateways/spot/security.h"
#include "gateways/spot/trading.h"

namespace rest {

// Answered by the gateway itself, outside limits and authentication.
enum class Internal : std::uint8_t { none, live, ready, metrics };

struct Route {
  http::Method method;
  std::string_view path;
  std::uint32_t weight = 1;
  spot::Security security = spot::Security::none;
  spot::Read read = nullptr;
  spot::ReadPast read_past = nullptr;
  spot::Order order = nullptr;
  std::uint32_t (*weigh)(const spot::Parameters&) = nullptr;  // instead of weight, where parameters decide
  bool places_order = false;                                  // counts against the account's orders
  Internal internal = Internal::none;
};

[[nodiscard]] std::span<const Route> routes();

struct Match {
  const Route* route = nullptr;  // null: see path_is_known
  bool path_is_known = false;
};
// HEAD is answered like GET.
[[nodiscard]] Match find_route(http::Method method, std::string_view path);
// "GET, POST": the methods a known path takes.
[[nodiscard]] std::string allowed_methods(std::string_view path);

}  // namespace rest
