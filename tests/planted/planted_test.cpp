// Every bug of services/matching/planted.h is found: each is switched on in turn, in a process of its own, and both
// folds run side by side (reports, events, orders, audit, saving and loading) until something differs. How soon is
// printed.
#include "services/matching/planted.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>
#include <string>

#include "services/matching/differential_run.h"

namespace matching {
namespace {

struct PlantedBug {
  Bug bug;
  const char *name, *what;
};
#define PLANTED_BUG_ROW(name, what) {Bug::name, #name, what},
constexpr PlantedBug kBugs[] = {MATCHING_PLANTED_BUGS(PLANTED_BUG_ROW)};
#undef PLANTED_BUG_ROW

constexpr std::uint64_t kCommandsMax = 400'000;  // within which every bug has to be found
constexpr std::uint64_t kShare = 5'000;          // of each seed
constexpr unsigned kSecondsMax = 60;             // then a bug that makes the fold run for ever counts as found

// How a run with one bug ended; goes through a pipe.
struct Finding {
  std::uint64_t commands = 0;  // until then
  bool found = false;
  std::array<char, 120> how{};
};

// Runs until something differs or the commands are used up; tells `progress` of each command before its outcome counts.
template <class Progress>
Finding search(std::uint64_t commands_max, Progress progress) {
  Finding finding;
  for (std::uint64_t seed = 1; finding.commands < commands_max && !finding.found; ++seed) {
    const DifferentialRun run{.seed = seed, .commands = kShare, .save_interval = 500, .tries_hash = seed < 3};
    const std::string problem = run_differential(run, [&](const AnyCommand&, const Differential&) {
      ++finding.commands;
      progress(finding);
    });
    finding.found = !problem.empty();
    // "after: the command", then what differs.
    const std::size_t start = problem.starts_with("after: ") ? problem.find('\n') + 1 : 0;
    const std::string line = problem.substr(start, problem.find('\n', start) - start);
    std::memcpy(finding.how.data(), line.data(), std::min(line.size(), finding.how.size() - 1));
  }
  return finding;
}

// The search with a bug, in a child: some bugs end the process, or never end.
Finding find(Bug bug) {
  int ends[2];
  EXPECT_EQ(::pipe(ends), 0);
  const pid_t child = ::fork();
  EXPECT_GE(child, 0);
  if (child == 0) {
    ::close(ends[0]);
    if (std::freopen("/dev/null", "w", stderr) == nullptr) ::_exit(3);  // a failed CHECK is expected here
    ::alarm(kSecondsMax);
    planted_bug = bug;
    const auto send = [&](const Finding& finding) {
      if (::write(ends[1], &finding, sizeof finding) != sizeof finding) ::_exit(3);
    };
    // Now and then how far it came, for when it does not come back.
    const Finding last = search(kCommandsMax, [&](const Finding& finding) {
      if (finding.commands % 64 == 0) send(finding);
    });
    send(last);
    ::_exit(0);
  }
  ::close(ends[1]);
  Finding finding;
  for (Finding next; ::read(ends[0], &next, sizeof next) == sizeof next;) finding = next;
  ::close(ends[0]);
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    const int signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    finding.found = true;
    std::snprintf(finding.how.data(), finding.how.size(), "the process ended: %s",
                  signal == SIGALRM ? "it ran for ever"
                  : signal != 0     ? ::strsignal(signal)
                                    : "a sanitizer's report");
  }
  return finding;
}

TEST(PlantedBugs, AreAllFound) {
  static_assert(std::size(kBugs) >= 30);
  for (const PlantedBug& bug : kBugs) {
    const Finding finding = find(bug.bug);
    EXPECT_TRUE(finding.found) << bug.name << ": " << bug.what << ": not found in " << finding.commands << " commands";
    std::printf("%-28s after %6llu commands: %s\n", bug.name, static_cast<unsigned long long>(finding.commands),
                finding.how.data());
  }
  std::printf("%zu planted bugs\n", std::size(kBugs));
}

TEST(PlantedBugs, AreWhatIsFound) {
  const Finding finding = search(40'000, [](const Finding&) {});
  EXPECT_FALSE(finding.found) << "without a bug: " << finding.how.data();
  EXPECT_EQ(finding.commands, 40'000u + 3 * 8) << "three listings in each of eight seeds";
}

}  // namespace
}  // namespace matching
