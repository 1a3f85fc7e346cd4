#include "services/ledger/ledger.h"

#include <algorithm>
#include <map>
#include <string>

namespace ledger {

using core::AccountId;
using core::Amount;
using core::AssetId;
using core::Rejection;

namespace {

std::unexpected<core::Error> corrupt(std::string what, AccountId account, AssetId asset) {
  return core::fail(core::ErrorKind::corrupt, std::move(what),
                    "account " + std::to_string(account.value()) + ", asset " + std::to_string(asset.value()));
}

}  // namespace

Amount Ledger::Hold::remaining() const {
  return Amount{static_cast<core::int128>(words[2]) << 64 | static_cast<core::int128>(words[1]) << 32 | words[0]};
}

void Ledger::Hold::set_remaining(Amount amount) {
  CHECK(amount.value() >= 0 && amount < core::kAmountMax);
  words[0] = static_cast<std::uint32_t>(amount.value());
  words[1] = static_cast<std::uint32_t>(amount.value() >> 32);
  words[2] = static_cast<std::uint32_t>(amount.value() >> 64);
}

void Ledger::check_may_be_negative(const Row& row) {
  CHECK_MSG(row.account == core::kWorldAccount || is_clearing(row.account), "an account would be overdrawn");
}

BalanceSlot Ledger::find(AccountId account, AssetId asset) const {
  return index_.find(key_hash(account, asset),
                     [&](BalanceSlot slot) { return rows_[slot].account == account && rows_[slot].asset == asset; });
}

BalanceSlot Ledger::open(AccountId account, AssetId asset) {
  if (const BalanceSlot known = find(account, asset); known != 0) return known;
  const BalanceSlot slot = rows_.take();
  rows_[slot].account = account;
  rows_[slot].asset = asset;
  index_.insert(key_hash(account, asset), slot, [this](BalanceSlot other) { return hash_of(other); });
  return slot;
}

HoldSlot Ledger::hold(BalanceSlot slot, Amount amount) {
  CHECK(amount.value() > 0);
  take(rows_[slot], amount);
  rows_[slot].balance.held += amount;
  const HoldSlot hold = holds_.take();
  holds_[hold].balance = slot;
  holds_[hold].owners = 1;
  holds_[hold].set_remaining(amount);
  return hold;
}

void Ledger::extend(HoldSlot hold, Amount amount) {
  Hold& entry = holds_[hold];
  CHECK(entry.owners > 0);
  Row& row = rows_[entry.balance];
  take(row, amount);
  row.balance.held += amount;
  entry.set_remaining(entry.remaining() + amount);
}

Ledger::Row& Ledger::draw(HoldSlot hold, Amount amount) {
  Hold& entry = holds_[hold];
  CHECK(entry.owners > 0 && amount.value() >= 0);
  entry.set_remaining(entry.remaining() - amount);
  Row& row = rows_[entry.balance];
  row.balance.held -= amount;
  CHECK(row.balance.held.value() >= 0);
  return row;
}

void Ledger::release(HoldSlot hold, Amount amount) { draw(hold, amount).balance.available += amount; }

void Ledger::pay(HoldSlot hold, Amount amount, BalanceSlot credit) {
  const Row& debit = draw(hold, amount);
  CHECK(debit.asset == rows_[credit].asset);
  rows_[credit].balance.available += amount;
}

void Ledger::close(HoldSlot hold) {
  Hold& entry = holds_[hold];
  CHECK(entry.owners > 0);
  if (entry.owners > 1) {
    --entry.owners;
    return;
  }
  release(hold, entry.remaining());
  holds_.give_back(hold);
}

std::expected<BalanceSlot, Rejection> Ledger::deposit(const Deposit& deposit, Amount supply_max) {
  if (deposit.amount.value() <= 0) return std::unexpected(Rejection::bad_amount);
  if (!deposit.reference.empty() && references_.contains(deposit.reference.view())) {
    return std::unexpected(Rejection::duplicate_reference);
  }
  // Everything that ever came in is what the world's balance is short of. The bound itself is out of reach, since
  // amounts have to stay below it.
  const BalanceSlot world = open(core::kWorldAccount, deposit.asset);
  const Amount room = std::min(supply_max, core::kAmountMax - Amount{1}) + balance(world).available;
  if (deposit.amount > room) return std::unexpected(Rejection::bad_amount);
  const BalanceSlot credit = open(deposit.account, deposit.asset);
  post(world, credit, deposit.amount);
  if (!deposit.reference.empty()) references_.add(deposit.reference);
  return credit;
}

std::vector<BalanceSlot> Ledger::by_account() const {
  std::vector<BalanceSlot> slots;
  for (BalanceSlot slot = 1; slot < rows_.used(); ++slot) slots.push_back(slot);
  std::sort(slots.begin(), slots.end(), [this](BalanceSlot a, BalanceSlot b) {
    return std::pair(rows_[a].account, rows_[a].asset) < std::pair(rows_[b].account, rows_[b].asset);
  });
  return slots;
}

core::Result<void> Ledger::audit() const {
  std::vector<Amount> held(rows_.used());
  for (HoldSlot hold = 1; hold < holds_.used(); ++hold) {
    if (holds_[hold].owners != 0) held[holds_[hold].balance] += holds_[hold].remaining();
  }
  std::map<AssetId, Amount> sums;
  for (const BalanceSlot slot : by_account()) {
    const Row& row = rows_[slot];
    const Balance& balance = row.balance;
    if (find(row.account, row.asset) != slot)
      return corrupt("the index does not know a balance", row.account, row.asset);
    if (balance.held != held[slot]) return corrupt("held money is not what the holds say", row.account, row.asset);
    if (row.account != core::kWorldAccount && balance.available.value() < 0) {
      return corrupt("a balance is negative", row.account, row.asset);
    }
    if (is_clearing(row.account) && !balance.available.is_zero()) {
      return corrupt("a clearing account is not empty", row.account, row.asset);
    }
    sums[row.asset] += balance.available + balance.held;
  }
  for (const auto& [asset, sum] : sums) {
    if (!sum.is_zero()) return corrupt("the sum over all accounts is not zero", {}, asset);
  }
  return {};
}

void Ledger::hash(core::Digest& digest) const {
  for (const BalanceSlot slot : by_account()) {
    const Row& row = rows_[slot];
    if (row.balance.available.is_zero() && row.balance.held.is_zero()) continue;
    digest.add(row.account.value(), row.asset.value()).add(row.balance.available).add(row.balance.held);
  }
  references_.hash(digest);
}

void Ledger::save(core::ByteWriter& out) const {
  out.put(rows_.used());
  for (BalanceSlot slot = 1; slot < rows_.used(); ++slot) {
    const Row& row = rows_[slot];
    out.put(row.account);
    out.put(row.asset);
    out.put(row.balance.available);
    out.put(row.balance.held);
  }
  holds_.save_slots(out);
  for (HoldSlot hold = 1; hold < holds_.used(); ++hold) {
    if (holds_[hold].owners == 0) continue;
    out.put(holds_[hold].balance);
    out.put(holds_[hold].owners);
    out.put(holds_[hold].remaining());
  }
  references_.save(out);
}

core::Result<void> Ledger::load(core::ByteReader& in) {
  CHECK(rows_.used() == 1 && holds_.used() == 1);
  const auto used = in.get<std::uint32_t>();
  for (BalanceSlot slot = 1; slot < used && in.ok(); ++slot) {
    const auto account = in.get<AccountId>();
    const auto asset = in.get<AssetId>();
    if (asset.is_none() || find(account, asset) != 0) return corrupt("a balance is there twice", account, asset);
    Row& row = rows_[open(account, asset)];
    in.get(row.balance.available);
    in.get(row.balance.held);
    const bool is_amount = row.balance.available > -core::kAmountMax && row.balance.available < core::kAmountMax &&
                           row.balance.held.value() >= 0 && row.balance.held < core::kAmountMax;
    if (!is_amount) return corrupt("a balance is out of range", account, asset);
  }
  const auto is_free = holds_.load_slots(in);
  if (!is_free) return std::unexpected(is_free.error());
  for (HoldSlot hold = 1; hold < holds_.used() && in.ok(); ++hold) {
    if ((*is_free)[hold]) continue;
    Hold& entry = holds_[hold];
    in.get(entry.balance);
    in.get(entry.owners);
    const auto remaining = in.get<Amount>();
    if (!rows_.holds(entry.balance) || entry.owners == 0 || remaining.value() < 0 || remaining >= core::kAmountMax) {
      return core::fail(core::ErrorKind::corrupt, "a hold in the snapshot is not one");
    }
    entry.set_remaining(remaining);
  }
  if (!in.ok()) return core::fail(core::ErrorKind::corrupt, "the snapshot's balances are cut short");
  return references_.load(in);
}

}  // namespace ledger
