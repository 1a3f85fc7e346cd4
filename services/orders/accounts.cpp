// Commands on instruments, accounts and money.
#include "services/orders/accounts.h"

#include <algorithm>

namespace orders {

using core::AccountId;
using core::Rejection;

namespace {

bool is_valid_name(std::string_view name) {
  return !name.empty() && std::ranges::all_of(name, [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.' ||
           c == '-';
  });
}

std::uint64_t name_hash(std::string_view name) { return core::Digest{}.add(name).value(); }

}  // namespace

void Accounts::apply(Step& step, const instruments::AddAsset& command) {
  const auto asset = registry_.add(command);
  if (!asset) return emit_command_rejected(step, {}, asset.error());
  emit(step, {}).body.emplace<AssetListed>(*asset);
}

void Accounts::apply(Step& step, const instruments::AddMarket& command) {
  const auto market = registry_.add(command);
  if (!market) return emit_command_rejected(step, {}, market.error());
  add_money(*market);
  emit(step, {}).body.emplace<MarketListed>(*market);
  step.messages.emplace_back(matching::ConfigureMarket{*market});
}

void Accounts::apply(Step& step, const instruments::SetMarketState& command) {
  const auto market = registry_.set_state(command);
  if (!market) return emit_command_rejected(step, {}, market.error());
  emit(step, {}).body.emplace<MarketListed>(*market);
  step.messages.emplace_back(
      matching::ConfigureMarket{.market = *market, .state_changes = ++money_of(market->id).state_changes});
}

void Accounts::apply(Step& step, const instruments::SetMarketAuctions& command) {
  const auto market = registry_.set_auctions(command);
  if (!market) return emit_command_rejected(step, {}, market.error());
  emit(step, {}).body.emplace<MarketListed>(*market);  // nothing for matching in it
}

void Accounts::apply(Step& step, const instruments::SetMarketAllocation& command) {
  const auto market = registry_.set_allocation(command);
  if (!market) return emit_command_rejected(step, {}, market.error());
  configure(step, *market, {});
}

void Accounts::apply(Step& step, const instruments::SetMarketRanges& command) {
  const auto market = registry_.set_ranges(command);
  if (!market) return emit_command_rejected(step, {}, market.error());
  configure(step, *market, command.reference);
}

// Settings that are not about the state.
void Accounts::configure(Step& step, const instruments::Market& market, core::Price range_reference) {
  emit(step, {}).body.emplace<MarketListed>(market);
  step.messages.emplace_back(matching::ConfigureMarket{.market = market,
                                                       .range_reference = range_reference,
                                                       .state_changes = money_of(market.id).state_changes,
                                                       .keeps_state = true});
}

void Accounts::add_money(const instruments::Market& market) {
  const AccountId clearing = ledger::clearing_account(market.id);
  CHECK(market.id.value() == money_.size() + 1);
  money_.push_back({.clearing_base = ledger_.open(clearing, market.base),
                    .clearing_quote = ledger_.open(clearing, market.quote),
                    .fees_base = ledger_.open(core::kFeesAccount, market.base),
                    .fees_quote = ledger_.open(core::kFeesAccount, market.quote),
                    .reference = {},
                    .state_changes = 0});
}

void Accounts::apply(Step& step, const ledger::OpenAccount& command) {
  if (!is_valid_name(command.name.view())) return emit_command_rejected(step, {}, Rejection::bad_name);
  if (is_name_taken(command.name.view())) return emit_command_rejected(step, {}, Rejection::account_exists);
  add_user(command.name, 0);
  const AccountId account{static_cast<std::uint32_t>(core::kFirstUserAccount.value() + users_.size() - 1)};
  emit(step, account).body.emplace<AccountOpened>(account, command.name);
}

bool Accounts::is_name_taken(std::string_view name) const {
  return by_name_.find(name_hash(name), [&](std::uint32_t slot) { return names_[slot - 1].view() == name; }) != 0;
}

void Accounts::add_user(const ledger::AccountName& name, std::uint64_t events) {
  CHECK(users_.size() < core::kFirstClearingAccount.value() - core::kFirstUserAccount.value());
  users_.push_back({events});
  names_.push_back(name);
  by_name_.insert(name_hash(name.view()), static_cast<std::uint32_t>(names_.size()),
                  [this](std::uint32_t slot) { return name_hash(names_[slot - 1].view()); });
}

void Accounts::apply(Step& step, const ledger::Deposit& command) {
  if (!is_user(command.account)) return emit_command_rejected(step, command.account, Rejection::unknown_account);
  const instruments::Asset* const asset = registry_.asset(command.asset);
  if (asset == nullptr) return emit_command_rejected(step, command.account, Rejection::unknown_asset);
  const auto booked = ledger_.deposit(command, asset->supply_max);
  if (!booked) return emit_command_rejected(step, command.account, booked.error());
  emit(step, command.account)
      .body.emplace<BalanceEvent>(command.account, command.asset, command.amount, ledger_.balance(*booked));
}

void Accounts::apply(Step& step, const fees::SetAccountFees& command) {
  if (!is_user(command.account)) return emit_command_rejected(step, command.account, Rejection::unknown_account);
  const Rejection rejection = fees_.set(command);
  if (rejection != Rejection::none) return emit_command_rejected(step, command.account, rejection);
  const fees::Rates rates = command.use_market_rates ? fees::Rates{} : command.rates;
  emit(step, command.account)
      .body.emplace<FeesChanged>(command.account, command.use_market_rates, rates.maker, rates.taker);
}

bool Accounts::is_settled(core::MarketId market) const {
  const MarketMoney& money = money_of(market);
  return ledger_.balance(money.clearing_base).available.is_zero() &&
         ledger_.balance(money.clearing_quote).available.is_zero();
}

bool Accounts::is_idle() const {
  for (OrderSlot slot = 1; slot < orders_.slots_end(); ++slot) {
    const OpenOrder& order = orders_[slot];
    if (!order.id.is_none() && (order.asked != Asked::nothing || order.cancel_wanted)) return false;
  }
  return true;
}

}  // namespace orders
