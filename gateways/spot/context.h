// What an operation of the API works with, whatever protocol it came by.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <memory>

#include "gateways/archive_port.h"
#include "gateways/auth/key_ring.h"
#include "gateways/limits/limiter.h"
#include "gateways/spot/arguments.h"
#include "gateways/spot/json_writer.h"
#include "gateways/spot/listen_keys.h"
#include "pkg/core/check.h"
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
  const limits::Limiter* limiter = nullptr;  // whose counts the account's orders are among

  ListenKeyStore* listen_keys = nullptr;  // null: there are none

  [[nodiscard]] core::AccountId account() const {
    CHECK_MSG(key != nullptr, "only a signed request has an account");
    return key->account;
  }
};

// A read: takes its arguments, ends with finish(), and writes its answer if that went well.
using Read = void (*)(const Context& context, Arguments& arguments, JsonWriter& json);

// What is left to do of a read that needs what the views have forgotten.
struct PastRead {
  gateways::ArchiveQuestion question;
  // Writes the answer from the archive's rows and the views as they are then. Holds copies of what it needs of the
  // request, which is gone by that time.
  std::function<std::expected<void, ApiError>(const Context& context, const gateways::ArchiveAnswer& answer,
                                              JsonWriter& json)>
      write;
};
// A read like the above that may reach further back: null when it has written its answer (or complained).
using ReadPast = std::unique_ptr<PastRead> (*)(const Context& context, Arguments& arguments, JsonWriter& json);

}  // namespace spot
