#include "services/fees/schedule.h"

#include <algorithm>

#include "pkg/core/check.h"

namespace fees {

namespace {

bool is_rate(core::FeeRate rate) { return rate >= core::FeeRate{} && rate <= kRateMax; }

}  // namespace

void Schedule::put(core::AccountId account, const Own& own) {
  CHECK(account >= core::kFirstUserAccount && account < core::kFirstClearingAccount);
  const std::size_t at = account.value() - core::kFirstUserAccount.value();
  if (at >= own_.size()) own_.resize(at + 1);
  own_[at] = own;
}

core::Rejection Schedule::set(const SetAccountFees& command) {
  if (command.use_market_rates) {
    put(command.account, {});
    return core::Rejection::none;
  }
  if (!is_rate(command.rates.maker) || !is_rate(command.rates.taker)) return core::Rejection::bad_fee_rate;
  put(command.account, {true, command.rates});
  return core::Rejection::none;
}

void Schedule::hash(core::Digest& digest) const {
  for (std::size_t i = 0; i < own_.size(); ++i) {
    if (own_[i].is_set) digest.add(i).add(own_[i].rates.maker).add(own_[i].rates.taker);
  }
}

void Schedule::save(core::ByteWriter& out) const {
  out.put(static_cast<std::uint32_t>(std::ranges::count_if(own_, [](const Own& own) { return own.is_set; })));
  for (std::size_t i = 0; i < own_.size(); ++i) {
    if (!own_[i].is_set) continue;
    out.put(core::AccountId{static_cast<std::uint32_t>(core::kFirstUserAccount.value() + i)});
    out.put(own_[i].rates.maker);
    out.put(own_[i].rates.taker);
  }
}

core::Result<void> Schedule::load(core::ByteReader& in, core::AccountId end) {
  own_.clear();
  const auto count = in.get<std::uint32_t>();
  for (std::uint32_t i = 0; i < count && in.ok(); ++i) {
    const auto account = in.get<core::AccountId>();
    Own own{true, {}};
    in.get(own.rates.maker);
    in.get(own.rates.taker);
    const bool is_user = account >= core::kFirstUserAccount && account < end;
    if (!in.ok() || !is_user || !is_rate(own.rates.maker) || !is_rate(own.rates.taker)) {
      return core::fail(core::ErrorKind::corrupt, "an account's fee rates in the snapshot are not such");
    }
    put(account, own);
  }
  if (!in.ok()) return core::fail(core::ErrorKind::corrupt, "the snapshot's fee rates are cut short");
  return {};
}

}  // namespace fees
