#include "bench/flow.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <list>
#include <map>
#include <utility>
#include <vector>

namespace bench {
namespace {

constexpr std::int32_t kMiddle = 1'000'000;  // where an empty book starts
constexpr std::size_t kRecentAdds = 256;

// splitmix64: it, and the order in which it is asked, are part of what a seed means.
class FlowRandom {
 public:
  explicit FlowRandom(std::uint64_t seed) : state_(seed) {}
  std::uint32_t below(std::uint32_t bound) { return static_cast<std::uint32_t>(((next() >> 32) * bound) >> 32); }
  double unit() { return (static_cast<double>(next() >> 11) + 0.5) * 0x1.0p-53; }
  // Many small orders, few large: one more than a product of three.
  std::uint32_t lots(std::uint32_t bound) {
    const std::uint32_t a = below(bound);
    const std::uint32_t b = below(bound);
    const std::uint32_t c = below(bound);
    return 1 + a * b * c;
  }

 private:
  std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9E3779B97F4A7C15ull);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
    return z ^ (z >> 31);
  }
  std::uint64_t state_;
};

// Writes a trace while keeping the plain book that the flow's decisions and the header's results come from.
class FlowWriter {
 public:
  FlowWriter(std::uint32_t symbols, std::uint64_t seed) : random(seed), markets_(symbols), orders_(1) {
    std::memcpy(trace.header.magic, "FLOWTRC1", sizeof trace.header.magic);
    trace.header.symbol_count = symbols;
    trace.header.price_ticks_min = std::numeric_limits<std::int32_t>::max();
    trace.header.price_ticks_max = std::numeric_limits<std::int32_t>::min();
  }

  FlowRandom random;
  Trace trace;

  [[nodiscard]] std::uint32_t live_count(std::uint32_t symbol) const {
    return static_cast<std::uint32_t>(markets_[symbol].live.size());
  }
  [[nodiscard]] std::int32_t best(std::uint32_t symbol, std::uint8_t side, std::int32_t otherwise) const {
    const auto& levels = markets_[symbol].levels[side];
    if (levels.empty()) return otherwise;
    return side == 0 ? levels.rbegin()->first : levels.begin()->first;
  }
  [[nodiscard]] std::int32_t price_of(std::uint64_t id) const { return orders_[id].sent.price_ticks; }
  std::uint64_t any_live(std::uint32_t symbol) {
    const auto& live = markets_[symbol].live;
    return live[random.below(static_cast<std::uint32_t>(live.size()))];
  }
  // One of the latest orders if one of eight tries is still open, else any.
  std::uint64_t recent_live(std::uint32_t symbol) {
    const auto& recent = markets_[symbol].recent;
    for (int attempt = 0; attempt < 8 && !recent.empty(); ++attempt) {
      const std::uint64_t id = recent[random.below(static_cast<std::uint32_t>(recent.size()))];
      if (orders_[id].live) return id;
    }
    return any_live(symbol);
  }

  void place(TraceKind kind, std::uint32_t symbol, std::uint8_t side, std::int32_t price, std::uint32_t lots,
             std::uint32_t accounts) {
    const TraceCommand command{.order_id = orders_.size(),
                               .price_ticks = kind == TraceKind::market ? 0 : price,
                               .quantity_lots = lots,
                               .account = 1 + random.below(accounts),
                               .symbol = static_cast<std::uint16_t>(symbol),
                               .kind = kind,
                               .side = side};
    orders_.push_back({.sent = command, .place = {}});
    record(command);
    const std::uint32_t open = match(command, lots);
    if (kind != TraceKind::limit || open == 0) return;
    rest(command.order_id, open);
    Market& market = markets_[symbol];
    if (market.recent.size() < kRecentAdds) {
      market.recent.push_back(command.order_id);
    } else {
      market.recent[market.recent_next++ % kRecentAdds] = command.order_id;
    }
  }
  void cancel(std::uint64_t id) {
    TraceCommand command = orders_[id].sent;
    command.kind = TraceKind::cancel;
    command.price_ticks = 0;
    command.quantity_lots = 0;
    record(command);
    unlink(id);
  }
  void move(std::uint64_t id, std::int32_t price) {
    TraceCommand command = orders_[id].sent;
    command.kind = TraceKind::move;
    command.price_ticks = price;
    command.quantity_lots = orders_[id].open_lots;
    record(command);
    unlink(id);
    orders_[id].sent.price_ticks = price;
    if (const std::uint32_t open = match(command, command.quantity_lots); open > 0) rest(id, open);
  }

  void prefilled() { trace.header.prefill_count = trace.commands.size(); }
  Trace finish() {
    trace.header.command_count = trace.commands.size();
    trace.header.order_id_max = orders_.size() - 1;
    for (const Market& market : markets_) trace.header.resting_orders += market.live.size();
    return std::move(trace);
  }

