// The fast fold against the naive one on random commands. EXCHANGE_DIFF_COMMANDS says how many (default a million),
// EXCHANGE_DIFF_SEED the first of the seeds, which count up (default 1): another one makes other commands.
// Prints how often each thing happened; each must have, once in 5,000 commands.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "services/matching/differential_coverage.h"
#include "services/matching/differential_run.h"

namespace matching {
namespace {

constexpr std::uint64_t kShare = 12'500;  // commands of each seed
constexpr std::uint64_t kRarest = 5'000;  // everything happens at least once in so many commands

std::uint64_t setting(const char* name, std::uint64_t otherwise) {
  const char* const text = std::getenv(name);
  return text != nullptr ? std::strtoull(text, nullptr, 10) : otherwise;
}

// rule: two-implementations
TEST(Differential, FastAndNaiveAgreeOnRandomCommands) {
  const std::uint64_t commands = setting("EXCHANGE_DIFF_COMMANDS", 1'000'000);
  const std::uint64_t first_seed = setting("EXCHANGE_DIFF_SEED", 1);
  Coverage coverage;
  for (std::uint64_t seed = first_seed, done = 0; done < commands; ++seed) {
    const DifferentialRun run{.seed = seed, .commands = std::min(commands - done, kShare)};
    const std::string problem = run_differential(
        run, [&](const AnyCommand& command, const Differential& both) { coverage.see(command, both); });
    ASSERT_TRUE(problem.empty()) << problem;
    done += run.commands;
  }
  std::printf("%s", coverage.table().c_str());
  if (commands < 200'000) return;
  for (const Coverage::Thing thing : Coverage::must_happen()) {
    EXPECT_GE(coverage.of(thing), commands / kRarest) << Coverage::name_of(thing);
  }
}

}  // namespace
}  // namespace matching
