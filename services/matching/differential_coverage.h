// How often each thing that can happen did happen in a differential run: what shows that the run was not vacuous. A new
// kind, reason, mode, state or rule joins with a row in `must_happen`.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "services/matching/differential.h"

namespace matching {

class Coverage {
 public:
  // Of what can happen, one thing; a number, because it is counted per command.
  using Thing = std::uint32_t;

  // After a command that both folds have taken.
  void see(const AnyCommand& command, const Differential& both);

  // Everything a long run has to have met.
  [[nodiscard]] static std::vector<Thing> must_happen();
  [[nodiscard]] static std::string name_of(Thing thing);
  [[nodiscard]] std::uint64_t of(Thing thing) const;
  // A line for each thing that happened.
  [[nodiscard]] std::string table() const;

 private:
  void see_report(const Report& report);
  void see_state(const AnyCommand& command, const std::vector<Report>& reports);
  void see_triggers(const std::vector<Report>& reports);
  void see_ranges(const AnyCommand& command, const std::vector<Report>& reports);
  void see_allocation(const std::vector<Report>& reports);
  void note_state(const std::vector<Report>& reports);
  void see_special(const Differential& both);
  void see_order(const NewOrder& order, const std::vector<Report>& reports);

  std::map<Thing, std::uint64_t> counts_;
  std::map<core::MarketId, instruments::MarketState> states_;
  std::uint64_t cascaded_before_ = 0;  // of the run that goes on
  std::array<std::uint64_t, kSeenCount> seen_before_{};
};

}  // namespace matching
