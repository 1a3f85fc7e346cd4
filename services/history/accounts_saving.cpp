// The saved form of the read model of accounts. Canonical: two models that answer alike save alike, whatever their
// slots. Per account, by id: its own fields, balances, what is forgotten by market, closed orders in order of closing,
// open orders by id, fills in order.
#include <algorithm>

#include "services/history/accounts_state.h"

namespace history {
namespace {

// One function for both directions, so that they cannot disagree.
template <class Coder>
void code(Coder& field, auto& order)
  requires std::same_as<std::remove_cvref_t<decltype(order)>, Order>
{
  field(order.id);
  field(order.market);
  field.enumeration(order.side, orders::Side::buy, orders::Side::sell);
  field.enumeration(order.type, orders::OrderType::limit, orders::OrderType::limit_maker);
  field.enumeration(order.time_in_force, orders::TimeInForce::gtc, orders::TimeInForce::fok);
  field.enumeration(order.self_trade, orders::SelfTrade::none, orders::SelfTrade::decrement);
  field.enumeration(order.status, orders::OrderStatus::pending_new, orders::OrderStatus::expired_in_match);
  field(order.price);
  field(order.quantity);
  field(order.executed);
  field(order.prevented);
  field(order.quote_quantity);
  field(order.executed_quote);
  field(order.created);
  field(order.updated);
  field(order.working);
  field.enumeration(order.condition.trigger, orders::Trigger::none, orders::Trigger::take_profit);
  field.enumeration(order.condition.source, orders::TriggerSource::last, orders::TriggerSource::last);
  field(order.condition.trailing_bp);
  field(order.condition.price);
  field(order.peak);
}

template <class Coder>
void code(Coder& field, auto& fill)
  requires std::same_as<std::remove_cvref_t<decltype(fill)>, Fill>
{
  field(fill.trade);
  field(fill.order);
  field(fill.market);
  field(fill.price);
  field(fill.quantity);
  field(fill.quote);
  field(fill.fee);
  field(fill.fee_asset);
  field(fill.time);
  field.flag(fill.is_buyer);
  field.flag(fill.is_maker);
}

template <class Coder>
void code(Coder& field, auto& forgotten)
  requires std::same_as<std::remove_cvref_t<decltype(forgotten)>, Forgotten>
{
  field(forgotten.market);
  field(forgotten.order);
  field(forgotten.orders_until);
  field(forgotten.trade);
  field(forgotten.fills_until);
  field(forgotten.at);
}

struct Writer {
  core::ByteWriter& out;
  void operator()(const auto& value) { out.put(value); }
  void enumeration(const auto& value, auto /*first*/, auto /*last*/) { out.put(value); }
  void flag(bool value) { out.put(static_cast<std::uint8_t>(value)); }
};

struct Reader {
  core::ByteReader& in;
  void operator()(auto& value) { in.get(value); }
  template <class Enum>
  void enumeration(Enum& value, Enum first, Enum last) {
    value = in.get<Enum>();
    if (value < first || value > last) in.fail();
  }
  void flag(bool& value) {
    const auto byte = in.get<std::uint8_t>();
    if (byte > 1) in.fail();
    value = byte == 1;
  }
};

void put_count(core::ByteWriter& out, std::size_t count) { out.put(static_cast<std::uint64_t>(count)); }

}  // namespace

// Reads one account; every step fails the reader when what it read cannot be.
class AccountLoader {
 public:
  AccountLoader(Accounts::State& state, core::ByteReader& in) : state_(state), in_(in) {}

  void load_account() {
    const auto id = in_.get<core::AccountId>();
    const std::string_view name = in_.get_text();
    const bool fits = !id.is_none() && name.size() <= ledger::AccountName::capacity;
    if (!in_.ok() || !fits || state_.find(id) != nullptr) return in_.fail();
    Account& account = state_.find_or_add(id);
    AccountTerms& terms = state_.terms_of(account);
    terms.name = ledger::AccountName(name);
    if (!name.empty()) state_.names.insert_or_assign(terms.name, id);
    in_.get(account.updated);
    bool has_override = false;
    Reader{in_}.flag(has_override);
    if (has_override) {
      terms.fee_override.emplace();
      in_.get(terms.fee_override->maker);
      in_.get(terms.fee_override->taker);
    }
    load_balances(account);
    load_forgotten(terms);
    load_orders(account);
    load_fills(account);
    state_.enforce_order_limits(account);
  }

 private:
  void load_balances(Account& account) {
    for (auto left = in_.get<std::uint64_t>(); left > 0 && in_.ok(); --left) {
      AssetBalance one;
      in_.get(one.asset);
      in_.get(one.balance.available);
      in_.get(one.balance.held);
      if (!account.balances.empty() && account.balances.back().asset >= one.asset) return in_.fail();
      account.balances.push_back(one);
    }
  }

  void load_forgotten(AccountTerms& terms) {
    for (auto left = in_.get<std::uint64_t>(); left > 0 && in_.ok(); --left) {
      Forgotten one;
      Reader reader{in_};
      code(reader, one);
      if (!terms.forgotten.empty() && terms.forgotten.back().market >= one.market) return in_.fail();
      terms.forgotten.push_back(one);
    }
  }

