#include "services/instruments/registry.h"

#include <algorithm>
#include <optional>

#include "pkg/core/decimal.h"
#include "pkg/core/hash.h"
#include "services/fees/types.h"
#include "services/instruments/codec.h"
#include "services/instruments/market_states.h"

namespace instruments {
namespace {

using core::Amount;
using core::int128;
using core::Rejection;

constexpr std::uint32_t kOpenOrdersMax = 1'000'000;  // per account and market: what any configuration may allow

bool is_symbol(std::string_view text) {
  return !text.empty() &&
         std::ranges::all_of(text, [](char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); });
}

// mantissa × 10^(units_decimals - decimals), when that is a whole number in bounds.
std::optional<Amount> whole_units(int128 mantissa, int decimals, int units_decimals) {
  if (decimals > units_decimals) {
    const int128 divisor = core::power_of_ten(decimals - units_decimals);
    if (mantissa % divisor != 0) return std::nullopt;
    return Amount{mantissa / divisor};
  }
  int128 units = 0;
  if (__builtin_mul_overflow(mantissa, core::power_of_ten(units_decimals - decimals), &units)) return std::nullopt;
  return Amount{units};
}

bool stays_below_cap(int128 a, int128 b, int128 c) {
  int128 product = 0;
  return !__builtin_mul_overflow(a, b, &product) && !__builtin_mul_overflow(product, c, &product) &&
         product <= core::kAmountMax.value();
}

template <class T>
bool is_range(T low, T high) {
  return low > T{} && low <= high;
}

Rejection check_terms(const AddAsset& terms) {
  if (!is_symbol(terms.symbol.view())) return Rejection::bad_symbol;
  if (terms.ledger_decimals > core::kDecimalsMax) return Rejection::bad_decimals;
  if (terms.supply_max <= Amount{} || terms.supply_max > core::kAmountMax) return Rejection::caps_too_large;
  return Rejection::none;
}

Rejection check_filters(const Market& market) {
  const bool ranges =
      is_range(market.price_min, market.price_max) && is_range(market.quantity_min, market.quantity_max) &&
      is_range(market.market_quantity_min, market.market_quantity_max) && market.notional_min >= Amount{} &&
      market.notional_max > Amount{} && market.notional_min <= market.notional_max;
  const bool band = (market.band.bid_up_bp == 0 || market.band.bid_down_bp <= market.band.bid_up_bp) &&
                    (market.band.ask_up_bp == 0 || market.band.ask_down_bp <= market.band.ask_up_bp);
  const bool count = market.open_orders_max >= 1 && market.open_orders_max <= kOpenOrdersMax;
  return ranges && band && count ? Rejection::none : Rejection::bad_filter;
}

// Settings that mean nothing are not taken.
bool is_valid(const Allocation& allocation, const Market& market) {
  if (allocation.kind == AllocationKind::price_time) return allocation == Allocation{};
  return allocation.kind == AllocationKind::pro_rata && allocation.share_min.value() >= 0 &&
         allocation.share_min <= market.quantity_max;
}

bool is_valid(const PriceRanges& ranges) {
  return ranges.static_bp <= kRangeMax && ranges.dynamic_bp <= kRangeMax && ranges.outcome <= RangeOutcome::auction;
}

bool is_rate(core::FeeRate rate) { return rate >= core::FeeRate{} && rate <= fees::kRateMax; }

// Every rule of listing that does not need the registry's other markets; fills in the derived fields.
Rejection complete(Market& market, const Asset* base, const Asset* quote) {
  if (!is_symbol(market.symbol.view())) return Rejection::bad_symbol;
  if (base == nullptr || quote == nullptr) return Rejection::unknown_asset;
  if (base == quote) return Rejection::bad_symbol;
  if (market.price_decimals > core::kDecimalsMax || market.quantity_decimals > core::kDecimalsMax)
    return Rejection::bad_decimals;
  if (market.tick_mantissa <= 0 || market.lot_mantissa <= 0) return Rejection::bad_decimals;

  const auto lot = whole_units(market.lot_mantissa, market.quantity_decimals, base->ledger_decimals);
  const auto tick_lot = whole_units(static_cast<int128>(market.tick_mantissa) * market.lot_mantissa,
                                    market.price_decimals + market.quantity_decimals, quote->ledger_decimals);
  if (!lot || !tick_lot) return Rejection::tick_lot_not_whole;
  market.lot_units = *lot;
  market.tick_lot_units = *tick_lot;

  if (const Rejection bad = check_filters(market); bad != Rejection::none) return bad;
  const auto quantity_max = std::max(market.quantity_max, market.market_quantity_max).value();
  if (!stays_below_cap(market.price_max.value(), quantity_max, tick_lot->value()) ||
      !stays_below_cap(quantity_max, lot->value(), 1) || market.notional_max > core::kAmountMax) {
    return Rejection::caps_too_large;
  }
  return is_rate(market.maker_fee) && is_rate(market.taker_fee) ? Rejection::none : Rejection::bad_fee_rate;
}

struct Writer {
  core::ByteWriter& out;
  template <class T>
  void operator()(const T& value) {
    out.put(value);
  }
  void operator()(const core::Symbol& symbol) { out.put_text(symbol.view()); }
  void operator()(const bool& value) { out.put(static_cast<std::uint8_t>(value)); }
};

struct Reader {
  core::ByteReader& in;
  template <class T>
  void operator()(T& value) {
    in.get(value);
  }
  void operator()(core::Symbol& symbol) {
    const std::string_view text = in.get_text();
    if (text.size() > core::Symbol::capacity) return in.fail();
    symbol = core::Symbol(text);
  }
  void operator()(bool& value) {
    const auto byte = in.get<std::uint8_t>();
    if (byte > 1) in.fail();
    value = byte == 1;
  }
};

struct Hasher {
  core::Digest digest;
  template <class T>
  void operator()(const T& value) {
    if constexpr (std::is_integral_v<T> || std::is_enum_v<T>) {
      digest.add(static_cast<std::uint64_t>(value));
    } else {
      digest.add(value);
    }
  }
  void operator()(const core::Symbol& symbol) { digest.add(symbol.view()); }
};

// What commands change after the listing; in snapshots alone.
template <class Coder, class MarketLike>
void code_settings(Coder& field, MarketLike& market) {
  field(market.state);
  field(market.resumes_by_auction);
  field(market.ranges.static_bp);
  field(market.ranges.dynamic_bp);
  field(market.ranges.outcome);
  field(market.allocation.kind);
  field(market.allocation.top_first);
  field(market.allocation.share_min);
}

template <class Entry, class IdType>
const Entry* at(const std::vector<Entry>& entries, IdType id) {
  // Id zero wraps to the largest index, which is never listed.
  const std::size_t index = std::size_t{id.value()} - 1;
  return index < entries.size() ? &entries[index] : nullptr;
}

template <class Entry>
void put_into(std::vector<Entry>& entries, SymbolIndex& index, const Entry& entry) {
  CHECK(entry.id.value() >= 1 && entry.id.value() <= entries.size() + 1);
  if (entry.id.value() <= entries.size()) {
    CHECK_MSG(entries[entry.id.value() - 1].symbol == entry.symbol, "a listed symbol never changes");
    entries[entry.id.value() - 1] = entry;
    return;
  }
  entries.push_back(entry);
  index.add_last(entries);
}

}  // namespace

