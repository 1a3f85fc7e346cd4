// Listen keys as the API needs them: names by which a client reads its account's events on a stream connection.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "pkg/core/ids.h"

namespace spot {

class ListenKeyStore {
 public:
  virtual ~ListenKeyStore() = default;
  // The account's key, a new one or the one it has, valid for 60 minutes from now. Nothing: too many keys.
  [[nodiscard]] virtual std::optional<std::string> create(core::AccountId account) = 0;
  // Valid for 60 minutes from now. False, as below, when it is not a key of that account.
  [[nodiscard]] virtual bool extend(std::string_view key, core::AccountId account) = 0;
  [[nodiscard]] virtual bool close(std::string_view key, core::AccountId account) = 0;
};

}  // namespace spot