 private:
  struct Order {
    TraceCommand sent;
    std::uint32_t open_lots = 0;
    bool live = false;
    std::list<std::uint64_t>::iterator place;
    std::size_t live_index = 0;
  };
  struct Market {
    std::map<std::int32_t, std::list<std::uint64_t>> levels[2];
    std::vector<std::uint64_t> live;  // in no order, for uniform choice
    std::vector<std::uint64_t> recent;
    std::size_t recent_next = 0;
  };

  void record(const TraceCommand& command) {
    trace.commands.push_back(command);
    if (command.kind == TraceKind::market || command.kind == TraceKind::cancel) return;
    trace.header.price_ticks_min = std::min(trace.header.price_ticks_min, command.price_ticks);
    trace.header.price_ticks_max = std::max(trace.header.price_ticks_max, command.price_ticks);
  }
  std::uint32_t match(const TraceCommand& taker, std::uint32_t lots) {
    auto& levels = markets_[taker.symbol].levels[1 - taker.side];
    while (lots > 0 && !levels.empty()) {
      const auto level = taker.side == 0 ? levels.begin() : std::prev(levels.end());
      const bool reached = taker.side == 0 ? level->first <= taker.price_ticks : level->first >= taker.price_ticks;
      if (!reached && taker.kind != TraceKind::market) break;
      const std::uint64_t maker = level->second.front();
      const std::uint32_t traded = std::min(lots, orders_[maker].open_lots);
      trace.header.totals.add(maker, taker.order_id, static_cast<std::uint64_t>(level->first), traded);
      lots -= traded;
      orders_[maker].open_lots -= traded;
      if (orders_[maker].open_lots == 0) unlink(maker);
    }
    return lots;
  }
  void rest(std::uint64_t id, std::uint32_t lots) {
    Order& order = orders_[id];
    Market& market = markets_[order.sent.symbol];
    auto& level = market.levels[order.sent.side][order.sent.price_ticks];
    order.place = level.insert(level.end(), id);
    order.open_lots = lots;
    order.live = true;
    order.live_index = market.live.size();
    market.live.push_back(id);
  }
  void unlink(std::uint64_t id) {
    Order& order = orders_[id];
    Market& market = markets_[order.sent.symbol];
    auto& levels = market.levels[order.sent.side];
    const auto level = levels.find(order.sent.price_ticks);
    level->second.erase(order.place);
    if (level->second.empty()) levels.erase(level);
    order.live = false;
    market.live[order.live_index] = market.live.back();
    orders_[market.live.back()].live_index = order.live_index;
    market.live.pop_back();
  }

  std::vector<Market> markets_;
  std::vector<Order> orders_;  // by id
};

std::uint8_t any_side(FlowRandom& random) { return static_cast<std::uint8_t>(random.below(2)); }

class MovesFlow {
 public:
  explicit MovesFlow(std::uint64_t seed) : flow_(1, seed) {}
  Trace make(std::uint64_t commands) {
    for (std::size_t i = 0; i < kOrders; ++i) add();
    flow_.prefilled();
    for (std::uint64_t i = 0; i < commands; ++i) step();
    return flow_.finish();
  }

 private:
  static constexpr std::uint32_t kOrders = 1'000, kAccounts = 1'000;
  static constexpr std::int32_t kReach = 5'000;  // how far from the middle a new order is at most, in ticks

  [[nodiscard]] std::int32_t middle() const {
    return (flow_.best(0, 0, kMiddle - 1) + flow_.best(0, 1, kMiddle + 1)) / 2;
  }
  void add() {
    const std::uint8_t side = any_side(flow_.random);
    const double u = flow_.random.unit();
    const std::int32_t away = 1 + static_cast<std::int32_t>(u * u * kReach);
    const std::uint32_t lots = flow_.random.lots(6);
    flow_.place(TraceKind::limit, 0, side, side == 0 ? middle() - away : middle() + away, lots, kAccounts);
  }
  void take() {
    const std::uint8_t side = any_side(flow_.random);
    const std::uint32_t lots = flow_.random.lots(6);
    flow_.place(TraceKind::ioc, 0, side, side == 0 ? middle() + kReach : middle() - kReach, lots, kAccounts);
  }
  void step() {
    const std::uint32_t live = flow_.live_count(0);
    const std::uint32_t pick = flow_.random.below(100);
    bool cancel = pick < 6, add_one = pick >= 6 && pick < 15;
    const bool too_few = live<kOrders * 95 / 100, too_many = live> kOrders * 105 / 100;
    if ((cancel && too_few) || (add_one && too_many)) std::swap(cancel, add_one);
    if (cancel) return flow_.cancel(flow_.any_live(0));
    if (add_one) return add();
    if (pick < 18) return take();
    const std::uint64_t id = flow_.any_live(0);
    const std::int32_t distance = flow_.price_of(id) - middle();
    const std::int32_t step = std::max(1, std::abs(distance) / 100);
    const bool closer = flow_.random.below(1000) < 515;
    flow_.move(id, flow_.price_of(id) + ((distance > 0) == closer ? -step : step));
  }

