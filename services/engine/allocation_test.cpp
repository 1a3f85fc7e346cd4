// Once its tables have their size, the engine allocates nothing for a command, whatever the command.
#include <cstdlib>
#include <new>

#include "pkg/core/random.h"
#include "services/engine/test_exchange.h"

namespace {
std::size_t allocations = 0;  // of the whole test program; one thread asks
}  // namespace

[[gnu::noinline]] void* operator new(std::size_t size) {
  ++allocations;
  if (void* const memory = std::malloc(size == 0 ? 1 : size)) return memory;
  std::abort();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace engine {
namespace {

// A round of everything that trading does; it ends with as many open orders as it began with.
void trade(TestExchange& exchange, core::AccountId maker, core::AccountId taker) {
  const auto run = [&](const Command& command) {
    exchange.output.clear();
    exchange.header.sequence = exchange.header.sequence.next();
    exchange.engine.apply(exchange.header, command, exchange.output);
    return std::get<orders::OrderEvent>(exchange.output.account_events.at(0).body);
  };
  const core::OrderId order = run(limit(maker, orders::Side::sell, 100, 20, "named-order")).order;
  EXPECT_EQ(run(move(maker, order, 101)).execution, orders::Execution::replaced);
  EXPECT_EQ(run(reduce(maker, order, 2)).execution, orders::Execution::replaced);
  EXPECT_EQ(run(limit(taker, orders::Side::buy, 101, 6)).execution, orders::Execution::accepted);
  EXPECT_EQ(run(market(taker, orders::Side::buy, 6)).execution, orders::Execution::accepted);
  EXPECT_EQ(run(by_quote(taker, orders::Side::buy, 600 * kTickLot)).execution, orders::Execution::accepted);
  EXPECT_EQ(run(cancel(taker, order)).execution, orders::Execution::cancel_rejected);
  const orders::CancelReplace replace{cancel(maker, {}, "named-order"), limit(maker, orders::Side::sell, 300, 9), {}};
  EXPECT_EQ(run(replace).execution, orders::Execution::cancelled);
  EXPECT_EQ(run(orders::CancelAll{maker, kBtcUsdt}).execution, orders::Execution::cancelled);
}

TEST(Allocation, NoneInSteadyState) {
  TestExchange exchange;
  const core::int128 plenty = static_cast<core::int128>(1) << 80;
  const core::AccountId maker = exchange.open("maker", plenty, plenty), taker = exchange.open("taker", plenty, plenty);
  for (int i = 0; i < 100; ++i) trade(exchange, maker, taker);
  const std::size_t before = allocations;
  for (int i = 0; i < 1'000; ++i) trade(exchange, maker, taker);
  EXPECT_EQ(allocations, before);
}

}  // namespace
}  // namespace engine
