// The fast fold against the naive one on random commands. EXCHANGE_DIFF_COMMANDS says how many (default a million).
#include "services/matching/differential.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <string>

#include "pkg/core/random.h"

namespace matching {
namespace {

std::uint64_t commands_wanted() {
  const char* const text = std::getenv("EXCHANGE_DIFF_COMMANDS");
  return text != nullptr ? std::strtoull(text, nullptr, 10) : 1'000'000;
}

// How often each thing that can happen did happen.
class Coverage {
 public:
  void see(const AnyCommand& command, const std::vector<Report>& reports, const std::vector<MarketEvent>& events) {
    for (const Report& report : reports) {
      ++counts_["report " + std::to_string(static_cast<int>(report.kind))];
      if (report.kind == ReportKind::ended) ++counts_["ended " + std::to_string(static_cast<int>(report.end_reason))];
      if (report.kind == ReportKind::rejected)
        ++counts_["rejected " + std::to_string(static_cast<int>(report.rejection))];
      if (report.kind == ReportKind::refused)
        ++counts_["refused " + std::to_string(static_cast<int>(report.rejection))];
    }
    for (const MarketEvent& event : events) ++counts_["event " + std::to_string(static_cast<int>(event.kind))];
    if (const auto* configure = std::get_if<ConfigureMarket>(&command)) {
      states_[configure->market.id] = configure->market.state;
      if (reports.size() > 1) ++counts_["uncrossed"];
      if (reports.size() > 7) ++counts_["uncrossed several"];
    } else if (!reports.empty()) {
      see_state(command, reports.front());
    }
    if (const auto* order = std::get_if<NewOrder>(&command)) see_order(*order, reports);
    if (std::holds_alternative<MoveOrder>(command) && reports.size() > 1) ++counts_["move that matched"];
  }
  void see_size(std::size_t resting) {
    for (const std::size_t size : {10, 50, 300}) {
      if (resting >= size) ++counts_["resting " + std::to_string(size)];
    }
  }
  [[nodiscard]] std::uint64_t of(const std::string& what) const {
    const auto found = counts_.find(what);
    return found == counts_.end() ? 0 : found->second;
  }

