// The naive fold's levels in a market that allocates pro rata: first a list of what everybody gets, then the trades.
#include <algorithm>

#include "services/matching/reference.h"

namespace matching {

using core::int128;

// For orders of that many lots each, oldest first, what each gets of `open`.
std::vector<std::int64_t> Reference::allocate(const instruments::Allocation& rule, std::int64_t open,
                                              const std::vector<std::int64_t>& sizes) {
  int128 total = 0;
  for (const std::int64_t size : sizes) total += size;
  if (total <= open) return sizes;
  std::vector<std::int64_t> amounts(sizes.size(), 0);
  std::size_t begin = 0;
  if (rule.top_first) {
    amounts[0] = std::min(open, sizes[0]);
    open -= amounts[0];
    total -= sizes[0];
    begin = 1;
  }
  const int128 to_share = open;
  for (std::size_t i = begin; i < sizes.size() && total > 0; ++i) {
    const auto share = static_cast<std::int64_t>(to_share * sizes[i] / total);
    if (share < rule.share_min.value()) continue;
    amounts[i] = share;
    open -= share;
  }
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    const std::int64_t more = std::min(open, sizes[i] - amounts[i]);
    amounts[i] += more;
    open -= more;
  }
  return amounts;
}

void Reference::run_level_shared(Market& market, Slots& slots, Run& run, std::int64_t open, Output out) const {
  constexpr std::size_t kShare = 256;
  auto& makers = market.side(opposite(run.taker.side));
  const std::int64_t price = makers.front().as_sent.price.value();
  const bool by_quote = run.taker.type == OrderType::market_by_quote;
  const auto spend = [&](std::int64_t lots) { run.left -= by_quote ? lots * unit_cost(market, price) : lots; };
  const auto drop_if_over = [&](std::size_t at) {
    if (makers[at].open != 0) return false;
    slots.give_back(makers[at].handle);
    makers.erase(makers.begin() + static_cast<std::ptrdiff_t>(at));
    return true;
  };
  while (open > 0 && !run.ended && !makers.empty() && makers.front().as_sent.price.value() == price) {
    std::size_t sharing = 0;
    while (sharing < kShare && sharing < makers.size() && makers[sharing].as_sent.price.value() == price) ++sharing;
    for (std::size_t i = 0; i < sharing && open > 0 && !run.ended;) {
      const bool own = run.taker.self_trade != SelfTrade::none && makers[i].as_sent.account == run.taker.account;
      if (own) {
        const std::int64_t before = open;
        meet_own(market, run, makers[i], open, out);
        spend(before - open);
      }
      if (own && drop_if_over(i)) {
        --sharing;
      } else {
        ++i;
      }
    }
    if (open == 0 || run.ended || sharing == 0) continue;
    std::vector<std::int64_t> sizes;
    sizes.reserve(sharing);
    for (std::size_t i = 0; i < sharing; ++i) sizes.push_back(makers[i].open - makers[i].hidden);
    std::size_t at = 0;
    for (const std::int64_t amount : allocate(market.settings.allocation, open, sizes)) {
      std::int64_t wanted = amount;
      if (amount > 0) trade(market, run, makers[at], wanted, out);
      open -= amount;
      spend(amount);
      if (drop_if_over(at)) continue;
      if (makers[at].open == makers[at].hidden) {
        refresh(makers, at);
      } else {
        ++at;
      }
    }
  }
}

}  // namespace matching
