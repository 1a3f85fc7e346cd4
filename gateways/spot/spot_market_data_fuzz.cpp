// Noise as the parameters of the market data operations, over a market with a past of which memory has forgotten a
// part: each is answered, refused, or asks the archive, which then answers nothing or noise of its own.
#include <array>
#include <cstdint>
#include <string>

#include "gateways/spot/market_data.h"
#include "gateways/spot/parameters.h"
#include "services/instruments/defaults.h"
#include "services/market_data/naive_reference.h"

namespace {

namespace naive = market_data::naive;

struct World {
  World() {
    views.markets = market_data::Markets({.trades = 40, .seconds = 40, .minutes = 30, .quarter_hours = 20, .days = 2});
    for (const auto& asset : instruments::default_assets()) CHECK(views.instruments.add(asset));
    for (const auto& market : instruments::default_markets()) CHECK(views.instruments.add(market));
    std::uint64_t sequence = 0;
    for (const naive::Trade& each : naive::three_days(1, 100)) {
      views.markets.apply(naive::event_of(each, core::MarketId{1}, ++sequence), {each.time});
      now = {each.time};
    }
  }
  engine::Views views;
  limits::Profile limits = limits::open_profile();
  core::Time now;
};

constexpr std::array<spot::ReadPast, 3> kPast = {spot::klines, spot::aggregate_trades, spot::historical_trades};
constexpr std::array<spot::Read, 4> kPresent = {spot::ticker_24h, spot::ticker_window, spot::ticker_trading_day,
                                                spot::average_price};
constexpr std::array<const char*, 4> kStarts = {"", "symbol=BTCUSDT&", "symbol=BTCUSDT&interval=1M&",
                                                "symbol=BTCUSDT&interval=1s&timeZone="};

}  // namespace

// First byte: the operation; second: what stands before the noise; third: what the archive answers.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const World world;
  if (size < 3) return 0;
  const std::string query =
      kStarts[data[1] % kStarts.size()] + std::string(reinterpret_cast<const char*>(data) + 3, size - 3);
  spot::Parameters parameters;
  if (!parameters.parse(query, {})) return 0;
  (void)spot::ticker_24h_weight(parameters);
  (void)spot::ticker_window_weight(parameters);
  spot::Arguments arguments(parameters, world.views.instruments);
  const spot::Context context{.views = world.views, .limits = world.limits, .now = world.now};
  std::string body;
  spot::JsonWriter json(body);
  const std::size_t which = data[0] % (kPast.size() + kPresent.size());
  if (which >= kPast.size()) {
    kPresent[which - kPast.size()](context, arguments, json);
    CHECK(!arguments.ok() || body.front() == '{' || body.front() == '[');
    return 0;
  }
  const auto past = kPast[which](context, arguments, json);
  CHECK(!arguments.ok() || past != nullptr || body.front() == '[');
  if (past == nullptr) return 0;
  gateways::ArchiveAnswer answer;
  answer.written_until = data[2] % 2 == 0 ? core::Time{} : world.now;
  const auto some = static_cast<std::uint64_t>(data[2] / 2);
  if (which == 0)
    answer.rows = market_data::CandlesAnswer{};
  else if (which == 1)
    answer.rows = std::vector<market_data::AggregateTrade>{{.id = some, .first = core::TradeId{some}}};
  else
    answer.rows = std::vector<market_data::Trade>{{.id = core::TradeId{some}}};
  const auto written = past->write(context, answer, json);
  CHECK(!written || body.front() == '[');
  return 0;
}