std::expected<Asset, Rejection> Registry::add(const AddAsset& command) {
  if (const Rejection bad = check_terms(command); bad != Rejection::none) return std::unexpected(bad);
  if (asset(command.symbol.view()) != nullptr) return std::unexpected(Rejection::symbol_taken);
  const auto id = static_cast<std::uint32_t>(assets_.size() + 1);
  put(Asset{core::AssetId{id}, command.symbol, command.ledger_decimals, command.supply_max});
  return assets_.back();
}

std::expected<Market, Rejection> Registry::add(const AddMarket& command) {
  Market listed = command.market;
  listed.id = core::MarketId{static_cast<std::uint32_t>(markets_.size() + 1)};
  listed.state = MarketState::trading;
  listed.resumes_by_auction = false;
  listed.ranges = {};
  listed.allocation = {};
  if (const Rejection bad = complete(listed, asset(listed.base), asset(listed.quote)); bad != Rejection::none) {
    return std::unexpected(bad);
  }
  if (market(listed.symbol.view()) != nullptr) return std::unexpected(Rejection::symbol_taken);
  put(listed);
  return listed;
}

std::expected<Market, Rejection> Registry::set_state(const SetMarketState& command) {
  const Market* known = market(command.market);
  if (known == nullptr) return std::unexpected(Rejection::unknown_market);
  if (!is_market_state(command.state)) return std::unexpected(Rejection::bad_state);
  if (!may_follow(known->state, command.state, known->resumes_by_auction)) {
    return std::unexpected(Rejection::state_not_reachable);
  }
  Market& changed = markets_[command.market.value() - 1];
  changed.state = command.state;
  return changed;
}

