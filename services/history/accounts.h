// Read model of accounts, made of durable account events alone: balances, open orders, and a bounded past of closed
// orders and fills. A pure reducer: rebuilt by feeding the same events again. Clients are answered from here, never
// from the folds, so nobody sees what could still be lost.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "pkg/core/bytes.h"
#include "pkg/core/error.h"
#include "services/fees/types.h"
#include "services/orders/types.h"

namespace history {

struct Order {
  core::OrderId id;
  core::AccountId account;
  core::MarketId market;
  orders::Side side = orders::Side::buy;
  orders::OrderType type = orders::OrderType::limit;
  orders::TimeInForce time_in_force = orders::TimeInForce::gtc;
  orders::SelfTrade self_trade = orders::SelfTrade::none;
  orders::OrderStatus status = orders::OrderStatus::open;
  core::Price price;
  core::Quantity quantity, executed, prevented;
  core::Amount quote_quantity, executed_quote;
  core::Time created, updated;
  core::Time working = {};  // since when it is in the book; zero: it waits for its condition
  orders::Condition condition = {};
  core::Quantity peak = {};             // of an iceberg order: what is shown at a time
  core::ClientOrderId client_order_id;  // never empty: made from the id when the client gave none (client_order_id.h)
};

struct Fill {
  core::TradeId trade;
  core::OrderId order;
  core::MarketId market;
  core::Price price;
  core::Quantity quantity;
  core::Amount quote, fee;
  core::AssetId fee_asset;
  core::Time time;
  bool is_buyer = false, is_maker = false;
};

struct AssetBalance {
  core::AssetId asset;
  ledger::Balance balance;
};

// Filters of the list queries; absent: no bound. Times are inclusive, as in the Binance API.
struct Query {
  std::optional<core::MarketId> market;
  std::optional<core::OrderId> from_order;  // this id and later
  std::optional<core::OrderId> order;       // fills of this order only
  std::optional<core::TradeId> from_trade;  // this trade id and later
  std::optional<core::Time> from, until;
  std::size_t limit = 500;
};

struct Limits {
  std::size_t closed_orders_per_account = 100'000, fills_per_account = 200'000;
  std::size_t closed_orders = 500'000,
              fills = 1'000'000;  // over all accounts; the oldest of the account at hand go first
  // Of the table of client order ids. Clients choose those, so who serves strangers gives a secret, lest they choose
  // ids that collide; nothing that can be seen depends on it.
  std::uint64_t hash_seed = 0;
};

// What the bounds have made the model forget of an account's past in one market. All of it is older than what is kept:
// orders in the order of their closing, fills in the order of their trades.
struct Forgotten {
  core::MarketId market;
  core::OrderId order;      // the greatest of the forgotten ones; none: no order is forgotten
  core::Time orders_until;  // the latest change of any of them
  core::TradeId trade;      // the greatest trade of which a fill is forgotten; none: no fill is
  core::Time fills_until;   // its time
  core::Sequence at;        // the command at which something was forgotten last; none: not known

  // Whether something that has all commands up to `through`, which was given at `until`, has all that is forgotten.
  [[nodiscard]] bool orders_are_within(core::Sequence through, core::Time until) const {
    return order.is_none() || orders_until < until || (!at.is_none() && at <= through);
  }
  [[nodiscard]] bool fills_are_within(core::Sequence through, core::Time until) const {
    return trade.is_none() || fills_until < until || (!at.is_none() && at <= through);
  }
  friend bool operator==(const Forgotten&, const Forgotten&) = default;
};

class Accounts {
 public:
  explicit Accounts(Limits limits = {});
  ~Accounts();
  Accounts(Accounts&&) noexcept;
  Accounts& operator=(Accounts&&) noexcept;

  void apply(const orders::AccountEvent& event);

  [[nodiscard]] bool exists(core::AccountId account) const;
  [[nodiscard]] std::optional<core::AccountId> find(std::string_view account_name) const;
  [[nodiscard]] std::string_view account_name(core::AccountId account) const;  // empty: unknown
  [[nodiscard]] ledger::Balance balance(core::AccountId account, core::AssetId asset) const;
  [[nodiscard]] std::vector<AssetBalance> balances(
      core::AccountId account) const;  // by asset id, zeros included once touched
  [[nodiscard]] std::optional<fees::Rates> fee_override(core::AccountId account) const;
  [[nodiscard]] core::Time updated(core::AccountId account) const;  // of the last event that changed it

  // Null when unknown, another account's, or forgotten by the bounds. Pointers live until the next apply.
  [[nodiscard]] const Order* order(core::AccountId account, core::OrderId order) const;
  // The open order of that client id, else the latest closed one.
  [[nodiscard]] const Order* order(core::AccountId account, core::MarketId market,
                                   std::string_view client_order_id) const;
  [[nodiscard]] std::vector<const Order*> open_orders(core::AccountId account,
                                                      std::optional<core::MarketId> market) const;  // by id
  [[nodiscard]] std::size_t open_order_count(core::AccountId account, core::MarketId market) const;
  // With from_order or from: the earliest `limit` that match, else the latest `limit`; always ascending by id.
  [[nodiscard]] std::vector<const Order*> orders(core::AccountId account, const Query& query) const;
  [[nodiscard]] std::vector<const Fill*> fills(core::AccountId account,
                                               const Query& query) const;  // ascending by (time, trade)

  // All zero when nothing is.
  [[nodiscard]] Forgotten forgotten(core::AccountId account, core::MarketId market) const;
  // Whether `found`, which orders() or fills() has given for the query, is the whole answer: nothing that was forgotten
  // can belong to it. REQUIRES a market in the query.
  [[nodiscard]] bool is_whole(core::AccountId account, const Query& query, std::span<const Order* const> found) const;
  [[nodiscard]] bool is_whole(core::AccountId account, const Query& query, std::span<const Fill* const> found) const;

  // Everything that is kept, account by account; an order without a client order id of its own comes without one.
  void visit_orders(const std::function<void(const Order&)>& visit) const;
  void visit_fills(const std::function<void(core::AccountId, const Fill&)>& visit) const;

  void save(core::ByteWriter& out) const;
  [[nodiscard]] core::Result<void> load(core::ByteReader& in);

 private:
  friend class AccountLoader;
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace history
