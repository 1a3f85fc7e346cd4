// The matching fold: one book per market, price-time priority. See services/matching/README.md.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "pkg/core/bytes.h"
#include "pkg/core/error.h"
#include "services/matching/types.h"

namespace matching {

// Where a step's messages go: appended, in order.
struct Output {
  std::vector<Report>& reports;       // to accounts
  std::vector<MarketEvent>& events;   // public
};

class Matching {
 public:
  Matching();
  ~Matching();
  Matching(Matching&&) noexcept;
  Matching& operator=(Matching&&) noexcept;

  void apply(const ConfigureMarket& command, Output out);
  void apply(const NewOrder& command, Output out);
  void apply(const CancelOrder& command, Output out);
  void apply(const MoveOrder& command, Output out);
  void apply(const ReduceOrder& command, Output out);

  [[nodiscard]] std::uint64_t state_hash() const;  // of what matters: independent of slots and pages' history
  [[nodiscard]] core::Result<void> audit() const;
  [[nodiscard]] std::size_t resting_orders() const;
  void save(core::ByteWriter& out) const;  // handles survive save and load
  [[nodiscard]] core::Result<void> load(core::ByteReader& in);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace matching
