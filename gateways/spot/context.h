// What an operation of the API works with, whatever protocol it came by.
#pragma once

#include <cstdint>

#include "gateways/auth/key_ring.h"
#include "gateways/limits/profile.h"
#include "gateways/spot/arguments.h"
#include "gateways/spot/json_writer.h"
#include "pkg/core/ids.h"
#include "services/engine/replica.h"

namespace spot {

enum class TimeUnit : std::uint8_t { millisecond, microsecond };

[[nodiscard]] constexpr std::int64_t in_unit(core::Time time, TimeUnit unit) {
  return unit == TimeUnit::millisecond ? time.milliseconds() : time.microseconds();
}

struct Context {
  const engine::Views& views;
  const limits::Profile& limits;
  core::Time now;
  TimeUnit time_unit = TimeUnit::millisecond;
  const auth::Key* key = nullptr;  // of a signed request, verified
  orders::SelfTrade self_trade_default = orders::SelfTrade::none;

  [[nodiscard]] core::AccountId account() const { return key->account; }
};

// A read: takes its arguments, ends with finish(), and writes its answer if that went well.
using Read = void (*)(const Context& context, Arguments& arguments, JsonWriter& json);

}  // namespace spot
