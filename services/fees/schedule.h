// Which rates an account pays: its own when it has some, else the market's.
#pragma once

#include <vector>

#include "pkg/core/bytes.h"
#include "pkg/core/error.h"
#include "pkg/core/hash.h"
#include "pkg/core/rejection.h"
#include "services/fees/types.h"

namespace fees {

class Schedule {
 public:
  // REQUIRES a user's account. Rejection: bad_fee_rate (below zero or above kRateMax).
  [[nodiscard]] core::Rejection set(const SetAccountFees& command);

  [[nodiscard]] Rates rates(core::AccountId account, const Rates& of_market) const {
    const std::size_t at = account.value() - core::kFirstUserAccount.value();
    return at < own_.size() && own_[at].is_set ? own_[at].rates : of_market;
  }

  void hash(core::Digest& digest) const;
  void save(core::ByteWriter& out) const;
  // `end`: the account after the last one that exists.
  [[nodiscard]] core::Result<void> load(core::ByteReader& in, core::AccountId end);

 private:
  struct Own {
    bool is_set = false;
    Rates rates;
  };
  void put(core::AccountId account, const Own& own);

  std::vector<Own> own_;  // by account, from kFirstUserAccount; as long as the last account that ever had rates needs
};

}  // namespace fees
