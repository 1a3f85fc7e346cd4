#include "services/history/accounts.h"

#include <algorithm>

#include "pkg/core/hash.h"
#include "services/history/accounts_state.h"
#include "services/orders/client_order_id.h"

namespace history {

Accounts::Accounts(Limits limits) : state_(std::make_unique<State>(limits)) {}
Accounts::~Accounts() = default;
Accounts::Accounts(Accounts&&) noexcept = default;
Accounts& Accounts::operator=(Accounts&&) noexcept = default;

// ---- accounts and balances ----

Account& Accounts::State::find_or_add(core::AccountId id) {
  if (Account* known = find(id)) return *known;
  accounts.emplace_back().id = id;
  account_index.insert(id.value(), static_cast<std::uint32_t>(accounts.size()));
  return accounts.back();
}

void Accounts::State::set_balance(Account& account, core::AssetId asset, const ledger::Balance& balance) {
  auto& balances = account.balances;
  auto at = balances.begin();
  if (balances.size() <= 8) {
    while (at != balances.end() && at->asset < asset) ++at;
  } else {
    at = std::ranges::lower_bound(balances, asset, {}, &AssetBalance::asset);
  }
  if (at == balances.end() || at->asset != asset) at = balances.insert(at, AssetBalance{asset, {}});
  at->balance = balance;
}

// ---- orders ----

void Accounts::State::link(OrderList& list, Slot slot) {
  OrderRecord& record = orders[slot];
  record.previous = list.last;
  record.next = kNoSlot;
  (list.last == kNoSlot ? list.first : orders[list.last].next) = slot;
  list.last = slot;
  ++list.count;
}

void Accounts::State::unlink(OrderList& list, Slot slot) {
  const OrderRecord& record = orders[slot];
  (record.previous == kNoSlot ? list.first : orders[record.previous].next) = record.next;
  (record.next == kNoSlot ? list.last : orders[record.next].previous) = record.previous;
  CHECK(list.count > 0);
  --list.count;
}

std::uint64_t Accounts::State::client_id_key(core::AccountId account, core::MarketId market,
                                             std::string_view text) const {
  const std::uint64_t key = core::Digest(limits.hash_seed).add(account.value(), market.value()).add(text).value();
  return key == 0 ? 1 : key;
}

void Accounts::State::note_entry(Account& account, Slot slot) {
  const Order& order = orders[slot].order;
  auto& entries = account.orders;
  CHECK_MSG(entries.empty() || entries[entries.size() - 1].id < order.id.value(), "order ids rise within an account");
  constexpr std::size_t kStaleMin = 64;
  if (entries.size() > 2 * (account.open.count + account.closed.count) + kStaleMin) {
    entries.erase_if([this](const OrderEntry& entry) { return !is_live(entry); });
  }
  entries.push({order.id.value(), order.created.ns, slot, order.market.value()});
}

// Takes up an order; the caller notes its entry and its client id.
Slot Accounts::State::add_order(OrderList& list, const Order& order) {
  const Slot slot = orders.add();
  OrderRecord& record = orders[slot];
  record.order = order;
  record.last_fill = 0;
  record.has_own_client_id = !order.client_order_id.empty();
  order_index.insert(order.id.value(), slot);
  link(list, slot);
  return slot;
}

void Accounts::State::note_client_id(Slot slot) {
  if (!orders[slot].has_own_client_id) return;
  // Client ids are unique among open orders, so whoever had this one before is closed and older: it is not asked for
  // again.
  const std::uint64_t key = client_id_key(orders[slot].order);
  client_ids.erase(key);
  client_ids.insert(key, slot);
}

void Accounts::State::close_order(Account& account, Slot slot) {
  unlink(account.open, slot);
  link(account.closed, slot);
  ++closed_count;
  enforce_order_limits(account);
}

void Accounts::State::enforce_order_limits(Account& account) {
  while (account.closed.count > 0 &&
         (account.closed.count > limits.closed_orders_per_account || closed_count > limits.closed_orders)) {
    forget_oldest_closed(account);
  }
}

void Accounts::State::forget_oldest_closed(Account& account) {
  const Slot slot = account.closed.first;
  OrderRecord& record = orders[slot];
  unlink(account.closed, slot);
  order_index.erase(record.order.id.value());
  if (record.has_own_client_id) {
    const std::uint64_t key = client_id_key(record.order);
    if (client_ids.find(key) == slot) client_ids.erase(key);
  }
  record.order.id = {};
  orders.remove(slot);
  --closed_count;
  while (!account.orders.empty() && !is_live(account.orders[0])) account.orders.pop();
}

const Order* Accounts::State::shown(Slot slot) {
  OrderRecord& record = orders[slot];
  if (record.order.client_order_id.empty())
    record.order.client_order_id = orders::made_client_order_id(record.order.id);
  return &record.order;
}

// ---- fills ----

void Accounts::State::add_fill(Account& account, const Fill& fill, OrderRecord* order) {
  FillList& fills = account.fills;
  const std::uint64_t number = fills.end;
  if (fills.chunks.empty() || number % kFillsPerChunk == 0) fills.chunks.push(fill_chunks.add());
  ++fills.end;
  ++fill_count;
  FillRecord& record = fill_at(account, number);
  record.fill = fill;
  record.previous = 0;
  if (order != nullptr) {
    record.previous = order->last_fill;
    order->last_fill = number + 1;
  }
  while (fills.count() > 0 && (fills.count() > limits.fills_per_account || fill_count > limits.fills))
    forget_oldest_fill(account);
}

void Accounts::State::forget_oldest_fill(Account& account) {
  FillList& fills = account.fills;
  ++fills.first;
  --fill_count;
  // An empty last chunk is kept by nobody: the next fill takes a new one.
  if (fills.first % kFillsPerChunk == 0) {
    fill_chunks.remove(fills.chunks[0]);
    fills.chunks.pop();
  }
}

// ---- events ----

namespace {

Order order_of(const orders::OrderEvent& event, core::Time time) {
  Order order;
  order.id = event.order;
  order.account = event.account;
  order.market = event.market;
  order.side = event.side;
  order.type = event.type;
  order.time_in_force = event.time_in_force;
  order.self_trade = event.self_trade;
  order.status = event.status;
  order.price = event.price;
  order.quantity = event.quantity;
  order.executed = event.executed;
  order.prevented = event.prevented;
  order.quote_quantity = event.quote_quantity;
  order.executed_quote = event.executed_quote;
  order.created = event.created;
  order.updated = time;
  order.client_order_id = event.client_order_id;
  return order;
}

Fill fill_of(const orders::OrderEvent& event, core::Amount quote, core::Time time) {
  return {.trade = event.trade,
          .order = event.order,
          .market = event.market,
          .price = event.last_price,
          .quantity = event.last_quantity,
          .quote = quote,
          .fee = event.fee,
          .fee_asset = event.fee_asset,
          .time = time,
          .is_buyer = event.side == orders::Side::buy,
          .is_maker = event.is_maker};
}

}  // namespace

void Accounts::State::apply(const orders::OrderEvent& event, core::Time time) {
  using orders::Execution;
  if (event.execution == Execution::rejected || event.execution == Execution::cancel_rejected)
    return;  // nothing changed
  Account& account = find_or_add(event.account);
  CHECK(!event.market.is_none() && event.market.value() <= markets.size());
  const MarketAssets assets = markets[event.market.value() - 1];
  set_balance(account, assets.base, event.base);
  set_balance(account, assets.quote, event.quote);
  account.updated = time;

  Slot slot = kNoSlot;
  if (event.execution == Execution::accepted) {
    slot = add_order(account.open, order_of(event, time));
    note_entry(account, slot);
    note_client_id(slot);
  } else {
    slot = order_index.find(event.order.value());
    CHECK_MSG(slot != kNoSlot, "an event of an order that was never accepted, or is long closed");
    OrderRecord& record = orders[slot];
    Order& order = record.order;
    CHECK(order.account == event.account && !orders::is_closed(order.status));
    if (event.execution == Execution::traded) {
      add_fill(account, fill_of(event, event.executed_quote - order.executed_quote, time), &record);
    }
    order.status = event.status;
    order.price = event.price;
    order.quantity = event.quantity;
    order.executed = event.executed;
    order.executed_quote = event.executed_quote;
    order.prevented = event.prevented;
    order.updated = time;
  }
  if (orders::is_closed(event.status)) close_order(account, slot);
}

void Accounts::apply(const orders::AccountEvent& event) {
  State& s = *state_;
  const core::Time time = event.time;
  if (const auto* order = std::get_if<orders::OrderEvent>(&event.body)) return s.apply(*order, time);
  if (const auto* changed = std::get_if<orders::BalanceEvent>(&event.body)) {
    Account& account = s.find_or_add(changed->account);
    s.set_balance(account, changed->asset, changed->after);
    account.updated = time;
  } else if (const auto* opened = std::get_if<orders::AccountOpened>(&event.body)) {
    Account& account = s.find_or_add(opened->account);
    account.name = opened->name;
    account.updated = time;
    s.names.insert_or_assign(opened->name, opened->account);
  } else if (const auto* fees = std::get_if<orders::FeesChanged>(&event.body)) {
    Account& account = s.find_or_add(fees->account);
    account.fee_override.reset();
    if (!fees->use_market_rates) account.fee_override = fees::Rates{fees->maker, fees->taker};
    account.updated = time;
  } else if (const auto* listed = std::get_if<orders::MarketListed>(&event.body)) {
    const std::size_t index = listed->market.id.value() - 1;
    CHECK(index <= s.markets.size());
    if (index == s.markets.size()) s.markets.emplace_back();
    s.markets[index] = {listed->market.base, listed->market.quote};
  }
}

}  // namespace history
