// The naive fold's price ranges: every price is measured by itself.
#include "services/matching/reference.h"

namespace matching {

using core::int128;

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
