// The orders the accounts fold knows: those that are open or on their way to the book, and for a moment those that are
// over while an answer about them is still due. Structure only; what happens to them is decided in accounts.cpp.
//
// An order lies in a slot, which matching echoes. It is found by id, by its account's client order id, and in the list
// of its desk: one account's orders in one market, ascending by id, since ids rise.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "pkg/core/bytes.h"
#include "pkg/core/error.h"
#include "pkg/core/hash.h"
#include "services/ledger/ledger.h"
#include "services/ledger/slot_index.h"
#include "services/ledger/slot_pool.h"
#include "services/orders/types.h"

namespace orders {

// What matching has been asked and has not answered yet. One thing at a time.
enum class Asked : std::uint8_t { nothing = 0, placing = 1, cancelling = 2, moving = 3, reducing = 4 };

using OrderSlot = std::uint32_t;  // 0: none

// At most 96 bytes, so that with hold (20) and index (at most 12) an open order takes 128 beside its client order id.
struct OpenOrder {
  core::OrderId id;  // none: the slot is free
  core::Price price;
  core::Quantity quantity, executed, prevented;
  core::Time created;
  core::Amount executed_quote;
  std::uint32_t desk = 0;
  matching::Handle handle = matching::kNoHandle;
  ledger::HoldSlot hold = 0;
  std::uint32_t text = 0;            // client order id; 0: none, the made one stands for it
  std::uint32_t extra = 0;           // see Extra; 0: none
  OrderSlot previous = 0, next = 0;  // in the desk's list; next: also of a free slot
  Side side : 1 = Side::buy;
  OrderType type : 3 = OrderType::limit;
  TimeInForce time_in_force : 2 = TimeInForce::gtc;
  SelfTrade self_trade : 3 = SelfTrade::none;
  OrderStatus status : 4 = OrderStatus::pending_new;
  Asked asked : 3 = Asked::nothing;
  bool cancel_wanted : 1 = false;  // a cancel came that has not been answered; sent as soon as it can be

  [[nodiscard]] core::Quantity remaining() const { return quantity - executed - prevented; }
  std::uint32_t& free_link() { return next; }
};
static_assert(sizeof(OpenOrder) <= 96);

// What few orders have, and all but condition and peak only for a while.
struct Extra {
  Condition condition;            // of a conditional order, for as long as it lives
  Peak peak;                      // likewise of an iceberg order
  core::Time triggered;           // zero: not yet
  core::Amount quote_quantity;    // of a market_by_quote order
  core::Price held_price;         // while a move is asked: what the hold is enough for
  core::ClientOrderId cancel_id;  // of the cancel that is wanted or asked
  core::ClientOrderId new_id;     // while a reduction is asked: the order's when it is answered
  std::uint32_t replacement = 0;  // what to place once that cancel is answered; 0: nothing
  std::uint32_t link = 0;
  std::uint32_t& free_link() { return link; }
  [[nodiscard]] bool lasts() const { return condition.is_set() || peak.is_set(); }
};
struct Replacement {
  PlaceOrder place;
  ReplaceMode mode = ReplaceMode::stop_on_failure;
  std::uint32_t link = 0;
  std::uint32_t& free_link() { return link; }
};

// One account in one market. Made with the account's first order there and kept.
struct Desk {
  core::AccountId account;
  core::MarketId market;
  ledger::BalanceSlot base = 0, quote = 0;
  OrderSlot first = 0, last = 0;
  std::uint32_t open = 0;  // orders in the list
  std::uint32_t link = 0;
  std::uint32_t& free_link() { return link; }
};

class OpenOrders {
 public:
  [[nodiscard]] OpenOrder& operator[](OrderSlot slot) { return orders_[slot]; }
  [[nodiscard]] const OpenOrder& operator[](OrderSlot slot) const { return orders_[slot]; }
  // Whether that slot holds that order: what a slot from outside is worth.
  [[nodiscard]] bool holds(OrderSlot slot, core::OrderId order) const {
    return orders_.holds(slot) && !order.is_none() && orders_[slot].id == order;
  }

  [[nodiscard]] std::uint32_t find_desk(core::AccountId account, core::MarketId market) const;
  // REQUIRES that there is none yet.
  [[nodiscard]] std::uint32_t add_desk(core::AccountId account, core::MarketId market, ledger::BalanceSlot base,
                                       ledger::BalanceSlot quote);
  [[nodiscard]] const Desk& desk(std::uint32_t desk) const { return desks_[desk]; }
  [[nodiscard]] const Desk& desk_of(const OpenOrder& order) const { return desks_[order.desk]; }

