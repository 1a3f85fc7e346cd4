#include "bench/shapes.h"

#include <algorithm>
#include <chrono>

#include "pkg/core/check.h"
#include "pkg/core/random.h"
#include "services/matching/matching.h"

namespace bench {
namespace {

using Clock = std::chrono::steady_clock;
using matching::Side;

constexpr std::int64_t kMiddle = 100'000'000;  // bids below, asks above
constexpr std::int64_t kLots = 100;            // of every resting order
constexpr std::uint64_t kPerLevel = 2;

// What the bench knows of an order that rests, by its number, which is its account slot.
struct Resting {
  core::OrderId order;
  core::MarketId market;
  Side side = Side::buy;
  std::int64_t level = 0;  // from the touch, 0 is the best
  matching::Handle handle = matching::kNoHandle;
};

class ShapedBook {
 public:
  ShapedBook(BookShape shape, std::uint64_t seed) : shape_(shape), random_(seed), resting_(shape.orders) {
    CHECK(shape.markets >= 1 && shape.orders / shape.markets >= kShapeOrdersMin);
    for (std::uint32_t id = 1; id <= shape.markets; ++id) {
      instruments::Market market;
      market.id = core::MarketId{id};
      market.lot_units = market.tick_lot_units = core::Amount{1};
      fold_.apply(matching::ConfigureMarket{market}, out());
    }
    // In random order, as a book that has grown: neighbours in a queue are no neighbours in memory.
    std::vector<std::uint32_t> numbers(shape.orders);
    for (std::uint32_t i = 0; i < numbers.size(); ++i) numbers[i] = i;
    for (std::size_t i = numbers.size(); i > 1; --i) std::swap(numbers[i - 1], numbers[random_.below(i)]);
    for (std::uint64_t i = 0; i < shape.orders; ++i) {
      Resting& order = resting_[numbers[i]];
      const std::uint64_t within = i / shape.markets;
      order.market = core::MarketId{static_cast<std::uint32_t>(i % shape.markets) + 1};
      order.side = static_cast<Side>(within % 2);
      order.level = static_cast<std::int64_t>(within / 2 / kPerLevel);
      run(add(numbers[i]));
    }
    bytes_per_order_ = static_cast<double>(fold_.bytes_in_use()) / static_cast<double>(shape.orders);
  }

  // Nanoseconds in all and commands, of a kind; `commands` about how many.
  struct Timed {
    double ns = 0;
    std::uint64_t commands = 0;
  };
  void measure(std::uint64_t commands, std::array<Timed, kShapeCommandNames.size()>& timed);

  [[nodiscard]] bool is_whole() const {
    return as_expected_ && fold_.resting_orders() == shape_.orders && fold_.audit().has_value();
  }
  [[nodiscard]] double bytes_per_order() const { return bytes_per_order_; }

 private:
  [[nodiscard]] matching::Output out() { return {reports_, events_}; }
  [[nodiscard]] std::uint64_t levels() const { return shape_.orders / shape_.markets / 2 / kPerLevel; }
  static core::Price price(Side side, std::int64_t level) {
    return core::Price{side == Side::buy ? kMiddle - 1 - level : kMiddle + 1 + level};
  }

