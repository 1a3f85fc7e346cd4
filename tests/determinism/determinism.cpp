// Folds random commands through the whole engine (accounts and matching) and prints what came out, as digests: a line
// every 10,000 commands. dev/determinism builds it in every way it can and compares what it prints.
//
//   determinism COMMANDS
//
// Nothing here may depend on the compiler either: commands come from pkg/core/random.h, and their own digest is printed
// first, so that a difference in the generator is not mistaken for one in a fold.
#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <variant>

#include "pkg/core/check.h"
#include "pkg/core/hash.h"
#include "services/engine/engine.h"
#include "services/engine/random_commands.h"

namespace determinism {
namespace {

constexpr std::uint64_t kShare = 50'000;       // commands of each seed
constexpr std::uint64_t kCheckpoint = 10'000;  // commands between two lines

// What a seed's exchange is like: books that are nearly empty and full of refusals, or deep; with bands or without.
struct Shape {
  explicit Shape(std::uint64_t seed) : is_deep(seed % 2 == 0) {
    if (seed % 3 == 0) band = {10'300, 9'800, 10'200, 9'700};
  }
  bool is_deep;
  instruments::PriceBand band{};
  [[nodiscard]] std::uint32_t accounts() const { return is_deep ? 40 : 5; }
};

class Run {
 public:
  explicit Run(std::uint64_t seed) : shape_(seed), commands_(seed, shape_.accounts()) {
    for (engine::Command command : engine::listing(shape_.band)) {
      if (auto* add = std::get_if<instruments::AddMarket>(&command); add != nullptr && shape_.is_deep) {
        add->market.open_orders_max = 100;
      }
      apply(command);
    }
    for (std::uint32_t i = 0; i < shape_.accounts(); ++i) {
      apply(ledger::OpenAccount{ledger::AccountName{"user" + std::to_string(i)}});
      for (const core::AssetId asset : {engine::kBtc, engine::kUsdt, engine::kEth}) {
        const core::AccountId account{core::kFirstUserAccount.value() + i};
        apply(ledger::Deposit{account, asset, core::Amount{(shape_.is_deep ? 20'000 : 200) * engine::kLot}, {}});
      }
    }
  }

  void step() { apply(commands_.next(last_order_)); }

  // Goes on with an engine that was saved and loaded. Prints a line.
  void checkpoint(std::uint64_t seed, std::uint64_t commands) {
    core::Bytes bytes;
    core::ByteWriter writer(bytes);
    engine_.save(writer);
    core::ByteReader reader(bytes);
    engine::Engine loaded;
    CHECK_MSG(loaded.load(reader).has_value() && reader.complete(), "what was saved does not load");
    CHECK_MSG(loaded.state_hash() == engine_.state_hash(), "loading changes the state");
    engine_ = std::move(loaded);
    std::printf("seed %" PRIu64 " commands %" PRIu64 " in %016" PRIx64 " events %016" PRIx64 " state %016" PRIx64 "\n",
                seed, commands, input_.value(), engine_.output_digest(), engine_.state_hash());
  }
  [[nodiscard]] std::uint64_t trades() const { return trades_; }

 private:
  void apply(const engine::Command& command) {
    header_.sequence = header_.sequence.next();
    header_.time.ns += 7;
    bytes_.clear();
    engine::encode(header_, command, bytes_);
    input_.add(std::string_view(reinterpret_cast<const char*>(bytes_.data()), bytes_.size()));
    output_.clear();
    engine_.apply(header_, command, output_);
    for (const orders::AccountEvent& event : output_.account_events) {
      const auto* const order = std::get_if<orders::OrderEvent>(&event.body);
      // Ids of orders that there never were are given back with refusals.
      if (order != nullptr && order->execution == orders::Execution::accepted) {
        last_order_ = std::max(last_order_, order->order.value());
      }
    }
    for (const matching::MarketEvent& event : output_.market_events) {
      trades_ += event.kind == matching::MarketEventKind::traded;
    }
  }

  const Shape shape_;
  engine::RandomCommands commands_;
  engine::Engine engine_;
  engine::Output output_;
  core::RecordHeader header_;
  core::Bytes bytes_;
  core::Digest input_;
  std::uint64_t last_order_ = 0, trades_ = 0;
};

std::uint64_t run_all(std::uint64_t commands) {
  std::uint64_t trades = 0;
  for (std::uint64_t seed = 1, done = 0; done < commands; ++seed) {
    Run run(seed);
    const std::uint64_t share = std::min(kShare, commands - done);
    for (std::uint64_t i = 1; i <= share; ++i) {
      run.step();
      if (i % kCheckpoint == 0 || i == share) run.checkpoint(seed, i);
    }
    done += share;
    trades += run.trades();
  }
  return trades;
}

}  // namespace
}  // namespace determinism

int main(int argc, char** argv) {
  const std::uint64_t commands = argc == 2 ? std::strtoull(argv[1], nullptr, 10) : 0;
  if (commands == 0) {
    std::fputs("usage: determinism COMMANDS\n", stderr);
    return 2;
  }
  const std::uint64_t trades = determinism::run_all(commands);
  std::printf("%" PRIu64 " commands, %" PRIu64 " trades\n", commands, trades);
  // A flow that hardly trades would prove little.
  return trades * 20 >= commands ? 0 : 1;
}
