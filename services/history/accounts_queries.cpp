// The questions clients ask of the read model of accounts.
#include <algorithm>

#include "services/history/accounts_state.h"
#include "services/orders/client_order_id.h"

namespace history {
namespace {

bool in_market(const Query& query, core::MarketId market) { return !query.market || *query.market == market; }

// First index in [begin, end) for which `is_behind` holds, all after it hold too.
template <class Predicate>
std::uint64_t first_where(std::uint64_t begin, std::uint64_t end, Predicate is_behind) {
  while (begin < end) {
    const std::uint64_t middle = begin + (end - begin) / 2;
    if (is_behind(middle)) {
      end = middle;
    } else {
      begin = middle + 1;
    }
  }
  return begin;
}

// Calls `take` with indices of [begin, end) until it took `limit`, from the front or from the back.
template <class Take>
void scan(std::uint64_t begin, std::uint64_t end, bool from_front, std::size_t limit, Take take) {
  std::size_t taken = 0;
  while (begin < end && taken < limit) {
    const std::uint64_t at = from_front ? begin++ : --end;
    if (take(at)) ++taken;
  }
}

}  // namespace

bool Accounts::exists(core::AccountId account) const { return state_->find(account) != nullptr; }

std::optional<core::AccountId> Accounts::find(std::string_view account_name) const {
  const auto at = state_->names.find(account_name);
  if (at == state_->names.end()) return std::nullopt;
  return at->second;
}

std::string_view Accounts::account_name(core::AccountId account) const {
  const Account* known = state_->find(account);
  return known == nullptr ? std::string_view{} : state_->terms_of(*known).name.view();
}

ledger::Balance Accounts::balance(core::AccountId account, core::AssetId asset) const {
  const Account* known = state_->find(account);
  if (known == nullptr) return {};
  const auto at = std::ranges::lower_bound(known->balances, asset, {}, &AssetBalance::asset);
  return at == known->balances.end() || at->asset != asset ? ledger::Balance{} : at->balance;
}

std::vector<AssetBalance> Accounts::balances(core::AccountId account) const {
  const Account* known = state_->find(account);
  return known == nullptr ? std::vector<AssetBalance>{} : known->balances;
}

std::optional<fees::Rates> Accounts::fee_override(core::AccountId account) const {
  const Account* known = state_->find(account);
  return known == nullptr ? std::nullopt : state_->terms_of(*known).fee_override;
}

core::Time Accounts::updated(core::AccountId account) const {
  const Account* known = state_->find(account);
  return known == nullptr ? core::Time{} : known->updated;
}

const Order* Accounts::order(core::AccountId account, core::OrderId order) const {
  const Place place = state_->place_of(order);
  return place.is_none() || state_->record(place).order.account != account ? nullptr : state_->shown(place);
}

const Order* Accounts::order(core::AccountId account, core::MarketId market, std::string_view client_order_id) const {
  const auto is_it = [&](Place place) {
    if (place.is_none()) return false;
    const Order& known = state_->record(place).order;
    return known.account == account && known.market == market;
  };
  // Two may fit: the one whose client chose the id, and the one the exchange made it for.
  Place own = Place::from(state_->client_ids.find(state_->client_id_key(account, market, client_order_id)));
  if (!is_it(own) || state_->record(own).order.client_order_id.view() != client_order_id) own = {};
  const auto made_for = orders::order_of_made_id(client_order_id);
  Place made = made_for ? state_->place_of(*made_for) : Place{};
  if (!is_it(made) || state_->record(made).has_own_client_id) made = {};
  if (own.is_none() && made.is_none()) return nullptr;
  if (own.is_none() || made.is_none()) return state_->shown(own.is_none() ? made : own);
  const auto rank = [&](Place place) { return std::pair(!place.is_closed(), state_->record(place).order.id); };
  return state_->shown(rank(own) < rank(made) ? made : own);
}

std::vector<const Order*> Accounts::open_orders(core::AccountId account, std::optional<core::MarketId> market) const {
  std::vector<const Order*> out;
  const Account* known = state_->find(account);
  if (known == nullptr) return out;
  for (Slot slot = known->open.first; slot != kNoSlot; slot = state_->open_links[slot].next) {
    if (!market || state_->open_orders[slot].order.market == *market) out.push_back(state_->shown(Place::open(slot)));
  }
  return out;
}

std::size_t Accounts::open_order_count(core::AccountId account, core::MarketId market) const {
  std::size_t count = 0;
  const Account* known = state_->find(account);
  if (known == nullptr) return count;
  for (Slot slot = known->open.first; slot != kNoSlot; slot = state_->open_links[slot].next) {
    if (state_->open_orders[slot].order.market == market) ++count;
  }
  return count;
}

std::vector<const Order*> Accounts::orders(core::AccountId account, const Query& query) const {
  std::vector<const Order*> out;
  const Account* known = state_->find(account);
  if (known == nullptr) return out;
  const auto& entries = known->orders;
  std::uint64_t begin = 0, end = entries.size();
  if (query.from_order)
    begin = first_where(begin, end, [&](auto i) { return entries[i].id >= query.from_order->value(); });
  if (query.from) begin = first_where(begin, end, [&](auto i) { return entries[i].created_ns >= query.from->ns; });
  if (query.until) end = first_where(begin, end, [&](auto i) { return entries[i].created_ns > query.until->ns; });
  const bool earliest = query.from_order.has_value() || query.from.has_value();
  scan(begin, end, earliest, query.limit, [&](auto i) {
    const OrderEntry& entry = entries[i];
    if (!in_market(query, core::MarketId{entry.market})) return false;
    const Place place = state_->place_of(core::OrderId{entry.id});
    if (!place.is_none()) out.push_back(state_->shown(place));
    return !place.is_none();
  });
  if (!earliest) std::ranges::reverse(out);
  return out;
}

std::vector<const Fill*> Accounts::fills(core::AccountId account, const Query& query) const {
  std::vector<const Fill*> out;
  const Account* known = state_->find(account);
  if (known == nullptr) return out;
  const auto fill = [&](std::uint64_t number) -> const Fill& { return state_->fill_at(*known, number).fill; };
  const auto matches = [&](const Fill& one) {
    return in_market(query, one.market) && (!query.order || one.order == *query.order) &&
           (!query.from_trade || one.trade >= *query.from_trade);
  };
  std::uint64_t begin = known->fills.first, end = known->fills.end;
  if (query.from) begin = first_where(begin, end, [&](auto n) { return fill(n).time >= *query.from; });
  if (query.until) end = first_where(begin, end, [&](auto n) { return fill(n).time > *query.until; });
  if (query.from_trade && query.market) {
    // Trade ids rise within a market only: the middle is judged by the next fill of that market behind it.
    for (std::uint64_t high = end; begin < high;) {
      const std::uint64_t middle = begin + (high - begin) / 2;
      std::uint64_t at = middle;
      while (at < high && fill(at).market != *query.market) ++at;
      if (at == high || fill(at).trade >= *query.from_trade) {
        high = middle;
      } else {
        begin = at + 1;
      }
    }
  }
  const bool earliest = query.from_trade.has_value() || query.from.has_value();
  const Place place = query.order ? state_->place_of(*query.order) : Place{};
  if (!place.is_none()) {
    // A known order has its fills chained, latest first.
    if (state_->record(place).order.account != account) return out;
    for (std::uint64_t next = state_->record(place).last_fill; next > begin;) {
      const FillRecord& record = state_->fill_at(*known, next - 1);
      if (next - 1 < end && matches(record.fill)) out.push_back(&record.fill);
      next = record.previous;
    }
    if (out.size() > query.limit) {
      const auto surplus = static_cast<std::ptrdiff_t>(out.size() - query.limit);
      out.erase(earliest ? out.begin() : out.end() - surplus, earliest ? out.begin() + surplus : out.end());
    }
    std::ranges::reverse(out);
  } else {
    scan(begin, end, earliest, query.limit, [&](auto number) {
      if (!matches(fill(number))) return false;
      out.push_back(&fill(number));
      return true;
    });
    if (!earliest) std::ranges::reverse(out);
  }
  std::ranges::stable_sort(out, {}, [](const Fill* one) { return std::pair(one->time, one->trade); });
  return out;
}

// ---- what is forgotten ----

Forgotten Accounts::forgotten(core::AccountId account, core::MarketId market) const {
  const Account* known = state_->find(account);
  if (known == nullptr) return {.market = market};
  const auto& all = state_->terms_of(*known).forgotten;
  const auto at = std::ranges::lower_bound(all, market, {}, &Forgotten::market);
  return at != all.end() && at->market == market ? *at : Forgotten{.market = market};
}

bool Accounts::is_whole(core::AccountId account, const Query& query, std::span<const Order* const> found) const {
  CHECK(query.market);
  const Forgotten past = forgotten(account, *query.market);
  if (past.order.is_none()) return true;
  if (query.from_order && *query.from_order > past.order) return true;
  if (query.from && *query.from > past.orders_until) return true;  // created no later than changed
  // The latest ones: whole when there are enough of them behind all that is forgotten.
  const bool earliest = query.from_order.has_value() || query.from.has_value();
  return !earliest && found.size() >= query.limit && (found.empty() || found.front()->id > past.order);
}

bool Accounts::is_whole(core::AccountId account, const Query& query, std::span<const Fill* const> found) const {
  CHECK(query.market);
  const Forgotten past = forgotten(account, *query.market);
  if (past.trade.is_none()) return true;
  if (query.from_trade && *query.from_trade > past.trade) return true;
  if (query.from && *query.from > past.fills_until) return true;
  if (query.order) {
    const Order* of = order(account, *query.order);
    if (of == nullptr) return *query.order > past.order;  // it never was; or it is another market's, or forgotten
    core::Quantity remembered;
    Query all = {.market = query.market, .order = query.order, .limit = static_cast<std::size_t>(-1)};
    for (const Fill* fill : fills(account, all)) remembered += fill->quantity;
    if (remembered == of->executed) return true;
  }
  // Two fills of one trade, of an account that traded with itself, may have been parted.
  const bool earliest = query.from_trade.has_value() || query.from.has_value();
  return !earliest && found.size() >= query.limit && (found.empty() || found.front()->trade > past.trade);
}

void Accounts::visit_orders(const std::function<void(const Order&)>& visit) const {
  const auto give = [&](const OrderRecord& record) {
    Order order = record.order;
    if (!record.has_own_client_id) order.client_order_id = {};
    visit(order);
  };
  for (const Account& account : state_->accounts) {
    for (const ClosedEntry& closed : account.closed) give(state_->closed_orders[closed.slot]);
    for (Slot slot = account.open.first; slot != kNoSlot; slot = state_->open_links[slot].next) {
      give(state_->open_orders[slot]);
    }
  }
}

void Accounts::visit_fills(const std::function<void(core::AccountId, const Fill&)>& visit) const {
  for (const Account& account : state_->accounts) {
    for (std::uint64_t number = account.fills.first; number < account.fills.end; ++number) {
      visit(account.id, state_->fill_at(account, number).fill);
    }
  }
}

}  // namespace history
