#include "gateways/spot/rate_limits.h"

namespace spot {

void write_rate_limit(JsonWriter& json, std::string_view type, const limits::Window& window,
                      std::optional<std::uint32_t> used) {
  if (window.count == 0) return;
  constexpr std::int64_t kSecondNs = 1'000'000'000;
  const std::int64_t seconds = window.length_ns / kSecondNs;
  json.begin_object().field("rateLimitType", type);
  if (seconds % 86'400 == 0)
    json.field("interval", "DAY").field("intervalNum", seconds / 86'400);
  else if (seconds % 60 == 0)
    json.field("interval", "MINUTE").field("intervalNum", seconds / 60);
  else
    json.field("interval", "SECOND").field("intervalNum", seconds);
  json.field("limit", std::uint64_t{window.count});
  if (used) json.field("count", std::uint64_t{*used});
  json.end_object();
}

void write_order_limits(JsonWriter& json, const limits::Limiter& limiter, core::AccountId account, core::Time now) {
  const limits::Limiter::OrderCounts used = limiter.orders(account, now);
  write_rate_limit(json, "ORDERS", limiter.profile().orders_short, used.in_short);
  write_rate_limit(json, "ORDERS", limiter.profile().orders_day, used.in_day);
}

void order_limits(const Context& context, Arguments& arguments, JsonWriter& json) {
  if (!arguments.finish_without_any()) return;
  json.begin_array();
  write_order_limits(json, *context.limiter, context.account(), context.now);
  json.end_array();
}

}  // namespace spot
