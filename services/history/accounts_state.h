// What the read model of accounts consists of; private to accounts.cpp and accounts_saving.cpp.
#pragma once

#include <array>
#include <map>
#include <string_view>

#include "services/history/accounts.h"
#include "services/history/storage.h"

namespace history {

// Open orders and closed ones live in two pools: the open ones, which every event asks for, then share few pages
// however long the past is. A place names either.
class Place {
 public:
  Place() = default;
  static Place open(Slot slot) { return Place(slot); }
  static Place closed(Slot slot) { return Place(slot | kClosed); }
  static Place from(std::uint32_t bits) { return Place(bits); }
  [[nodiscard]] bool is_none() const { return bits_ == 0; }
  [[nodiscard]] bool is_closed() const { return (bits_ & kClosed) != 0; }
  [[nodiscard]] Slot slot() const { return bits_ & ~kClosed; }
  [[nodiscard]] std::uint32_t bits() const { return bits_; }
  friend bool operator==(Place, Place) = default;

 private:
  static constexpr std::uint32_t kClosed = 0x8000'0000;
  explicit Place(std::uint32_t bits) : bits_(bits) {}
  std::uint32_t bits_ = 0;
};

struct alignas(64) OrderRecord {
  Order order;
  std::uint64_t last_fill = 0;     // number + 1 of its latest fill within the account; 0: none
  bool has_own_client_id = false;  // else order.client_order_id is empty until somebody asks for the order
};

// An account's open orders by id: a list through links that lie beside the records, by slot.
struct OpenLinks {
  Slot previous = kNoSlot, next = kNoSlot;
};
struct OpenList {
  Slot first = kNoSlot, last = kNoSlot;
  std::size_t count = 0;
};

// In order of closing: what has to be known to forget the order without reading it.
struct ClosedEntry {
  std::uint64_t id = 0;
  std::int64_t updated_ns = 0;
  Slot slot = kNoSlot;
  std::uint32_t market : 31 = 0;
  std::uint32_t has_own_client_id : 1 = 0;
};
static_assert(sizeof(ClosedEntry) == 24);

// One per order in order of id, so that searches by time and market read nothing else. Entries of forgotten orders stay
// until they are the majority.
struct OrderEntry {
  std::uint64_t id = 0;
  std::int64_t created_ns = 0;
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

// What events touch, in three cache lines.
struct alignas(64) Account {
  core::AccountId id;
  core::Time updated;
  std::vector<AssetBalance> balances;  // by asset
  OpenList open;
  Queue<ClosedEntry> closed;
  Queue<OrderEntry> orders;
  std::size_t stale_entries = 0;  // of `orders`
  FillList fills;
};
static_assert(sizeof(Account) == 192);

struct AccountTerms {
  ledger::AccountName name;
  std::optional<fees::Rates> fee_override;
  std::vector<Forgotten> forgotten;  // by market
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
  std::vector<AccountTerms> terms;  // by position in accounts
  core::FlatIndex account_index;    // account id to position + 1
  std::map<ledger::AccountName, core::AccountId, NameLess> names;
  std::vector<MarketAssets> markets;  // id - 1
  Pool<OrderRecord> open_orders, closed_orders;
  std::vector<OpenLinks> open_links;  // by slot of open_orders
  OrderIndex order_index;             // to bits of a Place
  core::FlatIndex client_ids;  // digest of account, market and text to the Place of the latest order of that client id
  Pool<FillChunk> fill_chunks;
  std::size_t closed_count = 0, fill_count = 0;
  core::Sequence command;  // of the event that is being applied; none while loading

  [[nodiscard]] const Account* find(core::AccountId id) const {
    const std::uint32_t position = account_index.find(id.value());
    return position == core::FlatIndex::kAbsent ? nullptr : &accounts[position - 1];
  }
  [[nodiscard]] Account* find(core::AccountId id) {
    return const_cast<Account*>(static_cast<const State*>(this)->find(id));
  }
  Account& find_or_add(core::AccountId id);
  [[nodiscard]] AccountTerms& terms_of(const Account& account) {
    return terms[static_cast<std::size_t>(&account - accounts.data())];
  }
  [[nodiscard]] Forgotten& forgotten_of(const Account& account, core::MarketId market);

  void apply(const orders::OrderEvent& event, core::Time time);
  void set_balance(Account& account, core::AssetId asset, const ledger::Balance& balance);

  [[nodiscard]] Place place_of(core::OrderId id) const { return Place::from(order_index.find(id.value())); }
  [[nodiscard]] OrderRecord& record(Place place) {
    return place.is_closed() ? closed_orders[place.slot()] : open_orders[place.slot()];
  }
  OrderRecord& add_open(Account& account, core::OrderId id, Slot& slot);
  void close_order(Account& account, Slot slot);
  void rename(Slot slot, const core::ClientOrderId& text);
  void note_latest_closed(const Order& order);
  void add_closed(Account& account, Slot slot);
  void forget_oldest_closed(Account& account);
  void enforce_order_limits(Account& account);
  void link(OpenList& list, Slot slot);
  void unlink(OpenList& list, Slot slot);
  void note_entry(Account& account, const Order& order);
  void note_client_id(Place place);

  // Makes room for one more, chained to its order when that is known; the caller fills it in.
  Fill& add_fill(Account& account, OrderRecord* order);
  void enforce_fill_limits(Account& account);
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
  [[nodiscard]] const Order* shown(Place place);
};

}  // namespace history
