#include <cstdio>
#include <utility>

#include "cmd/exchange/describe.h"
#include "cmd/exchange/stored_log.h"
#include "cmd/exchange/tools.h"

namespace exchange {
namespace {

// Events are made again by the engine from the state before the first record asked for.
class Inspection {
 public:
  Inspection(const InspectOptions& options, const StoredLog& log) : options_(options), log_(log) {}

  core::Result<void> run() {
    core::Sequence from{std::max<std::uint64_t>(options_.from, 1)};
    const bool needs_replay = options_.events || options_.order;
    if (needs_replay) {
      auto state = log_.state_at_or_before(core::Sequence{from.value() - 1}, false);
      if (!state) return std::unexpected(state.error());
      replica_ = std::move(*state);
      from = replica_->applied().next();
    }
    const core::Sequence to{std::min(options_.to, log_.last().value())};
    if (from > to) return {};
    auto reader = log_.read(from);
    if (!reader) return std::unexpected(reader.error());
    while ((*reader)->next_sequence() <= to) {
      const auto entry = (*reader)->next(to);
      if (!entry) return std::unexpected(entry.error());
      if (!*entry) break;
      if (auto shown = show((*entry)->record); !shown) return shown;
    }
    return {};
  }

 private:
  core::Result<void> show(const core::Record& record) {
    const auto command = engine::decode(record);
    if (!command) return std::unexpected(command.error());
    output_.clear();
    if (replica_) replica_->engine.apply(record.header, *command, output_);
    if (record.header.sequence.value() < options_.from || !is_wanted(*command)) return {};
    print(describe(record.header, *command));
    if (!options_.events) return {};
    for (const auto& event : output_.account_events) {
      if (is_wanted(event)) print(describe(event));
    }
    if (options_.account || options_.order) return {};
    for (const auto& event : output_.market_events) print(describe(event));
    return {};
  }

  [[nodiscard]] bool is_wanted(const engine::Command& command) const {
    if (!options_.account && !options_.order) return true;
    const auto account = account_of(command);
    const auto order = order_of(command);
    if ((!options_.account || (account && account->value() == *options_.account)) &&
        (!options_.order || (order && order->value() == *options_.order)))
      return true;
    for (const auto& event : output_.account_events) {
      if (is_wanted(event)) return true;
    }
    return false;
  }
  [[nodiscard]] bool is_wanted(const orders::AccountEvent& event) const {
    const auto account = account_of(event);
    const auto order = order_of(event);
    return (!options_.account || (account && account->value() == *options_.account)) &&
           (!options_.order || (order && order->value() == *options_.order));
  }
  void print(const json::object& object) const {
    const std::string line = options_.json ? json::serialize(object) : as_text_line(object);
    std::fwrite(line.data(), 1, line.size(), stdout);
    std::fputc('\n', stdout);
  }

  const InspectOptions& options_;
  const StoredLog& log_;
  std::unique_ptr<engine::Replica> replica_;
  engine::Output output_;
};

}  // namespace

core::Result<void> inspect(const InspectOptions& options) {
  const auto log = StoredLog::open(options.data);
  if (!log) return std::unexpected(log.error());
  return Inspection(options, *log).run();
}

}  // namespace exchange
