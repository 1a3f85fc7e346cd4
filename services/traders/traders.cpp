#include "services/traders/traders.h"

#include <algorithm>
#include <utility>

#include "pkg/core/check.h"
#include "pkg/core/decimal.h"

namespace traders {
namespace {

using core::Amount;
using core::int128;

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kBackOffNs = 100'000'000;  // after the first rejection; doubled by each one in a row
constexpr std::uint32_t kBackOffsMax = 9;
constexpr std::int64_t kOpensAgainNs = 10 * kSecond;
constexpr int kLayingRoundsMax = 60;
constexpr std::size_t kLaidAtOnce = 8;
constexpr std::int64_t kTopUpBelow = 4;  // a quarter of what one began with
constexpr std::int64_t kMakerDollars = 500'000, kPersonDollars = 200'000;

struct Place {
  std::string_view symbol;
  Coin base, quote;
};
constexpr std::array<Place, 4> kPlaces = {{{"BTCUSDT", Coin::btc, Coin::usdt},
                                           {"ETHUSDT", Coin::eth, Coin::usdt},
                                           {"SOLUSDT", Coin::sol, Coin::usdt},
                                           {"ETHBTC", Coin::eth, Coin::btc}}};

struct CoinTerms {
  Coin coin;
  std::string_view symbol;
  std::int64_t dollars;  // where its price begins in an empty book
};
constexpr std::array<CoinTerms, kCoins> kCoinTerms = {
    {{Coin::btc, "BTC", 60'000}, {Coin::eth, "ETH", 3'000}, {Coin::sol, "SOL", 150}, {Coin::usdt, "USDT", 1}}};

// One quotes near and little, one further away and more.
constexpr LadderStyle kNear{.levels = 6, .spreads = 1, .step_ppm = 80, .cents_min = 20'000, .cents_max = 250'000};
constexpr LadderStyle kFar{.levels = 10, .spreads = 4, .step_ppm = 350, .cents_min = 150'000, .cents_max = 900'000};

struct Crowd {
  Role role;
  std::string_view name;
  int count;
};
constexpr std::array<Crowd, 5> kCrowds = {{{Role::taker, "taker", 4},
                                           {Role::chaser, "chaser", 2},
                                           {Role::panicker, "panicker", 1},
                                           {Role::hesitant, "hesitant", 2},
                                           {Role::arbitrageur, "arbitrageur", 1}}};

// So few commands that the makers could not follow a market at full speed slow it down.
std::int64_t pace_percent(std::uint32_t commands_per_s) {
  return std::clamp<std::int64_t>(std::int64_t{commands_per_s} * 5, 5, 100);
}

// Ledger units of an asset that this many dollars are.
Amount units_of(std::int64_t dollars, const instruments::Asset& asset, std::int64_t value) {
  return Amount{static_cast<int128>(dollars) * kDollar * core::power_of_ten(asset.ledger_decimals) / value};
}

}  // namespace

Traders::Traders(const Options& options)
    : options_(options),
      prices_(options.seed, pace_percent(options.commands_per_s)),
      random_(options.seed ^ 0x74726164657273) {
  CHECK(options.commands_per_s <= kCommandsPerSecondMax);
  add_members();
}

void Traders::add_members() {
  for (std::size_t i = 0; i < 2 * kDesks; ++i) {
    members_.push_back({.person = {.role = Role::maker, .account = {}},
                        .name = "demo-maker-" + std::to_string(i + 1),
                        .desk = i / 2,
                        .style = i % 2 == 0 ? kNear : kFar,
                        .dollars = kMakerDollars});
  }
  for (const Crowd& crowd : kCrowds) {
    for (int i = 1; i <= crowd.count; ++i) {
      members_.push_back({.person = {.role = crowd.role, .account = {}},
                          .name = "demo-" + std::string(crowd.name) + "-" + std::to_string(i),
                          .desk = {},
                          .style = {},
                          .dollars = kPersonDollars});
    }
  }
}

std::size_t Traders::open_orders_max() {
  return static_cast<std::size_t>(2 * kNear.levels + 4 + 2 * kFar.levels + 4) +
         2 * (kHesitantOrdersMax + 1);  // one more while the oldest one's cancel is on its way
}

std::optional<core::Time> Traders::next_at() const {
  return options_.commands_per_s == 0 ? std::nullopt : std::optional(next_at_);
}

void Traders::act(core::Time now, const engine::Views& views, const Submit& submit) {
  if (options_.commands_per_s == 0) return;
  if (!prices_started_) start_prices(views);
  prices_.advance(now);
  const std::size_t commands_max = due(now);
  if (commands_max == 0) return;
  refused_ = false;
  placed_.fill(false);
  look(views);
  if (!prepare(now, views, submit)) return;
  if (laying_rounds_ > 0) {
    --laying_rounds_;
    if (lay_books(now, views, submit) > 0) return;
    laying_rounds_ = 0;
  }
  next_funded_ = (next_funded_ + 1) % members_.size();
  const std::size_t sent = fund(members_[next_funded_], now, views, submit);
  if (sent < commands_max) trade(now, commands_max - sent, views, submit);
}

// Goes on where the markets were last; a price that is far from plausible is somebody's joke, and kept as one.
void Traders::start_prices(const engine::Views& views) {
  prices_started_ = true;
  laying_rounds_ = kLayingRoundsMax;
  for (const CoinTerms& terms : kCoinTerms) {
    std::int64_t value = terms.dollars * kDollar;
    const auto at = std::ranges::find_if(
        kPlaces, [&](const Place& place) { return place.base == terms.coin && place.quote == Coin::usdt; });
    const instruments::Market* market = at == kPlaces.end() ? nullptr : views.instruments.market(at->symbol);
    const auto last = market == nullptr ? std::nullopt : views.markets.last_price(market->id);
    if (last) {
      const int128 dollars = static_cast<int128>(last->value()) * market->tick_mantissa * kDollar /
                             static_cast<int128>(core::power_of_ten(market->price_decimals));
      value = static_cast<std::int64_t>(std::clamp<int128>(dollars, kValueMin, kValueMax));
    }
    prices_.start(terms.coin, value);
  }
}

// On average one period apart, at random. What could not be done in time is not made up for.
std::size_t Traders::due(core::Time now) {
  const std::int64_t period = kSecond / options_.commands_per_s;
  if (next_at_.ns == 0 || next_at_.ns - now.ns > 3 * kSecond) {  // the first time, or the clock went back
    next_at_ = now;
    opens_again_at_ = {};
    for (Member& member : members_) member.waits_until = {};
  }
  std::size_t count = 0;
  while (next_at_ <= now && count < kBurstMax) {
    ++count;
    next_at_.ns += random_.between(0, 2 * period);
  }
  if (next_at_ < now) next_at_ = now;
  return count;
}

void Traders::look(const engine::Views& views) {
  for (std::size_t i = 0; i < kDesks; ++i)
    desks_[i] = Desk::look(kPlaces[i].symbol, kPlaces[i].base, kPlaces[i].quote, prices_, views);
  for (Member& member : members_) member.person.account = views.accounts.find(member.name).value_or(core::AccountId{});
}

bool Traders::prepare(core::Time now, const engine::Views& views, const Submit& submit) {
  std::size_t sent = 0;
  for (const Member& member : members_) {
    if (!member.person.account.is_none()) continue;
    if (now >= opens_again_at_ && send(ledger::OpenAccount{ledger::AccountName(member.name)}, submit)) ++sent;
  }
  if (sent > 0 || laying_rounds_ == 0) return sent == 0 && !refused_;
  for (Member& member : members_) {
    if (sent + kCoins > kBurstMax) break;
    sent += fund(member, now, views, submit);
  }
  return sent == 0 && !refused_;
}

bool Traders::uses(const Member& member, Coin coin) const {
  if (!member.desk) return true;
  const Place& place = kPlaces[*member.desk];
  return coin == place.base || coin == place.quote;
}

// The first time under a number of its own, later under that of the minute: however often it is tried, once is booked.
// Nobody asks twice in a minute.
std::size_t Traders::fund(Member& member, core::Time now, const engine::Views& views, const Submit& submit) {
  if (member.person.account.is_none()) return 0;
  const std::int64_t minute = now.ns / (60 * kSecond);
  std::size_t sent = 0;
  const auto balances = views.accounts.balances(member.person.account);
  for (const CoinTerms& terms : kCoinTerms) {
    const instruments::Asset* const asset = views.instruments.asset(terms.symbol);
    std::int64_t& asked = member.asked_for_money[static_cast<std::size_t>(terms.coin)];
    if (asset == nullptr || !uses(member, terms.coin) || asked == minute) continue;
    const auto found = std::ranges::find(balances, asset->id, &history::AssetBalance::asset);
    const Amount has = found == balances.end() ? Amount{} : found->balance.available + found->balance.held;
    const Amount wanted = units_of(member.dollars, *asset, prices_.value(terms.coin));
    if (has.value() >= wanted.value() / kTopUpBelow) continue;
    const std::int64_t number = found == balances.end() ? 0 : minute;
    const std::string reference = member.name + "-" + std::string(terms.symbol) + "-" + std::to_string(number);
    const ledger::Deposit deposit{member.person.account, asset->id, wanted - has, ledger::Reference(reference)};
    if (!send(deposit, submit)) break;
    asked = minute;
    ++counters_.top_ups;
    ++sent;
  }
  return sent;
}

// Once after the start: without regard to the rate, so that there is a market at once.
std::size_t Traders::lay_books(core::Time now, const engine::Views& views, const Submit& submit) {
  std::size_t sent = 0;
  for (const Member& member : members_) {
    if (member.person.role != Role::maker || !desks_[*member.desk] || sent + kLaidAtOnce > kBurstMax) continue;
    const auto open = views.accounts.open_order_count(member.person.account, desks_[*member.desk]->market().id);
    if (open < static_cast<std::size_t>(member.style.levels) * 3 / 2)
      sent += quote(member, now, kLaidAtOnce, views, submit);
  }
  return sent;
}

// Who has gathered more than it began with wants to sell: both its sides lean down, by half a spread at most.
std::int64_t Traders::lean_ppm(const Member& maker, const Desk& desk, const engine::Views& views) const {
  const instruments::Asset& asset = *views.instruments.asset(desk.market().base);
  const ledger::Balance balance = views.accounts.balance(maker.person.account, asset.id);
  const int128 wanted = units_of(maker.dollars, asset, prices_.value(desk.base())).value();
  if (wanted == 0) return 0;
  const int128 excess_ppm = ((balance.available + balance.held).value() - wanted) * kPpm / wanted;
  const auto bounded = static_cast<std::int64_t>(std::clamp<int128>(excess_ppm, -kPpm, kPpm));
  return -bounded * desk.half_spread_ppm() / (2 * kPpm);
}

std::size_t Traders::quote(const Member& maker, core::Time now, std::size_t commands_max, const engine::Views& views,
                           const Submit& submit) {
  const std::optional<Desk>& desk = desks_[*maker.desk];
  if (!desk || maker.person.account.is_none() || now < maker.waits_until) return 0;
  const auto available = [&](core::AssetId asset) {
    return views.accounts.balance(maker.person.account, asset).available;
  };
  const LadderState state{.account = maker.person.account,
                          .open = views.accounts.open_orders(maker.person.account, desk->market().id),
                          .available_base = available(desk->market().base),
                          .available_quote = available(desk->market().quote),
                          .lean_ppm = lean_ppm(maker, *desk, views)};
  std::size_t sent = 0;
  for (const engine::Command& command : plan_ladder(*desk, maker.style, state, commands_max, random_)) {
    if (!send(command, submit)) break;
    ++sent;
  }
  return sent;
}

void Traders::trade(core::Time now, std::size_t commands_max, const engine::Views& views, const Submit& submit) {
  constexpr std::size_t kMakers = 2 * kDesks;
  std::size_t makers_left = kMakers;  // each is asked once: what it sends now it does not see yet
  const std::size_t share = 1 + commands_max / kMakers;
  while (commands_max > 0 && !refused_) {
    const bool makers_turn = random_.below(100) < 60;
    if (!makers_turn && let_somebody_trade(now, views, submit)) {
      --commands_max;
      continue;
    }
    std::size_t sent = 0;
    for (; makers_left > 0 && sent == 0 && !refused_; --makers_left) {
      next_maker_ = (next_maker_ + 1) % kMakers;
      sent = quote(members_[next_maker_], now, std::min(share, commands_max), views, submit);
    }
    if (sent == 0) --commands_max;  // nobody has anything to do: a pause
    commands_max -= std::min(sent, commands_max);
  }
}

Role Traders::draw_role() {
  const std::uint64_t draw = random_.below(100);
  if (draw < 45) return Role::taker;
  if (draw < 77) return Role::hesitant;
  if (draw < 84) return Role::chaser;
  if (draw < 88) return Role::panicker;
  return Role::arbitrageur;
}

bool Traders::let_somebody_trade(core::Time now, const engine::Views& views, const Submit& submit) {
  const Role role = draw_role();
  const auto is_free = [&](const Member& member) {
    return member.person.role == role && !member.person.account.is_none() && now >= member.waits_until;
  };
  const auto free = std::ranges::count_if(members_, is_free);
  if (free == 0) return false;
  auto chosen = random_.below(static_cast<std::uint64_t>(free));
  const auto member =
      std::ranges::find_if(members_, [&](const Member& each) { return is_free(each) && chosen-- == 0; });
  const std::size_t first = random_.below(kDesks);
  for (std::size_t i = 0; i < kDesks; ++i) {
    const std::size_t at = (first + i) % kDesks;
    const bool rests = role == Role::hesitant;
    if (!desks_[at] || (rests && placed_[at])) continue;
    const auto command = next_command(member->person, *desks_[at], views, now, random_);
    if (command) {
      placed_[at] |= rests;
      return send(*command, submit);
    }
    if (role != Role::arbitrageur) return false;  // who looks everywhere
  }
  return false;
}

bool Traders::send(const engine::Command& command, const Submit& submit) {
  if (refused_) return false;
  if (submit(command)) {
    ++counters_.submitted;
    return true;
  }
  ++counters_.refused;
  refused_ = true;
  return false;
}

void Traders::hear(core::Time now, std::span<const orders::AccountEvent> events) {
  const auto member_of = [this](core::AccountId account) {
    const auto found =
        std::ranges::find_if(members_, [account](const Member& member) { return member.person.account == account; });
    return account.is_none() || found == members_.end() ? nullptr : &*found;
  };
  const auto back_off = [&](core::AccountId account) {
    Member* const member = member_of(account);
    if (member == nullptr) return;
    member->rejected_in_a_row = std::min(member->rejected_in_a_row + 1, kBackOffsMax + 1);
    member->waits_until.ns = now.ns + (kBackOffNs << (member->rejected_in_a_row - 1));
  };
  for (const orders::AccountEvent& event : events) {
    if (const auto* rejected = std::get_if<orders::CommandRejected>(&event.body)) {
      ++counters_.rejected;
      if (rejected->account.is_none()) opens_again_at_.ns = now.ns + kOpensAgainNs;
    } else if (const auto* order = std::get_if<orders::OrderEvent>(&event.body)) {
      if (order->execution == orders::Execution::rejected || order->execution == orders::Execution::cancel_rejected) {
        ++counters_.rejected;
        back_off(order->account);
      } else if (order->execution != orders::Execution::traded) {
        if (Member* const member = member_of(order->account)) member->rejected_in_a_row = 0;
      }
    }
  }
}

}  // namespace traders
