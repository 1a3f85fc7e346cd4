#include "services/ledger/ledger.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "pkg/core/random.h"

namespace ledger {
namespace {

using core::AccountId;
using core::Amount;
using core::AssetId;
using core::Rejection;

constexpr AccountId kAlice{1000}, kBob{1001};
constexpr AssetId kBtc{1}, kUsdt{2};
constexpr Amount kSupply{1'000'000};

Deposit deposit(AccountId account, AssetId asset, core::int128 amount, std::string_view reference = {}) {
  return {account, asset, Amount{amount}, Reference{reference}};
}
std::uint64_t hash_of(const Ledger& ledger) {
  core::Digest digest;
  ledger.hash(digest);
  return digest.value();
}
void expect_balance(const Ledger& ledger, BalanceSlot slot, core::int128 available, core::int128 held) {
  EXPECT_TRUE(ledger.balance(slot).available == Amount{available} && ledger.balance(slot).held == Amount{held})
      << static_cast<long long>(ledger.balance(slot).available.value()) << " and "
      << static_cast<long long>(ledger.balance(slot).held.value()) << " held";
}

class LedgerTest : public testing::Test {
 protected:
  LedgerTest() {
    alice = *ledger.deposit(deposit(kAlice, kUsdt, 1'000), kSupply);
    bob = *ledger.deposit(deposit(kBob, kUsdt, 50), kSupply);
  }
  void TearDown() override {
    const auto audit = ledger.audit();
    EXPECT_TRUE(audit.has_value()) << audit.error().text();
  }
  Ledger ledger;
  BalanceSlot alice = 0, bob = 0;
};

// rule: double-entry
TEST_F(LedgerTest, ADepositIsOwedByTheWorld) {
  expect_balance(ledger, alice, 1'000, 0);
  expect_balance(ledger, ledger.find(core::kWorldAccount, kUsdt), -1'050, 0);
  EXPECT_EQ(ledger.find(kAlice, kBtc), 0u);
}

// rule: double-entry
TEST_F(LedgerTest, AHoldIsSetAsidePaidReleasedAndGivenBack) {
  const HoldSlot hold = ledger.hold(alice, Amount{700});
  expect_balance(ledger, alice, 300, 700);
  ledger.extend(hold, Amount{100});
  expect_balance(ledger, alice, 200, 800);
  ledger.pay(hold, Amount{250}, bob);
  expect_balance(ledger, alice, 200, 550);
  expect_balance(ledger, bob, 300, 0);
  ledger.release(hold, Amount{50});
  expect_balance(ledger, alice, 250, 500);
  EXPECT_EQ(ledger.remaining(hold), Amount{500});
  ledger.close(hold);
  expect_balance(ledger, alice, 750, 0);
  EXPECT_EQ(ledger.holds(), 0u);
}

TEST_F(LedgerTest, DepositsAreRefusedForAReason) {
  struct Case {
    Deposit deposit;
    Rejection expected;
  };
  ASSERT_TRUE(ledger.deposit(deposit(kAlice, kUsdt, 1, "tx-1"), kSupply));
  const Case cases[] = {
      {deposit(kAlice, kUsdt, 0), Rejection::bad_amount},
      {deposit(kAlice, kUsdt, -1), Rejection::bad_amount},
      {deposit(kAlice, kUsdt, 5, "tx-1"), Rejection::duplicate_reference},
      {deposit(kBob, kBtc, 5, "tx-1"), Rejection::duplicate_reference},
      {deposit(kBob, kUsdt, 1'000'000 - 1'051 + 1), Rejection::bad_amount},
      {deposit(kBob, kUsdt, static_cast<core::int128>(1) << 126), Rejection::bad_amount},
  };
  for (const Case& c : cases) EXPECT_EQ(ledger.deposit(c.deposit, kSupply).error(), c.expected);
  EXPECT_TRUE(ledger.deposit(deposit(kBob, kUsdt, 1'000'000 - 1'051), kSupply)) << "up to the cap";
  EXPECT_EQ(ledger.deposit(deposit(kBob, kUsdt, 1), kSupply).error(), Rejection::bad_amount);
}

TEST_F(LedgerTest, BalancesStayBelowTheBoundWhateverTheCap) {
  ASSERT_TRUE(ledger.deposit(deposit(kAlice, kBtc, core::kAmountMax.value() - 1), core::kAmountMax));
  EXPECT_EQ(ledger.deposit(deposit(kBob, kBtc, 1), core::kAmountMax).error(), Rejection::bad_amount);
  const BalanceSlot slot = ledger.find(kAlice, kBtc);
  const HoldSlot hold = ledger.hold(slot, ledger.balance(slot).available);
  EXPECT_EQ(ledger.remaining(hold), core::kAmountMax - Amount{1}) << "all 96 bits of a hold";
  ledger.close(hold);
}

TEST_F(LedgerTest, OverdraftsAreBugs) {
  EXPECT_DEATH(ledger.post(bob, alice, Amount{51}), "overdrawn");
  EXPECT_DEATH((void)ledger.hold(bob, Amount{51}), "overdrawn");
  const BalanceSlot btc = ledger.open(kAlice, kBtc);
  EXPECT_DEATH(ledger.post(alice, btc, Amount{1}), "asset");
  EXPECT_DEATH(ledger.post(alice, bob, Amount{-1}), "amount");
  const HoldSlot hold = ledger.hold(bob, Amount{50});
  EXPECT_DEATH(ledger.pay(hold, Amount{51}, alice), "CHECK");
}

TEST_F(LedgerTest, AuditFindsMoneyLeftInAClearingAccount) {
  const BalanceSlot clearing = ledger.open(clearing_account(core::MarketId{1}), kUsdt);
  ledger.post(alice, clearing, Amount{1});
  EXPECT_FALSE(ledger.audit().has_value());
  ledger.post(clearing, bob, Amount{2});
  EXPECT_FALSE(ledger.audit().has_value()) << "a clearing account may be short within a step, not after it";
  ledger.post(alice, clearing, Amount{1});
}

TEST_F(LedgerTest, ReloadsAsItWas) {
  const HoldSlot first = ledger.hold(alice, Amount{10});
  const HoldSlot second = ledger.hold(alice, Amount{20});
  ledger.close(first);
  ASSERT_TRUE(ledger.deposit(deposit(kBob, kBtc, 7, "ref"), kSupply));
  core::Bytes bytes;
  core::ByteWriter writer(bytes);
  ledger.save(writer);
  Ledger loaded;
  core::ByteReader reader(bytes);
  ASSERT_TRUE(loaded.load(reader));
  EXPECT_TRUE(reader.complete());
  EXPECT_TRUE(loaded.audit());
  EXPECT_EQ(hash_of(loaded), hash_of(ledger));
  EXPECT_EQ(loaded.remaining(second), Amount{20});
  EXPECT_EQ(loaded.hold(alice, Amount{1}), first) << "the slot that was given back last is taken first, as before";
  EXPECT_EQ(loaded.deposit(deposit(kBob, kBtc, 7, "ref"), kSupply).error(), Rejection::duplicate_reference);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    Ledger cut;
    core::ByteReader part(core::BytesView(bytes).first(size));
    EXPECT_FALSE(cut.load(part)) << size;
  }
}

TEST(References, TheOldestIsForgottenFirst) {
  References references(3);
  for (const char* text : {"a", "b", "c", "d"}) references.add(Reference{text});
  EXPECT_FALSE(references.contains("a"));
  for (const char* text : {"b", "c", "d"}) EXPECT_TRUE(references.contains(text)) << text;
  core::Bytes bytes;
  core::ByteWriter writer(bytes);
  references.save(writer);
  References loaded(3);
  core::ByteReader reader(bytes);
  ASSERT_TRUE(loaded.load(reader));
  loaded.add(Reference{"e"});
  EXPECT_FALSE(loaded.contains("b"));
  EXPECT_TRUE(loaded.contains("c") && loaded.contains("d") && loaded.contains("e"));
}

// Keys live in a pool, as with balances and orders; many of them share a home.
TEST(SlotIndex, FindsWhatAMapFinds) {
  struct Entry {
    std::uint64_t key = 0;
    std::uint32_t link = 0;
    std::uint32_t& free_link() { return link; }
  };
  SlotPool<Entry> pool;
  SlotIndex index;
  std::map<std::uint64_t, std::uint32_t> model;
  const auto hash = [](std::uint64_t key) { return key % 64 * 7; };
  const auto hash_of = [&](std::uint32_t slot) { return hash(pool[slot].key); };
  core::Random random(7);
  for (int i = 0; i < 100'000; ++i) {
    const std::uint64_t key = 1 + random.below(300);
    const auto known = model.find(key);
    const std::uint32_t found = index.find(hash(key), [&](std::uint32_t slot) { return pool[slot].key == key; });
    ASSERT_EQ(found, known == model.end() ? 0 : known->second);
    if (known == model.end() && random.chance(1, 2)) {
      const std::uint32_t slot = pool.take();
      pool[slot].key = key;
      index.insert(hash(key), slot, hash_of);
      model[key] = slot;
    } else if (known != model.end()) {
      index.erase(hash(key), known->second, hash_of);
      pool.give_back(known->second);
      model.erase(known);
    }
    ASSERT_EQ(index.size(), model.size());
    ASSERT_EQ(pool.in_use(), model.size());
  }
  EXPECT_LE(pool.used(), 301u) << "slots are used again";
}

}  // namespace
}  // namespace ledger
