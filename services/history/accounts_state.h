// What the read model of accounts consists of; private to accounts.cpp and accounts_saving.cpp.
#pragma once

#include <array>
#include <map>
#include <string_view>

#include "services/history/accounts.h"
#include "services/history/storage.h"

namespace history {

// An order and its place: in its account's list of open orders (by id) or of closed ones (in order of closing).
struct OrderRecord {
  Order order;                  // id none: the slot is free
  std::uint64_t last_fill = 0;  // number + 1 of its latest fill within the account; 0: none
  Slot previous = kNoSlot, next = kNoSlot;
  bool has_own_client_id = false;  // else order.client_order_id is empty until somebody asks for the order
};

struct OrderList {
  Slot first = kNoSlot, last = kNoSlot;
  std::size_t count = 0;
};

// One per order in order of id, kept beside the records so that searches by time and market read nothing else. Entries
// of forgotten orders stay until they reach the front or are the majority; the id tells that the slot is another's by
// now.
struct OrderEntry {
  std::uint64_t id = 0;
  std::int64_t created_ns = 0;
  Slot slot = kNoSlot;
  std::uint32_t market = 0;
};

struct FillRecord {
  Fill fill;
  std::uint64_t previous = 0;  // number + 1 of the same order's fill before this one; 0: none
};
inline constexpr std::uint64_t kFillsPerChunk = 16;
using FillChunk = std::array<FillRecord, kFillsPerChunk>;

// An account's fills are numbered in order from 0; [first, end) are kept.
struct FillList {
  Queue<Slot> chunks;  // of numbers first / kFillsPerChunk and up
  std::uint64_t first = 0, end = 0;
  [[nodiscard]] std::uint64_t count() const { return end - first; }
};

struct Account {
  core::AccountId id;
  ledger::AccountName name;
  core::Time updated;
  std::optional<fees::Rates> fee_override;
  std::vector<AssetBalance> balances;  // by asset
  OrderList open, closed;
  Queue<OrderEntry> orders;
  FillList fills;
};

struct MarketAssets {
  core::AssetId base, quote;
};

struct NameLess {
  using is_transparent = void;
  static std::string_view text(std::string_view name) { return name; }
  static std::string_view text(const ledger::AccountName& name) { return name.view(); }
  bool operator()(const auto& a, const auto& b) const { return text(a) < text(b); }
};

struct Accounts::State {
  explicit State(Limits given) : limits(given) {}

  Limits limits;
  std::vector<Account> accounts;
  core::FlatIndex account_index;  // account id to position + 1
  std::map<ledger::AccountName, core::AccountId, NameLess> names;
  std::vector<MarketAssets> markets;  // id - 1
  Pool<OrderRecord> orders;
  OrderIndex order_index;
  core::FlatIndex client_ids;  // digest of account, market and text to the latest order of that client id
  Pool<FillChunk> fill_chunks;
  std::size_t closed_count = 0, fill_count = 0;

  [[nodiscard]] Account* find(core::AccountId id) {
    const std::uint32_t position = account_index.find(id.value());
    return position == core::FlatIndex::kAbsent ? nullptr : &accounts[position - 1];
  }
  Account& find_or_add(core::AccountId id);

  void apply(const orders::OrderEvent& event, core::Time time);
  void set_balance(Account& account, core::AssetId asset, const ledger::Balance& balance);

  Slot add_order(OrderList& list, const Order& order);
  void note_client_id(Slot slot);
  void close_order(Account& account, Slot slot);
  void forget_oldest_closed(Account& account);
  void enforce_order_limits(Account& account);
  void link(OrderList& list, Slot slot);
  void unlink(OrderList& list, Slot slot);
  void note_entry(Account& account, Slot slot);
  [[nodiscard]] bool is_live(const OrderEntry& entry) const { return orders[entry.slot].order.id.value() == entry.id; }

  void add_fill(Account& account, const Fill& fill, OrderRecord* order);
  void forget_oldest_fill(Account& account);
  [[nodiscard]] FillRecord& fill_at(const Account& account, std::uint64_t number) {
    const Slot chunk = account.fills.chunks[number / kFillsPerChunk - account.fills.first / kFillsPerChunk];
    return fill_chunks[chunk][number % kFillsPerChunk];
  }

  [[nodiscard]] std::uint64_t client_id_key(const Order& order) const {
    return client_id_key(order.account, order.market, order.client_order_id.view());
  }
  [[nodiscard]] std::uint64_t client_id_key(core::AccountId account, core::MarketId market,
                                            std::string_view text) const;
  // The order as clients see it: with a client order id even when it came without one.
  [[nodiscard]] const Order* shown(Slot slot);
};

}  // namespace history
