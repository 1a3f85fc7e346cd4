#include "gateways/limits/limiter.h"

#include <algorithm>

#include "pkg/core/check.h"

namespace limits {
namespace {

constexpr std::int64_t kSecondNs = 1'000'000'000;
constexpr std::uint32_t kGivenBackToTaker = 1, kGivenBackToMaker = 5;  // as the published example has it

std::int64_t window_of(const Window& window, core::Time now) { return now.ns / window.length_ns; }

Verdict until(Finding finding, core::Time end, core::Time now) {
  const std::int64_t left_s = (end.ns - now.ns + kSecondNs - 1) / kSecondNs;
  return {.finding = finding, .retry_after_s = std::max<std::int64_t>(left_s, 1), .until = end};
}

Verdict until_next(Finding finding, const Window& window, core::Time now) {
  return until(finding, core::Time{(window_of(window, now) + 1) * window.length_ns}, now);
}

}  // namespace

Address& Limiter::join(std::string_view address, core::Time now) {
  auto found = addresses_.find(address);
  if (found == addresses_.end()) {
    if (addresses_.size() >= profile_.addresses_max) forget_some(now);
    found = addresses_.emplace(std::string(address), std::make_unique<Address>()).first;
  }
  ++found->second->connections;
  return *found->second;
}

void Limiter::leave(Address& address) {
  CHECK(address.connections > 0);
  --address.connections;
}

// Those without a connection go, but for the banned; a flood of addresses therefore forgets honest ones' counts, not
// bans.
void Limiter::forget_some(core::Time now) {
  std::erase_if(addresses_, [now](const auto& entry) {
    return entry.second->connections == 0 && entry.second->banned_until <= now;
  });
}

Verdict Limiter::refuse(Address& address, Finding finding, const Window& window, core::Time now) const {
  ++address.violations;
  if (profile_.violations_max == 0 || address.violations <= profile_.violations_max) {
    return until_next(finding, window, now);
  }
  std::int64_t length_ns = profile_.ban_ns_min;
  for (std::uint32_t i = 0; i < address.bans && length_ns < profile_.ban_ns_max; ++i) length_ns *= 2;
  address.banned_until = core::Time{now.ns + std::min(length_ns, profile_.ban_ns_max)};
  address.violations = 0;
  ++address.bans;
  return until(Finding::banned, address.banned_until, now);
}

Verdict Limiter::request(Address& address, std::uint32_t weight, core::Time now) {
  if (address.banned_until > now) return until(Finding::banned, address.banned_until, now);
  const std::int64_t weight_window = window_of(profile_.request_weight, now);
  const std::int64_t raw_window = window_of(profile_.raw_requests, now);
  const std::uint32_t weight_max = profile_.request_weight.count, raw_max = profile_.raw_requests.count;
  if (raw_max != 0 && address.raw.in(raw_window) + 1 > raw_max) {
    return refuse(address, Finding::too_many_requests, profile_.raw_requests, now);
  }
  if (weight_max != 0 && address.weight.in(weight_window) + weight > weight_max) {
    return refuse(address, Finding::too_much_weight, profile_.request_weight, now);
  }
  address.violations = 0;
  address.raw.add(raw_window, 1);
  address.weight.add(weight_window, weight);
  return {};
}

Verdict Limiter::websocket(Address& address, std::uint32_t weight, core::Time now) {
  if (address.banned_until > now) return until(Finding::banned, address.banned_until, now);
  const std::int64_t window = window_of(profile_.websocket_connections, now);
  const std::uint32_t connections_max = profile_.websocket_connections.count;
  if (connections_max != 0 && address.websockets.in(window) >= connections_max)
    return refuse(address, Finding::too_many_connections, profile_.websocket_connections, now);
  const Verdict verdict = request(address, weight, now);
  if (verdict.finding == Finding::allowed) address.websockets.add(window, 1);
  return verdict;
}

void Limiter::refund(Address& address, std::uint32_t weight, core::Time now) {
  address.weight.take_back(window_of(profile_.request_weight, now), weight);
}

std::uint32_t Limiter::used_weight(const Address& address, core::Time now) const {
  return address.weight.in(window_of(profile_.request_weight, now));
}

Limiter::OrderCounts Limiter::orders(core::AccountId account, core::Time now) const {
  const auto found = orders_.find(account);
  if (found == orders_.end()) return {};
  return {.in_short = found->second.in_short.in(window_of(profile_.orders_short, now)),
          .in_day = found->second.in_day.in(window_of(profile_.orders_day, now))};
}

Verdict Limiter::may_place(core::AccountId account, core::Time now) const {
  if (profile_.orders_short.count == 0 && profile_.orders_day.count == 0) return {};
  OrderCounts used = orders(account, now);
  if (const auto found = orders_.find(account); found != orders_.end()) {
    used.in_short += found->second.on_their_way;
    used.in_day += found->second.on_their_way;
  }
  if (profile_.orders_short.count != 0 && used.in_short >= profile_.orders_short.count) {
    return until_next(Finding::too_many_orders_short, profile_.orders_short, now);
  }
  if (profile_.orders_day.count != 0 && used.in_day >= profile_.orders_day.count) {
    return until_next(Finding::too_many_orders_day, profile_.orders_day, now);
  }
  return {};
}

void Limiter::order_sent(core::AccountId account) { ++orders_[account].on_their_way; }

void Limiter::order_answered(core::AccountId account) {
  Orders& used = orders_[account];
  CHECK(used.on_their_way > 0);
  --used.on_their_way;
}

void Limiter::order_placed(core::AccountId account, core::Time now) {
  Orders& used = orders_[account];
  used.in_short.add(window_of(profile_.orders_short, now), 1);
  used.in_day.add(window_of(profile_.orders_day, now), 1);
}

void Limiter::order_filled(core::AccountId account, bool is_maker, core::Time now) {
  const auto found = orders_.find(account);
  if (found == orders_.end()) return;
  const std::uint32_t by = is_maker ? kGivenBackToMaker : kGivenBackToTaker;
  found->second.in_short.take_back(window_of(profile_.orders_short, now), by);
  found->second.in_day.take_back(window_of(profile_.orders_day, now), by);
}

}  // namespace limits