 private:
  void see_state(const AnyCommand& command, const Report& first) {
    const auto state = states_.find(first.market);
    if (state == states_.end()) return;
    const bool refused = first.rejection == core::Rejection::market_closed;
    if (first.rejection != core::Rejection::none && !refused) return;
    ++counts_["state " + std::to_string(static_cast<int>(state->second)) + " command " +
              std::to_string(command.index()) + (refused ? " refused" : " taken")];
  }
  void see_order(const NewOrder& order, const std::vector<Report>& reports) {
    if (reports.front().kind != ReportKind::accepted) return;
    const std::string type = std::to_string(static_cast<int>(order.type));
    const std::string time = std::to_string(static_cast<int>(order.time_in_force));
    const std::string mode = std::to_string(static_cast<int>(order.self_trade));
    bool filled = false, prevented = false;
    for (const Report& report : reports) {
      filled |= report.kind == ReportKind::filled;
      prevented |= report.kind == ReportKind::prevented ||
                   (report.kind == ReportKind::ended && report.end_reason == EndReason::self_trade);
    }
    ++counts_["type " + type + " time " + time + (filled ? " filled" : " not filled")];
    if (prevented) ++counts_["self-trade mode " + mode + " type " + type];
    if (filled && order.self_trade != SelfTrade::none && order.time_in_force == TimeInForce::fok)
      ++counts_["FOK past own orders"];
  }
  std::map<std::string, std::uint64_t> counts_;
  std::map<core::MarketId, instruments::MarketState> states_;
};

void drive(std::uint64_t seed, std::uint64_t commands, std::size_t orders_aim, Coverage& coverage) {
  core::Random random(seed);
  CommandMaker<core::Random> maker(random, orders_aim);
  Differential both;
  std::string problem;
  for (const AnyCommand& command : maker.listings()) problem += both.apply(command);
  ASSERT_TRUE(problem.empty()) << problem;
  for (std::uint64_t i = 0; i < commands; ++i) {
    const AnyCommand command = maker.next(both.resting());
    problem = both.apply(command);
    ASSERT_TRUE(problem.empty()) << problem << "seed " << seed << ", command " << i;
    maker.learn(both.reports());
    coverage.see(command, both.reports(), both.events());
    coverage.see_size(both.resting());
    if (i % (orders_aim / 8 + 1) == 0) {
      problem = both.compare_state();
      ASSERT_TRUE(problem.empty()) << problem << "seed " << seed << ", command " << i << ": " << describe(command);
    }
    if (i % 5'000 == 4'999) {
      problem = both.save_and_load();
      ASSERT_TRUE(problem.empty()) << problem << "seed " << seed << ", command " << i;
    }
  }
  problem = both.compare_state();
  ASSERT_TRUE(problem.empty()) << problem;
}

void expect_all_reached(const Coverage& coverage, std::uint64_t at_least) {
  std::vector<std::string> all;
  for (int kind = 1; kind <= 10; ++kind) all.push_back("report " + std::to_string(kind));
  for (int reason = 1; reason <= 4; ++reason) all.push_back("ended " + std::to_string(reason));
  for (int kind = 1; kind <= 6; ++kind) {
    if (kind != 4) all.push_back("event " + std::to_string(kind));  // markets are listed once
  }
  // Commands in the order of AnyCommand: 1 new, 2 cancel, 3 move, 4 reduce. What new orders find where some are taken
  // depends on their kind: both.
  for (const instruments::StateRules& rules : instruments::kMarketStates) {
    const std::string state = "state " + std::to_string(static_cast<int>(rules.state)) + " command ";
    const auto one = [&](int command, bool taken) {
      all.push_back(state + std::to_string(command) + (taken ? " taken" : " refused"));
    };
    using enum instruments::Action;
    int placing = 0;
    for (const auto action : {limit, immediate, limit_maker, market})
      placing += instruments::accepts(rules.state, action);
    if (placing > 0) one(1, true);
    if (placing < 4) one(1, false);
    one(2, instruments::accepts(rules.state, cancel));
    one(3, instruments::accepts(rules.state, move));
    one(4, instruments::accepts(rules.state, reduce));
  }
  all.push_back("uncrossed");
  all.push_back("uncrossed several");
  for (int rejection : {101, 103, 113, 200, 201, 202, 203}) all.push_back("rejected " + std::to_string(rejection));
  for (int rejection : {103, 113, 200, 201, 204}) all.push_back("refused " + std::to_string(rejection));
  for (int time = 1; time <= 3; ++time) {
    for (const char* how : {" filled", " not filled"}) {
      for (int type = 1; type <= 3; ++type)
        all.push_back("type " + std::to_string(type) + " time " + std::to_string(time) + how);
    }
    all.push_back("type 4 time " + std::to_string(time) + " not filled");
  }
  for (int mode = 1; mode <= 4; ++mode) {
    for (int type = 1; type <= 3; ++type)
      all.push_back("self-trade mode " + std::to_string(mode) + " type " + std::to_string(type));
  }
  for (const char* size : {"10", "50", "300"}) all.push_back(std::string("resting ") + size);
  all.push_back("move that matched");
  all.push_back("FOK past own orders");
  for (const std::string& what : all) EXPECT_GE(coverage.of(what), at_least) << what;
}

TEST(Differential, FastAndNaiveAgreeOnRandomCommands) {
  const std::uint64_t commands = commands_wanted();
  Coverage coverage;
  std::uint64_t done = 0;
  for (std::uint64_t seed = 1; done < commands; ++seed) {
    const std::uint64_t share = std::min<std::uint64_t>(commands - done, 50'000);
    const std::size_t aim = seed % 4 == 3 ? 400 : seed % 2 == 0 ? 60 : 15;
    ASSERT_NO_FATAL_FAILURE(drive(seed, share, aim, coverage));
    done += share;
  }
  if (commands >= 200'000) expect_all_reached(coverage, commands / 10'000);
}

}  // namespace
}  // namespace matching
