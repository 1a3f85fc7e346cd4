// The listed assets and markets, by id and by symbol, and the rules of listing. Both folds, the read models and the
// gateways hold one, each fed by its own records.
#pragma once

#include <expected>
#include <span>
#include <string_view>
#include <vector>

#include "pkg/core/bytes.h"
#include "pkg/core/error.h"
#include "services/instruments/symbol_index.h"
#include "services/instruments/types.h"

namespace instruments {

class Registry {
 public:
  // Listing by command: checks every rule, assigns the next id, computes the derived fields.
  [[nodiscard]] std::expected<Asset, core::Rejection> add(const AddAsset& command);
  [[nodiscard]] std::expected<Market, core::Rejection> add(const AddMarket& command);
  [[nodiscard]] std::expected<Market, core::Rejection> set_state(const SetMarketState& command);
  [[nodiscard]] std::expected<Market, core::Rejection> set_auctions(const SetMarketAuctions& command);
  [[nodiscard]] std::expected<Market, core::Rejection> set_allocation(const SetMarketAllocation& command);
  // Checks; where the static range's reference is kept is not here.
  [[nodiscard]] std::expected<Market, core::Rejection> set_ranges(const SetMarketRanges& command);
  // Taking over what another registry decided (events). REQUIRES ids to arrive in order; a known id replaces.
  void put(const Asset& asset);
  void put(const Market& market);

  // Null when not listed.
  [[nodiscard]] const Asset* asset(core::AssetId id) const;
  [[nodiscard]] const Asset* asset(std::string_view symbol) const;
  [[nodiscard]] const Market* market(core::MarketId id) const;
  [[nodiscard]] const Market* market(std::string_view symbol) const;
  [[nodiscard]] std::span<const Asset> assets() const { return assets_; }
  [[nodiscard]] std::span<const Market> markets() const { return markets_; }

  [[nodiscard]] std::uint64_t hash() const;
  void save(core::ByteWriter& out) const;
  [[nodiscard]] core::Result<void> load(core::ByteReader& in);

 private:
  std::vector<Asset> assets_;    // id - 1
  std::vector<Market> markets_;  // id - 1
  SymbolIndex asset_index_, market_index_;
};

}  // namespace instruments
