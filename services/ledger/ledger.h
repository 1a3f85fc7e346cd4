// Double entry: whose money is where. Every movement takes from one balance what it gives to another of the same asset,
// so per asset the sum over all accounts is zero at every moment.
//
// A balance is named by its slot, which never changes: orders keep the slots they need, so that a fill looks nothing
// up. Held money backs open orders; each hold is an entity of its own, so that several orders can share one.
// Invariants, asserted in every build: no balance but the outside world's is negative (a market's clearing account may
// be, within a step), a hold never pays more than it has, sums stay below core::kAmountMax because deposits are refused
// beyond an asset's supply cap. `audit` proves the whole.
#pragma once

#include <cstdint>
#include <expected>

#include "pkg/core/bytes.h"
#include "pkg/core/error.h"
#include "pkg/core/hash.h"
#include "pkg/core/ids.h"
#include "pkg/core/numbers.h"
#include "pkg/core/rejection.h"
#include "services/ledger/references.h"
#include "services/ledger/slot_index.h"
#include "services/ledger/slot_pool.h"
#include "services/ledger/types.h"

namespace ledger {

using BalanceSlot = std::uint32_t;  // 0: none
using HoldSlot = std::uint32_t;     // 0: none

[[nodiscard]] constexpr bool is_clearing(core::AccountId account) { return account >= core::kFirstClearingAccount; }
[[nodiscard]] constexpr core::AccountId clearing_account(core::MarketId market) {
  return core::AccountId{core::kFirstClearingAccount.value() + market.value()};
}

class Ledger {
 public:
  // The balance of an account in an asset; `open` makes an empty one where there is none, `find` answers 0 then.
  [[nodiscard]] BalanceSlot open(core::AccountId account, core::AssetId asset);
  [[nodiscard]] BalanceSlot find(core::AccountId account, core::AssetId asset) const;
  [[nodiscard]] const Balance& balance(BalanceSlot slot) const { return rows_[slot].balance; }

  // Moves available money. REQUIRES amount >= 0, the same asset on both sides, and enough of it.
  void post(BalanceSlot debit, BalanceSlot credit, core::Amount amount) {
    CHECK(rows_[debit].asset == rows_[credit].asset);
    take(rows_[debit], amount);
    rows_[credit].balance.available += amount;
  }

  // Sets available money aside. REQUIRES 0 < amount <= available.
  [[nodiscard]] HoldSlot hold(BalanceSlot slot, core::Amount amount);
  void extend(HoldSlot hold, core::Amount amount);   // more of the same balance
  void release(HoldSlot hold, core::Amount amount);  // back to available
  void pay(HoldSlot hold, core::Amount amount, BalanceSlot credit);
  // One owner less; the last one's leaving gives back what remains.
  void close(HoldSlot hold);
  [[nodiscard]] core::Amount remaining(HoldSlot hold) const { return holds_[hold].remaining(); }
  [[nodiscard]] std::uint32_t holds() const { return holds_.in_use(); }
  [[nodiscard]] BalanceSlot balance_of(HoldSlot hold) const { return holds_[hold].balance; }
  [[nodiscard]] bool is_hold(HoldSlot hold) const { return holds_.holds(hold) && holds_[hold].owners != 0; }

  // Money from the outside world. REQUIRES a known account and asset. Rejections: bad_amount (not above zero, or the
  // asset's deposits would exceed its supply cap), duplicate_reference.
  [[nodiscard]] std::expected<BalanceSlot, core::Rejection> deposit(const Deposit& deposit, core::Amount supply_max);

  // Sums are zero, nothing but the world's is negative, clearing accounts are empty, held money is what holds say.
  [[nodiscard]] core::Result<void> audit() const;
  void hash(core::Digest& digest) const;  // empty balances do not count
  void save(core::ByteWriter& out) const;
  [[nodiscard]] core::Result<void> load(core::ByteReader& in);  // REQUIRES an empty ledger

 private:
  struct Row {
    Balance balance;
    core::AccountId account;
    core::AssetId asset;
    std::uint32_t& free_link() { CHECK_MSG(false, "balances are never given back"); }
  };
  static_assert(sizeof(Row) <= 48, "with at most 12 bytes of index: 64 a balance");

  // 20 bytes: amounts stay below 2^96, so three words hold one.
  struct Hold {
    std::uint32_t words[3] = {};
    BalanceSlot balance = 0;   // of a free hold: the next free one
    std::uint32_t owners = 0;  // 0: free
    [[nodiscard]] core::Amount remaining() const;
    void set_remaining(core::Amount amount);
    std::uint32_t& free_link() { return balance; }
  };
  static_assert(sizeof(Hold) == 20);

  static std::uint64_t key_hash(core::AccountId account, core::AssetId asset) {
    return core::mix(account.value(), asset.value());
  }
  [[nodiscard]] std::uint64_t hash_of(BalanceSlot slot) const {
    return key_hash(rows_[slot].account, rows_[slot].asset);
  }
  static void take(Row& row, core::Amount amount) {
    CHECK(amount.value() >= 0);
    row.balance.available -= amount;
    if (row.balance.available.value() < 0) [[unlikely]]
      check_may_be_negative(row);
  }
  static void check_may_be_negative(const Row& row);
  // Lowers what the hold and its balance's held money have by `amount`; gives the balance.
  Row& draw(HoldSlot hold, core::Amount amount);
  [[nodiscard]] std::vector<BalanceSlot> by_account() const;

  SlotPool<Row> rows_;
  SlotIndex index_;  // (account, asset) to row
  SlotPool<Hold> holds_;
  References references_;
};

}  // namespace ledger
