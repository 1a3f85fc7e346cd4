// Commands that move money in from outside or open an account for it.
#pragma once

#include <cstdint>

#include "pkg/core/ids.h"
#include "pkg/core/numbers.h"
#include "pkg/core/short_text.h"

namespace ledger {

// Available and held money of one account in one asset, ledger units. Held money backs open orders.
struct Balance {
  core::Amount available, held;
};

// ---- commands (record types 20 to 29) ----
using AccountName = core::ShortText<32>;  // ^[A-Za-z0-9_.-]{1,32}$, unique
struct OpenAccount {
  AccountName name;
};  // gets the next user account id
using Reference = core::ShortText<40>;
struct Deposit {
  core::AccountId account;
  core::AssetId asset;
  core::Amount amount;  // > 0
  Reference reference;  // of the outside movement; unique when not empty
};

}  // namespace ledger
