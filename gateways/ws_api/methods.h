// Which method name is which operation. The operations are those of REST: a name here stands for a route there
// (gateways/rest/routes.cpp), with its weight, its security and its parameters.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "gateways/desk/operation.h"

namespace ws_api {

// What the session does itself.
enum class Own : std::uint8_t {
  none,
  logon,
  status,
  logout,
  subscribe,
  subscribe_signature,
  unsubscribe,
  subscriptions,
};

struct Method {
  std::string_view name;
  Own own = Own::none;
  desk::Operation operation;  // of the session's own: the weight alone
};

[[nodiscard]] std::span<const Method> methods();
// With or without the prefix "v3/". Null: no such method.
[[nodiscard]] const Method* find_method(std::string_view name);

}  // namespace ws_api
