// Random commands from a seed through both folds, until they differ: what the differential test and the test of planted
// bugs run.
#pragma once

#include <cstdint>
#include <string>

#include "pkg/core/random.h"
#include "services/matching/differential.h"

namespace matching {

struct DifferentialRun {
  std::uint64_t seed = 1;
  std::uint64_t commands = 50'000;
  std::uint64_t save_interval = 5'000;  // commands between two times of saving and loading
  bool tries_hash = false;              // at the end: see Differential::hash_blind_spot

  // About how many orders shall rest: mostly few, so that they meet; in every fourth seed many, so that levels queue.
  [[nodiscard]] std::size_t orders_aim() const { return seed % 4 == 3 ? 400 : seed % 2 == 0 ? 60 : 15; }
  // And how many conditional ones shall wait: in every fourth seed so many that they fire by the hundred.
  [[nodiscard]] std::size_t waiting_aim() const { return seed % 4 == 2 ? 500 : orders_aim() / 2; }
};

// Calls see(command, both folds) after every command that went well. An empty text, or the first difference and when.
template <class See>
std::string run_differential(const DifferentialRun& run, See see) {
  core::Random random(run.seed);
  CommandMaker<core::Random> maker(random, run.orders_aim(), run.waiting_aim());
  Differential both;
  const auto at = [&](std::uint64_t command) {
    return "seed " + std::to_string(run.seed) + ", command " + std::to_string(command);
  };
  for (const AnyCommand& command : maker.listings()) {
    if (std::string problem = both.apply(command); !problem.empty()) return problem + at(0);
    see(command, both);
  }
  for (std::uint64_t i = 0; i < run.commands; ++i) {
    const AnyCommand command = maker.next(both.resting(), both.waiting());
    if (std::string problem = both.apply(command); !problem.empty()) return problem + at(i);
    maker.learn(both.reports());
    see(command, both);
    if (i % ((run.orders_aim() + run.waiting_aim()) / 8 + 1) == 0 || i + 1 == run.commands) {
      if (std::string problem = both.compare_state(); !problem.empty())
        return problem + at(i) + ": " + describe(command);
    }
    if (i % run.save_interval == run.save_interval - 1) {
      if (std::string problem = both.save_and_load(); !problem.empty()) return problem + "\n" + at(i);
    }
  }
  return run.tries_hash ? both.hash_blind_spot() : std::string();
}

}  // namespace matching
