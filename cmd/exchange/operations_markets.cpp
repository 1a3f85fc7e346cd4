// Markets by an operator's command: listing one, with the assets it needs, and its states.
#include <algorithm>
#include <optional>
#include <utility>

#include "cmd/exchange/operations.h"
#include "pkg/core/decimal.h"
#include "services/instruments/convert.h"
#include "services/instruments/market_states.h"

namespace exchange {
namespace {

using core::ErrorKind;

constexpr int kAssetDecimals = 8;

struct Step {
  std::int64_t mantissa = 0;
  std::uint8_t decimals = 0;
};

// "0.01" as 1 × 10^-2.
std::optional<Step> parse_step(const std::string& text) {
  const auto value = core::parse_decimal(text, core::kDecimalsMax);
  if (!value || *value <= 0) return std::nullopt;
  const int decimals = core::decimals_needed(*value, core::kDecimalsMax);
  const core::int128 mantissa = *value / core::power_of_ten(core::kDecimalsMax - decimals);
  if (mantissa > 1'000'000'000'000'000) return std::nullopt;
  return Step{static_cast<std::int64_t>(mantissa), static_cast<std::uint8_t>(decimals)};
}

// Reads the texts one by one and remembers the first that is not accepted.
class Reader {
 public:
  explicit Reader(const json::object& request) : request_(request) {}

  Step step(std::string_view key) {
    const auto value = parse_step(text_of(request_, key));
    if (!value) refuse(key, "a decimal number above zero, as 0.01");
    return value.value_or(Step{1, 0});
  }
  template <class T, class Parse>
  T value(std::string_view key, const Parse& parse, const char* accepted) {
    const auto parsed = parse(text_of(request_, key));
    if (!parsed) refuse(key, accepted);
    return parsed ? *parsed : T{};
  }
  core::FeeRate fee(std::string_view key) {
    const auto rate = core::parse_decimal(text_of(request_, key), 8);
    if (!rate || *rate >= core::kFeeRateOne) refuse(key, "a fraction below 1 with at most 8 decimals: 0.001 is 0.1 %");
    return rate && *rate < core::kFeeRateOne ? core::FeeRate{static_cast<std::int32_t>(*rate)} : core::FeeRate{};
  }
  [[nodiscard]] const std::optional<core::Error>& error() const { return error_; }

 private:
  void refuse(std::string_view key, const std::string& accepted) {
    if (error_) return;
    std::string flag = "--" + std::string(key);
    std::replace(flag.begin(), flag.end(), '_', '-');
    error_ = core::Error{ErrorKind::invalid_input, "\"" + text_of(request_, key).substr(0, 60) + "\" is not accepted",
                         flag, "accepted: " + accepted};
  }
  const json::object& request_;
  std::optional<core::Error> error_;
};

core::Result<instruments::AddMarket> read_market(const json::object& request, const instruments::Asset& base,
                                                 const instruments::Asset& quote) {
  Reader read(request);
  instruments::Market market;
  market.symbol = core::Symbol(text_of(request, "symbol"));
  market.base = base.id;
  market.quote = quote.id;
  const Step tick = read.step("tick"), lot = read.step("lot");
  market.tick_mantissa = tick.mantissa;
  market.price_decimals = tick.decimals;
  market.lot_mantissa = lot.mantissa;
  market.quantity_decimals = lot.decimals;
  const auto price = [&](const std::string& text) { return instruments::parse_price(market, text); };
  const auto quantity = [&](const std::string& text) { return instruments::parse_quantity(market, text); };
  const auto amount = [&](const std::string& text) { return instruments::parse_amount(quote, text); };
  market.price_min = read.value<core::Price>("price_min", price, "a price on the tick");
  market.price_max = read.value<core::Price>("price_max", price, "a price on the tick");
  market.quantity_min = read.value<core::Quantity>("quantity_min", quantity, "a quantity on the lot");
  market.quantity_max = read.value<core::Quantity>("quantity_max", quantity, "a quantity on the lot");
  market.market_quantity_min = market.quantity_min;
  market.market_quantity_max = market.quantity_max;
  market.notional_min = read.value<core::Amount>("notional_min", amount, "an amount of the quote asset");
  market.notional_max = read.value<core::Amount>("notional_max", amount, "an amount of the quote asset");
  market.maker_fee = read.fee("maker_fee");
  market.taker_fee = read.fee("taker_fee");
  if (read.error()) return std::unexpected(*read.error());
  return instruments::AddMarket{market};
}

}  // namespace

// Lists the assets that are missing first, one after the other, then the market.
void Operations::markets_add(const json::object& request, Respond respond) {
  for (const char* key : {"symbol", "base", "quote"}) {
    const std::string symbol = text_of(request, key);
    if (symbol.empty() || symbol.size() > core::Symbol::capacity) {
      return respond(core::fail(ErrorKind::invalid_input, "a symbol has 1 to 20 characters of A-Z and 0-9",
                                std::string("--") + key));
    }
    const bool is_asset = std::string_view(key) != "symbol";
    if (!is_asset || exchange_.views().instruments.asset(symbol)) continue;
    const instruments::AddAsset asset{core::Symbol(symbol), kAssetDecimals,
                                      core::Amount{core::power_of_ten(12 + kAssetDecimals)}};
    return submit(asset, [this, symbol, request, respond = std::move(respond)](const core::Result<Events>& events) {
      if (!events) return respond(std::unexpected(events.error()));
      if (auto checked = check_events(*events, "asset " + symbol); !checked)
        return respond(std::unexpected(checked.error()));
      markets_add(request, respond);
    });
  }
  add_market(request, std::move(respond));
}

void Operations::add_market(const json::object& request, Respond respond) {
  const instruments::Registry& registry = exchange_.views().instruments;
  const auto command =
      read_market(request, *registry.asset(text_of(request, "base")), *registry.asset(text_of(request, "quote")));
  if (!command) return respond(std::unexpected(command.error()));
  const std::string symbol = text_of(request, "symbol");
  submit(*command, [this, symbol, respond = std::move(respond)](const core::Result<Events>& events) {
    if (!events) return respond(std::unexpected(events.error()));
    if (auto checked = check_events(*events, "market " + symbol); !checked)
      return respond(std::unexpected(checked.error()));
    respond(market_object(*exchange_.views().instruments.market(symbol)));
  });
}

namespace {

std::string accepted_states() {
  std::string names;
  for (const instruments::StateRules& rules : instruments::kMarketStates) {
    if (!names.empty()) names += ", ";
    names += rules.name;
  }
  return names;
}

core::Result<instruments::MarketState> wanted_state(const std::string& command, const json::object& request,
                                                    const instruments::Market& market) {
  using instruments::MarketState;
  if (command == "markets_halt") return MarketState::halted;
  if (command == "markets_resume") {
    const bool may_trade = instruments::may_follow(market.state, MarketState::trading, market.resumes_by_auction);
    return may_trade ? MarketState::trading : MarketState::auction;
  }
  const std::string name = text_of(request, "state");
  if (const auto state = instruments::market_state_named(name)) return *state;
  return core::fail(ErrorKind::invalid_input, "\"" + name.substr(0, 40) + "\" is no state of a market", "state",
                    "accepted: " + accepted_states());
}

core::Result<instruments::SetMarketRanges> read_ranges(const json::object& request, const instruments::Market& market) {
  Reader read(request);
  instruments::SetMarketRanges command{market.id, market.ranges, {}};
  const auto width = [&](const char* key, std::uint16_t& value) {
    if (!request.contains(key)) return;
    const auto basis_points = [](const std::string& text) -> std::optional<std::uint16_t> {
      const auto number = core::parse_decimal(text, 0);
      if (!number || *number > instruments::kRangeMax) return std::nullopt;
      return static_cast<std::uint16_t>(*number);
    };
    value = read.value<std::uint16_t>(key, basis_points, "basis points, 0 (off) to 9999: 500 is 5 %");
  };
  width("static_bp", command.ranges.static_bp);
  width("dynamic_bp", command.ranges.dynamic_bp);
  if (request.contains("outcome")) {
    const auto outcome = [](const std::string& text) -> std::optional<instruments::RangeOutcome> {
      if (text == "expire") return instruments::RangeOutcome::expire;
      return text == "auction" ? std::optional(instruments::RangeOutcome::auction) : std::nullopt;
    };
    command.ranges.outcome = read.value<instruments::RangeOutcome>("outcome", outcome, "expire, auction");
  }
  if (request.contains("reference")) {
    const auto price = [&](const std::string& text) { return instruments::parse_price(market, text); };
    command.reference = read.value<core::Price>("reference", price, "a price on the tick");
  }
  if (read.error()) return std::unexpected(*read.error());
  return command;
}

core::Error no_such_market(const std::string& symbol) {
  return {ErrorKind::not_found, "no such market", symbol, "see: exchange markets list"};
}

}  // namespace

void Operations::set_market_state(const std::string& command, const json::object& request, Respond respond) {
  const std::string symbol = text_of(request, "symbol");
  const instruments::Market* const market = exchange_.views().instruments.market(symbol);
  if (market == nullptr) return respond(std::unexpected(no_such_market(symbol)));
  const auto state = wanted_state(command, request, *market);
  if (!state) return respond(std::unexpected(state.error()));
  change_market(symbol, instruments::SetMarketState{market->id, *state}, std::move(respond));
}

void Operations::set_market_auctions(const json::object& request, Respond respond) {
  const std::string symbol = text_of(request, "symbol"), resumes = text_of(request, "resumes");
  const instruments::Market* const market = exchange_.views().instruments.market(symbol);
  if (market == nullptr) return respond(std::unexpected(no_such_market(symbol)));
  if (resumes != "on" && resumes != "off") {
    return respond(core::fail(ErrorKind::invalid_input, "\"" + resumes.substr(0, 40) + "\" is neither on nor off",
                              "resumes", "accepted: on, off"));
  }
  change_market(symbol, instruments::SetMarketAuctions{market->id, resumes == "on"}, std::move(respond));
}

void Operations::set_market_allocation(const json::object& request, Respond respond) {
  const std::string symbol = text_of(request, "symbol"), name = text_of(request, "allocation");
  const instruments::Market* const market = exchange_.views().instruments.market(symbol);
  if (market == nullptr) return respond(std::unexpected(no_such_market(symbol)));
  if (name != "price_time" && name != "pro_rata") {
    return respond(core::fail(ErrorKind::invalid_input, "\"" + name.substr(0, 40) + "\" is no allocation", "allocation",
                              "accepted: price_time, pro_rata"));
  }
  Reader read(request);
  instruments::Allocation allocation;
  if (name == "pro_rata") allocation.kind = instruments::AllocationKind::pro_rata;
  allocation.top_first = text_of(request, "top_first") == "on";
  if (request.contains("share_min")) {
    const auto quantity = [&](const std::string& text) { return instruments::parse_quantity(*market, text); };
    allocation.share_min = read.value<core::Quantity>("share_min", quantity, "a quantity on the lot");
  }
  if (read.error()) return respond(std::unexpected(*read.error()));
  change_market(symbol, instruments::SetMarketAllocation{market->id, allocation}, std::move(respond));
}

void Operations::set_market_ranges(const json::object& request, Respond respond) {
  const std::string symbol = text_of(request, "symbol");
  const instruments::Market* const market = exchange_.views().instruments.market(symbol);
  if (market == nullptr) return respond(std::unexpected(no_such_market(symbol)));
  const auto command = read_ranges(request, *market);
  if (!command) return respond(std::unexpected(command.error()));
  change_market(symbol, *command, std::move(respond));
}

void Operations::change_market(const std::string& symbol, const engine::Command& command, Respond respond) {
  submit(command, [this, symbol, respond = std::move(respond)](const core::Result<Events>& events) {
    if (!events) return respond(std::unexpected(events.error()));
    if (auto checked = check_events(*events, symbol); !checked) return respond(std::unexpected(checked.error()));
    respond(market_object(*exchange_.views().instruments.market(symbol)));
  });
}

}  // namespace exchange