  FlowWriter flow_;
};

class TouchFlow {
 public:
  struct Shape {
    std::uint32_t symbols, orders;
    double half_distance;  // P(distance >= x) = half_distance / (half_distance + x)
    std::int32_t distance_max;
  };
  TouchFlow(const Shape& shape, std::uint64_t seed)
      : shape_(shape), flow_(shape.symbols, seed), cumulative_(shape.symbols) {
    for (std::uint32_t i = 0; i < shape.symbols; ++i) cumulative_[i] = total_ += 1.0 / (i + 1);
  }
  Trace make(std::uint64_t commands) {
    for (std::uint32_t i = 0; i < shape_.orders; ++i) {
      for (std::uint32_t symbol = 0; symbol < shape_.symbols; ++symbol) add(symbol);
    }
    flow_.prefilled();
    for (std::uint64_t i = 0; i < commands; ++i) step();
    return flow_.finish();
  }

 private:
  static constexpr std::uint32_t kAccounts = 10'000;

  std::uint32_t any_symbol() {
    if (shape_.symbols == 1) return 0;
    const double at = flow_.random.unit() * total_;
    return static_cast<std::uint32_t>(std::lower_bound(cumulative_.begin(), cumulative_.end(), at) -
                                      cumulative_.begin());
  }
  void add(std::uint32_t symbol) {
    const std::uint8_t side = any_side(flow_.random);
    double distance = 0;
    do distance = shape_.half_distance * (1.0 / flow_.random.unit() - 1.0);
    while (distance > shape_.distance_max);
    const std::int32_t away = 1 + static_cast<std::int32_t>(distance);
    const std::int32_t price =
        side == 0 ? flow_.best(symbol, 1, kMiddle + 1) - away : flow_.best(symbol, 0, kMiddle - 1) + away;
    const std::uint32_t lots = flow_.random.lots(6);
    flow_.place(TraceKind::limit, symbol, side, price, lots, kAccounts);
  }
  void take(std::uint32_t symbol) {
    const std::uint8_t side = any_side(flow_.random);
    const std::uint32_t pick = flow_.random.below(6);
    const TraceKind kind = pick < 3 ? TraceKind::ioc : pick < 5 ? TraceKind::market : TraceKind::limit;
    const auto through = static_cast<std::int32_t>(flow_.random.below(4));
    const std::int32_t price =
        side == 0 ? flow_.best(symbol, 1, kMiddle + 1) + through : flow_.best(symbol, 0, kMiddle - 1) - through;
    const std::uint32_t lots = flow_.random.lots(4);
    flow_.place(kind, symbol, side, price, lots, kAccounts);
  }
  void step() {
    const std::uint32_t symbol = any_symbol();
    const double live = flow_.live_count(symbol);
    const std::uint32_t pick = flow_.random.below(100);
    bool add_one = pick < 48, cancel = pick >= 48 && pick < 94;
    const bool too_few = live<shape_.orders * 0.98, too_many = live> shape_.orders * 1.02;
    if ((cancel && too_few) || (add_one && too_many)) std::swap(cancel, add_one);
    if (add_one) return add(symbol);
    if (!cancel) return take(symbol);
    const bool recent = flow_.random.below(10) < 7;
    flow_.cancel(recent ? flow_.recent_live(symbol) : flow_.any_live(symbol));
  }

  Shape shape_;
  FlowWriter flow_;
  std::vector<double> cumulative_;  // of the symbols' activity
  double total_ = 0;
};

}  // namespace

std::string_view name(FlowKind kind) {
  switch (kind) {
    case FlowKind::moves:
      return "moves";
    case FlowKind::touch:
      return "touch";
    case FlowKind::deep:
      return "deep";
    case FlowKind::multi:
      return "multi";
  }
  return "unknown";
}

std::optional<FlowKind> flow_named(std::string_view text) {
  for (const FlowKind kind : kFlows) {
    if (name(kind) == text) return kind;
  }
  return std::nullopt;
}

Trace make_flow(FlowKind kind, std::uint64_t commands, std::uint64_t seed) {
  switch (kind) {
    case FlowKind::moves:
      return MovesFlow(seed).make(commands);
    case FlowKind::touch:
      return TouchFlow({1, 10'000, 10, 4'095}, seed).make(commands);
    case FlowKind::deep:
      return TouchFlow({1, 1'000'000, 500, 100'000}, seed).make(commands);
    case FlowKind::multi:
      return TouchFlow({100, 1'000, 10, 4'095}, seed).make(commands);
  }
  return {};
}

}  // namespace bench