std::expected<Market, Rejection> Registry::set_auctions(const SetMarketAuctions& command) {
  if (market(command.market) == nullptr) return std::unexpected(Rejection::unknown_market);
  Market& changed = markets_[command.market.value() - 1];
  changed.resumes_by_auction = command.resumes_by_auction;
  return changed;
}

std::expected<Market, Rejection> Registry::set_ranges(const SetMarketRanges& command) {
  const Market* known = market(command.market);
  if (known == nullptr) return std::unexpected(Rejection::unknown_market);
  const bool on_price =
      command.reference.is_zero() || (command.reference >= known->price_min && command.reference <= known->price_max);
  if (!is_valid(command.ranges) || !on_price) return std::unexpected(Rejection::bad_ranges);
  Market& changed = markets_[command.market.value() - 1];
  changed.ranges = command.ranges;
  return changed;
}

std::expected<Market, Rejection> Registry::set_allocation(const SetMarketAllocation& command) {
  const Market* known = market(command.market);
  if (known == nullptr) return std::unexpected(Rejection::unknown_market);
  if (!is_valid(command.allocation, *known)) return std::unexpected(Rejection::bad_allocation);
  Market& changed = markets_[command.market.value() - 1];
  changed.allocation = command.allocation;
  return changed;
}

void Registry::put(const Asset& asset) { put_into(assets_, asset_index_, asset); }
void Registry::put(const Market& market) { put_into(markets_, market_index_, market); }

const Asset* Registry::asset(core::AssetId id) const { return at(assets_, id); }
const Asset* Registry::asset(std::string_view symbol) const { return asset_index_.find(assets_, symbol); }
const Market* Registry::market(core::MarketId id) const { return at(markets_, id); }
const Market* Registry::market(std::string_view symbol) const { return market_index_.find(markets_, symbol); }

std::uint64_t Registry::hash() const {
  Hasher hasher;
  hasher.digest.add(assets_.size(), markets_.size());
  for (const Asset& asset : assets_) code_asset_terms(hasher, asset);
  for (const Market& market : markets_) {
    code_market_terms(hasher, market);
    code_settings(hasher, market);
  }
  return hasher.digest.value();
}

void Registry::save(core::ByteWriter& out) const {
  Writer writer{out};
  out.put(static_cast<std::uint32_t>(assets_.size()));
  for (const Asset& asset : assets_) code_asset_terms(writer, asset);
  out.put(static_cast<std::uint32_t>(markets_.size()));
  for (const Market& market : markets_) {
    code_market_terms(writer, market);
    code_settings(writer, market);
  }
}

// Listing again what was listed puts every saved entry through the rules, whatever the bytes say.
core::Result<void> Registry::load(core::ByteReader& in) {
  *this = Registry();
  Reader reader{in};
  const auto asset_count = in.get<std::uint32_t>();
  for (std::uint32_t i = 0; i < asset_count && in.ok(); ++i) {
    AddAsset terms;
    code_asset_terms(reader, terms);
    if (in.ok() && !add(terms)) in.fail();
  }
  const auto market_count = in.get<std::uint32_t>();
  for (std::uint32_t i = 0; i < market_count && in.ok(); ++i) {
    AddMarket terms;
    code_market_terms(reader, terms.market);
    Market settings;
    code_settings(reader, settings);
    const bool valid =
        is_market_state(settings.state) && is_valid(settings.ranges) && is_valid(settings.allocation, terms.market);
    if (!in.ok() || !valid || !add(terms)) {
      in.fail();
      break;
    }
    Market& listed = markets_.back();
    listed.state = settings.state;
    listed.resumes_by_auction = settings.resumes_by_auction;
    listed.ranges = settings.ranges;
    listed.allocation = settings.allocation;
  }
  if (!in.ok())
    return core::fail(core::ErrorKind::corrupt, "the saved assets and markets contradict the rules of listing");
  return {};
}

}  // namespace instruments