  // A new order at the end of its desk's list, under its id and, when not empty, its client order id. REQUIRES both to
  // be unknown, and ids to rise.
  [[nodiscard]] OrderSlot add(core::OrderId id, std::uint32_t desk, const core::ClientOrderId& text);
  // Out of the list and the indices: nobody finds it any more, its slot lives on.
  void close(OrderSlot slot);
  void free(OrderSlot slot);  // REQUIRES close before

  [[nodiscard]] OrderSlot find(core::OrderId id) const;
  // Among the account's open orders, by the text a client gave or by a made one.
  [[nodiscard]] OrderSlot find(core::AccountId account, std::string_view client_order_id) const;
  // As the client gave it; empty when it gave none.
  [[nodiscard]] const core::ClientOrderId& text(const OpenOrder& order) const {
    static constexpr core::ClientOrderId kNone;
    return order.text == 0 ? kNone : texts_[order.text].text;
  }

  [[nodiscard]] Extra& extra(OpenOrder& order);  // made when there is none
  [[nodiscard]] const Extra* find_extra(const OpenOrder& order) const {
    return order.extra == 0 ? nullptr : &extras_[order.extra];
  }
  // What was asked is answered: only condition and peak stay.
  void drop_asked(OpenOrder& order);
  // None when the order waits for nothing and never did.
  [[nodiscard]] const Condition& condition(const OpenOrder& order) const {
    static constexpr Condition kNone;
    return order.extra == 0 ? kNone : extras_[order.extra].condition;
  }
  // None when all of the order is shown.
  [[nodiscard]] const Peak& peak(const OpenOrder& order) const {
    static constexpr Peak kNone;
    return order.extra == 0 ? kNone : extras_[order.extra].peak;
  }
  // Whether it still waits for its condition.
  [[nodiscard]] bool waits(const OpenOrder& order) const {
    return condition(order).is_set() && extras_[order.extra].triggered == core::Time{};
  }
  // Open conditional orders of a desk, triggered or not.
  [[nodiscard]] std::uint32_t conditional_count(std::uint32_t desk) const;
  // Under another client order id from now on. REQUIRES that none of the account's open orders has it.
  void rename(OrderSlot slot, const core::ClientOrderId& text);
  void set_replacement(OpenOrder& order, const PlaceOrder& place, ReplaceMode mode);
  [[nodiscard]] const Replacement& replacement(const Extra& extra) const { return replacements_[extra.replacement]; }

  // Slots that hold an order, open or not: 1 to slots_end() - 1 where id is not none.
  [[nodiscard]] OrderSlot slots_end() const { return orders_.used(); }
  [[nodiscard]] std::uint32_t count() const { return orders_.in_use(); }  // those waiting for an answer included
  [[nodiscard]] std::uint32_t open_count() const { return static_cast<std::uint32_t>(by_id_.size()); }
  [[nodiscard]] std::size_t index_bytes() const { return by_id_.bytes(); }

  [[nodiscard]] core::Result<void> audit() const;
  // All fields of all orders by id; slots, handles and holds' slots do not count, holds' content does.
  void hash(core::Digest& digest, const ledger::Ledger& ledger) const;
  void save(core::ByteWriter& out) const;
  [[nodiscard]] core::Result<void> load(core::ByteReader& in);  // REQUIRES an empty one

 private:
  struct Text {
    core::ClientOrderId text;
    std::uint32_t link = 0;
    std::uint32_t& free_link() { return link; }
  };

  static std::uint64_t id_hash(core::OrderId id) { return core::mix(id.value(), 0); }
  static std::uint64_t desk_hash(core::AccountId account, core::MarketId market) {
    return core::mix(account.value(), market.value());
  }
  static std::uint64_t text_hash(core::AccountId account, std::string_view text) {
    return core::Digest{}.add(account).add(text).value();
  }
  [[nodiscard]] OrderSlot find_given(core::AccountId account, std::string_view text) const;
  [[nodiscard]] std::uint64_t id_hash_of(OrderSlot slot) const { return id_hash(orders_[slot].id); }
  [[nodiscard]] std::uint64_t text_hash_of(OrderSlot slot) const {
    return text_hash(desk_of(orders_[slot]).account, text(orders_[slot]).view());
  }
  void drop_extra(OpenOrder& order);
  void index(OrderSlot slot);
  void save_order(const OpenOrder& order, core::ByteWriter& out) const;
  bool load_order(OrderSlot slot, core::ByteReader& in);
  bool load_extra(OpenOrder& order, core::ByteReader& in);

  ledger::SlotPool<OpenOrder> orders_;
  ledger::SlotPool<Desk> desks_;
  ledger::SlotPool<Text> texts_;
  ledger::SlotPool<Extra> extras_;
  ledger::SlotPool<Replacement> replacements_;
  ledger::SlotIndex by_id_, by_text_, by_desk_;
};

}  // namespace orders