  void load_orders(Account& account) {
    std::vector<Place> places;
    for (auto left = in_.get<std::uint64_t>(); left > 0 && in_.ok(); --left) {
      const auto record = load_order(account, true);
      if (!record) return;
      const Slot slot = state_.closed_orders.add();
      state_.closed_orders[slot] = *record;
      state_.order_index.insert(record->order.id.value(), Place::closed(slot).bits());
      state_.add_closed(account, slot);
      places.push_back(Place::closed(slot));
    }
    core::OrderId last;
    for (auto left = in_.get<std::uint64_t>(); left > 0 && in_.ok(); --left) {
      const auto record = load_order(account, false);
      if (!record || record->order.id <= last) return in_.fail();
      last = record->order.id;
      Slot slot = kNoSlot;
      state_.add_open(account, last, slot) = *record;
      places.push_back(Place::open(slot));
    }
    if (in_.ok()) note_by_id(account, places);
  }

  void note_by_id(Account& account, std::vector<Place>& places) {
    const auto order = [this](Place place) -> const Order& { return state_.record(place).order; };
    std::ranges::sort(places, {}, [&](Place place) { return order(place).id; });
    core::Time created_before = places.empty() ? core::Time{} : order(places.front()).created;
    for (const Place place : places) {
      if (order(place).created < created_before) return in_.fail();
      created_before = order(place).created;
      state_.note_entry(account, order(place));
      state_.note_client_id(place);
    }
  }

  // Fails the reader and gives nothing when it cannot be an order of this account and in this list.
  std::optional<OrderRecord> load_order(const Account& account, bool closed) {
    OrderRecord record;
    Reader reader{in_};
    code(reader, record.order);
    const std::string_view client_id = in_.get_text();
    if (!in_.ok() || client_id.size() > core::ClientOrderId::capacity ||
        orders::is_closed(record.order.status) != closed || record.order.id.is_none() ||
        !state_.place_of(record.order.id).is_none()) {
      in_.fail();
      return std::nullopt;
    }
    record.order.account = account.id;
    record.order.client_order_id = core::ClientOrderId(client_id);
    record.has_own_client_id = !client_id.empty();
    return record;
  }

  void load_fills(Account& account) {
    for (auto left = in_.get<std::uint64_t>(); left > 0 && in_.ok(); --left) {
      Fill fill;
      Reader reader{in_};
      code(reader, fill);
      const FillList& fills = account.fills;
      if (!in_.ok()) return;
      if (fills.count() > 0 && state_.fill_at(account, fills.end - 1).fill.time > fill.time) return in_.fail();
      const Place place = state_.place_of(fill.order);
      const bool is_known = !place.is_none() && state_.record(place).order.account == account.id;
      state_.add_fill(account, is_known ? &state_.record(place) : nullptr) = fill;
      state_.enforce_fill_limits(account);
    }
  }

  Accounts::State& state_;
  core::ByteReader& in_;
};

void Accounts::save(core::ByteWriter& out) const {
  State& s = *state_;
  Writer writer{out};
  put_count(out, s.markets.size());
  for (const MarketAssets& assets : s.markets) {
    out.put(assets.base);
    out.put(assets.quote);
  }
  const auto save_order = [&](const OrderRecord& record) {
    code(writer, record.order);
    out.put_text(record.has_own_client_id ? record.order.client_order_id.view() : std::string_view{});
  };
  put_count(out, s.accounts.size());
  for (const auto& [id, position] : s.account_index.sorted()) {
    const Account& account = s.accounts[position - 1];
    out.put(account.id);
    const AccountTerms& terms = s.terms[position - 1];
    out.put_text(terms.name.view());
    out.put(account.updated);
    writer.flag(terms.fee_override.has_value());
    if (terms.fee_override) {
      out.put(terms.fee_override->maker);
      out.put(terms.fee_override->taker);
    }
    put_count(out, account.balances.size());
    for (const AssetBalance& one : account.balances) {
      out.put(one.asset);
      out.put(one.balance.available);
      out.put(one.balance.held);
    }
    put_count(out, terms.forgotten.size());
    for (const Forgotten& one : terms.forgotten) code(writer, one);
    put_count(out, account.closed.size());
    for (const ClosedEntry& closed : account.closed) save_order(s.closed_orders[closed.slot]);
    put_count(out, account.open.count);
    for (Slot slot = account.open.first; slot != kNoSlot; slot = s.open_links[slot].next)
      save_order(s.open_orders[slot]);
    put_count(out, account.fills.count());
    for (std::uint64_t number = account.fills.first; number < account.fills.end; ++number) {
      code(writer, s.fill_at(account, number).fill);
    }
  }
}

core::Result<void> Accounts::load(core::ByteReader& in) {
  *this = Accounts(state_->limits);
  for (auto left = in.get<std::uint64_t>(); left > 0 && in.ok(); --left) {
    const auto base = in.get<core::AssetId>();
    state_->markets.push_back({base, in.get<core::AssetId>()});
  }
  AccountLoader loader(*state_, in);
  for (auto left = in.get<std::uint64_t>(); left > 0 && in.ok(); --left) loader.load_account();
  if (!in.ok()) return core::fail(core::ErrorKind::corrupt, "the saved accounts contradict themselves");
  return {};
}

}  // namespace history
