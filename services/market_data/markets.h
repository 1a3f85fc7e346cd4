// Read model of markets, made of durable market events alone: depth, best prices, last price, recent trades. A pure
// reducer.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "pkg/core/bytes.h"
#include "pkg/core/error.h"
#include "services/market_data/types.h"
#include "services/matching/types.h"

namespace market_data {

struct DepthLevel {
  core::Price price;
  core::Quantity quantity;
};
struct Depth {
  std::uint64_t last_update_id = 0;
  std::vector<DepthLevel> bids, asks;  // best first
};
struct BestPrices {
  std::optional<DepthLevel> bid, ask;
};

class Markets {
 public:
  explicit Markets(std::size_t trades_kept_per_market = 10'000);
  ~Markets();
  Markets(Markets&&) noexcept;
  Markets& operator=(Markets&&) noexcept;

  void apply(const matching::MarketEvent& event, core::Time time);

  // All of an unknown market is empty.
  [[nodiscard]] Depth depth(core::MarketId market, std::size_t levels_max) const;
  [[nodiscard]] BestPrices best(core::MarketId market) const;
  [[nodiscard]] std::optional<core::Price> last_price(core::MarketId market) const;
  [[nodiscard]] std::vector<Trade> recent_trades(core::MarketId market, std::size_t limit) const;  // oldest first

  void save(core::ByteWriter& out) const;
  [[nodiscard]] core::Result<void> load(core::ByteReader& in);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace market_data
