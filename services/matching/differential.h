// Drives the fast fold and the naive reference with the same commands and compares everything they say and are.
#pragma once

#include <array>
#include <map>
#include <string>
#include <vector>

#include "services/matching/matching.h"
#include "services/matching/random_commands.h"
#include "services/matching/reference.h"

namespace matching {

class Differential {
 public:
  // An empty text, or what differs.
  [[nodiscard]] std::string apply(const AnyCommand& command);
  // Compares every resting and waiting order, with its place and handle, and audits the fast books.
  [[nodiscard]] std::string compare_state() const;
  // Goes on with a fast fold that was saved and loaded. An empty text, or what differs.
  [[nodiscard]] std::string save_and_load();
  // Changes each saved byte of the fast fold in turn: what still loads is another state and must have another hash.
  // Costs a load per byte. An empty text, or which byte the hash does not see.
  [[nodiscard]] std::string hash_blind_spot() const;

  [[nodiscard]] std::size_t resting() const { return fast_.resting_orders(); }
  [[nodiscard]] std::size_t waiting() const { return fast_.waiting_orders(); }
  [[nodiscard]] std::uint64_t cascaded() const { return naive_.cascaded(); }
  [[nodiscard]] std::array<std::uint64_t, kSeenCount> seen() const { return naive_.seen(); }
  [[nodiscard]] const std::vector<Report>& reports() const { return fast_reports_; }
  [[nodiscard]] const std::vector<MarketEvent>& events() const { return fast_events_; }

 private:
  Matching fast_;
  Reference naive_;
  std::vector<Report> fast_reports_, naive_reports_;
  std::vector<MarketEvent> fast_events_, naive_events_;
  std::map<std::uint32_t, std::uint64_t> sequences_;  // by market
};

// Names of what can happen, for people.
[[nodiscard]] std::string name(ReportKind kind);
[[nodiscard]] std::string name(EndReason reason);
[[nodiscard]] std::string name(MarketEventKind kind);
[[nodiscard]] std::string name(OrderType type);
[[nodiscard]] std::string name(TimeInForce time);
[[nodiscard]] std::string name(SelfTrade mode);
// One line each.
[[nodiscard]] std::string describe(const Report& report);
[[nodiscard]] std::string describe(const MarketEvent& event);
[[nodiscard]] std::string describe(const AnyCommand& command);
[[nodiscard]] std::string describe(const RestingOrder& order);
[[nodiscard]] std::string describe(const WaitingOrder& order);

}  // namespace matching
