#include "services/history/accounts.h"

#include <algorithm>

#include "pkg/core/hash.h"
#include "services/history/accounts_state.h"
#include "services/history/of_event.h"
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
  terms.emplace_back();
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

void Accounts::State::link(OpenList& list, Slot slot) {
  if (slot >= open_links.size()) open_links.resize(std::max<std::size_t>(1024, open_links.size() * 2));
  CHECK(slot < open_links.size());
  open_links[slot] = {list.last, kNoSlot};
  (list.last == kNoSlot ? list.first : open_links[list.last].next) = slot;
  list.last = slot;
  ++list.count;
}

void Accounts::State::unlink(OpenList& list, Slot slot) {
  const OpenLinks links = open_links[slot];
  (links.previous == kNoSlot ? list.first : open_links[links.previous].next) = links.next;
  (links.next == kNoSlot ? list.last : open_links[links.next].previous) = links.previous;
  CHECK(list.count > 0);
  --list.count;
}

std::uint64_t Accounts::State::client_id_key(core::AccountId account, core::MarketId market,
                                             std::string_view text) const {
  const std::uint64_t key = core::Digest(limits.hash_seed).add(account.value(), market.value()).add(text).value();
  return key == 0 ? 1 : key;
}

void Accounts::State::note_entry(Account& account, const Order& order) {
  auto& entries = account.orders;
  CHECK_MSG(entries.empty() || entries[entries.size() - 1].id < order.id.value(), "order ids rise within an account");
  constexpr std::size_t kStaleMin = 64;
  if (account.stale_entries > entries.size() / 2 + kStaleMin) {
    entries.erase_if([this](const OrderEntry& entry) { return order_index.find(entry.id) == kNoSlot; });
    account.stale_entries = 0;
  }
  entries.push({order.id.value(), order.created.ns, order.market.value()});
}

// A record that is open; the caller fills it in and notes its entry and its client id.
OrderRecord& Accounts::State::add_open(Account& account, core::OrderId id, Slot& slot) {
  slot = open_orders.add();
  order_index.insert(id.value(), Place::open(slot).bits());
  link(account.open, slot);
  OrderRecord& record = open_orders[slot];
  record.last_fill = 0;
  return record;
}

void Accounts::State::note_client_id(Place place) {
  const OrderRecord& noted = record(place);
  if (!noted.has_own_client_id) return;
  // Client ids are unique among open orders, so whoever had this one before is closed and older: it is not asked for
  // again.
  const std::uint64_t key = client_id_key(noted.order);
  client_ids.erase(key);
  client_ids.insert(key, place.bits());
}

// Takes up a record of the closed ones as its account's latest.
void Accounts::State::add_closed(Account& account, Slot slot) {
  const OrderRecord& closed = closed_orders[slot];
  account.closed.push({.id = closed.order.id.value(),
                       .updated_ns = closed.order.updated.ns,
                       .slot = slot,
                       .market = closed.order.market.value() & 0x7fff'ffff,
                       .has_own_client_id = closed.has_own_client_id ? 1u : 0u});
  ++closed_count;
}

// Its client id is the latest closed order's again that had it, if one of the account's latest had.
void Accounts::State::note_latest_closed(const Order& order) {
  constexpr std::size_t kLatest = 1'000;
  const auto& closed = find(order.account)->closed;
  const std::size_t end = closed.size() - std::min(closed.size(), kLatest);
  for (std::size_t i = closed.size(); i-- > end;) {
    const Order& earlier = closed_orders[closed[i].slot].order;
    if (closed[i].has_own_client_id == 0 || earlier.market != order.market) continue;
    if (earlier.client_order_id == order.client_order_id) return note_client_id(Place::closed(closed[i].slot));
  }
}

// An open order's new client id; under the one before it is not found any more.
void Accounts::State::rename(Slot slot, const core::ClientOrderId& text) {
  OrderRecord& renamed = open_orders[slot];
  const Place place = Place::open(slot);
  if (renamed.has_own_client_id) {
    const std::uint64_t key = client_id_key(renamed.order);
    if (client_ids.find(key) == place.bits()) {
      client_ids.erase(key);
      note_latest_closed(renamed.order);
    }
  }
  renamed.order.client_order_id = text;
  renamed.has_own_client_id = true;
  note_client_id(place);
}

void Accounts::State::close_order(Account& account, Slot slot) {
  const OrderRecord& open = open_orders[slot];
  const std::uint64_t id = open.order.id.value();
  unlink(account.open, slot);
  const Slot to = closed_orders.add();
  closed_orders[to] = open;
  order_index.replace(id, Place::closed(to).bits());
  if (open.has_own_client_id) note_client_id(Place::closed(to));
  open_orders.remove(slot);
  add_closed(account, to);
  enforce_order_limits(account);
}

void Accounts::State::enforce_order_limits(Account& account) {
  while (!account.closed.empty() &&
         (account.closed.size() > limits.closed_orders_per_account || closed_count > limits.closed_orders)) {
    forget_oldest_closed(account);
  }
}