  matching::NewOrder add(std::uint32_t number) {
    Resting& resting = resting_[number];
    resting.order = core::OrderId{++orders_};
    matching::NewOrder order = plain(resting.market, resting.side, kLots, price(resting.side, resting.level));
    order.order = resting.order;
    order.account_slot = number;
    return order;
  }
  matching::NewOrder take(core::MarketId market, Side side, std::uint64_t levels) {
    const Side makers = matching::opposite(side);
    const auto lots = levels == 0 ? kLots : static_cast<std::int64_t>(levels * kPerLevel) * kLots;
    matching::NewOrder order = plain(market, side, lots, price(makers, static_cast<std::int64_t>(this->levels())));
    order.order = core::OrderId{++orders_};
    order.account_slot = UINT32_MAX;  // no resting order's
    order.time_in_force = matching::TimeInForce::ioc;
    return order;
  }
  static matching::NewOrder plain(core::MarketId market, Side side, std::int64_t lots, core::Price price) {
    return {.order = {},
            .account = core::AccountId{1'000},
            .market = market,
            .side = side,
            .price = price,
            .quantity = core::Quantity{lots},
            .quote_quantity = {},
            .budget = {}};
  }
  [[nodiscard]] matching::CancelOrder cancel(std::uint32_t number) const {
    const Resting& resting = resting_[number];
    return {resting.order, resting.market, resting.handle, number};
  }
  [[nodiscard]] matching::MoveOrder move(std::uint32_t number, std::int64_t level) const {
    const Resting& resting = resting_[number];
    return {resting.order, resting.market, resting.handle, number, price(resting.side, level)};
  }
  [[nodiscard]] matching::ReduceOrder reduce(std::uint32_t number) const {
    const Resting& resting = resting_[number];
    return {resting.order, resting.market, resting.handle, number, core::Quantity{1}};
  }

  // One command, and what its reports say about orders that rest or are gone.
  template <class Command>
  void run(const Command& command) {
    reports_.clear();
    events_.clear();
    fold_.apply(command, out());
    for (const matching::Report& report : reports_) {
      if (report.account_slot >= resting_.size()) continue;
      if (report.handle != matching::kNoHandle) resting_[report.account_slot].handle = report.handle;
      if (report.kind == matching::ReportKind::filled && report.remaining.is_zero())
        gone_.push_back(report.account_slot);
    }
  }
  template <class Command>
  void time(const std::vector<Command>& commands, Timed& timed) {
    const auto start = Clock::now();
    for (const Command& command : commands) run(command);
    timed.ns += static_cast<double>(std::chrono::nanoseconds(Clock::now() - start).count());
    timed.commands += commands.size();
  }
  void expect(bool condition) { as_expected_ = as_expected_ && condition; }

  std::vector<std::uint32_t> some_orders(std::size_t count);
  void add_some(std::size_t batch, Timed& timed);
  void cancel_some(std::size_t batch, Timed& timed);
  void move_some(std::size_t batch, Timed& timed);
  void reduce_some(std::size_t batch, Timed& timed);
  void take_some(std::size_t batch, std::uint64_t levels, Timed& timed);

  const BookShape shape_;
  core::Random random_;
  matching::Matching fold_;
  std::vector<matching::Report> reports_;
  std::vector<matching::MarketEvent> events_;
  std::vector<Resting> resting_;
  std::vector<std::uint32_t> gone_;  // filled since it was last cleared
  std::uint64_t orders_ = 0;
  double bytes_per_order_ = 0;
  bool as_expected_ = true;
};

// Each at most once: a few draws too few rather than one twice.
std::vector<std::uint32_t> ShapedBook::some_orders(std::size_t count) {
  std::vector<std::uint32_t> numbers(count);
  for (std::uint32_t& number : numbers) number = static_cast<std::uint32_t>(random_.below(resting_.size()));
  std::ranges::sort(numbers);
  numbers.erase(std::ranges::unique(numbers).begin(), numbers.end());
  for (std::size_t i = numbers.size(); i > 1; --i) std::swap(numbers[i - 1], numbers[random_.below(i)]);
  return numbers;
}

// New orders, behind those that rest, at random prices; then they leave again.
void ShapedBook::add_some(std::size_t batch, Timed& timed) {
  std::vector<matching::NewOrder> commands;
  resting_.resize(shape_.orders + batch);
  for (auto number = static_cast<std::uint32_t>(shape_.orders); number < resting_.size(); ++number) {
    Resting& order = resting_[number];
    order.market = core::MarketId{static_cast<std::uint32_t>(random_.below(shape_.markets)) + 1};
    order.side = static_cast<Side>(random_.below(2));
    order.level = static_cast<std::int64_t>(random_.below(levels()));
    commands.push_back(add(number));
  }
  time(commands, timed);
  expect(fold_.resting_orders() == resting_.size());
  for (auto number = static_cast<std::uint32_t>(shape_.orders); number < resting_.size(); ++number) run(cancel(number));
  resting_.resize(shape_.orders);
}

void ShapedBook::cancel_some(std::size_t batch, Timed& timed) {
  const std::vector<std::uint32_t> numbers = some_orders(batch);
  std::vector<matching::CancelOrder> commands;
  commands.reserve(numbers.size());
  for (const std::uint32_t number : numbers) commands.push_back(cancel(number));
  time(commands, timed);
  expect(fold_.resting_orders() == shape_.orders - numbers.size());
  for (const std::uint32_t number : numbers) run(add(number));
}

// To a random price of its side; then home again.
void ShapedBook::move_some(std::size_t batch, Timed& timed) {
  const std::vector<std::uint32_t> numbers = some_orders(batch);
  std::vector<matching::MoveOrder> commands;
  commands.reserve(numbers.size());
  for (const std::uint32_t number : numbers)
    commands.push_back(move(number, static_cast<std::int64_t>(random_.below(levels()))));
  time(commands, timed);
  for (const std::uint32_t number : numbers) run(move(number, resting_[number].level));
  expect(fold_.resting_orders() == shape_.orders);
}

void ShapedBook::reduce_some(std::size_t batch, Timed& timed) {
  const std::vector<std::uint32_t> numbers = some_orders(batch);
  std::vector<matching::ReduceOrder> commands;
  commands.reserve(numbers.size());
  for (const std::uint32_t number : numbers) commands.push_back(reduce(number));
  time(commands, timed);
  expect(reports_.size() == 1 && reports_.front().kind == matching::ReportKind::reduced);
  for (const std::uint32_t number : numbers) {
    run(cancel(number));
    run(add(number));
  }
}

// `levels` 0: one order each. Takers go from side to side of the markets in strides that come by all of them, and so
// few to a side that its levels suffice.
void ShapedBook::take_some(std::size_t batch, std::uint64_t levels, Timed& timed) {
  constexpr std::uint64_t kStride = 7'919;  // a prime
  const std::uint64_t sides = 2ull * shape_.markets;
  const std::uint64_t of_side = std::max<std::uint64_t>(this->levels() / (4 * std::max<std::uint64_t>(levels, 1)), 1);
  const std::uint64_t takers = std::min<std::uint64_t>(batch, sides * of_side);
  const std::uint64_t start = random_.below(sides);
  std::vector<matching::NewOrder> commands;
  for (std::uint64_t i = 0; i < takers; ++i) {
    const std::uint64_t at = (start + i * kStride) % sides;
    commands.push_back(take(core::MarketId{static_cast<std::uint32_t>(at / 2) + 1}, static_cast<Side>(at % 2), levels));
  }
  gone_.clear();
  time(commands, timed);
  expect(gone_.size() == takers * (levels == 0 ? 1 : levels * kPerLevel));
  const std::vector<std::uint32_t> gone = gone_;
  for (const std::uint32_t number : gone) run(add(number));
}

void ShapedBook::measure(std::uint64_t commands, std::array<Timed, kShapeCommandNames.size()>& timed) {
  const auto of = [&](ShapeCommand kind) -> Timed& { return timed[static_cast<std::size_t>(kind)]; };
  // At most a twentieth of the book, so that it stays the book it is; and no more than is warm when it is made.
  const std::size_t batch = std::min<std::size_t>(shape_.orders / 20, 1'000);
  const auto until = [&](ShapeCommand kind, const auto& once) {
    while (of(kind).commands < commands) once();
  };
  until(ShapeCommand::add, [&] { add_some(batch, of(ShapeCommand::add)); });
  until(ShapeCommand::cancel, [&] { cancel_some(batch, of(ShapeCommand::cancel)); });
  until(ShapeCommand::move, [&] { move_some(batch, of(ShapeCommand::move)); });
  until(ShapeCommand::reduce, [&] { reduce_some(batch, of(ShapeCommand::reduce)); });
  until(ShapeCommand::take_one, [&] { take_some(batch, 0, of(ShapeCommand::take_one)); });
  until(ShapeCommand::take_levels, [&] { take_some(batch, kLevelsTaken, of(ShapeCommand::take_levels)); });
}

}  // namespace

ShapeResult bench_shape(BookShape shape, const ShapeOptions& options) {
  CHECK(options.runs >= 1 && options.commands >= 1);
  ShapedBook book(shape, 42);
  std::array<std::vector<double>, kShapeCommandNames.size()> ns;
  for (int run = 0; run < options.runs; ++run) {
    std::array<ShapedBook::Timed, kShapeCommandNames.size()> timed{};
    book.measure(options.commands, timed);
    for (std::size_t kind = 0; kind < ns.size(); ++kind)
      ns[kind].push_back(timed[kind].ns / static_cast<double>(timed[kind].commands));
  }
  ShapeResult result{.shape = shape, .bytes_per_order = book.bytes_per_order(), .as_expected = book.is_whole()};
  for (std::size_t kind = 0; kind < ns.size(); ++kind) {
    std::ranges::sort(ns[kind]);
    result.ns_per_command[kind] = ns[kind][ns[kind].size() / 2];
  }
  return result;
}

}  // namespace bench
