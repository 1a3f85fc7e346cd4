// The fast fold against the naive one on random commands. EXCHANGE_DIFF_COMMANDS says how many (default a million).
#include "services/matching/differential.h"

#include <gtest/gtest.h>

#include <algorithm>
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
    see_triggers(reports);
    if (const auto* order = std::get_if<NewOrder>(&command)) see_order(*order, reports);
    if (std::holds_alternative<MoveOrder>(command) && reports.size() > 1) ++counts_["move that matched"];
  }
  void see_size(std::size_t resting) {
    for (const std::size_t size : {10, 50, 300}) {
      if (resting >= size) ++counts_["resting " + std::to_string(size)];
    }
  }
  std::uint64_t cascaded = 0;
  [[nodiscard]] std::uint64_t of(const std::string& what) const {
    const auto found = counts_.find(what);
    return found == counts_.end() ? 0 : found->second;
  }

 private:
  void see_triggers(const std::vector<Report>& reports) {
    unsigned triggered = 0;
    bool one_matched = false;
    for (const Report& report : reports) {
      triggered += report.kind == ReportKind::triggered;
      one_matched |= triggered > 0 && report.kind == ReportKind::filled;
      if (report.end_reason == EndReason::not_admitted)
        ++counts_["not admitted " + std::to_string(static_cast<int>(report.rejection))];
    }
    if (triggered > 1) ++counts_["several triggered"];
    if (triggered >= kTriggersPerCommand) ++counts_["as many triggered as may be"];
    ASSERT_LE(triggered, kTriggersPerCommand);
    if (!reports.empty() && reports.front().kind == ReportKind::triggered) ++counts_["triggered by an earlier command"];
    if (one_matched) ++counts_["triggered and filled"];
  }
  void see_order(const NewOrder& order, const std::vector<Report>& reports) {
    const auto about = std::find_if(reports.begin(), reports.end(), [&](const Report& report) {
      return report.order == order.order && report.kind == ReportKind::accepted;
    });
    if (about == reports.end()) return;
    if (order.trigger != Trigger::none) {
      ++counts_["waits " + std::to_string(static_cast<int>(order.trigger)) + " type " +
                std::to_string(static_cast<int>(order.type)) + (order.side == Side::buy ? " buy" : " sell") +
                (order.trailing_bp == 0          ? ""
                 : order.trigger_price.is_zero() ? " trailing"
                                                 : " trailing from a price")];
      return;
    }
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
};

void drive(std::uint64_t seed, std::uint64_t commands, std::size_t orders_aim, std::size_t waiting_aim,
           Coverage& coverage) {
  core::Random random(seed);
  CommandMaker<core::Random> maker(random, orders_aim, waiting_aim);
  Differential both;
  std::string problem;
  for (const AnyCommand& command : maker.listings()) problem += both.apply(command);
  ASSERT_TRUE(problem.empty()) << problem;
  for (std::uint64_t i = 0; i < commands; ++i) {
    const AnyCommand command = maker.next(both.resting(), both.waiting());
    problem = both.apply(command);
    ASSERT_TRUE(problem.empty()) << problem << "seed " << seed << ", command " << i;
    maker.learn(both.reports());
    coverage.see(command, both.reports(), both.events());
    coverage.see_size(both.resting());
    if (i % ((orders_aim + waiting_aim) / 8 + 1) == 0) {
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
  coverage.cascaded += both.cascaded();
}

void expect_all_reached(const Coverage& coverage, std::uint64_t at_least) {
  std::vector<std::string> all;
  for (int kind = 1; kind <= 11; ++kind) all.push_back("report " + std::to_string(kind));
  for (int reason = 1; reason <= 5; ++reason) all.push_back("ended " + std::to_string(reason));
  for (int kind = 1; kind <= 3; ++kind) all.push_back("event " + std::to_string(kind));
  for (int rejection : {101, 103, 113, 200, 201, 202, 203, 210}) all.push_back("rejected " + std::to_string(rejection));
  for (int rejection : {103, 113, 200, 201, 204, 211}) all.push_back("refused " + std::to_string(rejection));
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
  for (const char* trigger : {"waits 1", "waits 2"}) {
    for (const char* type : {" type 1", " type 2"}) {
      for (const char* side : {" buy", " sell"}) {
        for (const char* trails : {"", " trailing", " trailing from a price"})
          all.push_back(std::string(trigger) + type + side + trails);
      }
    }
  }
  for (const char* what : {"not admitted 201", "not admitted 203", "several triggered", "triggered and filled",
                           "triggered by an earlier command", "as many triggered as may be"}) {
    all.emplace_back(what);
  }
  EXPECT_GE(coverage.cascaded, 10 * at_least) << "conditional orders that fire each other";
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
    const std::size_t waiting = seed % 4 == 2 ? 500 : aim / 2;
    ASSERT_NO_FATAL_FAILURE(drive(seed, share, aim, waiting, coverage));
    done += share;
  }
  if (commands >= 200'000) expect_all_reached(coverage, commands / 10'000);
}

}  // namespace
}  // namespace matching
