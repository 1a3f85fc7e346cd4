// Which prices the naive fold lets an order trade at: bands, collars and price ranges, every price measured by itself.
#include <algorithm>
#include <limits>

#include "services/matching/reference.h"

namespace matching {

using core::int128;

bool Reference::in_band(const Market& market, Side side, std::int64_t price) {
  if (!market.reference) return true;
  const instruments::PriceBand& band = market.settings.band;
  const int128 up = side == Side::buy ? band.bid_up_bp : band.ask_up_bp;
  const int128 down = side == Side::buy ? band.bid_down_bp : band.ask_down_bp;
  const int128 reference = *market.reference;
  if (up != 0 && int128{price} * 10'000 > reference * up) return false;
  return down == 0 || int128{price} * 10'000 >= reference * down;
}

std::int64_t Reference::worst_price(const Market& market, const NewOrder& command) {
  if (command.type == OrderType::limit || command.type == OrderType::limit_maker) return command.price.value();
  const bool buy = command.side == Side::buy;
  const int128 bp = buy ? market.settings.band.bid_up_bp : market.settings.band.ask_down_bp;
  if (!market.reference || bp == 0) return buy ? std::numeric_limits<std::int64_t>::max() : 0;
  const int128 exact = *market.reference * bp;
  int128 price = exact / 10'000;
  if (!buy && price * 10'000 != exact) price += 1;
  return static_cast<std::int64_t>(std::min<int128>(price, std::numeric_limits<std::int64_t>::max()));
}

void Reference::fix_ranges(const Market& market, Run& run) {
  const instruments::PriceRanges& ranges = market.settings.ranges;
  if (ranges.static_bp != 0 && market.center) run.around.emplace_back(*market.center, ranges.static_bp);
  if (ranges.dynamic_bp != 0 && market.reference) run.around.emplace_back(*market.reference, ranges.dynamic_bp);
}

bool Reference::is_inside(const Run& run, std::int64_t price) {
  for (const auto& [center, basis_points] : run.around) {
    const int128 away = price > center ? price - center : center - price;
    if (away * 10'000 > int128{center} * basis_points) return false;
  }
  return true;
}

bool Reference::interrupt(Market& market, Output out) {
  if (market.settings.ranges.outcome == instruments::RangeOutcome::expire) return false;
  market.settings.state = instruments::MarketState::auction;
  market.interrupted = true;
  MarketEvent event;
  event.kind = MarketEventKind::state_changed;
  event.state = market.settings.state;
  event.market = market.settings.id;
  event.sequence = ++market.sequence;
  out.events.push_back(event);
  return true;
}

void Reference::tell_interruption(Market& market, Output out) {
  if (!market.interrupted) return;
  market.interrupted = false;
  Report report;
  report.kind = ReportKind::market_state;
  report.market = market.settings.id;
  report.state = instruments::MarketState::auction;
  report.state_changes = market.state_changes;
  out.reports.push_back(report);
  publish_figures(market, out);
}

}  // namespace matching