void Accounts::State::forget_oldest_closed(Account& account) {
  const ClosedEntry oldest = account.closed[0];
  account.closed.pop();
  if (oldest.has_own_client_id) {
    const std::uint64_t key = client_id_key(closed_orders[oldest.slot].order);
    if (client_ids.find(key) == Place::closed(oldest.slot).bits()) client_ids.erase(key);
  }
  Forgotten& past = forgotten_of(account, core::MarketId{oldest.market});
  past.order = std::max(past.order, core::OrderId{oldest.id});
  past.orders_until = std::max(past.orders_until, core::Time{oldest.updated_ns});
  past.at = command;
  order_index.erase(oldest.id);
  closed_orders.remove(oldest.slot);
  --closed_count;
  if (!account.orders.empty() && account.orders[0].id == oldest.id) {
    account.orders.pop();
  } else {
    ++account.stale_entries;
  }
}

Forgotten& Accounts::State::forgotten_of(const Account& account, core::MarketId market) {
  auto& all = terms_of(account).forgotten;
  const auto at = std::ranges::lower_bound(all, market, {}, &Forgotten::market);
  return at != all.end() && at->market == market ? *at : *all.insert(at, Forgotten{.market = market});
}

const Order* Accounts::State::shown(Place place) {
  Order& order = record(place).order;
  if (order.client_order_id.empty()) order.client_order_id = orders::made_client_order_id(order.id);
  return &order;
}

// ---- fills ----

Fill& Accounts::State::add_fill(Account& account, OrderRecord* order) {
  FillList& fills = account.fills;
  const std::uint64_t number = fills.end;
  if (number % kFillsPerChunk == 0) fills.chunks.push(fill_chunks.add());
  ++fills.end;
  ++fill_count;
  FillRecord& record = fill_at(account, number);
  record.previous = 0;
  if (order != nullptr) {
    record.previous = order->last_fill;
    order->last_fill = number + 1;
  }
  return record.fill;
}

void Accounts::State::enforce_fill_limits(Account& account) {
  const FillList& fills = account.fills;
  while (fills.count() > 0 && (fills.count() > limits.fills_per_account || fill_count > limits.fills))
    forget_oldest_fill(account);
}

void Accounts::State::forget_oldest_fill(Account& account) {
  FillList& fills = account.fills;
  const Fill& oldest = fill_at(account, fills.first).fill;
  Forgotten& past = forgotten_of(account, oldest.market);
  past.trade = std::max(past.trade, oldest.trade);
  past.fills_until = std::max(past.fills_until, oldest.time);
  past.at = command;
  ++fills.first;
  --fill_count;
  if (fills.first % kFillsPerChunk == 0) {
    fill_chunks.remove(fills.chunks[0]);
    fills.chunks.pop();
  }
}

// ---- events ----

namespace {

// What an event may change of an order that is open; the rest of it is the same in every event.
void take_over(Order& order, const orders::OrderEvent& event, core::Time time) {
  order.status = event.status;
  order.price = event.price;
  order.quantity = event.quantity;
  order.executed = event.executed;
  order.prevented = event.prevented;
  order.executed_quote = event.executed_quote;
  order.updated = time;
  order.working = event.working;
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
    OrderRecord& record = add_open(account, event.order, slot);
    record.order = order_of(event, time);
    record.has_own_client_id = !record.order.client_order_id.empty();
    note_entry(account, record.order);
    note_client_id(Place::open(slot));
  } else {
    const Place place = place_of(event.order);
    CHECK_MSG(!place.is_none() && !place.is_closed(), "an event of an order that was never accepted, or is closed");
    slot = place.slot();
    OrderRecord& record = open_orders[slot];
    CHECK(record.order.account == event.account);
    if (event.execution == Execution::traded) {
      add_fill(account, &record) = fill_of(event, record.order.executed_quote, time);
      enforce_fill_limits(account);
    }
    take_over(record.order, event, time);
    if (event.execution == Execution::replaced && !name_given_by(event).empty()) rename(slot, name_given_by(event));
  }
  if (orders::is_closed(event.status)) close_order(account, slot);
}

void Accounts::apply(const orders::AccountEvent& event) {
  State& s = *state_;
  const core::Time time = event.time;
  s.command = event.command;
  if (const auto* order = std::get_if<orders::OrderEvent>(&event.body)) return s.apply(*order, time);
  if (const auto* changed = std::get_if<orders::BalanceEvent>(&event.body)) {
    Account& account = s.find_or_add(changed->account);
    s.set_balance(account, changed->asset, changed->after);
    account.updated = time;
  } else if (const auto* opened = std::get_if<orders::AccountOpened>(&event.body)) {
    Account& account = s.find_or_add(opened->account);
    s.terms_of(account).name = opened->name;
    account.updated = time;
    s.names.insert_or_assign(opened->name, opened->account);
  } else if (const auto* fees = std::get_if<orders::FeesChanged>(&event.body)) {
    Account& account = s.find_or_add(fees->account);
    s.terms_of(account).fee_override.reset();
    if (!fees->use_market_rates) s.terms_of(account).fee_override = fees::Rates{fees->maker, fees->taker};
    account.updated = time;
  } else if (const auto* listed = std::get_if<orders::MarketListed>(&event.body)) {
    const std::size_t index = listed->market.id.value() - 1;
    CHECK(index <= s.markets.size());
    if (index == s.markets.size()) s.markets.emplace_back();
    s.markets[index] = {listed->market.base, listed->market.quote};
  }
}

}  // namespace history
